//! What a check is: data that say which requirements it judges and how, and the table of all of them. Not for running: that
//! is [`crate::runner`].
//!
//! To add one: find the requirement in `requirements/*.toml`; choose the shape (a refusal is a [`Sandwich`], an allowance
//! [`Accepted`], who receives what [`Deliveries`], what an event looks like [`Carried`], anything else a probe) and add a row to the file of its section; take its
//! id out of `requirements/*-unchecked.toml`; give the crooked hub a mutant that breaks it. A requirement is judged by one
//! check, which may have several shapes ([`Check::also`]) and cases. A positive rule that the controls rest on (a stream
//! opens, a publication is accepted) is observed without those controls, lest its breach look not measurable.

mod area;
mod findings;
mod need;
mod publishing;
mod subscriptions;
mod v0;
mod v1;
mod well_known;

use std::{fmt, pin::Pin};

use assay_client::Dialect;

use crate::{
    accept::AcceptSet,
    lab::Lab,
    shape::{
        accepted::Accepted,
        carried::{Carried, Carry},
        deliveries::Deliveries,
        sandwich::Sandwich,
    },
    stop::Stop,
};

pub(crate) use area::Area;
pub(crate) use findings::Findings;
pub(crate) use need::{BASELINE, Issuers, KnownIssuer, Need};
pub(crate) use subscriptions::are_told as tells_of_subscriptions;
pub(crate) use v1::metadata;

/// One row: a requirement and the outcomes that keep it.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// Catalogue id.
    pub(crate) requirement: &'static str,
    /// What keeps it.
    pub(crate) accept: AcceptSet,
}

/// What a probe gives back.
pub(crate) type Probing<'a> = Pin<Box<dyn Future<Output = Result<Findings, Stop>> + Send + 'a>>;

/// How a check works.
pub(crate) enum Shape {
    /// A refusal: good, bad, good.
    Sandwich(Sandwich),
    /// An allowance: what differs in one datum from what works must work too.
    Accepted(Accepted),
    /// Who receives which update.
    Deliveries(Deliveries),
    /// What an event looks like.
    Carried(Carried),
    /// Anything else.
    Probe(for<'a> fn(&'a Lab<'a>) -> Probing<'a>),
}

/// One check.
pub(crate) struct Check {
    /// Permanent slug.
    pub(crate) id: &'static str,
    /// Whose rules it judges.
    pub(crate) dialect: Dialect,
    /// Where it stands in the report.
    pub(crate) area: Area,
    /// One row each.
    pub(crate) rules: Vec<Rule>,
    /// What it cannot do without.
    pub(crate) needs: Vec<Need>,
    /// What it shows more with: it runs where this is met, if anywhere, and all the same where it is not.
    pub(crate) prefers: Option<Need>,
    /// How it works: one after the other, their cases put together.
    pub(crate) shapes: Vec<Shape>,
    /// When it starts.
    pub(crate) start: Start,
    /// Whether it stops when a control fails: always, but in the proof that this is needed ([`crate::weakening`]).
    pub(crate) is_controlled: bool,
}

