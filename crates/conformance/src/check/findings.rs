//! What a check saw. Not for judging it: that is [`crate::verdict`].

use crate::{accept::Observation, answer::Answer};

/// What a check saw: an observation for each of its rules.
#[derive(Debug, Clone)]
pub(crate) enum Findings {
    /// The same for all rules.
    All(Observation),
    /// By requirement. One that is missing is our defect.
    Each(Vec<(&'static str, Observation)>),
    /// Several cases, each described, all for all rules: the worst decides.
    Cases(Vec<(&'static str, Observation)>),
}

impl Findings {
    /// A named outcome, for all rules.
    pub(crate) fn fact(fact: &'static str) -> Self {
        Self::All(Observation::Fact(fact))
    }

    /// An answer, for all rules.
    pub(crate) fn answer(answer: Answer) -> Self {
        Self::All(Observation::Answer(answer))
    }

    /// Something that no accept-set lists, for all rules.
    pub(crate) fn other(text: impl Into<String>) -> Self {
        Self::All(Observation::Other(text.into()))
    }

    /// Both: the cases of one after those of the other. Findings by requirement stand alone.
    pub(crate) fn and(self, other: Self) -> Self {
        let cases = |findings| match findings {
            Self::All(observation) => vec![("", observation)],
            Self::Cases(cases) | Self::Each(cases) => cases,
        };
        let mut all = cases(self);
        all.extend(cases(other));
        Self::Cases(all)
    }

    /// What was seen about one requirement, case by case; a case may have no name.
    pub(crate) fn about(&self, requirement: &str) -> Vec<(&'static str, &Observation)> {
        match self {
            Self::All(observation) => vec![("", observation)],
            Self::Cases(cases) => cases
                .iter()
                .map(|(says, observation)| (*says, observation))
                .collect(),
            Self::Each(observations) => observations
                .iter()
                .filter(|(id, _)| *id == requirement)
                .map(|(_, observation)| ("", observation))
                .collect(),
        }
    }
}
