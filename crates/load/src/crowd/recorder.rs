//! Turns events into receipts: finds the stamp, names the publication, tells the time. One for each reader thread.

use super::confirmation::Canaries;
use super::limits::NAMED_ODDITIES_MAX;
use super::live::ThreadLive;
use super::receipt::{Oddity, Receipt, SubscriberRecord};
use crate::clock::{Clock, Micros};
use crate::plan::{PhaseKind, Plan, Reads};
use crate::stamp::{Stamp, StampError};
use std::sync::Arc;

/// What a reader thread writes down besides each subscriber's own record.
pub(crate) struct Recorder {
    plan: Arc<Plan>,
    clock: Clock,
    canaries: Canaries,
    live: Arc<ThreadLive>,
    pub(crate) unattributed_named: Vec<Oddity>,
    pub(crate) unattributed: u64,
    pub(crate) foreign: u64,
}

/// Whose event it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This run's: it is among the receipts now.
    ThisRun,
    /// Anything else.
    Elsewhere,
}

impl Recorder {
    pub(crate) fn new(plan: Arc<Plan>, clock: Clock, live: Arc<ThreadLive>) -> Self {
        Self {
            canaries: Canaries::of(&plan),
            plan,
            clock,
            live,
            unattributed_named: Vec::new(),
            unattributed: 0,
            foreign: 0,
        }
    }

    /// The run's time.
    pub(crate) fn now(&self) -> Micros {
        self.clock.now()
    }

    /// How many receipts `subscriber` will have when all goes well: room for them is taken once, so that none is while reading.
    pub(crate) fn receipts_planned(&self, subscriber: u32) -> usize {
        let planned = &self.plan.subscribers[subscriber as usize];
        if planned.reads != Reads::All {
            return 0;
        }
        let updates = |&topic: &u32| self.plan.updates_for(planned, topic).len();
        planned.topics.iter().map(updates).sum()
    }

    /// Writes down an event that `subscriber` (its place in the plan) received just now.
    pub(crate) fn event(
        &mut self,
        subscriber: u32,
        record: &mut SubscriberRecord,
        data: &[u8],
    ) -> Origin {
        match Stamp::read(data) {
            Ok(stamp) => self.attribute(subscriber, record, stamp, Receipt::whole),
            Err(StampError::Corrupt(Some(stamp))) => {
                self.live.corrupt.add(1);
                self.attribute(subscriber, record, stamp, Receipt::corrupt)
            }
            Err(StampError::Corrupt(None)) => {
                self.live.corrupt.add(1);
                self.unattributed += 1;
                if self.unattributed_named.len() < NAMED_ODDITIES_MAX {
                    self.unattributed_named.push(Oddity {
                        subscriber,
                        at: self.clock.now(),
                    });
                }
                Origin::Elsewhere
            }
            Err(StampError::Foreign) => self.foreign(),
        }
    }

    fn attribute(
        &mut self,
        subscriber: u32,
        record: &mut SubscriberRecord,
        stamp: Stamp,
        receipt: fn(u32, u64) -> Receipt,
    ) -> Origin {
        let index = self.plan.publication_index(stamp.publisher, stamp.sequence);
        let Some(index) = index.filter(|_| stamp.run_id == self.plan.run_id) else {
            return self.foreign();
        };
        if self.plan.subscribers[subscriber as usize].reads != Reads::All {
            // How late it is, is its own doing.
            return Origin::ThisRun;
        }
        let publication = &self.plan.publications[index as usize];
        let latency_us = self.clock.now().micros_since(publication.at);
        let is_canary = publication.phase == PhaseKind::Settle;
        let is_first = record.receipts.is_empty();
        let was_confirmed = is_canary && self.is_confirmed(subscriber, record);
        record.receipts.push(receipt(index, latency_us));
        self.live.arrived(index, latency_us);
        if is_first {
            let received_us = publication.at.0 + latency_us;
            let planned = &self.plan.subscribers[subscriber as usize];
            record.first_event_us = Some(received_us.saturating_sub(planned.connect_at.0));
        }
        if is_canary && !was_confirmed && self.is_confirmed(subscriber, record) {
            self.confirm(subscriber);
        }
        Origin::ThisRun
    }

    /// To be told of each stream that `subscriber` opened, its record included: without canaries the first one confirms it.
    pub(crate) fn opened(&self, subscriber: u32, record: &SubscriberRecord) {
        if record.streams.len() == 1 && self.is_confirmed(subscriber, record) {
            self.confirm(subscriber);
        }
    }

    /// To be told when `subscriber`, of whom this is the record, leaves by plan.
    pub(crate) fn left(&self, subscriber: u32, record: &SubscriberRecord) {
        if self.is_confirmed(subscriber, record) {
            let planned = &self.plan.subscribers[subscriber as usize];
            self.live.leave(&planned.topics);
        }
    }

    fn confirm(&self, subscriber: u32) {
        let planned = &self.plan.subscribers[subscriber as usize];
        self.live.confirm(&planned.topics);
    }

    fn is_confirmed(&self, subscriber: u32, record: &SubscriberRecord) -> bool {
        let planned = &self.plan.subscribers[subscriber as usize];
        planned.reads == Reads::All
            && self
                .canaries
                .confirmed_at(&self.plan, planned, record)
                .is_ok()
    }

    fn foreign(&mut self) -> Origin {
        self.foreign += 1;
        self.live.foreign.add(1);
        Origin::Elsewhere
    }
}
