//! What a plan amounts to, before anything is opened: `assay explain` prints it and the preflight compares it with what the
//! machine has.

use std::collections::BTreeMap;

use super::{Http, PhaseKind, Plan, Reads};

/// Enough for answers that wait through a stall of a second.
const IN_FLIGHT_WINDOW_US: u64 = 1_000_000;
const IN_FLIGHT_LEAST: u32 = 8;
const IN_FLIGHT_MOST: u32 = 512;

/// Listeners, event queues, timers, standard streams, the run's own files.
const OTHER_FDS: u64 = 40;

/// The sums of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arithmetic {
    /// How many subscribers connect in the course of the run.
    pub subscribers: u64,
    /// How many of them are there at a time, at most.
    pub subscribers_at_once: u64,
    /// How many of them are probes.
    pub probes: u64,
    /// Updates of all phases, canaries included.
    pub updates: u64,
    /// Updates of the measured phase.
    pub updates_measured: u64,
    /// Deliveries of all phases when nothing is lost.
    pub deliveries: u64,
    /// How many of these go to probes.
    pub probe_deliveries: u64,
    /// Deliveries of the measured phase.
    pub deliveries_measured: u64,
    /// Mean deliveries per second in the measured phase.
    pub deliveries_per_second: f64,
    /// Deliveries of the busiest second.
    pub deliveries_busiest_second: u64,
    /// `data` alone, per second of the measured phase, in all deliveries.
    pub bytes_per_second: f64,
    /// Publishes that can await their answers at once; each has a connection.
    pub in_flight: u32,
    /// Connections of subscribers at a time, at most: one each over HTTP/1.1, some to share over HTTP/2.
    pub subscriber_sockets: u64,
    /// Connections to the hub.
    pub sockets: u64,
    /// File descriptors of this process.
    pub fds: u64,
    /// How long the measured phase takes, in seconds.
    pub measured_seconds: f64,
    /// How long all phases take, the whole drain included, in seconds.
    pub seconds: f64,
}

impl Arithmetic {
    /// Adds a plan up; `in_flight` is the scenario's bound, if it states one.
    pub fn of(plan: &Plan, in_flight: Option<u32>) -> Self {
        let reach = Reach::of(plan);
        let measured_s = plan.phase(PhaseKind::Measure).map_or(0.0, |phase| {
            phase.end.micros_since(phase.start) as f64 / 1e6
        });
        let mut sums = Self {
            subscribers: plan.subscribers.len() as u64,
            subscribers_at_once: at_once(plan),
            probes: plan
                .subscribers
                .iter()
                .filter(|subscriber| subscriber.probe)
                .count() as u64,
            updates: plan.publications.len() as u64,
            updates_measured: 0,
            deliveries: 0,
            probe_deliveries: reach.probes,
            deliveries_measured: 0,
            deliveries_per_second: 0.0,
            deliveries_busiest_second: 0,
            bytes_per_second: 0.0,
            in_flight: in_flight.unwrap_or_else(|| in_flight_needed(plan)),
            subscriber_sockets: 0,
            sockets: 0,
            fds: 0,
            measured_seconds: measured_s,
            seconds: plan.drain_deadline.0 as f64 / 1e6,
        };
        let (mut second, mut in_second, mut bytes) = (0, 0, 0);
        for (update, reached) in plan.publications.iter().zip(reach.by_update) {
            let deliveries = u64::from(reached);
            sums.deliveries += deliveries;
            if update.at.second() != second {
                (second, in_second) = (update.at.second(), 0);
            }
            in_second += deliveries;
            sums.deliveries_busiest_second = sums.deliveries_busiest_second.max(in_second);
            if update.phase == PhaseKind::Measure {
                sums.updates_measured += 1;
                sums.deliveries_measured += deliveries;
                bytes += deliveries * u64::from(update.payload_bytes);
            }
        }
        if measured_s > 0.0 {
            sums.deliveries_per_second = sums.deliveries_measured as f64 / measured_s;
            sums.bytes_per_second = bytes as f64 / measured_s;
        }
        let shared = Shared::of(plan);
        sums.subscriber_sockets =
            sums.subscribers_at_once.saturating_sub(shared.streams) + shared.connections;
        sums.sockets = sums.subscriber_sockets + u64::from(sums.in_flight);
        sums.fds = sums.sockets + OTHER_FDS;
        sums
    }

    /// File descriptors that are needed besides one for each subscriber.
    pub fn fds_besides_subscribers(&self) -> u64 {
        self.fds - self.subscriber_sockets
    }
}

/// Streams that share connections.
struct Shared {
    streams: u64,
    connections: u64,
}

