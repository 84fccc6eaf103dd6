//! Every metric of the measured phase as a distribution, and the interval logs beside the document.

use std::collections::BTreeMap;

use assay_results::{Distribution, Histogram, Interval, IntervalLog, Metric, Quantile};

use crate::clock::Micros;
use crate::percentiles::intervals::order_statistics;
use crate::percentiles::{SubscriberTimes, interval};
use crate::plan::{PhaseKind, Plan};
use crate::publishers::PublisherRecord;
use crate::record::PublicationRecord;

/// What the publishers' side timed, in microseconds: over updates of the measured phase, unless it says otherwise.
#[derive(Default)]
pub(super) struct PublisherTimes {
    /// S − I.
    pub(super) schedule_lag: Histogram,
    /// A − I; lost for those that were never answered.
    pub(super) response: Histogram,
    /// A − S; lost for those that were sent and never answered.
    pub(super) service: Histogram,
    /// p99 of S − I by the second of I, of every phase, without updates that were held back: those waited for the hub's answers,
    /// and are counted by themselves.
    pub(super) schedule_lag_p99_us: Vec<Option<u64>>,
    /// S − I by the second of I, updates that were held back included.
    schedule_lag_log: Vec<Interval>,
    /// A − I by the second of I.
    response_log: Vec<Interval>,
}

/// The same of one second.
#[derive(Default)]
struct PublisherSecond {
    lag_of_all_phases: Histogram,
    schedule_lag: Histogram,
    response: Histogram,
    service: Histogram,
}

impl PublisherTimes {
    /// An update that was planned before `decided_until` and has no answer never gets one: it enters as lost, so that not
    /// answering cannot improve a percentile.
    pub(super) fn of(plan: &Plan, publishers: &PublisherRecord, decided_until: Micros) -> Self {
        let planned = |record: &PublicationRecord| &plan.publications[record.publication as usize];
        let second_of = |record: &PublicationRecord| planned(record).at.second();
        // Ascending, as the publishers met them.
        let mut held_back = publishers.held_back.iter().copied().peekable();
        let mut times = Self::default();
        for records in publishers
            .publications
            .chunk_by(|a, b| second_of(a) == second_of(b))
        {
            let mut second = PublisherSecond::default();
            for record in records {
                let update = planned(record);
                let was_held_back = held_back.next_if_eq(&record.publication).is_some();
                if let (Some(sent_at), false) = (record.sent_at, was_held_back) {
                    let lag_us = sent_at.micros_since(update.at);
                    second.lag_of_all_phases.record(lag_us);
                }
                if update.phase == PhaseKind::Measure {
                    second.add_measured(record, update.at, decided_until);
                }
            }
            times.add(second_of(&records[0]), &second);
        }
        times
    }

    fn add(&mut self, at_s: u32, second: &PublisherSecond) {
        self.schedule_lag.merge(&second.schedule_lag);
        self.response.merge(&second.response);
        self.service.merge(&second.service);
        let p99 = second.lag_of_all_phases.rank(0.99);
        self.schedule_lag_p99_us.resize(at_s as usize, None);
        self.schedule_lag_p99_us
            .push(p99.and_then(Quantile::value_us));
        self.schedule_lag_log
            .extend(interval(at_s, &second.schedule_lag));
        self.response_log.extend(interval(at_s, &second.response));
    }
}

impl PublisherSecond {
    fn add_measured(
        &mut self,
        record: &PublicationRecord,
        planned_at: Micros,
        decided_until: Micros,
    ) {
        if let Some(sent_at) = record.sent_at {
            self.schedule_lag.record(sent_at.micros_since(planned_at));
        }
        match record.answered_at {
            Some(answered_at) => {
                self.response.record(answered_at.micros_since(planned_at));
                if let Some(sent_at) = record.sent_at {
                    self.service.record(answered_at.micros_since(sent_at));
                }
            }
            None if planned_at < decided_until => {
                self.response.record_lost(1);
                self.service
                    .record_lost(u64::from(record.sent_at.is_some()));
            }
            None => {}
        }
    }
}

/// Every metric that was measured.
pub(super) fn distributions(
    plan: &Plan,
    times: &SubscriberTimes,
    publishers: &PublisherTimes,
) -> BTreeMap<Metric, Distribution> {
    let events = times.events;
    let subscribers = plan.subscribers.len() as u64;
    let probes = &times.probes;
    [
        (Metric::Delivery, &times.delivery, events),
        (Metric::EventFirst, &times.event_first, events),
        (Metric::EventMedian, &times.event_median, events),
        (Metric::EventP99, &times.event_p99, events),
        (Metric::EventLast, &times.event_last, events),
        (Metric::EventSpread, &times.event_spread, events),
        (
            Metric::BySubscriberP99,
            &times.by_subscriber_p99,
            events.min(times.by_subscriber_p99.samples()),
        ),
        (Metric::ProbeDelivery, &probes.delivery, events),
        (Metric::WireDelivery, &probes.wire_delivery, events),
        (Metric::ReadLag, &probes.read_lag, events),
        (
            Metric::ScheduleLag,
            &publishers.schedule_lag,
            publishers.schedule_lag.samples(),
        ),
        (
            Metric::PublishResponse,
            &publishers.response,
            publishers.response.samples(),
        ),
        (
            Metric::PublishService,
            &publishers.service,
            publishers.service.samples(),
        ),
        (Metric::OwnEcho, &times.own_echo, times.own_echo.samples()),
        (Metric::Connect, &times.connect, subscribers),
        (Metric::Headers, &times.headers, subscribers),
        (Metric::FirstEvent, &times.first_event, subscribers),
        (
            Metric::ReconnectGap,
            &times.reconnect_gap,
            times.reconnect_gap.samples(),
        ),
    ]
    .into_iter()
    .filter(|(_, histogram, _)| histogram.samples() > 0)
    .map(|(metric, histogram, events)| {
        let distribution = Distribution::of(histogram, events);
        (
            metric,
            with_intervals(metric, distribution, histogram, times),
        )
    })
    .collect()
}

