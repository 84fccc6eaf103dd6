//! What a command ended with, and which outcome wins when there are several.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a run ended, as its exit code says it (design.md, "The command").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 0: everything asked was observed and holds.
    Passed,
    /// 1: a requirement broken, or an objective missed.
    Broken,
    /// 2: usage or configuration.
    Usage,
    /// 3: hub unreachable, controls failed, workbench saturated.
    NotMeasurable,
    /// 4: a defect in Assay.
    Defect,
    /// 5: lost, duplicated, reordered, leaked or corrupt deliveries.
    DeliveryWrong,
    /// 6: too few events to decide.
    TooFewEvents,
    /// 130: interrupted.
    Interrupted,
}

/// Worst first.
const WORST_FIRST: [Outcome; 8] = [
    Outcome::Defect,
    Outcome::Interrupted,
    Outcome::Usage,
    Outcome::DeliveryWrong,
    Outcome::NotMeasurable,
    Outcome::Broken,
    Outcome::TooFewEvents,
    Outcome::Passed,
];

impl Outcome {
    /// The process exit code.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Broken => 1,
            Self::Usage => 2,
            Self::NotMeasurable => 3,
            Self::Defect => 4,
            Self::DeliveryWrong => 5,
            Self::TooFewEvents => 6,
            Self::Interrupted => 130,
        }
    }

    /// The worst of several, in the order 4, 130, 2, 5, 3, 1, 6, 0; passed when there is none.
    pub fn worst(outcomes: impl IntoIterator<Item = Self>) -> Self {
        outcomes
            .into_iter()
            .min_by_key(|outcome| outcome.rank())
            .unwrap_or(Self::Passed)
    }

    fn rank(self) -> usize {
        WORST_FIRST
            .iter()
            .position(|&other| other == self)
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, WORST_FIRST};

    #[test]
    fn worst_first_is_the_order_of_design_md() {
        assert_eq!(
            WORST_FIRST.map(Outcome::exit_code),
            [4, 130, 2, 5, 3, 1, 6, 0]
        );
    }

    #[test]
    fn the_worst_wins_wherever_it_stands() {
        for (better, worse) in WORST_FIRST
            .iter()
            .rev()
            .zip(WORST_FIRST.iter().rev().skip(1))
        {
            assert_eq!(Outcome::worst([*better, *worse]), *worse);
            assert_eq!(Outcome::worst([*worse, *better]), *worse);
        }
        assert_eq!(Outcome::worst([]), Outcome::Passed);
    }
}
