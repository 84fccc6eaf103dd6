//! What a check is, for people: `assay explain`, the kill matrix, the coverage table. Not for running it.

use assay_client::Dialect;

use crate::check;

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
    check::all(dialect)
        .into_iter()
        .map(|check| CheckInfo {
            id: check.id,
            dialect: check.dialect,
            area: check.area.as_str(),
            does: check.does(),
            judges: check
                .rules
                .iter()
                .map(|rule| (rule.requirement, rule.accept.to_string()))
                .collect(),
        })
        .collect()
}
