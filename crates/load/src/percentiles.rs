//! How long it took: the three families of percentiles, and all else that is timed on the subscribers' side (measuring.md,
//! "Definitions"). Computed from the receipts after the run; not for what became of a delivery: that is [`crate::ledger`].
//!
//! Only updates of the measured phase enter a family. A lost delivery counts as infinitely late in each, so that losing can never
//! improve a percentile.

mod by_second;
mod events;
pub mod intervals;
mod probes;

pub(crate) use by_second::interval;
pub use by_second::{MeasuredLogs, PlannedSecond, Traffic, traffic};
pub use events::EventTimes;
pub use probes::ProbeTimes;

use by_second::Planned;
use intervals::Resampling;

use crate::clock::Micros;
use crate::crowd::CrowdRecord;
use crate::ledger::Ledger;
use crate::ledger::fates::{Fate, Fates, Finding};
use crate::plan::{PhaseKind, Plan, PlannedPublication, Reads};
use crate::record::PublicationRecord;
use assay_results::{ConfidenceInterval, Distribution, Histogram, Quantile, events_needed};

/// Everything that the subscribers' side timed, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct SubscriberTimes {
    /// R − I, pooled over all deliveries.
    pub delivery: Histogram,
    /// How sure its quantiles are, ascending.
    pub delivery_intervals: Vec<(f64, ConfidenceInterval)>,
    /// R − I of the first subscriber of each publish.
    pub event_first: Histogram,
    /// R − I of the median subscriber of each publish.
    pub event_median: Histogram,
    /// R − I of the subscriber at 99 % of each publish.
    pub event_p99: Histogram,
    /// R − I of the slowest subscriber of each publish.
    pub event_last: Histogram,
    /// Last minus first of each publish.
    pub event_spread: Histogram,
    /// Over subscribers: each one's own p99 of R − I, or its maximum when it has fewer than 299 deliveries.
    pub by_subscriber_p99: Histogram,
    /// The same, one after another, in the order of joining.
    pub by_subscriber: Vec<Option<u64>>,
    /// How many subscribers entered that family with their maximum.
    pub by_subscriber_maximum: u64,
    /// R − I at the subscriber who wrote the update.
    pub own_echo: Histogram,
    /// How many publishes of the measured phase were expected by anyone: the events behind the event families.
    pub events: u64,
    /// The fan of each publication, of every phase, in the order of the plan.
    pub publications: Vec<EventTimes>,
    /// The same a second of the plan at a time, from the epoch.
    pub seconds: Vec<PlannedSecond>,
    /// The measured phase a second at a time.
    pub logs: MeasuredLogs,
    /// What the probes say, and what the crowd says without them.
    pub probes: ProbeTimes,
    /// From the planned connect instant to the TCP connection; lost for those who never had one, here and in the next two.
    pub connect: Histogram,
    /// From the planned connect instant to the response head.
    pub headers: Histogram,
    /// From the planned connect instant to the first event of this run.
    pub first_event: Histogram,
    /// From the loss of a stream to the response head of its successor.
    pub reconnect_gap: Histogram,
}

impl SubscriberTimes {
    /// Takes the times out of the records of a run whose books are settled.
    pub fn of(
        plan: &Plan,
        publications: &[PublicationRecord],
        crowd: &CrowdRecord,
        ledger: &Ledger,
    ) -> Self {
        let mut times = Self::default();
        let mut arrivals = events::Arrivals::for_ledger(ledger, plan.publications.len());
        let mut fates = Fates::new(plan, crowd, &ledger.expectations);
        let mut own: Vec<Option<u64>> = Vec::new();
        for (subscriber, planned) in (0_u32..).zip(&plan.subscribers) {
            own.clear();
            fates.of(subscriber, |publication, finding| {
                let Finding::Expected(fate) = finding else {
                    return;
                };
                let update = &plan.publications[publication as usize];
                // What was published before it came waited for the subscriber, not for the hub.
                if update.at < planned.connect_at {
                    return;
                }
                arrivals.add(publication, fate);
                if update.phase == PhaseKind::Measure && fate != Fate::Undecided {
                    own.push(fate.latency_us());
                    if update.author == Some(subscriber) {
                        record(&mut times.own_echo, fate.latency_us());
                    }
                }
            });
            times.probes.add_deliveries(planned.probe, &own);
            times.add_subscriber(&mut own);
        }
        times.add_events(plan, arrivals);
        times.add_connections(plan, crowd, ledger);
        times.probes.add_stamps(plan, publications, crowd);
        times
    }

