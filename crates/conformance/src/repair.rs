//! What a reader of a red does next: why the rule matters, and which setting of the usual hubs keeps it. Data, in
//! `requirements/repairs.toml`. Not for judging, and not for hubs whose code has to change: of those it only says so.

use std::{collections::BTreeMap, sync::OnceLock};

use assay_client::Dialect;
use serde::Deserialize;

/// Settings that keep a rule, in words; none where a hub has no such setting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    rules: Vec<String>,
    dialect: Option<String>,
    reference: Option<String>,
    mercure_rocks_1: Option<String>,
    mercure_rocks_0: Option<String>,
    proxy: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    repair: Vec<Repair>,
    matters: BTreeMap<String, String>,
}

fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        toml::from_str(include_str!("../requirements/repairs.toml"))
            .expect("invariant: the document is compiled in, and a test reads it")
    })
}

/// The settings that keep a requirement; none where only the code of a hub can.
pub fn repair(dialect: Dialect, requirement: &str) -> Option<&'static Repair> {
    let mut repairs = document().repair.iter();
    repairs.find(|repair| repair.is_for(dialect) && repair.names(requirement))
}

/// Why the rules of an area matter.
pub fn matters(area: &str) -> Option<&'static str> {
    document().matters.get(area).map(String::as_str)
}

impl Repair {
    /// Each hub, or what stands before it, with what to set there.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let of = [
            ("assay hub", &self.reference),
            ("Mercure.rocks 1.0", &self.mercure_rocks_1),
            ("Mercure.rocks 0.x, FrankenPHP", &self.mercure_rocks_0),
            ("a proxy before it", &self.proxy),
        ];
        of.into_iter()
            .filter_map(|(place, setting)| Some((place, setting.as_deref()?)))
    }

    fn is_for(&self, dialect: Dialect) -> bool {
        self.dialect
            .as_deref()
            .is_none_or(|only| only == dialect.as_str())
    }

    fn names(&self, requirement: &str) -> bool {
        let ends = |text: &str| text.is_empty() || text.starts_with(['.', '-']);
        self.rules.iter().any(|rule| {
            let rest = requirement.strip_prefix(rule.as_str());
            rest.is_some_and(|rest| ends(rest) || rule.ends_with(['.', '-']))
        })
    }
}

#[cfg(test)]
mod tests {
    use assay_client::Dialect;

    use super::{document, matters, repair};
    use crate::{explain::checks, requirement::Catalogue};

    #[test]
    fn each_row_is_taken_for_a_requirement_and_says_something() {
        for row in &document().repair {
            for rule in &row.rules {
                let is_named = |dialect: Dialect| {
                    Catalogue::of(dialect)
                        .hub_requirements()
                        .any(|requirement| {
                            let alone = super::Repair {
                                rules: vec![rule.clone()],
                                ..row.clone()
                            };
                            alone.names(&requirement.id)
                                && repair(dialect, &requirement.id) == Some(row)
                        })
                };
                assert!(
                    Dialect::ALL.into_iter().any(is_named),
                    "nothing is repaired by {rule}"
                );
            }
            assert!(row.settings().next().is_some(), "{:?}", row.rules);
        }
    }

    #[test]
    fn each_area_matters() {
        for check in Dialect::ALL.into_iter().flat_map(checks) {
            assert!(matters(check.area).is_some(), "{}", check.area);
        }
    }

    #[test]
    fn the_row_of_a_requirement() {
        let cases = [
            (
                Dialect::V1,
                "token.aud.verified",
                Some("--resource-identifier"),
            ),
            (Dialect::V1, "token.typ.case", Some("--dialects")),
            (Dialect::V0, "auth.jws-alg-none", Some("--jwt-algorithm")),
            (Dialect::V0, "subscribe.topic-param", Some("--dialects")),
            (Dialect::V1, "sse.data-line-cr", None),
            // A row of the other dialect.
            (
                Dialect::V0,
                "auth.query-token.not-accepted",
                Some("--dialects 1.0,0.x"),
            ),
        ];
        for (dialect, requirement, expected) in cases {
            let seen = repair(dialect, requirement).and_then(|repair| repair.reference.as_deref());
            match expected {
                Some(setting) => {
                    assert!(seen.unwrap().contains(setting), "{requirement}: {seen:?}");
                }
                None => assert_eq!(seen, None, "{requirement}"),
            }
        }
    }
}
