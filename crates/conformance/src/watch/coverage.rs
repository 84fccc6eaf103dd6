//! The closed matrix of the watch: each requirement that does not bind the hub has a rule, or a written reason why a proxy in the
//! middle cannot see it. Not for the rules themselves.

use std::{collections::BTreeMap, sync::OnceLock};

use assay_client::Dialect;
use assay_results::{Coverage, CoverageStatus};
use serde::Deserialize;

use crate::{requirement::Catalogue, row};

use super::tally::slug;

/// `requirements/{1.0,0.x}-unwatched.toml`.
#[derive(Debug, Deserialize)]
struct Unwatched {
    /// Reason → the requirements that it holds for.
    reason: Vec<Reason>,
}

#[derive(Debug, Deserialize)]
struct Reason {
    why: String,
    requirements: Vec<String>,
}

const V1: &str = include_str!("../../requirements/1.0-unwatched.toml");
const V0: &str = include_str!("../../requirements/0.x-unwatched.toml");

/// Requirement → why no rule.
fn reasons(dialect: Dialect) -> &'static BTreeMap<String, String> {
    static TABLES: [OnceLock<BTreeMap<String, String>>; 2] = [const { OnceLock::new() }; 2];
    let (slot, text) = match dialect {
        Dialect::V0 => (&TABLES[0], V0),
        Dialect::V1 => (&TABLES[1], V1),
    };
    slot.get_or_init(|| {
        let table: Unwatched = toml::from_str(text)
            .expect("invariant: the compiled-in table is valid, a test parses it");
        let pairs = table.reason.into_iter().flat_map(|reason| {
            let why = reason.why;
            reason
                .requirements
                .into_iter()
                .map(move |id| (id, why.clone()))
        });
        pairs.collect()
    })
}

/// Every requirement of a dialect on whoever is not the hub.
pub(super) fn of(dialect: Dialect) -> Vec<Coverage> {
    let row = |requirement: &crate::requirement::Requirement| Coverage {
        requirement: requirement.id.clone(),
        dialect: row::dialect(dialect),
        level: requirement.level,
        section: requirement.section.clone(),
        status: match reasons(dialect).get(&requirement.id) {
            Some(reason) => CoverageStatus::Reason {
                reason: reason.clone(),
            },
            None => CoverageStatus::Checked {
                check: slug(dialect, &requirement.id),
            },
        },
    };
    Catalogue::of(dialect)
        .client_requirements()
        .map(row)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Catalogue, Dialect, reasons};
    use crate::watch::rules;

    #[test]
    fn each_client_requirement_has_a_rule_or_a_reason() {
        let mut errors = Vec::new();
        for dialect in Dialect::ALL {
            let mut ruled = HashSet::new();
            for rule in rules::of(dialect) {
                let id = rule.requirement;
                if !ruled.insert(id) {
                    errors.push(format!("{dialect}: {id} has two rules"));
                }
            }
            let bound: HashSet<&str> = Catalogue::of(dialect)
                .client_requirements()
                .map(|it| it.id.as_str())
                .collect();
            for id in ruled
                .iter()
                .copied()
                .chain(reasons(dialect).keys().map(String::as_str))
            {
                if !bound.contains(id) {
                    errors.push(format!("{dialect}: {id} binds no client"));
                }
            }
            for id in bound {
                match (ruled.contains(id), reasons(dialect).contains_key(id)) {
                    (true, true) => errors.push(format!("{dialect}: {id} has rule and reason")),
                    (false, false) => errors.push(format!("{dialect}: {id} has neither")),
                    _ => {}
                }
            }
        }
        errors.sort();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
    }
}
