//! One row a requirement: what was sent, what was expected, what came.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Dialect;
use crate::directory::{repro_file, transcript_file};

/// The verdict on one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictRow {
    /// Permanent slug of the check, such as `token/aud-mismatch`.
    pub check: String,
    /// Id of the requirement in the catalogue.
    pub requirement: String,
    /// Its level.
    pub level: Level,
    /// The verdict.
    pub verdict: Verdict,
    /// What a conforming hub answers, generated from the accept-set.
    pub expected: String,
    /// What this hub answered.
    pub observed: String,
    /// Where the two part, if both are texts that can be laid beside each other; none in documents before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// A script of `curl` commands that shows it, secrets as placeholders; also in `repro/`. For what is not green.
    pub repro: Option<String>,
    /// Section of the draft.
    pub section: String,
    /// Area of the protocol, such as `authorization`.
    pub area: String,
    /// Dialect spoken.
    pub dialect: Dialect,
    /// What was sent, secrets redacted.
    pub sent: String,
    /// How long the check took.
    pub duration_ms: u64,
    /// The requirement in our own words, and what breaking it costs.
    pub why: String,
}

impl VerdictRow {
    /// Where its script is within the run directory: `repro/token.aud-mismatch.sh`. Rows of one check share it.
    pub fn repro_file(&self) -> String {
        repro_file(&self.check)
    }

    /// Where its transcript is within the run directory: `transcripts/token.aud-mismatch.txt`.
    pub fn transcript_file(&self) -> String {
        transcript_file(&self.check)
    }
}

/// Two texts that should be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// What of the exchange it is, such as `content-type`.
    pub of: String,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub came: String,
}

impl Difference {
    /// How many bytes both begin with, up to a whole character: where the first one differs.
    pub fn common_bytes(&self) -> usize {
        let pairs = self.expected.char_indices().zip(self.came.chars());
        let differs = pairs
            .skip_while(|((_, expected), came)| expected == came)
            .map(|((at, _), _)| at)
            .next();
        differs.unwrap_or_else(|| self.expected.len().min(self.came.len()))
    }
}

/// The level of a requirement, spelled as in the catalogue.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Level {
    /// `MUST`
    #[serde(rename = "MUST")]
    Must,
    /// `MUST NOT`
    #[serde(rename = "MUST NOT")]
    MustNot,
    /// `SHOULD`
    #[serde(rename = "SHOULD")]
    Should,
    /// `SHOULD NOT`
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    /// `MAY`
    #[serde(rename = "MAY")]
    May,
}

impl Level {
    /// As in the catalogue.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
        }
    }

    /// MUST or MUST NOT.
    pub const fn is_must(self) -> bool {
        matches!(self, Self::Must | Self::MustNot)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a check found (conformance.md, "The run").
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Kept.
    Pass,
    /// A MUST is broken.
    Fail,
    /// A SHOULD is not kept.
    Warn,
    /// A choice that the draft leaves, recorded and not judged.
    Note,
    /// The hub does not have the feature, and need not.
    Unsupported,
    /// Nothing that passed had to do with it: it is neither kept nor broken. Only where traffic is watched.
    NotObserved,
    /// A control failed: nothing can be said.
    Inconclusive,
    /// Failed, and then did not, with nothing changed.
    Flaky,
    /// A defect of ours.
    Error,
}

impl Verdict {
    /// Every verdict, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Pass,
        Self::Fail,
        Self::Warn,
        Self::Note,
        Self::Unsupported,
        Self::NotObserved,
        Self::Inconclusive,
        Self::Flaky,
        Self::Error,
    ];

    /// As in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Note => "note",
            Self::Unsupported => "unsupported",
            Self::NotObserved => "not observed",
            Self::Inconclusive => "inconclusive",
            Self::Flaky => "flaky",
            Self::Error => "error",
        }
    }

    /// True for what a report unfolds: everything but pass, note, unsupported and not observed.
    pub const fn wants_attention(self) -> bool {
        matches!(
            self,
            Self::Fail | Self::Warn | Self::Inconclusive | Self::Flaky | Self::Error
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
