//! The closed matrix: each requirement that binds a hub is checked, or there is a written reason why not. Not for the checks
//! themselves.

use std::{collections::HashMap, sync::OnceLock};

use assay_client::Dialect;
use assay_results::{Coverage, CoverageStatus};
use serde::Deserialize;

use crate::{
    check,
    requirement::{Catalogue, Requirement},
    row,
};

/// `requirements/{1.0,0.x}-unchecked.toml`.
#[derive(Debug, Deserialize)]
struct Unchecked {
    /// Requirement → why it cannot be seen over HTTP, beyond what the catalogue says itself.
    #[serde(default)]
    reasons: HashMap<String, String>,
}

const V1: &str = include_str!("../requirements/1.0-unchecked.toml");
const V0: &str = include_str!("../requirements/0.x-unchecked.toml");

fn unchecked(dialect: Dialect) -> &'static Unchecked {
    static TABLES: [OnceLock<Unchecked>; 2] = [const { OnceLock::new() }; 2];
    let (slot, text) = match dialect {
        Dialect::V0 => (&TABLES[0], V0),
        Dialect::V1 => (&TABLES[1], V1),
    };
    slot.get_or_init(|| {
        toml::from_str(text).expect("invariant: the compiled-in table is valid, a test parses it")
    })
}

/// Every hub requirement of a dialect.
pub fn of(dialect: Dialect) -> Vec<Coverage> {
    let checks = check::all(dialect);
    let by_requirement: HashMap<_, _> = checks
        .iter()
        .flat_map(|check| check.rules.iter().map(|rule| (rule.requirement, check.id)))
        .collect();
    let row = |requirement: &Requirement| Coverage {
        requirement: requirement.id.clone(),
        dialect: row::dialect(dialect),
        level: requirement.level,
        section: requirement.section.clone(),
        status: match by_requirement.get(requirement.id.as_str()) {
            Some(check) => CoverageStatus::Checked {
                check: (*check).to_owned(),
            },
            None => status_without_check(dialect, requirement),
        },
    };
    Catalogue::of(dialect).hub_requirements().map(row).collect()
}

fn status_without_check(dialect: Dialect, requirement: &Requirement) -> CoverageStatus {
    let written = unchecked(dialect).reasons.get(&requirement.id);
    // A requirement without any is caught by a test of the matrix.
    CoverageStatus::Reason {
        reason: written.unwrap_or(&requirement.why).clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use assay_client::Dialect;

    use super::{check, unchecked};
    use crate::requirement::{Catalogue, Testable};

    /// Requirements of checks, one dialect; each stands once, so that a row is a requirement.
    fn checked(dialect: Dialect) -> HashSet<&'static str> {
        let mut checked = HashSet::new();
        for check in check::all(dialect) {
            for rule in check.rules {
                let id = rule.requirement;
                assert!(checked.insert(id), "{id} is judged by two checks");
                let requirement = Catalogue::of(dialect).get(id);
                let requirement =
                    requirement.unwrap_or_else(|| panic!("{id} is not in the catalogue"));
                assert_eq!(requirement.actor, "hub", "{id} does not bind a hub");
            }
        }
        checked
    }

    #[test]
    fn each_requirement_is_checked_or_has_a_reason() {
        for dialect in Dialect::ALL {
            let (checked, table) = (checked(dialect), unchecked(dialect));
            let listed: HashSet<&str> = table.reasons.keys().map(String::as_str).collect();
            for id in &listed {
                assert!(
                    Catalogue::of(dialect).get(id).is_some(),
                    "{dialect}: {id} is not in the catalogue"
                );
                assert!(
                    !checked.contains(id),
                    "{dialect}: {id} is listed as unchecked, and checked"
                );
            }
            for requirement in Catalogue::of(dialect).hub_requirements() {
                let id = requirement.id.as_str();
                let silent = requirement.testable == Testable::No && !requirement.why.is_empty();
                assert!(
                    checked.contains(id) || listed.contains(id) || silent,
                    "{dialect}: {id} has neither check nor reason"
                );
            }
        }
    }

    #[test]
    fn slugs_are_slugs_and_stand_once() {
        let mut seen = HashSet::new();
        for dialect in Dialect::ALL {
            for check in check::all(dialect) {
                assert!(seen.insert(check.id), "{} stands twice", check.id);
                assert!(!check.rules.is_empty(), "{} judges nothing", check.id);
                let slug = check.id.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./".contains(&byte)
                });
                assert!(slug && check.id.contains('/'), "{} is no slug", check.id);
                assert_eq!(
                    check.id.starts_with("0.x/"),
                    dialect == Dialect::V0,
                    "{}",
                    check.id
                );
            }
        }
    }
}
