//! Known failures of a hub: what a gate lets pass, so that everything else that breaks is news.
//!
//! A baseline is a TOML file that people read and review. A failure that it does not list, one that it lists and that is kept
//! now, and one that fails in another way each break the gate: a list that nobody has to tend would hide the next defect.
//! Not for deciding verdicts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::signature::signature;
use super::verdict::{Verdict, VerdictRow};
use super::{ConformanceRecord, FailOn};
use crate::Dialect;

/// Version of the file's format.
const SCHEMA: u32 = 1;
const HEAD: &str = "\
# Known failures: `assay check … --baseline FILE`. An unlisted failure, a listed one that is kept now, and one that fails in
# another way break the gate. `--bless` writes this file again and keeps each reason and link.
";

/// The known failures of one hub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<Place, KnownFailure>,
}

/// One row of a run: requirement and check are both named, since a check may be replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    dialect: Dialect,
    check: String,
    requirement: String,
}

impl Place {
    fn of(row: &VerdictRow) -> Self {
        Self {
            dialect: row.dialect,
            check: row.check.clone(),
            requirement: row.requirement.clone(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    #[serde(default)]
    known: Vec<KnownFailure>,
}

/// A failure that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFailure {
    /// Dialect spoken.
    pub dialect: Dialect,
    /// Permanent slug of the check.
    pub check: String,
    /// Id of the requirement.
    pub requirement: String,
    /// How it is broken: `fail` or `warn`.
    pub verdict: Verdict,
    /// What came, without what differs from run to run.
    pub signature: String,
    /// Why it is accepted for now.
    #[serde(default)]
    pub reason: String,
    /// Where it is being mended.
    #[serde(default)]
    pub link: String,
}

/// A baseline cannot be used.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// Not TOML, or a key that is unknown or missing; the text names line and column.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// Written by another version.
    #[error(
        "its `schema` is {0}, and this version of Assay reads {SCHEMA}: write it again with --bless"
    )]
    Schema(u32),
    /// Two entries for one row.
    #[error("it lists {check} ({requirement}, {dialect}) twice")]
    Twice {
        /// Dialect.
        dialect: Dialect,
        /// Check.
        check: String,
        /// Requirement.
        requirement: String,
    },
    /// It lists a row that no check gives: a renamed check, or a typing error.
    #[error(
        "it lists {check} ({requirement}, {dialect}), and no check judges that: remove the entry, or write the file again with --bless"
    )]
    Unknown {
        /// Dialect.
        dialect: Dialect,
        /// Check.
        check: String,
        /// Requirement.
        requirement: String,
    },
    /// It is about a dialect that this run does not judge.
    #[error(
        "it lists failures in {0}, which this run does not judge: each dialect that is judged apart needs a baseline of its own"
    )]
    OtherDialect(Dialect),
    /// What cannot be a baseline: something stayed open or was not judged.
    #[error(
        "nothing was blessed, since {0}: a baseline has to come from a whole run in which nothing stayed open"
    )]
    NotBlessable(String),
}

/// How a run stands to its baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineComparison {
    /// The file, as it was named.
    pub file: String,
    /// Every row that the baseline lists or should list.
    pub entries: Vec<BaselineEntry>,
}

/// A row that is listed, or broken without being so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineEntry {
    /// Dialect spoken.
    pub dialect: Dialect,
    /// Permanent slug of the check.
    pub check: String,
    /// Id of the requirement.
    pub requirement: String,
    /// How it stands.
    pub state: BaselineState,
    /// What the baseline says that comes; none when it does not list the row.
    pub was: Option<String>,
    /// Why it is accepted, as the baseline says.
    pub reason: String,
    /// Where it is being mended, as the baseline says.
    pub link: String,
}

/// How a row stands to the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaselineState {
    /// Listed, and broken in the same way: no news.
    Known,
    /// Broken, and not listed.
    Unlisted,
    /// Listed, and kept now: the entry has to go.
    Healed,
    /// Listed, and broken in another way, or no longer judged.
    Different,
    /// Listed, and nothing could be said this time.
    Open,
}

impl BaselineState {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Unlisted => "not in the baseline",
            Self::Healed => "kept now: take it out of the baseline",
            Self::Different => "fails in another way than the baseline says",
            Self::Open => "could not be judged this time",
        }
    }

    /// Whether it breaks the gate.
    pub const fn is_news(self) -> bool {
        matches!(self, Self::Unlisted | Self::Healed | Self::Different)
    }
}

impl BaselineComparison {
    /// Whether anything breaks the gate.
    pub fn has_news(&self) -> bool {
        self.entries.iter().any(|entry| entry.state.is_news())
    }

    /// What the baseline has to say of a row; none where the row is neither listed nor broken.
    pub fn entry(&self, row: &VerdictRow) -> Option<&BaselineEntry> {
        self.entries.iter().find(|entry| {
            entry.dialect == row.dialect
                && entry.check == row.check
                && entry.requirement == row.requirement
        })
    }

    /// How many stand so.
    pub fn count(&self, state: BaselineState) -> usize {
        let entries = self.entries.iter();
        entries.filter(|entry| entry.state == state).count()
    }
}

