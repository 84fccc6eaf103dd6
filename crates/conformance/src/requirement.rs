//! The catalogue: every normative sentence of a draft, in our words, with what to send and what a right hub answers. It is
//! compiled in. Not for deciding anything: a check judges, the catalogue only says what is asked.

use std::{collections::HashMap, sync::OnceLock};

use assay_client::Dialect;
use assay_results::Level;
use serde::Deserialize;

/// How well a suite that only sees the hub from outside can show a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Testable {
    /// In full.
    Yes,
    /// In part, or under conditions; [`Requirement::why`] says which.
    Indirect,
    /// Not at all; [`Requirement::why`] says why.
    No,
}

/// One normative sentence.
#[derive(Debug, Clone, Deserialize)]
pub struct Requirement {
    /// Permanent id, such as `token.aud.contains-hub`.
    pub id: String,
    /// Title of the section of the draft.
    pub section: String,
    /// Lines of the draft's source text.
    pub lines: String,
    /// Key word.
    pub level: Level,
    /// Whether the level is our reading of a sentence without key word.
    #[serde(default)]
    pub implied: bool,
    /// Who is bound: `hub`, `publisher` …
    pub actor: String,
    /// The optional feature that a hub must have for the rule to apply; `core` for none.
    pub feature: String,
    /// The sentence, in our words.
    pub statement: String,
    /// What to send, and what a right hub answers.
    #[serde(default)]
    pub probe: String,
    /// The smallest mutation that breaks it.
    #[serde(default)]
    pub violation: String,
    /// Whether it shows on the wire.
    pub testable: Testable,
    /// Why it does not, or not wholly.
    #[serde(default)]
    pub why: String,
}

#[derive(Deserialize)]
struct Document {
    spec: String,
    requirement: Vec<Requirement>,
}

/// All requirements of one dialect.
#[derive(Debug)]
pub struct Catalogue {
    dialect: Dialect,
    spec: String,
    requirements: Vec<Requirement>,
    by_id: HashMap<String, usize>,
}

const V1: &str = include_str!("../requirements/1.0.toml");
const V0: &str = include_str!("../requirements/0.x.toml");

impl Catalogue {
    /// The catalogue of a dialect; parsed once.
    pub fn of(dialect: Dialect) -> &'static Self {
        static CATALOGUES: [OnceLock<Catalogue>; 2] = [const { OnceLock::new() }; 2];
        let (slot, text) = match dialect {
            Dialect::V0 => (&CATALOGUES[0], V0),
            Dialect::V1 => (&CATALOGUES[1], V1),
        };
        slot.get_or_init(|| Self::parse(dialect, text))
    }

    fn parse(dialect: Dialect, text: &str) -> Self {
        let Document { spec, requirement } = toml::from_str(text)
            .expect("invariant: the compiled-in catalogue is valid, a test parses it");
        let by_id = requirement
            .iter()
            .enumerate()
            .map(|(index, requirement)| (requirement.id.clone(), index))
            .collect();
        Self {
            dialect,
            spec,
            requirements: requirement,
            by_id,
        }
    }

    /// Which dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The draft's name, such as `draft-dunglas-mercure-08`.
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// A requirement by its id.
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.by_id.get(id).map(|&index| &self.requirements[index])
    }

    /// The requirements that bind a hub, in the order of the catalogue.
    pub fn hub_requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.requirements
            .iter()
            .filter(|requirement| requirement.actor == "hub")
    }

    /// The others: those on publishers, subscribers, issuers of tokens and operators.
    pub fn client_requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.requirements
            .iter()
            .filter(|requirement| requirement.actor != "hub")
    }
}

#[cfg(test)]
mod tests {
    use super::{Catalogue, Dialect};

    #[test]
    fn both_catalogues_parse_and_no_id_stands_twice() {
        for (dialect, hub_requirements) in [(Dialect::V1, 374), (Dialect::V0, 134)] {
            let catalogue = Catalogue::of(dialect);
            assert_eq!(catalogue.hub_requirements().count(), hub_requirements);
            assert_eq!(catalogue.by_id.len(), catalogue.requirements.len());
        }
    }
}
