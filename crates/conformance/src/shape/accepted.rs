//! An allowance: what differs from a working request in one declared datum must work too. Not for refusals: see
//! [`super::sandwich`].

use std::fmt;

use super::{Build, Change, Works};
use crate::{accept::Observation, check::Findings, lab::Lab, request::Request, stop::Stop};

/// The changed request worked as well.
pub(crate) const WORKS: &str = "accepted, and the update arrives";

/// Judges whether the changed request works as the right one does.
pub(crate) struct Accepted {
    good: Build,
    others: Vec<Change>,
}

impl Accepted {
    /// A right request, and what differs in the one that must work too.
    pub(crate) fn new(
        good: impl Fn(&Lab<'_>) -> Result<Request, Stop> + Send + Sync + 'static,
        other: Change,
    ) -> Self {
        Self {
            good: Box::new(good),
            others: vec![other],
        }
    }

    /// A right request, and a table of what differs in those that must work too.
    pub(crate) fn table(
        good: impl Fn(&Lab<'_>) -> Result<Request, Stop> + Send + Sync + 'static,
        others: Vec<Change>,
    ) -> Self {
        Self {
            good: Box::new(good),
            others,
        }
    }

    /// With another one, which must work too.
    pub(crate) fn and(mut self, other: Change) -> Self {
        self.others.push(other);
        self
    }

    /// Runs it.
    pub(crate) async fn run(&self, lab: &Lab<'_>) -> Result<Findings, Stop> {
        let good = (self.good)(lab)?;
        let mut works = Works::set_up(lab, &good).await?;
        works.control(good).await?;
        let mut cases = Vec::new();
        for change in &self.others {
            let mut other = (self.good)(lab)?;
            (change.apply)(&mut other, lab)?;
            lab.remark(0, &format!("next: the same, except that {}", change.says));
            let observation = match works.send(other).await {
                Ok(Ok(_)) => Observation::Fact(WORKS),
                Ok(Err(Observation::Answer(answer))) => Observation::Refused(answer),
                Ok(Err(observation)) => observation,
                // After the control this is no longer one: what should work is accepted and has no effect.
                Err(Stop::Control(reason)) => Observation::Other(reason),
                Err(stop) => return Err(stop),
            };
            cases.push((change.says, observation));
        }
        works.control((self.good)(lab)?).await?;
        Ok(Findings::Cases(cases))
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says: Vec<_> = self.others.iter().map(|other| other.says).collect();
        write!(
            f,
            "a right request, then the same except that {}, which must work too",
            says.join("; or that ")
        )
    }
}
