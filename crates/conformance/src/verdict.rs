//! Where a verdict is decided: an observation against an accept-set and a level. Not for how the observation was made.

use assay_results::{Difference, Level, Verdict};

use crate::{
    accept::{AcceptSet, Grade, Observation},
    check::{Findings, Rule},
    stop::Stop,
};

/// The verdict on one requirement, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    pub(crate) observed: String,
    /// Where it parts from what was expected, if both are texts.
    pub(crate) difference: Option<Difference>,
}

impl Decision {
    /// Whether it holds something against the hub.
    pub(crate) fn is_blaming(&self) -> bool {
        self.is_broken() || self.verdict == Verdict::Flaky
    }

    /// Holds nothing against a hub of which it is doubtful whether it could do better.
    pub(crate) fn doubt(&mut self, why: &str) {
        if self.is_blaming() {
            self.verdict = Verdict::Inconclusive;
            self.observed = format!("{}; {why}", self.observed);
        }
    }

    /// Whether the rule is broken, so that a second and a third run have to confirm it.
    pub(crate) fn is_broken(&self) -> bool {
        matches!(self.verdict, Verdict::Fail | Verdict::Warn)
    }
}

/// Decides one row. A check that stopped decides nothing about the hub.
pub(crate) fn decide(rule: &Rule, level: Level, outcome: &Result<Findings, Stop>) -> Decision {
    let findings = match outcome {
        Ok(findings) => findings,
        Err(stop) => return stopped(stop),
    };
    let cases = findings.about(rule.requirement);
    let decisions = cases.iter().map(|&(says, observation)| {
        let text = match says {
            "" => observation.to_string(),
            says => format!("when {says}: {observation}"),
        };
        let verdict = grade(&rule.accept, level, observation);
        let is_worse = matches!(verdict, Verdict::Fail | Verdict::Warn);
        Decision {
            verdict,
            observed: text,
            difference: is_worse
                .then(|| rule.accept.difference(observation))
                .flatten(),
        }
    });
    // The worst case decides; of equal ones the first.
    decisions
        .min_by_key(|decision| severity(decision.verdict))
        .unwrap_or_else(|| {
            stopped(&Stop::Defect(format!(
                "the check observed nothing about {}",
                rule.requirement
            )))
        })
}

fn grade(accept: &AcceptSet, level: Level, observation: &Observation) -> Verdict {
    match (accept.grade(observation), level) {
        (Some(Grade::Pass), _) => Verdict::Pass,
        (Some(Grade::Note), _) => Verdict::Note,
        // An option need not be offered, and the accept-set says how its absence looks; offered, it has to work.
        (Some(Grade::Warn), _) | (None, Level::Should | Level::ShouldNot | Level::May) => {
            Verdict::Warn
        }
        (None, Level::Must | Level::MustNot) => Verdict::Fail,
    }
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Warn => 1,
        Verdict::Note => 2,
        _ => 3,
    }
}

fn stopped(stop: &Stop) -> Decision {
    let (verdict, reason) = match stop {
        Stop::Control(reason) | Stop::NotMeasurable(reason) => (Verdict::Inconclusive, reason),
        Stop::Unsupported(reason) => (Verdict::Unsupported, reason),
        Stop::Defect(reason) => (Verdict::Error, reason),
    };
    Decision {
        verdict,
        observed: reason.clone(),
        difference: None,
    }
}

/// The verdict after a failing check ran again, alone: mixed results are flaky, never green.
pub(crate) fn after_reruns(first: Verdict, again: &[Verdict]) -> Verdict {
    if again.iter().all(|&verdict| verdict == first) {
        first
    } else {
        Verdict::Flaky
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Findings, Level, Rule, Stop, Verdict, after_reruns, decide};
    use crate::accept::{AcceptSet, Observation, Outcome};

    #[test]
    fn observation_and_level_decide() {
        let accept = AcceptSet::fact("right")
            .or_warn(Outcome::Fact("tolerated"))
            .or_note(Outcome::Fact("open"));
        let rule = Rule {
            requirement: "x",
            accept,
        };
        let cases = [
            (Level::Must, Ok(Findings::fact("right")), Verdict::Pass),
            (Level::Must, Ok(Findings::fact("tolerated")), Verdict::Warn),
            (Level::MustNot, Ok(Findings::fact("open")), Verdict::Note),
            (Level::MustNot, Ok(Findings::other("wrong")), Verdict::Fail),
            (Level::Should, Ok(Findings::other("wrong")), Verdict::Warn),
            (Level::May, Ok(Findings::other("wrong")), Verdict::Warn),
            (
                Level::Must,
                Err(Stop::Control(String::new())),
                Verdict::Inconclusive,
            ),
            (
                Level::Must,
                Err(Stop::Unsupported(String::new())),
                Verdict::Unsupported,
            ),
            (
                Level::Must,
                Ok(Findings::Each(vec![("y", Observation::Fact("right"))])),
                Verdict::Error,
            ),
            (
                Level::Must,
                Ok(Findings::Cases(vec![
                    ("a", Observation::Fact("right")),
                    ("b", Observation::Fact("wrong")),
                ])),
                Verdict::Fail,
            ),
        ];
        for (level, outcome, expected) in cases {
            let Decision {
                verdict, observed, ..
            } = decide(&rule, level, &outcome);
            assert_eq!(verdict, expected, "{level:?} {outcome:?} {observed}");
        }
    }

    #[test]
    fn mixed_results_are_flaky() {
        assert_eq!(
            after_reruns(Verdict::Fail, &[Verdict::Fail, Verdict::Fail]),
            Verdict::Fail
        );
        assert_eq!(
            after_reruns(Verdict::Fail, &[Verdict::Fail, Verdict::Pass]),
            Verdict::Flaky
        );
    }
}
