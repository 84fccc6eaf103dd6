//! The figures of a migration that everybody asks for first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MigrationRecord;
use super::sample::{End, Fate, SampleRow, Standing};

/// The most important figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MigrationSummary {
    /// Samples in all.
    pub samples: u64,
    /// Work on the hub of today.
    pub work_today: u64,
    /// Work after the move, compatibility on.
    pub work_compatible: u64,
    /// Work after the move, compatibility off.
    pub work_moved: u64,
    /// Have to be written otherwise before compatibility goes off.
    pub must_change: u64,
    /// Of these, those that fail without a word.
    pub silent: u64,
    /// Of these, those for which what to write instead was seen to work.
    pub proven: u64,
    /// Could not be judged.
    pub open: u64,
}

impl MigrationSummary {
    pub(super) fn of(record: &MigrationRecord) -> Self {
        let count = |wanted: &dyn Fn(&SampleRow) -> bool| {
            record.samples.iter().filter(|row| wanted(row)).count() as u64
        };
        let works = |fate: &Fate| fate.end == End::Works;
        let changes = |row: &SampleRow| row.standing() == Standing::MustChange;
        Self {
            samples: count(&|_| true),
            work_today: count(&|row| works(&row.today)),
            work_compatible: count(&|row| works(&row.compatible)),
            work_moved: count(&|row| works(&row.moved)),
            must_change: count(&changes),
            silent: count(&|row| changes(row) && row.is_silent()),
            proven: count(&|row| changes(row) && row.is_proven()),
            open: count(&|row| row.standing() == Standing::Open),
        }
    }
}
