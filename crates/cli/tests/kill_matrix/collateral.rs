//! What goes red with the rule that a mutant breaks: `collateral.toml`, so that a red elsewhere is either expected there or a
//! fault of a check. Not for judging.
//!
//! A rule in the mutant's own check must go red if the table says so; one of another check may, since it can depend on the order.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assay_client::Dialect;
use assay_conformance::checks;
use assay_crooked::{Mutant, mutants};

use crate::kill::Kill;

const TABLE: &str = include_str!("collateral.toml");
const PATH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/kill_matrix/collateral.toml"
);
const HEADING: &str = "\
# What goes red with the rule that a mutant breaks: by dialect and mutant, the other requirements.
# Written by the proof: ASSAY_BLESS=1 ASSAY_MUTANT=NAME cargo test -p assay-cli --test kill_matrix each_check
# Look at what it adds: a rule that has nothing to do with the broken one points at a check that is wrong.

";

/// Mutants and the requirements that go red with theirs, by dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collateral(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl Collateral {
    /// As it is written.
    pub(crate) fn read() -> Self {
        Self(toml::from_str(TABLE).unwrap())
    }

    /// What may go red with a mutant's own requirement.
    pub(crate) fn of(&self, mutant: &Mutant) -> BTreeSet<String> {
        let of_dialect = self.0.get(mutant.dialect.as_str());
        of_dialect
            .and_then(|mutants| mutants.get(mutant.name))
            .cloned()
            .unwrap_or_default()
    }

    /// Takes what went red with each, and away what its own check spared.
    pub(crate) fn learn(&mut self, kill: &Kill<'_>) {
        let of_dialect = self
            .0
            .entry(kill.mutant.dialect.as_str().to_owned())
            .or_default();
        let mut known = of_dialect.remove(kill.mutant.name).unwrap_or_default();
        known.extend(kill.other_reds().map(|row| row.requirement.clone()));
        for spared in kill.spared() {
            known.remove(spared);
        }
        if !known.is_empty() {
            of_dialect.insert(kill.mutant.name.to_owned(), known);
        }
    }

    /// Writes it down.
    pub(crate) fn write(&self) {
        let table = toml::to_string_pretty(&self.0).unwrap();
        fs::write(PATH, format!("{HEADING}{table}")).unwrap();
    }
}

#[test]
fn the_table_names_mutants_and_requirements_that_exist() {
    let Collateral(table) = Collateral::read();
    for dialect in [Dialect::V1, Dialect::V0] {
        let names: BTreeMap<_, _> = mutants::all()
            .filter(|mutant| mutant.dialect.as_str() == dialect.as_str())
            .map(|mutant| (mutant.name, mutant.requirement))
            .collect();
        let checks = checks(dialect);
        let judged = checks.iter().flat_map(|check| &check.judges);
        let judged: BTreeSet<_> = judged.map(|(requirement, _)| *requirement).collect();
        for (mutant, requirements) in table.get(dialect.as_str()).into_iter().flatten() {
            let own = names.get(mutant.as_str());
            let own = own.unwrap_or_else(|| panic!("{dialect}: no mutant is called {mutant}"));
            for requirement in requirements {
                assert!(
                    judged.contains(requirement.as_str()) && requirement != own,
                    "{dialect} {mutant}: {requirement}"
                );
            }
        }
    }
    let dialects: Vec<_> = table.keys().map(String::as_str).collect();
    assert!(dialects.iter().all(|it| ["0.x", "1.0"].contains(it)));
}
