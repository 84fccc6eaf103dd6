//! The JSON Schemas of the documents, as they stand in `crates/results/schema/`.

use schemars::{JsonSchema, schema_for};

use crate::capacity::CapacityRun;
use crate::comparison::ComparisonRun;
use crate::conformance::ConformanceRun;
use crate::load::LoadRun;
use crate::migration::MigrationRun;

/// The JSON Schema of a load run, as pretty JSON with a final newline.
pub fn load_run_schema() -> String {
    pretty::<LoadRun>()
}

/// The JSON Schema of a search for a capacity, as pretty JSON with a final newline.
pub fn capacity_run_schema() -> String {
    pretty::<CapacityRun>()
}

/// The JSON Schema of a comparison, as pretty JSON with a final newline.
pub fn comparison_run_schema() -> String {
    pretty::<ComparisonRun>()
}

/// The JSON Schema of a conformance run, as pretty JSON with a final newline.
pub fn conformance_run_schema() -> String {
    pretty::<ConformanceRun>()
}

/// The JSON Schema of a migration, as pretty JSON with a final newline.
pub fn migration_run_schema() -> String {
    pretty::<MigrationRun>()
}

fn pretty<T: JsonSchema>() -> String {
    let mut text = serde_json::to_string_pretty(&schema_for!(T))
        .expect("invariant: a JSON value has no key that is not a string");
    text.push('\n');
    text
}
