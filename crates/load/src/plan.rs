//! What a run will do, decided to the microsecond before anything is opened: every phase, subscriber and update. Not for what
//! came of it: those are the records. A plan follows from a scenario and a seed alone.

mod arithmetic;
mod memory;
mod schedule;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

pub use arithmetic::Arithmetic;
pub use memory::Memory;
pub(crate) use memory::RECEIPTS_PER_DELIVERY_MAX;
pub use schedule::schedule;

use crate::clock::Micros;
pub use crate::scenario::{FaultKind, Http, Reads};

/// The timetable of a run. All instants count from the epoch of the run's clock.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Tells this run's updates and topics from all others.
    pub run_id: u64,
    /// What every random choice follows from.
    pub seed: u64,
    /// In order, without gaps.
    pub phases: Vec<Phase>,
    /// Everything that updates are published to.
    pub topics: Vec<PlannedTopic>,
    /// What can be asked for by one pattern.
    pub patterns: Vec<PlannedPattern>,
    /// In the order of connecting.
    pub subscribers: Vec<PlannedSubscriber>,
    /// In the order of their planned instants.
    pub publications: Vec<PlannedPublication>,
    /// In the order of their planned instants.
    pub faults: Vec<PlannedFault>,
    /// How many publishers share the work; each has a connection and numbers its updates from 0.
    pub publishers: u16,
    /// A live delivery later than this after I is *late*.
    pub late_after: Duration,
    /// Deliveries, answers and reconnections are awaited until here.
    pub drain_deadline: Micros,
    /// The indices into `publications` of each publisher's updates, by sequence.
    by_publisher: Vec<Vec<u32>>,
    /// The indices into `publications` of each topic's updates, in the order of the plan.
    by_topic: Vec<Vec<u32>>,
}

/// A stretch of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// What the scenario calls it.
    pub name: String,
    /// What it is for.
    pub kind: PhaseKind,
    /// Its first instant.
    pub start: Micros,
    /// The first instant after it.
    pub end: Micros,
}

/// What a phase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PhaseKind {
    /// Subscribers connect.
    Ramp,
    /// Canaries confirm that each subscriber hears.
    Settle,
    /// Load that is accounted for, but in no percentile.
    WarmUp,
    /// Load that the percentiles are made of.
    Measure,
    /// Nothing more is published; what is under way arrives.
    Drain,
}

impl PhaseKind {
    /// As scenarios and reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ramp => "ramp",
            Self::Settle => "settle",
            Self::WarmUp => "warm-up",
            Self::Measure => "measure",
            Self::Drain => "drain",
        }
    }
}

/// A topic of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedTopic {
    /// Published and subscribed to byte for byte.
    pub iri: String,
    /// Whether its updates are private.
    pub private: bool,
}

/// Topics that one matcher selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPattern {
    /// Indices into [`Plan::topics`].
    pub topics: Range<u32>,
    /// As a URL Pattern, for 1.0.
    pub url_pattern: String,
    /// As an RFC 6570 template, for 0.x.
    pub uri_template: String,
}

/// One subscriber: a connection, and those that follow it when it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSubscriber {
    /// Which of the scenario's groups it is of.
    pub group: u16,
    /// Indices into [`Plan::topics`], ascending: what it follows.
    pub topics: Arc<[u32]>,
    /// Indices into [`Plan::patterns`]: topics of these are asked for by pattern, all others by exact matchers.
    pub patterns: Box<[u16]>,
    /// Whether it is a probe, with kernel receive stamps, instead of one of the crowd.
    pub probe: bool,
    /// When it begins to connect.
    pub connect_at: Micros,
    /// What is planned from then on is not for it; none when it stays to the end. It listens for [`Plan::late_after`] longer, so that
    /// what was still under way counts.
    pub leave_at: Option<Micros>,
    /// Whether it asks for what was published before it came.
    pub from_start: bool,
    /// How fast it reads. Whoever does not read all is outside the books.
    pub reads: Reads,
    /// Over what.
    pub http: Http,
}

impl PlannedSubscriber {
    /// One that connects at the epoch, follows these topics by exact matchers, stays, and reads everything.
    pub fn of(topics: &[u32]) -> Self {
        Self {
            group: 0,
            topics: topics.into(),
            patterns: Box::default(),
            probe: false,
            connect_at: Micros::ZERO,
            leave_at: None,
            from_start: false,
            reads: Reads::All,
            http: Http::One,
        }
    }

    /// Whether an update planned at an instant can be for it, as far as time goes.
    pub fn is_there_at(&self, at: Micros) -> bool {
        (self.from_start || at >= self.connect_at) && self.leave_at.is_none_or(|leave| at < leave)
    }

    /// When it closes its stream.
    pub fn closes_at(&self, late_after: Duration) -> Option<Micros> {
        self.leave_at.map(|leave_at| leave_at.plus(late_after))
    }
}

/// Something that goes wrong on purpose.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedFault {
    /// What the scenario calls it.
    pub name: String,
    /// When.
    pub at: Micros,
    /// What.
    pub kind: FaultKind,
    /// Indices into [`Plan::subscribers`], ascending, of those whose streams it drops.
    pub drops: Vec<u32>,
}

