//! What a run will do, decided to the microsecond before anything is opened: every phase, subscriber and update. Not for what
//! came of it: those are the records. A plan follows from a scenario and a seed alone.

mod arithmetic;
mod memory;
mod schedule;

use std::time::Duration;

pub use arithmetic::Arithmetic;
pub use memory::Memory;
pub(crate) use memory::RECEIPTS_PER_DELIVERY_MAX;
pub use schedule::schedule;

use crate::clock::Micros;

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
    /// In the order of connecting.
    pub subscribers: Vec<PlannedSubscriber>,
    /// In the order of their planned instants.
    pub publications: Vec<PlannedPublication>,
    /// How many publishers share the work; each has a connection and numbers its updates from 0.
    pub publishers: u16,
    /// A live delivery later than this after I is *late*.
    pub late_after: Duration,
    /// Deliveries, answers and reconnections are awaited until here.
    pub drain_deadline: Micros,
    /// The indices into `publications` of each publisher's updates, by sequence.
    by_publisher: Vec<Vec<u32>>,
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

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSubscriber {
    /// Indices into [`Plan::topics`]: one exact matcher each, ascending.
    pub topics: Box<[u32]>,
    /// Whether it is a probe, with kernel receive stamps, instead of one of the crowd.
    pub probe: bool,
    /// When it begins to connect.
    pub connect_at: Micros,
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
    /// See [`Plan::subscribers`].
    pub subscribers: Vec<PlannedSubscriber>,
    /// In any order; `sequence` is assigned by [`Plan::new`].
    pub publications: Vec<PlannedPublication>,
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
            subscribers,
            mut publications,
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
        Self {
            run_id,
            seed,
            phases,
            topics,
            subscribers,
            publications,
            publishers,
            late_after,
            drain_deadline,
            by_publisher,
        }
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
