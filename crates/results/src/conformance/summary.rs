//! The top of a conformance document: a status for each area, never a percentage.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Dialect;
use crate::conformance::ConformanceRecord;
use crate::conformance::coverage::CoverageStatus;
use crate::conformance::verdict::{Verdict, VerdictRow};

/// Derived from the [`ConformanceRecord`] below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConformanceSummary {
    /// Each dialect's areas, in the order 1.0, 0.x and by name.
    pub areas: Vec<AreaSummary>,
    /// Verdicts over all areas.
    pub counts: VerdictCounts,
    /// Requirements with a verdict.
    pub requirements_judged: u64,
    /// Requirements of the catalogue on whoever was judged, in the dialects spoken.
    pub requirements_known: u64,
    /// Those of them that a check judges.
    pub requirements_checked: u64,
    /// What the command exits with.
    pub exit_code: u8,
}

/// One area of one dialect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AreaSummary {
    /// Dialect.
    pub dialect: Dialect,
    /// Area.
    pub area: String,
    /// What can be said of it.
    pub status: AreaStatus,
    /// Its verdicts.
    pub counts: VerdictCounts,
}

/// What can be said of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AreaStatus {
    /// Every requirement that was looked at was kept, and none stayed open.
    Conformant,
    /// At least one MUST is broken, or flaky.
    NotConformant,
    /// The hub does not have the feature, and need not.
    NotClaimed,
    /// Nothing that passed had to do with it.
    NotObserved,
    /// Something stayed open, so that nothing can be said.
    NotMeasurable,
}

impl AreaStatus {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NotConformant => "not conformant",
            Self::NotClaimed => "not claimed",
            Self::NotObserved => "not observed",
            Self::NotMeasurable => "not measurable",
        }
    }

    fn of(counts: &VerdictCounts) -> Self {
        if counts.fail + counts.flaky > 0 {
            Self::NotConformant
        } else if counts.inconclusive + counts.error > 0 {
            Self::NotMeasurable
        } else if counts.pass + counts.warn + counts.note > 0 {
            Self::Conformant
        } else if counts.not_observed > 0 {
            Self::NotObserved
        } else {
            Self::NotClaimed
        }
    }
}

/// How often each verdict was given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictCounts {
    /// Kept.
    pub pass: u64,
    /// A MUST is broken.
    pub fail: u64,
    /// A SHOULD is not kept.
    pub warn: u64,
    /// Recorded, not judged.
    pub note: u64,
    /// Feature absent.
    pub unsupported: u64,
    /// Nothing that passed had to do with it; absent from documents before there was a watch.
    #[serde(default)]
    pub not_observed: u64,
    /// A control failed.
    pub inconclusive: u64,
    /// Mixed results.
    pub flaky: u64,
    /// A defect of ours.
    pub error: u64,
}

impl VerdictCounts {
    /// Counts rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a VerdictRow>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            *counts.slot(row.verdict) += 1;
        }
        counts
    }

    /// The count of one verdict.
    pub const fn get(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Fail => self.fail,
            Verdict::Warn => self.warn,
            Verdict::Note => self.note,
            Verdict::Unsupported => self.unsupported,
            Verdict::NotObserved => self.not_observed,
            Verdict::Inconclusive => self.inconclusive,
            Verdict::Flaky => self.flaky,
            Verdict::Error => self.error,
        }
    }

    const fn slot(&mut self, verdict: Verdict) -> &mut u64 {
        match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::Warn => &mut self.warn,
            Verdict::Note => &mut self.note,
            Verdict::Unsupported => &mut self.unsupported,
            Verdict::NotObserved => &mut self.not_observed,
            Verdict::Inconclusive => &mut self.inconclusive,
            Verdict::Flaky => &mut self.flaky,
            Verdict::Error => &mut self.error,
        }
    }
}

impl ConformanceSummary {
    pub(super) fn of(record: &ConformanceRecord) -> Self {
        let mut by_area: BTreeMap<(Dialect, &str), Vec<&VerdictRow>> = BTreeMap::new();
        for row in &record.verdicts {
            by_area
                .entry((row.dialect, &row.area))
                .or_default()
                .push(row);
        }
        let areas = by_area
            .into_iter()
            .map(|((dialect, area), rows)| {
                let counts = VerdictCounts::of(rows);
                AreaSummary {
                    dialect,
                    area: area.to_owned(),
                    status: AreaStatus::of(&counts),
                    counts,
                }
            })
            .collect();
        let checked = record
            .coverage
            .iter()
            .filter(|row| matches!(row.status, CoverageStatus::Checked { .. }));
        let judged = record
            .verdicts
            .iter()
            .filter(|row| row.verdict != Verdict::NotObserved);
        Self {
            areas,
            counts: VerdictCounts::of(&record.verdicts),
            requirements_judged: judged.count() as u64,
            requirements_known: record.coverage.len() as u64,
            requirements_checked: checked.count() as u64,
            exit_code: record.outcome().exit_code(),
        }
    }
}
