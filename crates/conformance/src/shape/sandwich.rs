//! A refusal: good, bad, good, where each bad one differs from good in one declared datum. Not for allowances: see
//! [`super::accepted`].

use std::fmt;

use super::{Build, Change, Works};
use crate::{
    accept::Observation,
    check::Findings,
    lab::Lab,
    request::{Purpose, Request},
    stop::Stop,
};

/// Judges the answer to the bad request. Whatever the status: a refused publication that is dispatched is an outcome of its own.
pub(crate) struct Sandwich {
    good: Build,
    bad: Vec<Change>,
}

impl Sandwich {
    /// Good, and what differs in the bad one.
    pub(crate) fn new(
        good: impl Fn(&Lab<'_>) -> Result<Request, Stop> + Send + Sync + 'static,
        bad: Change,
    ) -> Self {
        Self {
            good: Box::new(good),
            bad: vec![bad],
        }
    }

    /// Good, and a table of bad ones: every one must be refused.
    pub(crate) fn table(
        good: impl Fn(&Lab<'_>) -> Result<Request, Stop> + Send + Sync + 'static,
        bad: Vec<Change>,
    ) -> Self {
        Self {
            good: Box::new(good),
            bad,
        }
    }

    /// With another bad one: every one must be refused.
    pub(crate) fn or(mut self, bad: Change) -> Self {
        self.bad.push(bad);
        self
    }

    /// Runs it.
    pub(crate) async fn run(&self, lab: &Lab<'_>) -> Result<Findings, Stop> {
        let good = (self.good)(lab)?;
        let mut works = Works::set_up(lab, &good).await?;
        works.control(good).await?;
        let mut cases = Vec::new();
        for bad in &self.bad {
            cases.push((bad.says, self.refused(lab, &mut works, bad).await?));
        }
        Ok(Findings::Cases(cases))
    }

    async fn refused(
        &self,
        lab: &Lab<'_>,
        works: &mut Works<'_, '_>,
        change: &Change,
    ) -> Result<Observation, Stop> {
        let mut bad = (self.good)(lab)?;
        if bad.purpose == Purpose::Publish {
            bad.set_field("data", &lab.marker());
        }
        (change.apply)(&mut bad, lab)?;
        lab.remark(0, &format!("next: the same, except that {}", change.says));
        let answer = lab.try_ask(&bad).await?;
        lab.remark(0, "next: the good one again");
        let dispatched = works.control((self.good)(lab)?).await?;
        Ok(match answer {
            Err(error) => Observation::Other(format!("no answer: {error}")),
            Ok(answer) if answer.status >= 400 && !dispatched.is_empty() => {
                Observation::Other(format!("{answer}, and yet the update was dispatched"))
            }
            Ok(answer) => Observation::Answer(answer),
        })
    }
}

impl fmt::Display for Sandwich {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says: Vec<_> = self.bad.iter().map(|bad| bad.says).collect();
        write!(
            f,
            "a right request, then the same except that {}, then the right one again",
            says.join("; or that ")
        )
    }
}