impl Baseline {
    /// Reads a file's text.
    ///
    /// # Errors
    /// It is no baseline of this version, or names a row twice.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let file: File = toml::from_str(text)?;
        if file.schema != SCHEMA {
            return Err(BaselineError::Schema(file.schema));
        }
        let mut known = BTreeMap::new();
        for entry in file.known {
            let place = Place {
                dialect: entry.dialect,
                check: entry.check.clone(),
                requirement: entry.requirement.clone(),
            };
            if known.insert(place.clone(), entry).is_some() {
                return Err(BaselineError::Twice {
                    dialect: place.dialect,
                    check: place.check,
                    requirement: place.requirement,
                });
            }
        }
        Ok(Self { known })
    }

    /// Looks whether each entry is about something that this run can judge.
    ///
    /// `judges` tells whether a check of a dialect judges a requirement.
    ///
    /// # Errors
    /// An entry of another dialect, or one that no check judges.
    pub fn hold_against(
        &self,
        dialects: &[Dialect],
        judges: impl Fn(Dialect, &str, &str) -> bool,
    ) -> Result<(), BaselineError> {
        for place in self.known.keys() {
            if !dialects.contains(&place.dialect) {
                return Err(BaselineError::OtherDialect(place.dialect));
            }
            if !judges(place.dialect, &place.check, &place.requirement) {
                return Err(BaselineError::Unknown {
                    dialect: place.dialect,
                    check: place.check.clone(),
                    requirement: place.requirement.clone(),
                });
            }
        }
        Ok(())
    }

    /// How the verdicts of a run stand to it. A listed row that was not run, under a filter, is left out.
    pub fn compare(&self, file: &str, rows: &[VerdictRow], fail_on: FailOn) -> BaselineComparison {
        let entries = rows.iter().filter_map(|row| {
            let known = self.known.get(&Place::of(row));
            let state = match known {
                Some(known) => state_of(known, row),
                None if is_failure(row.verdict, fail_on) => BaselineState::Unlisted,
                None => return None,
            };
            Some(BaselineEntry {
                dialect: row.dialect,
                check: row.check.clone(),
                requirement: row.requirement.clone(),
                state,
                was: known.map(|known| known.signature.clone()),
                reason: known.map_or_else(String::new, |known| known.reason.clone()),
                link: known.map_or_else(String::new, |known| known.link.clone()),
            })
        });
        BaselineComparison {
            file: file.to_owned(),
            entries: entries.collect(),
        }
    }

    /// The baseline of a run: what is broken in it, with the reasons and links of this one.
    ///
    /// # Errors
    /// The run ended early, or something in it stayed open, was flaky or is a defect of ours.
    pub fn blessed(&self, record: &ConformanceRecord) -> Result<Self, BaselineError> {
        if record.partial.is_some() {
            return Err(BaselineError::NotBlessable(
                "the run ended early".to_owned(),
            ));
        }
        let open = |row: &&VerdictRow| {
            matches!(
                row.verdict,
                Verdict::Inconclusive | Verdict::Flaky | Verdict::Error
            )
        };
        if let Some(row) = record.verdicts.iter().find(open) {
            let reason = format!("{} is {}", row.requirement, row.verdict);
            return Err(BaselineError::NotBlessable(reason));
        }
        if record.verdicts.is_empty() {
            return Err(BaselineError::NotBlessable("nothing was judged".to_owned()));
        }
        let broken = record.verdicts.iter();
        let broken = broken.filter(|row| is_failure(row.verdict, record.fail_on));
        let known = broken.map(|row| {
            let place = Place::of(row);
            let before = self.known.get(&place);
            let entry = KnownFailure {
                dialect: row.dialect,
                check: row.check.clone(),
                requirement: row.requirement.clone(),
                verdict: row.verdict,
                signature: signature(&row.observed),
                reason: before.map_or_else(String::new, |before| before.reason.clone()),
                link: before.map_or_else(String::new, |before| before.link.clone()),
            };
            (place, entry)
        });
        Ok(Self {
            known: known.collect(),
        })
    }

    /// The file's text.
    pub fn to_toml(&self) -> String {
        let mut text = format!("{HEAD}schema = {SCHEMA}\n");
        for entry in self.known.values() {
            text.push_str("\n[[known]]\n");
            for (key, value) in [
                ("dialect", entry.dialect.as_str()),
                ("check", &entry.check),
                ("requirement", &entry.requirement),
                ("verdict", entry.verdict.as_str()),
                ("signature", &entry.signature),
                ("reason", &entry.reason),
                ("link", &entry.link),
            ] {
                let value = toml::Value::String(value.to_owned());
                // Writing into a String cannot fail.
                let _ = writeln!(text, "{key} = {value}");
            }
        }
        text
    }

    /// How many failures it knows.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

fn state_of(known: &KnownFailure, row: &VerdictRow) -> BaselineState {
    match row.verdict {
        Verdict::Pass | Verdict::Note => BaselineState::Healed,
        Verdict::Inconclusive | Verdict::Error | Verdict::NotObserved => BaselineState::Open,
        verdict if verdict == known.verdict && signature(&row.observed) == known.signature => {
            BaselineState::Known
        }
        Verdict::Fail | Verdict::Warn | Verdict::Flaky | Verdict::Unsupported => {
            BaselineState::Different
        }
    }
}

const fn is_failure(verdict: Verdict, fail_on: FailOn) -> bool {
    match verdict {
        Verdict::Fail | Verdict::Flaky => true,
        Verdict::Warn => matches!(fail_on, FailOn::Should),
        _ => false,
    }
}
