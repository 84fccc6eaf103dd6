//! Every metric of the measured phase as a distribution, and the interval logs beside the document.

use std::collections::BTreeMap;
use std::time::Duration;

use assay_results::{Distribution, Histogram, Interval, IntervalLog, Metric, Quantile};

use crate::clock::Micros;
use crate::percentiles::{SubscriberSecond, SubscriberTimes};
use crate::plan::{PhaseKind, Plan};
use crate::publishers::PublisherRecord;
use crate::record::PublicationRecord;

/// What the publishers' side timed, over updates of the measured phase, in microseconds.
pub(super) struct PublisherTimes {
    /// S − I.
    pub(super) schedule_lag: Histogram,
    /// A − I; lost for those that were never answered.
    pub(super) response: Histogram,
    /// A − S; lost for those that were sent and never answered.
    pub(super) service: Histogram,
    /// S − I by the second of I, of every phase, without updates that were held back: those waited for the hub's answers,
    /// and are counted by themselves.
    pub(super) schedule_lag_by_second: Vec<Histogram>,
    /// S − I of measured updates by the second of I, all of them.
    measured_lag_by_second: Vec<Histogram>,
    /// A − I of measured updates by the second of I.
    response_by_second: Vec<Histogram>,
}

impl PublisherTimes {
    /// An update that was planned before `decided_until` and has no answer never gets one: it enters as lost, so that not
    /// answering cannot improve a percentile.
    pub(super) fn of(plan: &Plan, publishers: &PublisherRecord, decided_until: Micros) -> Self {
        let seconds = plan
            .publications
            .last()
            .map_or(0, |last| last.at.second() as usize + 1);
        let mut times = Self {
            schedule_lag: Histogram::new(),
            response: Histogram::new(),
            service: Histogram::new(),
            schedule_lag_by_second: vec![Histogram::new(); seconds],
            measured_lag_by_second: vec![Histogram::new(); seconds],
            response_by_second: vec![Histogram::new(); seconds],
        };
        // Ascending, as the publishers met them.
        let mut held_back = publishers.held_back.iter().copied().peekable();
        for record in &publishers.publications {
            let update = &plan.publications[record.publication as usize];
            let second = update.at.second() as usize;
            let was_held_back = held_back.next_if_eq(&record.publication).is_some();
            let lag_us = record
                .sent_at
                .map(|sent_at| sent_at.micros_since(update.at));
            if let (Some(lag_us), false) = (lag_us, was_held_back) {
                times.schedule_lag_by_second[second].record(lag_us);
            }
            if update.phase == PhaseKind::Measure {
                times.add_measured(record, update.at, decided_until);
            }
        }
        times
    }

    fn add_measured(
        &mut self,
        record: &PublicationRecord,
        planned_at: Micros,
        decided_until: Micros,
    ) {
        let second = planned_at.second() as usize;
        if let Some(sent_at) = record.sent_at {
            let lag_us = sent_at.micros_since(planned_at);
            self.schedule_lag.record(lag_us);
            self.measured_lag_by_second[second].record(lag_us);
        }
        match record.answered_at {
            Some(answered_at) => {
                let response_us = answered_at.micros_since(planned_at);
                self.response.record(response_us);
                self.response_by_second[second].record(response_us);
                if let Some(sent_at) = record.sent_at {
                    self.service.record(answered_at.micros_since(sent_at));
                }
            }
            None if planned_at < decided_until => {
                self.response.record_lost(1);
                self.response_by_second[second].record_lost(1);
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
    .map(|(metric, histogram, events)| (metric, Distribution::of(histogram, events)))
    .collect()
}

/// Delivery, event-last, publish response, schedule lag and read lag of measured updates, a second at a time: added up, a log
/// is the metric of its name.
pub(super) fn interval_logs(
    plan: &Plan,
    times: &SubscriberTimes,
    publishers: &PublisherTimes,
    by_second: &[SubscriberSecond],
    started_unix_ms: u64,
) -> Vec<IntervalLog> {
    let delivery: Vec<Histogram> = by_second
        .iter()
        .map(|second| second.measured.clone())
        .collect();
    [
        (Metric::Delivery, delivery),
        (Metric::EventLast, event_last_by_second(plan, times)),
        (
            Metric::PublishResponse,
            publishers.response_by_second.clone(),
        ),
        (
            Metric::ScheduleLag,
            publishers.measured_lag_by_second.clone(),
        ),
        (Metric::ReadLag, times.probes.read_lag_by_second.clone()),
    ]
    .into_iter()
    .map(|(metric, seconds)| IntervalLog {
        metric,
        started_unix_ms,
        intervals: intervals(seconds),
    })
    .filter(|log| !log.intervals.is_empty())
    .collect()
}

fn event_last_by_second(plan: &Plan, times: &SubscriberTimes) -> Vec<Histogram> {
    let seconds = plan
        .publications
        .last()
        .map_or(0, |last| last.at.second() as usize + 1);
    let mut by_second = vec![Histogram::new(); seconds];
    let events = plan.publications.iter().zip(&times.publications);
    for (update, event) in events.filter(|(update, _)| update.phase == PhaseKind::Measure) {
        let second = &mut by_second[update.at.second() as usize];
        match event.last {
            Quantile::Value(us) => second.record(us),
            Quantile::Lost => second.record_lost(1),
            Quantile::TooFew => {}
        }
    }
    by_second
}

fn intervals(seconds: Vec<Histogram>) -> Vec<Interval> {
    (0..)
        .map(Duration::from_secs)
        .zip(seconds)
        .filter(|(_, histogram)| histogram.samples() > 0)
        .map(|(start, histogram)| Interval {
            start,
            length: Duration::from_secs(1),
            histogram,
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
