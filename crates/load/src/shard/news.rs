//! The live counters of a worker's crowd, as what has changed since the last look: a plan may have a hundred thousand updates, of
//! which a handful are under way.

use super::message::Told;
use crate::crowd::CrowdLive;
use crate::plan::Plan;

/// What was told of a crowd last.
pub(super) struct Teller {
    live: CrowdLive,
    confirmed_of: Vec<u64>,
    /// By update: how often it had come.
    arrivals: Vec<u32>,
}

impl Teller {
    /// Nothing of it was told yet.
    pub(super) fn new(live: CrowdLive, plan: &Plan) -> Self {
        Self {
            live,
            confirmed_of: vec![0; plan.topics.len()],
            arrivals: vec![0; plan.publications.len()],
        }
    }

    /// What there is to tell now.
    pub(super) fn tell(&mut self, busiest_thread: Option<(String, f64)>) -> Told {
        let progress = self.live.progress();
        let mut told = Told {
            connecting: progress.connecting,
            connected: progress.connected,
            confirmed: progress.confirmed,
            gave_up: progress.gave_up,
            dropped_streams: progress.dropped_streams,
            receipts: progress.receipts,
            corrupt: progress.corrupt,
            foreign: progress.foreign,
            last_failure: progress.last_failure,
            busiest_thread,
            ..Told::default()
        };
        for (topic, before) in (0_u32..).zip(&mut self.confirmed_of) {
            let now = self.live.confirmed_of(topic);
            if now != *before {
                told.confirmed_of.push((topic, now));
                *before = now;
            }
        }
        for (publication, before) in (0_u32..).zip(&mut self.arrivals) {
            let now = u32::try_from(self.live.receipts_of(publication)).unwrap_or(u32::MAX);
            if now != *before {
                let last_us = self.live.last_us(publication).unwrap_or_default();
                let last_us = u32::try_from(last_us).unwrap_or(u32::MAX);
                told.arrivals.push((publication, now, last_us));
                *before = now;
            }
        }
        told
    }
}
