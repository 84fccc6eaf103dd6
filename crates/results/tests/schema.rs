//! The schemas in `schema/` are those of the code, and hold for what the code writes.
//!
//! After a change of a type: `ASSAY_BLESS=1 cargo test -p assay-results --test schema`, and read the difference.

mod sample;

use std::path::{Path, PathBuf};

use assay_results::{
    ConformanceRun, LoadRun, Metric, Verdict, WrongKind, capacity_run_schema,
    comparison_run_schema, conformance_run_schema, load_run_schema, migration_run_schema,
};
use serde_json::{Value, json};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schema")
        .join(name)
}

#[test]
fn checked_in_schemas_are_those_of_the_code() {
    let schemas = [
        ("load-run.schema.json", load_run_schema()),
        ("conformance-run.schema.json", conformance_run_schema()),
        ("migration-run.schema.json", migration_run_schema()),
        ("capacity-run.schema.json", capacity_run_schema()),
        ("comparison-run.schema.json", comparison_run_schema()),
    ];
    for (name, text) in schemas {
        if std::env::var_os("ASSAY_BLESS").is_some() {
            std::fs::write(file(name), &text).unwrap();
        }
        let kept = std::fs::read_to_string(file(name)).unwrap_or_default();
        assert!(
            kept == text,
            "schema/{name} is out of date: ASSAY_BLESS=1 cargo test -p assay-results --test schema"
        );
    }
}

/// The names of a map's keys are listed by hand: none of them is forgotten.
#[test]
fn keys_of_maps_are_all_there_are() {
    let schema: Value = serde_json::from_str(&load_run_schema()).unwrap();
    let of = |pointer: &str| schema.pointer(pointer).unwrap();
    let wrong = of("/$defs/WrongDeliveries/properties/totals/propertyNames/enum");
    let all = |schema: &schemars::Schema| -> Vec<Value> {
        let variants = schema.get("oneOf").and_then(Value::as_array).unwrap();
        variants
            .iter()
            .map(|variant| variant["const"].clone())
            .collect()
    };
    let metrics = of("/properties/metrics/propertyNames/enum");
    for (listed, schema) in [
        (metrics, schemars::schema_for!(Metric)),
        (wrong, schemars::schema_for!(WrongKind)),
    ] {
        assert_eq!(listed.as_array().unwrap(), &all(&schema));
    }
}

fn validator(schema: &str) -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

#[test]
fn a_load_run_is_valid_and_a_spoilt_one_is_not() {
    let validator = validator(&load_run_schema());
    let run = LoadRun::new(sample::load_record());
    let document: Value = serde_json::from_str(&run.to_json().unwrap()).unwrap();
    assert_eq!(
        validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect::<Vec<_>>(),
        [""; 0]
    );
    for (pointer, wrong) in [
        ("/kind", json!("conformance")),
        ("/summary/delivery_us/p99", json!("late")),
        ("/summary/lost", json!(-1)),
        ("/ledger/expected", json!(null)),
        ("/publications/0/outcome/answer", json!("perhaps")),
    ] {
        let mut spoilt = document.clone();
        *spoilt.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&spoilt), "{pointer}");
    }
}

#[test]
fn a_conformance_run_is_valid_and_a_spoilt_one_is_not() {
    let validator = validator(&conformance_run_schema());
    let rows = Verdict::ALL
        .map(|verdict| sample::row("token/aud", verdict))
        .to_vec();
    let run = ConformanceRun::new(sample::conformance_record(rows));
    let document: Value = serde_json::from_str(&run.to_json().unwrap()).unwrap();
    assert_eq!(
        validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect::<Vec<_>>(),
        [""; 0]
    );
    for (pointer, wrong) in [
        ("/kind", json!("load")),
        ("/verdicts/0/verdict", json!("PASS")),
        ("/verdicts/0/level", json!("must")),
        ("/verdicts/0/dialect", json!("0.9")),
        ("/coverage/1/status", json!("forgotten")),
    ] {
        let mut spoilt = document.clone();
        *spoilt.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&spoilt), "{pointer}");
    }
}

#[test]
fn the_top_of_a_load_run_is_the_summary_that_programs_read() {
    let document: Value =
        serde_json::from_str(&LoadRun::new(sample::load_record()).to_json().unwrap()).unwrap();
    let summary = &document["summary"];
    // 3 subscribers are too few for a p99 over subscribers; the lost delivery is the largest of all.
    assert_eq!(
        (
            &summary["expected"],
            &summary["lost"],
            &summary["exit_code"],
            &summary["validity"]
        ),
        (&json!(12), &json!(1), &json!(5), &json!("valid"))
    );
    assert_eq!(
        (
            &summary["delivery_us"]["p50"],
            &summary["delivery_us"]["p99"],
            &summary["by_subscriber_p99_us"]["p99"]
        ),
        (&json!(3_001), &json!("lost"), &json!(null))
    );
}
