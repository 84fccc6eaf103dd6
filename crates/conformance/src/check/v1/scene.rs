//! Rows of the tables of subscriptions and matchers: what a subscription asks for, and which updates it must and must not
//! receive. Not for what they mean: the tables stand in the files of their sections.
//!
//! In matchers and topics a few characters stand for what is fresh: the first `~` for a URL that ends in a slash, `$` for its
//! path, `@` for the hub's origin, `^` for the hub URL up to before its last slash.

use super::right::{hub_directory, hub_origin, relative};
use crate::{
    accept::AcceptSet,
    check::{Check, Section, Shape},
    lab::Lab,
    request::Request,
    shape::deliveries::{AS_DUE, Deliveries, Fate},
    stop::Stop,
};

/// A subscription to a sentinel's topic and to what stands here, and updates.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    says: &'static str,
    /// Form-encoded when written.
    parameters: &'static [(&'static str, &'static str)],
    /// As it is, behind the others.
    raw: &'static str,
    due: &'static [&'static str],
    hidden: &'static [&'static str],
}

/// A check that is nothing but scenes.
pub(super) struct Case {
    pub(super) id: &'static str,
    pub(super) requirement: &'static str,
    pub(super) scenes: &'static [Scene],
}

impl Scene {
    /// A subscription with these parameters, and topics of updates that it must and must not receive.
    pub(super) const fn new(
        says: &'static str,
        parameters: &'static [(&'static str, &'static str)],
        due: &'static [&'static str],
        hidden: &'static [&'static str],
    ) -> Self {
        Self {
            says,
            parameters,
            raw: "",
            due,
            hidden,
        }
    }

    /// A subscription whose query ends with this text as it is.
    pub(super) const fn raw(
        says: &'static str,
        raw: &'static str,
        due: &'static [&'static str],
        hidden: &'static [&'static str],
    ) -> Self {
        Self {
            says,
            parameters: &[],
            raw,
            due,
            hidden,
        }
    }

    /// As a shape; whether the subscription is accepted is judged as well.
    pub(super) fn deliveries(self) -> Deliveries {
        self.deliveries_to(Ok)
    }

    /// As a shape, the subscription asked for in another way.
    pub(super) fn deliveries_to(
        self,
        asked: impl Fn(Request) -> Result<Request, Stop> + Send + Sync + 'static,
    ) -> Deliveries {
        Deliveries::new(
            self.says,
            move |lab| asked(self.subscription(lab)?),
            move |lab| {
                let update =
                    |fate, topic: &&str| Ok((fate, lab.publish(&written(lab, topic), "")?));
                let hidden = self.hidden.iter().map(|topic| update(Fate::Hidden, topic));
                hidden
                    .chain(self.due.iter().map(|topic| update(Fate::Due, topic)))
                    .collect()
            },
        )
        .judging_the_opening()
    }

    // A topic of its own for the sentinel: a broken matcher must not pass for a broken stream.
    fn subscription(&self, lab: &Lab<'_>) -> Result<Request, Stop> {
        let mut request = lab.subscribe(&lab.topic("sentinel"))?;
        for (name, value) in self.parameters {
            request = request.param(name, written(lab, value));
        }
        request.raw_query = written(lab, self.raw);
        Ok(request)
    }
}

/// The checks of a table.
pub(super) fn checks(section: Section, cases: &'static [Case]) -> impl Iterator<Item = Check> {
    cases
        .iter()
        .map(move |case| check(section, case, AcceptSet::fact(AS_DUE)))
}

/// One check, with what keeps its rule.
pub(super) fn check(section: Section, case: &Case, accept: AcceptSet) -> Check {
    let scenes = case.scenes.iter();
    let shapes = scenes.map(|scene| Shape::Deliveries(scene.deliveries()));
    section
        .shapes(case.id, shapes.collect())
        .judges(case.requirement, accept)
}

/// A matcher or topic with what is fresh put in.
pub(super) fn written(lab: &Lab<'_>, template: &str) -> String {
    template
        .replacen('~', &lab.topic(""), 1)
        .replacen('$', &relative(lab, ""), 1)
        .replacen('@', &hub_origin(lab), 1)
        .replacen('^', &hub_directory(lab), 1)
}