/// One update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedPublication {
    /// Whose connection it goes out on.
    pub publisher: u16,
    /// Which of that publisher's updates, from 0.
    pub sequence: u32,
    /// Index into [`Plan::topics`].
    pub topic: u32,
    /// I: the planned instant.
    pub at: Micros,
    /// The phase in which `at` lies; updates of [`PhaseKind::Settle`] are canaries.
    pub phase: PhaseKind,
    /// Length of its `data`, the stamp included.
    pub payload_bytes: u32,
    /// Index into [`Plan::subscribers`] of who wrote it, and follows its topic too; none when nobody of them did.
    pub author: Option<u32>,
}

/// A plan's parts, before they are checked and indexed.
#[derive(Clone, Debug)]
pub struct PlanParts {
    /// See [`Plan::run_id`].
    pub run_id: u64,
    /// See [`Plan::seed`].
    pub seed: u64,
    /// See [`Plan::phases`].
    pub phases: Vec<Phase>,
    /// See [`Plan::topics`].
    pub topics: Vec<PlannedTopic>,
    /// See [`Plan::patterns`].
    pub patterns: Vec<PlannedPattern>,
    /// See [`Plan::subscribers`].
    pub subscribers: Vec<PlannedSubscriber>,
    /// In any order; `sequence` is assigned by [`Plan::new`].
    pub publications: Vec<PlannedPublication>,
    /// See [`Plan::faults`].
    pub faults: Vec<PlannedFault>,
    /// See [`Plan::publishers`].
    pub publishers: u16,
    /// See [`Plan::late_after`].
    pub late_after: Duration,
    /// See [`Plan::drain_deadline`].
    pub drain_deadline: Micros,
}

impl Plan {
    /// Sorts the publications by instant and numbers each publisher's. Publishers beyond `publishers` are taken modulo it.
    pub fn new(parts: PlanParts) -> Self {
        let PlanParts {
            run_id,
            seed,
            phases,
            topics,
            patterns,
            subscribers,
            mut publications,
            faults,
            publishers,
            late_after,
            drain_deadline,
        } = parts;
        let publishers = publishers.max(1);
        publications.sort_by_key(|publication| publication.at);
        let mut by_publisher = vec![Vec::new(); usize::from(publishers)];
        for (publication, index) in publications.iter_mut().zip(0_u32..) {
            publication.publisher %= publishers;
            let own: &mut Vec<u32> = &mut by_publisher[usize::from(publication.publisher)];
            publication.sequence = own.len() as u32;
            own.push(index);
        }
        let mut by_topic = vec![Vec::new(); topics.len()];
        for (publication, index) in publications.iter().zip(0_u32..) {
            by_topic[publication.topic as usize].push(index);
        }
        Self {
            run_id,
            seed,
            phases,
            topics,
            patterns,
            subscribers,
            publications,
            faults,
            publishers,
            late_after,
            drain_deadline,
            by_publisher,
            by_topic,
        }
    }

    /// The indices into [`Plan::publications`] of a topic's updates, in the order of the plan.
    pub fn updates_of(&self, topic: u32) -> &[u32] {
        self.by_topic.get(topic as usize).map_or(&[], Vec::as_slice)
    }

    /// Those of them that a subscriber can be meant by, as far as time goes.
    pub fn updates_for(&self, subscriber: &PlannedSubscriber, topic: u32) -> &[u32] {
        let updates = self.updates_of(topic);
        let at = |update: &u32| self.publications[*update as usize].at;
        let begin = if subscriber.from_start {
            0
        } else {
            updates.partition_point(|update| at(update) < subscriber.connect_at)
        };
        let end = subscriber.leave_at.map_or(updates.len(), |leave_at| {
            updates.partition_point(|update| at(update) < leave_at)
        });
        &updates[begin..end.max(begin)]
    }

    /// Whether subscribers come and go during the load.
    pub fn is_restless(&self) -> bool {
        let settled = self
            .phase(PhaseKind::Ramp)
            .map_or(Micros::ZERO, |ramp| ramp.end);
        self.subscribers
            .iter()
            .any(|one| one.leave_at.is_some() || one.from_start || one.connect_at > settled)
    }

    /// The index into [`Plan::publications`] of a publisher's update; none when the plan has no such update.
    pub fn publication_index(&self, publisher: u16, sequence: u32) -> Option<u32> {
        self.by_publisher
            .get(usize::from(publisher))?
            .get(sequence as usize)
            .copied()
    }

    /// The indices into [`Plan::publications`] of a publisher's updates, by sequence.
    pub fn publications_of(&self, publisher: u16) -> &[u32] {
        self.by_publisher
            .get(usize::from(publisher))
            .map_or(&[], Vec::as_slice)
    }

    /// The first phase of a kind.
    pub fn phase(&self, kind: PhaseKind) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.kind == kind)
    }

    /// The kind of the phase at an instant; after the last one, the drain.
    pub fn phase_at(&self, at: Micros) -> PhaseKind {
        self.phases
            .iter()
            .find(|phase| at < phase.end)
            .map_or(PhaseKind::Drain, |phase| phase.kind)
    }

    /// Whether canaries confirm the subscribers.
    pub fn settles(&self) -> bool {
        self.publications
            .iter()
            .any(|publication| publication.phase == PhaseKind::Settle)
    }
}