/// How sure the quantiles of a metric are, where its events are independent samples.
fn with_intervals(
    metric: Metric,
    distribution: Distribution,
    histogram: &Histogram,
    times: &SubscriberTimes,
) -> Distribution {
    match metric {
        Metric::Delivery => distribution.with_intervals(&times.delivery_intervals),
        Metric::EventFirst
        | Metric::EventMedian
        | Metric::EventP99
        | Metric::EventLast
        | Metric::EventSpread
        | Metric::ScheduleLag
        | Metric::PublishResponse
        | Metric::PublishService
        | Metric::OwnEcho => {
            let intervals = order_statistics(histogram, &distribution.quantiles());
            distribution.with_intervals(&intervals)
        }
        // Connections share the ramp, subscribers their events, and probes see a sample of what delivery is.
        Metric::BySubscriberP99
        | Metric::ProbeDelivery
        | Metric::WireDelivery
        | Metric::ReadLag
        | Metric::Connect
        | Metric::Headers
        | Metric::FirstEvent
        | Metric::ReconnectGap => distribution,
    }
}

/// Delivery, event p99 and last, publish response, schedule lag and read lag of measured updates, a second at a time: added up, a
/// log is the metric of its name.
pub(super) fn interval_logs(
    times: &SubscriberTimes,
    publishers: &PublisherTimes,
    started_unix_ms: u64,
) -> Vec<IntervalLog> {
    let logs = &times.logs;
    [
        (Metric::Delivery, &logs.delivery),
        (Metric::EventP99, &logs.event_p99),
        (Metric::EventLast, &logs.event_last),
        (Metric::PublishResponse, &publishers.response_log),
        (Metric::ScheduleLag, &publishers.schedule_lag_log),
        (Metric::ReadLag, &times.probes.read_lag_log),
    ]
    .into_iter()
    .filter(|(_, intervals)| !intervals.is_empty())
    .map(|(metric, intervals)| IntervalLog {
        metric,
        started_unix_ms,
        intervals: intervals.clone(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plan::{Phase, PlanParts, PlannedPublication, PlannedTopic};
    use crate::record::PublicationOutcome;

    #[test]
    fn a_publish_that_was_never_answered_is_the_slowest() {
        let end = Micros(10_000_000);
        let publication = |at| PlannedPublication {
            publisher: 0,
            sequence: 0,
            topic: 0,
            at: Micros(at),
            phase: PhaseKind::Measure,
            payload_bytes: 72,
            author: None,
        };
        let plan = Plan::new(PlanParts {
            run_id: 1,
            seed: 1,
            phases: vec![Phase {
                name: "measure".to_owned(),
                kind: PhaseKind::Measure,
                start: Micros::ZERO,
                end,
            }],
            topics: vec![PlannedTopic {
                iri: "https://example.com/1".to_owned(),
                private: false,
            }],
            subscribers: Vec::new(),
            publications: [1_000_000, 2_000_000, 3_000_000, 4_000_000]
                .map(publication)
                .to_vec(),
            publishers: 1,
            patterns: Vec::new(),
            faults: Vec::new(),
            late_after: Duration::from_secs(1),
            drain_deadline: end,
        });
        let record = |publication, sent_at, answered_at| PublicationRecord {
            publication,
            sent_at,
            answered_at,
            outcome: PublicationOutcome::Accepted,
        };
        // Answered; sent and not answered; not sent; not decided when the run was cut short.
        let publishers = PublisherRecord {
            publications: vec![
                record(0, Some(Micros(1_000_010)), Some(Micros(1_000_030))),
                record(1, Some(Micros(2_000_010)), None),
                record(2, None, None),
                record(3, Some(Micros(4_000_010)), None),
            ],
            ..PublisherRecord::default()
        };
        let times = PublisherTimes::of(&plan, &publishers, Micros(3_500_000));
        let counts = |histogram: &Histogram| (histogram.samples(), histogram.lost());
        assert_eq!(
            (
                counts(&times.response),
                counts(&times.service),
                counts(&times.schedule_lag)
            ),
            ((3, 2), (2, 1), (3, 0))
        );
        assert_eq!(times.response.max(), Quantile::Lost);
    }
}
