//! What a check is, for people: `assay explain`, the kill matrix, the coverage table. Not for running it.

use assay_client::Dialect;

use crate::check::{self, Check};

/// A check as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckInfo {
    /// Permanent slug.
    pub id: &'static str,
    /// Whose rules it judges.
    pub dialect: Dialect,
    /// Where it stands in the report.
    pub area: &'static str,
    /// What it does, when a sentence can say it.
    pub does: Option<String>,
    /// Catalogue id of each requirement that it judges, and what it accepts.
    pub judges: Vec<(&'static str, String)>,
}

/// All checks of a dialect.
pub fn checks(dialect: Dialect) -> Vec<CheckInfo> {
    check::all(dialect).iter().map(CheckInfo::of).collect()
}

impl CheckInfo {
    pub(crate) fn of(check: &Check) -> Self {
        let judges = check.rules.iter();
        Self {
            id: check.id,
            dialect: check.dialect,
            area: check.area.as_str(),
            does: check.does(),
            judges: judges
                .map(|rule| (rule.requirement, rule.accept.to_string()))
                .collect(),
        }
    }
}
