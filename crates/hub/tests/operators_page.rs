//! The operator's page, docs/hub.md, has every setting, every name of another hub, every reason code and every number.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use assay_hub::{Fallback, Legacy, SETTINGS};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(repository().join("docs/hub.md")).expect("docs/hub.md")
}

fn source(path: &str) -> String {
    fs::read_to_string(repository().join("crates").join(path)).expect(path)
}

#[test]
fn every_setting_has_its_row_with_its_default() {
    let page = page();
    for setting in SETTINGS {
        let row = format!("| `{}` | ", setting.name);
        let row = page
            .lines()
            .find(|line| line.starts_with(&row))
            .unwrap_or_else(|| panic!("docs/hub.md has no row {row:?}"));
        if let Fallback::Value(default) = setting.default {
            assert!(
                row.contains(&format!("| `{default}` |")),
                "{default}: {row}"
            );
        }
    }
}

#[test]
fn every_name_of_another_hub_is_there() {
    let page = page();
    for name in Legacy::names() {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}

/// The table at the head of the crate.
#[test]
fn every_bound_is_there() {
    let page = page();
    let source = source("hub/src/lib.rs");
    let rows: Vec<_> = source
        .lines()
        .filter_map(|line| line.strip_prefix("//! |"))
        .collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows {
        assert!(page.contains(&format!("\n|{row}\n")), "{row}");
    }
}

#[test]
fn every_reason_code_is_there() {
    let page = page();
    let codes = codes();
    assert!(codes.len() > 80, "{codes:?}");
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
}

/// Both ways: an alarm on a number that is not there never rings.
#[test]
fn every_number_is_there_and_no_other() {
    let page = page();
    let numbers = numbers();
    assert!(numbers.len() > 15, "{numbers:?}");
    for number in &numbers {
        assert!(page.contains(&format!("`{number}`")), "{number}");
    }
    let words = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let of_histogram = |word: &str| {
        let stem = word.strip_suffix("_bucket")?;
        numbers.contains(stem).then_some(())
    };
    for word in words.filter(|word| word.starts_with("assay_hub_") || word.starts_with("process_"))
    {
        assert!(
            numbers.contains(word) || of_histogram(word).is_some(),
            "no number is called {word}"
        );
    }
}

/// The names at `/metrics`, as they stand in the source.
fn numbers() -> BTreeSet<String> {
    let source = source("hub/src/metrics/page.rs");
    let mut numbers = BTreeSet::new();
    for (call, end) in [
        ("page.gauge(", ""),
        ("page.histogram(", ""),
        ("page.counter(", "_total"),
        ("page.by_reason(", "_total"),
    ] {
        let names = source.split(call).skip(1);
        let names = names.filter_map(|rest| rest.split('"').nth(1));
        numbers.extend(names.map(|name| format!("assay_hub_{name}{end}")));
    }
    let quoted = source.split('"').skip(1).step_by(2);
    let of_process = quoted.filter(|text| text.starts_with("process_"));
    numbers.extend(of_process.map(str::to_owned));
    numbers
}

/// What stands in quotes in the function `signature` of a source.
fn literals(path: &str, signature: &str) -> Vec<String> {
    let source = source(path);
    let function = source.split(signature).skip(1).map(|rest| {
        let end = rest.find("\n    }\n").expect("the end of a method");
        &rest[..end]
    });
    let quoted = function.flat_map(|body| body.split('"').skip(1).step_by(2));
    quoted.map(str::to_owned).collect()
}

/// The reason codes, as they stand in the sources: `area.code`.
fn codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for (area, path) in [
        ("token", "hub/src/http/presented_token.rs"),
        ("token", "hub-core/src/access_token/error.rs"),
        ("scope", "hub-core/src/authorization.rs"),
        ("csrf", "hub/src/http/forgery.rs"),
        ("subscribe", "hub-core/src/subscribe_query.rs"),
        ("publish", "hub-core/src/publication.rs"),
        ("stream", "hub-core/src/subscriber.rs"),
        ("certificate", "hub/src/acme/order.rs"),
    ] {
        let found = literals(path, "fn code(");
        assert!(!found.is_empty(), "{path}");
        codes.extend(
            found
                .iter()
                .map(|it| format!("{area}.{}", it.trim_start_matches("token-"))),
        );
    }
    // Pairs of area and code, or an area alone before the code of an error above.
    let areas = [
        "request",
        "token",
        "scope",
        "csrf",
        "subscribe",
        "publish",
        "body",
        "hub",
    ];
    let mut area = String::new();
    for literal in literals("hub/src/http/refusal.rs", "fn reason(") {
        if areas.contains(&literal.as_str()) {
            area = literal;
        } else if literal != "token-" {
            codes.insert(format!("{area}.{literal}"));
        }
    }
    codes.extend(logged(&repository().join("crates/hub/src")));
    codes
}

/// The codes in log lines: `reason = %"area.code"`; and why streams end: `reason: "code"`.
fn logged(folder: &Path) -> Vec<String> {
    let mut codes = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            codes.extend(logged(&path));
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let until_quote = |rest: &str| rest.split('"').next().unwrap_or_default().to_owned();
        codes.extend(text.split("reason = %\"").skip(1).map(until_quote));
        let ends = text.split("reason: \"").skip(1).map(until_quote);
        codes.extend(ends.map(|code| format!("stream.{code}")));
    }
    codes
}