impl Shared {
    fn of(plan: &Plan) -> Self {
        let mut streams: BTreeMap<u32, u64> = BTreeMap::new();
        for subscriber in plan.subscribers.iter().filter(|one| !one.probe) {
            if let Http::Two {
                streams_per_connection,
            } = subscriber.http
            {
                *streams.entry(streams_per_connection).or_default() += 1;
            }
        }
        let connections = streams
            .iter()
            .map(|(per_connection, streams)| streams.div_ceil(u64::from(*per_connection)));
        Self {
            connections: connections.sum(),
            streams: streams.values().sum(),
        }
    }
}

/// How many subscribers each update is for.
struct Reach {
    by_update: Vec<u32>,
    /// How many deliveries in all go to probes.
    probes: u64,
}

impl Reach {
    fn of(plan: &Plan) -> Self {
        // How many more than the one before, by topic and place among its updates: those who come and leave are two entries each.
        let mut more: Vec<Vec<i32>> = (0..plan.topics.len() as u32)
            .map(|topic| vec![0; plan.updates_of(topic).len() + 1])
            .collect();
        let mut probes = 0;
        for subscriber in plan
            .subscribers
            .iter()
            .filter(|one| one.reads == Reads::All)
        {
            for &topic in &*subscriber.topics {
                let updates = plan.updates_of(topic);
                let own = plan.updates_for(subscriber, topic);
                let Some(first) = own.first() else { continue };
                let begin = updates.partition_point(|update| update < first);
                more[topic as usize][begin] += 1;
                more[topic as usize][begin + own.len()] -= 1;
                probes += if subscriber.probe {
                    own.len() as u64
                } else {
                    0
                };
            }
        }
        let mut by_update = vec![0; plan.publications.len()];
        for (topic, more) in (0_u32..).zip(more) {
            let mut reached = 0;
            for (&update, more) in plan.updates_of(topic).iter().zip(more) {
                reached += more;
                by_update[update as usize] = reached.unsigned_abs();
            }
        }
        Self { by_update, probes }
    }
}

/// The most subscribers that hold a connection at any time.
fn at_once(plan: &Plan) -> u64 {
    let mut closes: Vec<u64> = plan
        .subscribers
        .iter()
        .filter_map(|one| one.closes_at(plan.late_after))
        .map(|at| at.0)
        .collect();
    closes.sort_unstable();
    let (mut closed, mut most) = (0, 0);
    for (place, subscriber) in plan.subscribers.iter().enumerate() {
        closed += closes[closed..].partition_point(|at| *at < subscriber.connect_at.0);
        most = most.max(place + 1 - closed);
    }
    most as u64
}

/// The most updates within any second: so many answers wait when the hub stands still for that long.
fn in_flight_needed(plan: &Plan) -> u32 {
    let mut oldest = 0;
    let mut most = 0;
    for (newest, update) in plan.publications.iter().enumerate() {
        while update.at.micros_since(plan.publications[oldest].at) >= IN_FLIGHT_WINDOW_US {
            oldest += 1;
        }
        most = most.max(newest - oldest + 1);
    }
    u32::try_from(most)
        .unwrap_or(u32::MAX)
        .clamp(IN_FLIGHT_LEAST, IN_FLIGHT_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::schedule;
    use crate::scenario::{Overrides, Scenario, preset};

    fn arithmetic(subscribers: u64) -> Arithmetic {
        let overrides = Overrides {
            subscribers: Some(subscribers),
            ..Overrides::default()
        };
        let scenario = Scenario::parse("x", preset("live-score").unwrap())
            .unwrap()
            .with(overrides)
            .unwrap();
        Arithmetic::of(&schedule(&scenario, 1, 1), None)
    }

    #[test]
    fn every_update_reaches_the_followers_of_its_topic() {
        let sums = arithmetic(1_000);
        // Each of two rounds of canaries reaches everyone once.
        assert_eq!(sums.updates - 20, 473);
        let reach = sums.deliveries_measured as f64 / sums.updates_measured as f64;
        assert!((90.0..110.0).contains(&reach), "{reach}");
        assert!(
            (4_000.0..5_000.0).contains(&sums.deliveries_per_second),
            "{sums:?}"
        );
        assert!(sums.deliveries_busiest_second as f64 >= sums.deliveries_per_second);
        assert!((45..=75).contains(&sums.in_flight), "{sums:?}");
        assert_eq!(sums.fds, 1_000 + sums.fds_besides_subscribers());
    }

    #[test]
    fn probes_are_a_hundredth_but_fifty_or_all() {
        for (subscribers, probes) in [(10, 10), (50, 50), (1_000, 50), (20_000, 200)] {
            assert_eq!(arithmetic(subscribers).probes, probes, "{subscribers}");
        }
    }
}