    /// `own` are the latencies of one subscriber's measured deliveries; none is a lost one.
    fn add_subscriber(&mut self, own: &mut [Option<u64>]) {
        for &latency_us in &*own {
            record(&mut self.delivery, latency_us);
        }
        if own.is_empty() {
            return;
        }
        // A lost one is the slowest of all.
        own.sort_unstable_by_key(|latency_us| latency_us.unwrap_or(u64::MAX));
        let suffices = own.len() as u64 >= events_needed(0.99);
        self.by_subscriber_maximum += u64::from(!suffices);
        let rank = if suffices {
            nearest_rank(0.99, own.len())
        } else {
            own.len()
        };
        record(&mut self.by_subscriber_p99, own[rank - 1]);
        self.by_subscriber.push(own[rank - 1]);
    }

    /// A second of the plan at a time, so that what arrived of its updates can be let go.
    fn add_events(&mut self, plan: &Plan, arrivals: events::Arrivals) {
        let events =
            arrivals.events(|update| plan.publications[update].phase == PhaseKind::Measure);
        let quantiles = Distribution::of(&self.delivery, events as u64).quantiles();
        let mut resampling = Resampling::new(&self.delivery, quantiles, events);
        let mut arrived = arrivals.into_iter();
        let of_a_second =
            |a: &PlannedPublication, b: &PlannedPublication| a.at.second() == b.at.second();
        for updates in plan.publications.chunk_by(of_a_second) {
            let updates: Vec<_> = updates
                .iter()
                .zip(&mut arrived)
                .map(|(update, mut arrived)| {
                    let times = arrived.times();
                    (update, arrived, times)
                })
                .collect();
            for (update, arrived, times) in &updates {
                self.add_event(update.phase, times);
                if update.phase == PhaseKind::Measure {
                    arrived.add_to(&mut resampling);
                }
            }
            let planned = Planned {
                second: updates[0].0.at.second(),
                updates: &updates,
            };
            let second = planned.second as usize;
            self.seconds.resize_with(second, PlannedSecond::default);
            self.seconds.push(planned.row());
            planned.log(&mut self.logs);
        }
        self.delivery_intervals = resampling.intervals(&self.delivery, plan.seed);
    }

    fn add_event(&mut self, phase: PhaseKind, event: &EventTimes) {
        self.publications.push(*event);
        if phase != PhaseKind::Measure || event.last == Quantile::TooFew {
            return;
        }
        self.events += 1;
        record_quantile(&mut self.event_first, event.first);
        record_quantile(&mut self.event_median, event.median);
        record_quantile(&mut self.event_p99, event.p99);
        record_quantile(&mut self.event_last, event.last);
        record_quantile(&mut self.event_spread, event.spread());
    }

    /// A subscriber that never came so far enters as lost: turning it away must not improve a percentile either. One that had
    /// no time to, since the run ended, enters not at all.
    fn add_connections(&mut self, plan: &Plan, crowd: &CrowdRecord, ledger: &Ledger) {
        let expectations = &ledger.expectations;
        let decided_until = expectations.cut_off.unwrap_or(crowd.ended_at);
        for (planned, subscriber) in plan.subscribers.iter().zip(&crowd.subscribers) {
            let had_time = planned.connect_at < decided_until;
            let had_news = || {
                let begin = if planned.from_start {
                    Micros::ZERO
                } else {
                    planned.connect_at
                };
                let end = planned.leave_at.unwrap_or(decided_until).min(decided_until);
                planned.reads == Reads::All
                    && expectations.any_taken(plan, &planned.topics, &(begin..end))
            };
            for (histogram, latency_us, is_due) in [
                (&mut self.connect, subscriber.connect_us, had_time),
                (&mut self.headers, subscriber.head_us, had_time),
                (
                    &mut self.first_event,
                    subscriber.first_event_us,
                    had_time && had_news(),
                ),
            ] {
                if latency_us.is_some() || is_due {
                    record(histogram, latency_us);
                }
            }
            for gap_us in subscriber.reconnect_gaps_us() {
                self.reconnect_gap.record(gap_us);
            }
        }
    }
}

fn record(histogram: &mut Histogram, latency_us: Option<u64>) {
    match latency_us {
        Some(latency_us) => histogram.record(latency_us),
        None => histogram.record_lost(1),
    }
}

fn record_quantile(histogram: &mut Histogram, quantile: Quantile) {
    match quantile {
        Quantile::Value(us) => histogram.record(us),
        Quantile::Lost => histogram.record_lost(1),
        Quantile::TooFew => {}
    }
}

/// The place, from 1, of quantile `q` among `samples` (at least one) in ascending order. The margin keeps what is whole whole:
/// without it 0.07 × 100 would be place 8.
fn nearest_rank(q: f64, samples: usize) -> usize {
    ((q * samples as f64 - 1e-6).ceil() as usize).clamp(1, samples)
}
