//! The run a second at a time. A second has what was planned in it; one histogram is kept at a time, since an hour has thousands.

use std::time::Duration;

use super::events::{Arrived, EventTimes};
use crate::clock::Micros;
use crate::crowd::CrowdRecord;
use crate::plan::{PhaseKind, Plan, PlannedPublication};
use assay_results::{HeatCell, Histogram, Interval, Quantile, heat_cells};

const SECOND: Duration = Duration::from_secs(1);

/// R − I over the expected deliveries of the updates planned in one second, of every phase; a lost one is infinitely late.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedSecond {
    /// Updates that anyone was expected to get: the independent events behind the quantiles.
    pub events: u64,
    /// Median; [`Quantile::TooFew`] below 5 events.
    pub p50: Quantile,
    /// 99th percentile; [`Quantile::TooFew`] below 299 events.
    pub p99: Quantile,
    /// Largest of those that came, in microseconds.
    pub max_us: Option<u64>,
    /// How many never came.
    pub lost: u64,
    /// Those that came, for the heat map.
    pub heat: Vec<HeatCell>,
}

impl Default for PlannedSecond {
    fn default() -> Self {
        Self {
            events: 0,
            p50: Quantile::TooFew,
            p99: Quantile::TooFew,
            max_us: None,
            lost: 0,
            heat: Vec::new(),
        }
    }
}

/// What interval logs are made of: updates of the measured phase, by the second of I.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeasuredLogs {
    /// R − I over all expected deliveries.
    pub delivery: Vec<Interval>,
    /// R − I of the subscriber at 99 % of each publish.
    pub event_p99: Vec<Interval>,
    /// R − I of the slowest subscriber of each publish.
    pub event_last: Vec<Interval>,
}

/// The updates of one second of the plan, with how each reached its audience.
pub(super) struct Planned<'run> {
    pub(super) second: u32,
    pub(super) updates: &'run [(&'run PlannedPublication, Arrived, EventTimes)],
}

impl Planned<'_> {
    /// The second as a row, whatever the phase of its updates.
    pub(super) fn row(&self) -> PlannedSecond {
        let mut delivery = Histogram::new();
        let mut events = 0;
        for (_, arrived, times) in self.updates {
            arrived.record_in(&mut delivery);
            events += u64::from(times.last != Quantile::TooFew);
        }
        PlannedSecond {
            events,
            p50: delivery.quantile(0.5, events),
            p99: delivery.quantile(0.99, events),
            max_us: delivery.max_us(),
            lost: delivery.lost(),
            heat: heat_cells(&delivery),
        }
    }

    /// Appends the second's measured updates to the logs; nothing where there are none.
    pub(super) fn log(&self, logs: &mut MeasuredLogs) {
        let [mut delivery, mut p99, mut last] = [(); 3].map(|()| Histogram::new());
        for (update, arrived, times) in self.updates {
            if update.phase == PhaseKind::Measure {
                arrived.record_in(&mut delivery);
                super::record_quantile(&mut p99, times.p99);
                super::record_quantile(&mut last, times.last);
            }
        }
        for (log, histogram) in [
            (&mut logs.delivery, delivery),
            (&mut logs.event_p99, p99),
            (&mut logs.event_last, last),
        ] {
            log.extend(interval(self.second, &histogram));
        }
    }
}

/// The interval of a log for one second of the run; none when nothing was recorded in it.
pub(crate) fn interval(second: u32, histogram: &Histogram) -> Option<Interval> {
    let start = Duration::from_secs(second.into());
    (histogram.samples() > 0).then(|| Interval::new(start, SECOND, histogram))
}

/// The subscribers' connections in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Events of this run received in it, whatever they were.
    pub received: u64,
    /// Streams open at its end.
    pub connections: u64,
}

/// Every second from the epoch until the crowd stopped reading.
pub fn traffic(plan: &Plan, crowd: &CrowdRecord) -> Vec<Traffic> {
    let mut seconds = vec![Traffic::default(); crowd.ended_at.second() as usize + 1];
    let last = seconds.len() - 1;
    let second_of = |at: Micros| (at.second() as usize).min(last);
    for record in &crowd.subscribers {
        for receipt in &record.receipts {
            let planned_at = plan.publications[receipt.publication as usize].at;
            let received_at = Micros(planned_at.0 + receipt.latency_us());
            seconds[second_of(received_at)].received += 1;
        }
        for stream in &record.streams {
            let ended_at = stream.broke_at.or(record.left_at);
            let broke_in = ended_at.map_or(seconds.len(), second_of);
            for second in &mut seconds[second_of(stream.opened_at)..broke_in] {
                second.connections += 1;
            }
        }
    }
    seconds
}
