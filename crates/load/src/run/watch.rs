//! Looks at a run from outside its threads: progress, the machine, the ramp, and whether there still is a hub.

use std::collections::VecDeque;

use assay_results::RampPoint;

use super::arrivals::Arrivals;
use crate::clock::{Clock, ClockStep, Micros};
use crate::crowd::CrowdLive;
use crate::health::{Monitor, SystemSecond};
use crate::hub_process::HubGauge;
use crate::plan::{PhaseKind, Plan};
use crate::progress::{Progress, Rates};
use crate::publishers::{PublisherLive, Publishers};
use std::sync::Arc;
use std::time::Duration;

/// All streams may be gone for so long, since subscribers wait before they reconnect, and a hub may restart.
const WITHOUT_STREAMS_US: u64 = 5_000_000;
/// After a fault of the scenario nobody is given up for so long.
const AFTER_A_FAULT: Duration = Duration::from_secs(30);
/// So many publishes in a row without any success, from the first one on, mean that none will be accepted.
const REFUSED_FROM_THE_START: u64 = 10;
/// The window of rates.
const RATES_US: u64 = 1_000_000;

pub(super) struct Watch<'run> {
    plan: &'run Plan,
    clock: Clock,
    crowd: CrowdLive,
    publishers: Arc<PublisherLive>,
    monitor: Monitor,
    arrivals: Arrivals,
    ramp: Vec<RampPoint>,
    /// Looks of the last second.
    looks: VecDeque<Look>,
    without_streams_since: Option<Micros>,
    had_streams: bool,
}

/// Totals, for rates.
#[derive(Clone, Copy)]
struct Look {
    at: Micros,
    due: u64,
    sent: u64,
    receipts: u64,
    deliveries_due: u64,
}

impl<'run> Watch<'run> {
    pub(super) fn new(
        plan: &'run Plan,
        clock: &Clock,
        hub_gauge: HubGauge,
        crowd: &CrowdLive,
        publishers: &Publishers,
    ) -> Self {
        Self {
            plan,
            clock: clock.clone(),
            crowd: crowd.clone(),
            publishers: Arc::clone(publishers.live()),
            monitor: Monitor::new(clock, hub_gauge),
            arrivals: Arrivals::of(plan),
            ramp: Vec::new(),
            looks: VecDeque::new(),
            without_streams_since: None,
            had_streams: false,
        }
    }

    /// One look.
    pub(super) fn look(&mut self) -> Progress {
        let crowd = &self.crowd;
        self.monitor.look_if_due(|| crowd.take_busiest_elsewhere());
        let at = self.clock.now();
        self.arrivals
            .look(self.plan, &self.crowd, &self.publishers, at);
        let deliveries = self.arrivals.tally(self.plan);
        let (crowd, publishers) = (self.crowd.progress(), self.publishers.progress());
        let now = Look {
            at,
            due: publishers.due,
            sent: publishers.sent,
            receipts: crowd.receipts,
            deliveries_due: deliveries.due,
        };
        self.had_streams |= crowd.connected > 0;
        let has_streams = crowd.connected > 0 || !self.had_streams;
        self.without_streams_since = if has_streams {
            None
        } else {
            self.without_streams_since.or(Some(at))
        };
        let phase = self.plan.phase_at(at);
        let subscribers_due =
            self.plan
                .subscribers
                .partition_point(|subscriber| subscriber.connect_at <= at) as u64;
        if matches!(phase, PhaseKind::Ramp | PhaseKind::Settle) {
            self.ramp.push(RampPoint {
                at_us: at.0,
                planned: subscribers_due,
                connected: crowd.connected,
                confirmed: crowd.confirmed,
                failed: crowd.gave_up,
            });
        }
        let rates = self.rates(now);
        let second = self.monitor.seconds.last();
        Progress {
            at,
            phase,
            ends_at: self.plan.drain_deadline,
            subscribers: self.plan.subscribers.len() as u64,
            subscribers_due,
            updates: self.plan.publications.len() as u64,
            rates,
            deliveries_due: deliveries.due,
            deliveries_came: deliveries.came,
            deliveries_overdue: self.arrivals.overdue(self.plan, at),
            event_last_us: self.arrivals.event_last_us(),
            busiest_thread: second.and_then(|second| second.busiest_thread.clone()),
            hub_cpu: second.and_then(|second| second.hub_cpu),
            crowd,
            publishers,
        }
    }

    fn rates(&mut self, now: Look) -> Rates {
        while self.looks.len() > 1 && now.at.micros_since(self.looks[0].at) > RATES_US {
            self.looks.pop_front();
        }
        let before = self.looks.front().copied().unwrap_or(now);
        self.looks.push_back(now);
        let seconds = now.at.micros_since(before.at) as f64 / 1e6;
        let rate = |after: u64, before: u64| {
            if seconds > 0.0 {
                // Deliveries that were due may turn out not to be: the hub refuses their update.
                after.saturating_sub(before) as f64 / seconds
            } else {
                0.0
            }
        };
        Rates {
            planned: rate(now.due, before.due),
            sent: rate(now.sent, before.sent),
            delivered: rate(now.receipts, before.receipts),
            deliveries_due: rate(now.deliveries_due, before.deliveries_due),
        }
    }

    /// Whether every delivery of the plan has come, and nobody is on the way who may still be told of something.
    pub(super) fn all_arrived(&self) -> bool {
        let nobody_to_come =
            || !self.arrivals.is_restless() || self.crowd.progress().connecting == 0;
        self.arrivals.all_arrived(self.plan) && nobody_to_come()
    }

    /// Why going on would measure nothing, if it would not.
    pub(super) fn hub_is_unusable(&self, progress: &Progress) -> Option<String> {
        let crowd = &progress.crowd;
        let failure = || {
            crowd
                .last_failure
                .as_ref()
                .map(|failure| format!(": {failure}"))
                .unwrap_or_default()
        };
        if self.monitor.hub_is_gone() {
            return Some("the hub's process ended in mid-run: look into its log".to_owned());
        }
        if crowd.gave_up >= progress.subscribers {
            return Some(format!("no subscriber is connected any more{}", failure()));
        }
        let fault_is_over = |at: Micros| at > progress.at || at.plus(AFTER_A_FAULT) < progress.at;
        if let Some(since) = self.without_streams_since
            && self.plan.faults.iter().all(|fault| fault_is_over(fault.at))
            && progress.at.micros_since(since) >= WITHOUT_STREAMS_US
        {
            let seconds = WITHOUT_STREAMS_US / 1_000_000;
            return Some(format!(
                "every stream was closed, and none could be opened again for {seconds} s{}",
                failure()
            ));
        }
        let publishers = &progress.publishers;
        if publishers.accepted == 0
            && publishers.refused + publishers.failed >= REFUSED_FROM_THE_START
        {
            return Some(format!(
                "the hub accepted none of the first {} updates",
                publishers.refused + publishers.failed
            ));
        }
        None
    }

    /// The ramp, the machine's seconds, the steps of the wall clock.
    pub(super) fn into_parts(mut self) -> (Vec<RampPoint>, Vec<SystemSecond>, Vec<ClockStep>) {
        let crowd = &self.crowd;
        self.monitor.look_if_due(|| crowd.take_busiest_elsewhere());
        (self.ramp, self.monitor.seconds, self.monitor.steps)
    }
}
