//! What no exchange with a hub shows: how an answer is read by a program, how long a key is. It is judged by a rule of the draft
//! alone, and says so.

use assay_results::{End, Fate, SampleKind};

use super::rule::Rule;

/// A sample that only a rule can judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    /// The rule.
    pub(super) rule: Rule,
    /// What to write instead.
    pub(super) instead: String,
}

impl Fact {
    /// Whether it is a setting, or how something is read.
    pub(super) const fn kind(&self) -> SampleKind {
        match self.rule {
            Rule::SecretLength => SampleKind::Setting,
            _ => SampleKind::Reading,
        }
    }

    /// On a hub of 0.x.
    pub(super) fn today() -> Fate {
        Fate::by_rule(End::Works, "as 0.x has it")
    }

    /// On one that speaks both: the draft knows no such hub.
    pub(super) fn compatible(&self) -> Fate {
        Fate::open(match self.rule {
            Rule::SecretLength => "a hub that speaks both may take the key for tokens of 0.x",
            _ => "the draft does not say in which words a hub that speaks both answers",
        })
    }

    /// On one of 1.0 alone.
    pub(super) fn moved(&self) -> Fate {
        match self.rule {
            Rule::SecretLength => Fate::by_rule(
                End::Refused,
                "the hub does not take the key: no token that it signs is valid",
            ),
            _ => Fate::by_rule(End::Silent, "what is read is not there"),
        }
    }
}