/// When a check starts: the few that have to wait for the clock do not come last, and those that exhaust a hub do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Start {
    /// Before all others: it takes seconds.
    Early,
    /// In any order.
    Whenever,
    /// Behind all others, while no other runs: it takes from the hub what they need.
    Alone,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Check {
    fn new(dialect: Dialect, area: Area, id: &'static str, shapes: Vec<Shape>) -> Self {
        Self {
            id,
            dialect,
            area,
            rules: Vec::new(),
            needs: Vec::new(),
            prefers: None,
            shapes,
            start: Start::Whenever,
            is_controlled: true,
        }
    }

    /// With a row.
    pub(crate) fn judges(mut self, requirement: &'static str, accept: AcceptSet) -> Self {
        self.rules.push(Rule {
            requirement,
            accept,
        });
        self
    }

    /// With another shape, whose cases are judged by the same rules.
    pub(crate) fn also(mut self, shape: Shape) -> Self {
        self.shapes.push(shape);
        self
    }

    /// Started before all others.
    pub(crate) fn early(mut self) -> Self {
        self.start = Start::Early;
        self
    }

    /// Started behind all others, and alone.
    pub(crate) fn alone(mut self) -> Self {
        self.start = Start::Alone;
        self
    }

    /// With a need.
    pub(crate) fn needs(mut self, need: Need) -> Self {
        self.needs.push(need);
        self
    }

    /// On the variant that meets this, if there is one.
    pub(crate) fn prefers(mut self, need: Need) -> Self {
        self.prefers = Some(need);
        self
    }

    /// What it does, in a sentence generated from its data; none for a probe, whose rules say it.
    pub(crate) fn does(&self) -> Option<String> {
        let sentences: Vec<_> = self.shapes.iter().filter_map(Shape::does).collect();
        (!sentences.is_empty()).then(|| sentences.join("; "))
    }

    /// Does it.
    pub(crate) async fn observe(&self, lab: &Lab<'_>) -> Result<Findings, Stop> {
        let mut all: Option<Findings> = None;
        for shape in &self.shapes {
            let findings = shape.run(lab).await?;
            all = Some(match all {
                None => findings,
                Some(before) => before.and(findings),
            });
        }
        all.ok_or_else(|| Stop::Defect("the check has no shape".to_owned()))
    }
}

impl Shape {
    fn does(&self) -> Option<String> {
        match self {
            Self::Sandwich(sandwich) => Some(sandwich.to_string()),
            Self::Accepted(accepted) => Some(accepted.to_string()),
            Self::Deliveries(deliveries) => Some(deliveries.to_string()),
            Self::Carried(carried) => Some(carried.to_string()),
            Self::Probe(_) => None,
        }
    }

    async fn run(&self, lab: &Lab<'_>) -> Result<Findings, Stop> {
        match self {
            Self::Sandwich(sandwich) => sandwich.run(lab).await,
            Self::Accepted(accepted) => accepted.run(lab).await,
            Self::Deliveries(deliveries) => deliveries.run(lab).await,
            Self::Carried(carried) => carried.run(lab).await,
            Self::Probe(probe) => probe(lab).await,
        }
    }
}

/// Begins the checks of one file: they share dialect and area.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section {
    pub(crate) dialect: Dialect,
    pub(crate) area: Area,
}

impl Section {
    /// A refusal.
    pub(crate) fn refusal(self, id: &'static str, sandwich: Sandwich) -> Check {
        self.shapes(id, vec![Shape::Sandwich(sandwich)])
    }

    /// An allowance.
    pub(crate) fn allowance(self, id: &'static str, accepted: Accepted) -> Check {
        self.shapes(id, vec![Shape::Accepted(accepted)])
    }

    /// Who receives which update.
    pub(crate) fn deliveries(self, id: &'static str, deliveries: Deliveries) -> Check {
        self.shapes(id, vec![Shape::Deliveries(deliveries)])
    }

    /// What an event looks like.
    pub(crate) fn carried(self, id: &'static str, rows: Vec<Carry>) -> Check {
        let carried = Carried::table(rows);
        self.shapes(id, vec![Shape::Carried(carried)])
    }

    /// Of any shape.
    pub(crate) fn check(self, id: &'static str, shape: Shape) -> Check {
        self.shapes(id, vec![shape])
    }

    /// Anything else.
    pub(crate) fn probe(
        self,
        id: &'static str,
        probe: for<'a> fn(&'a Lab<'a>) -> Probing<'a>,
    ) -> Check {
        self.shapes(id, vec![Shape::Probe(probe)])
    }

    /// Several of these, their cases put together.
    pub(crate) fn shapes(self, id: &'static str, shapes: Vec<Shape>) -> Check {
        Check::new(self.dialect, self.area, id, shapes)
    }
}

/// All checks of a dialect.
pub(crate) fn all(dialect: Dialect) -> Vec<Check> {
    match dialect {
        Dialect::V0 => v0::checks(),
        Dialect::V1 => v1::checks(),
    }
}
