//! Checks that are weaker than they should be, for the proof that the suite's own tests would notice (`cargo xtask proof
//! second-order`). A weakening changes the data of a check before the run; no check is written for it. Not for judging hubs.

use crate::{
    accept::{AcceptSet, Grade, Outcome},
    check::Check,
};

/// What is taken from a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakening {
    /// The assertion: whatever is observed is right.
    NoAssertion,
    /// Part of the expectation: what must be of several parts lacks the last one; a status may be any of its class, an answer
    /// any answer, a named outcome any that can be put into words.
    WiderExpectation,
    /// The controls: what should work and does not stops the check no longer.
    NoControls,
}

impl Weakening {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::NoAssertion, Self::WiderExpectation, Self::NoControls];

    /// In a few words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAssertion => "assertion removed",
            Self::WiderExpectation => "expectation widened",
            Self::NoControls => "controls dropped",
        }
    }

    /// Weakens a check.
    pub(crate) fn apply(self, check: &mut Check) {
        match self {
            Self::NoAssertion => {
                for rule in &mut check.rules {
                    rule.accept = AcceptSet::pass(Outcome::Anything);
                }
            }
            Self::WiderExpectation => {
                for rule in &mut check.rules {
                    rule.accept.widen(widened);
                }
            }
            Self::NoControls => check.is_controlled = false,
        }
    }
}

fn widened(grade: Grade, outcome: &Outcome) -> Outcome {
    let any_answer = || Outcome::Shows("any answer", |_| true);
    let of_class = |codes: &[u16], class: u16| codes.iter().all(|code| code / 100 == class);
    match outcome {
        // What is tolerated or left open stays: only the way to a pass gets wider.
        _ if grade != Grade::Pass => outcome.clone(),
        Outcome::All(parts) if parts.len() > 1 => Outcome::All(parts[..parts.len() - 1].to_vec()),
        Outcome::Status(codes) if of_class(codes, 4) => Outcome::ClientError,
        Outcome::Status(codes) if of_class(codes, 2) => Outcome::Success,
        Outcome::Refused(outcome) => widened(grade, outcome).refused(),
        Outcome::Fact(_) => Outcome::InWords,
        Outcome::Anything | Outcome::InWords => outcome.clone(),
        Outcome::All(_)
        | Outcome::Status(_)
        | Outcome::Success
        | Outcome::ClientError
        | Outcome::Header(..)
        | Outcome::MediaType(_)
        | Outcome::HasHeader(_)
        | Outcome::BearerChallenge
        | Outcome::ChallengeParameter(..)
        | Outcome::NoChallengeParameter(_)
        | Outcome::Shows(..) => any_answer(),
    }
}

#[cfg(test)]
mod tests {
    use assay_client::Dialect;

    use super::Weakening;
    use crate::check;

    #[test]
    fn each_check_gets_weaker() {
        for check in Dialect::ALL.into_iter().flat_map(check::all) {
            let id = check.id;
            let expectations =
                |check: &check::Check| check.rules.iter().map(|r| r.accept.to_string()).collect();
            let before: Vec<String> = expectations(&check);
            let mut check = check;
            for weakening in [Weakening::WiderExpectation, Weakening::NoAssertion] {
                weakening.apply(&mut check);
                let after: Vec<String> = expectations(&check);
                let mut pairs = before.iter().zip(&after);
                assert!(
                    pairs.all(|(before, after)| before != after),
                    "{id} {after:?}"
                );
            }
            assert!(check.is_controlled, "{id}");
            Weakening::NoControls.apply(&mut check);
            assert!(!check.is_controlled, "{id}");
        }
    }
}
