//! Accept-sets: every outcome that a draft allows, with the grade that it earns. Assertion and report text come from the same
//! data, so that they cannot disagree. Not for deciding which outcome was seen: shapes and probes observe.

use std::fmt;

use assay_results::Difference;

use crate::answer::Answer;

/// What an outcome earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grade {
    /// As the draft wants it.
    Pass,
    /// Tolerated, though the draft recommends something else.
    Warn,
    /// The draft leaves the choice: recorded, not judged.
    Note,
}

/// What was observed about one requirement.
#[derive(Debug, Clone)]
pub(crate) enum Observation {
    /// A complete answer.
    Answer(Answer),
    /// The answer to what should have worked: no refusal that is right elsewhere in the same check.
    Refused(Answer),
    /// A named outcome of a shape or probe; the texts are compared.
    Fact(&'static str),
    /// An outcome that no accept-set lists: what came, in words.
    Other(String),
    /// The same, where it is known what should have come in its place: in words, and both texts.
    Instead(String, Difference),
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(answer) | Self::Refused(answer) => write!(f, "{answer}"),
            Self::Fact(fact) => f.write_str(fact),
            Self::Other(text) | Self::Instead(text, _) => f.write_str(text),
        }
    }
}

/// A condition on an observation.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// One of these status codes.
    Status(&'static [u16]),
    /// Any 2xx.
    Success,
    /// Any 4xx: refused, without saying how exactly.
    ClientError,
    /// The field is there (name in lower case) and its value, or one of its comma-separated elements, equals the text regardless of case.
    Header(&'static str, String),
    /// This media type, whatever its parameters.
    MediaType(&'static str),
    /// The field is there, whatever it says.
    HasHeader(&'static str),
    /// `WWW-Authenticate` has a `Bearer` challenge.
    BearerChallenge,
    /// `WWW-Authenticate` has a `Bearer` challenge with this parameter.
    ChallengeParameter(&'static str, String),
    /// `WWW-Authenticate` has a `Bearer` challenge, without this parameter.
    NoChallengeParameter(&'static str),
    /// What no other outcome describes: in words, and the test for it.
    Shows(&'static str, fn(&Answer) -> bool),
    /// The named outcome.
    Fact(&'static str),
    /// This answer to what should have worked.
    Refused(Box<Outcome>),
    /// All of these.
    All(Vec<Outcome>),
    /// Whatever a shape or probe put into words: no answer, nor a refusal. No check has it ([`crate::weakening`]).
    InWords,
    /// Whatever was observed. No check has it ([`crate::weakening`]).
    Anything,
}

impl Outcome {
    fn holds(&self, observation: &Observation) -> bool {
        match (self, observation) {
            (Self::Anything, _)
            | (
                Self::InWords,
                Observation::Fact(_) | Observation::Other(_) | Observation::Instead(..),
            ) => true,
            (Self::All(outcomes), _) => outcomes.iter().all(|outcome| outcome.holds(observation)),
            (Self::Fact(expected), Observation::Fact(seen)) => expected == seen,
            (Self::Refused(outcome), Observation::Refused(answer)) => outcome.holds_for(answer),
            (_, Observation::Answer(answer)) => self.holds_for(answer),
            _ => false,
        }
    }

    /// Where an observation parts from this outcome, if both are texts.
    fn difference(&self, observation: &Observation) -> Option<Difference> {
        match (self, observation) {
            (_, Observation::Instead(_, difference)) => Some(difference.clone()),
            (Self::All(outcomes), _) => {
                let broken = outcomes.iter().find(|outcome| !outcome.holds(observation));
                broken?.difference(observation)
            }
            (Self::Refused(outcome), Observation::Refused(answer)) => outcome.differs_from(answer),
            (_, Observation::Answer(answer)) => self.differs_from(answer),
            _ => None,
        }
    }

    fn differs_from(&self, answer: &Answer) -> Option<Difference> {
        let (of, expected, came) = match self {
            Self::All(outcomes) => {
                let broken = outcomes.iter().find(|outcome| !outcome.holds_for(answer));
                return broken?.differs_from(answer);
            }
            Self::Status([code]) => ("status", code.to_string(), answer.status.to_string()),
            Self::Header(name, value) => (*name, value.clone(), answer.header(name)?.to_owned()),
            Self::MediaType(media_type) => {
                let came = answer.header("content-type")?;
                ("content-type", (*media_type).to_owned(), came.to_owned())
            }
            Self::ChallengeParameter(name, value) => {
                let challenge = answer.bearer_challenge()?;
                let came = challenge.parameter(name)?.to_owned();
                (*name, value.clone(), came)
            }
            _ => return None,
        };
        (expected != came).then(|| Difference {
            of: of.to_owned(),
            expected,
            came,
        })
    }

    /// This outcome, where a shape tried something that should have worked.
    pub(crate) fn refused(self) -> Self {
        Self::Refused(Box::new(self))
    }

    /// Whether an answer satisfies it.
    pub(crate) fn holds_for(&self, answer: &Answer) -> bool {
        match self {
            Self::Status(codes) => codes.contains(&answer.status),
            Self::Success => (200..300).contains(&answer.status),
            Self::ClientError => (400..500).contains(&answer.status),
            Self::Header(name, value) => answer
                .header_elements(name)
                .any(|element| element.eq_ignore_ascii_case(value)),
            Self::MediaType(media_type) => answer.media_type().as_deref() == Some(media_type),
            Self::HasHeader(name) => answer.header(name).is_some(),
            Self::BearerChallenge => answer.bearer_challenge().is_some(),
            Self::ChallengeParameter(name, value) => answer
                .bearer_challenge()
                .and_then(|challenge| challenge.parameter(name).map(str::to_owned))
                .is_some_and(|seen| seen == *value),
            Self::NoChallengeParameter(name) => answer
                .bearer_challenge()
                .is_some_and(|challenge| challenge.parameter(name).is_none()),
            Self::Shows(_, test) => test(answer),
            Self::Fact(_) | Self::Refused(_) | Self::InWords => false,
            Self::Anything => true,
            Self::All(outcomes) => outcomes.iter().all(|outcome| outcome.holds_for(answer)),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(codes) => {
                let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
                f.write_str(&codes.join(" or "))
            }
            Self::Success => f.write_str("2xx"),
            Self::ClientError => f.write_str("any 4xx"),
            Self::Header(name, value) => write!(f, "`{name}: {value}`"),
            Self::MediaType(media_type) => write!(f, "`content-type: {media_type}`"),
            Self::HasHeader(name) => write!(f, "a `{name}` field"),
            Self::BearerChallenge => f.write_str("`www-authenticate: Bearer …`"),
            Self::ChallengeParameter(name, value) => {
                write!(f, "`www-authenticate: Bearer {name}=\"{value}\"`")
            }
            Self::NoChallengeParameter(name) => {
                write!(f, "`www-authenticate: Bearer` without `{name}`")
            }
            Self::Shows(text, _) | Self::Fact(text) => f.write_str(text),
            Self::InWords => f.write_str("anything but an answer"),
            Self::Anything => f.write_str("anything"),
            Self::Refused(outcome) => write!(f, "refused with {outcome}"),
            Self::All(outcomes) => {
                for (index, outcome) in outcomes.iter().enumerate() {
                    let separator = if index == 0 { "" } else { " with " };
                    write!(f, "{separator}{outcome}")?;
                }
                Ok(())
            }
        }
    }
}

/// The outcomes that are allowed, the best first. Whatever no entry lists breaks the requirement.
#[derive(Debug, Clone)]
pub(crate) struct AcceptSet(Vec<(Grade, Outcome)>);

impl AcceptSet {
    /// Passes with this outcome alone.
    pub(crate) fn pass(outcome: Outcome) -> Self {
        Self(vec![(Grade::Pass, outcome)])
    }

    /// Passes with this fact alone.
    pub(crate) fn fact(fact: &'static str) -> Self {
        Self::pass(Outcome::Fact(fact))
    }

    /// Also passes with this one.
    pub(crate) fn or_pass(mut self, outcome: Outcome) -> Self {
        self.0.push((Grade::Pass, outcome));
        self
    }

    /// Tolerates this one with a warning.
    pub(crate) fn or_warn(mut self, outcome: Outcome) -> Self {
        self.0.push((Grade::Warn, outcome));
        self
    }

    /// Records this one.
    pub(crate) fn or_note(mut self, outcome: Outcome) -> Self {
        self.0.push((Grade::Note, outcome));
        self
    }

    /// Each outcome replaced by a wider one.
    pub(crate) fn widen(&mut self, widened: fn(Grade, &Outcome) -> Outcome) {
        for (grade, outcome) in &mut self.0 {
            *outcome = widened(*grade, outcome);
        }
    }

    /// Where an observation parts from the best outcome, if both are texts.
    pub(crate) fn difference(&self, observation: &Observation) -> Option<Difference> {
        let (_, best) = self.0.first()?;
        best.difference(observation)
    }

    /// What the observation earns; none when the draft does not allow it.
    pub(crate) fn grade(&self, observation: &Observation) -> Option<Grade> {
        self.0
            .iter()
            .find(|(_, outcome)| outcome.holds(observation))
            .map(|&(grade, _)| grade)
    }
}

impl fmt::Display for AcceptSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (grade, outcome)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; or " };
            let note = match grade {
                Grade::Pass => "",
                Grade::Warn => " (tolerated, with a warning)",
                Grade::Note => " (the draft leaves it open: noted)",
            };
            write!(f, "{separator}{outcome}{note}")?;
        }
        Ok(())
    }
}
