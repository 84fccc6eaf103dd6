//! Delays of known distributions: every quantile of a report is that of the delays that were injected, to the three digits of a
//! histogram, and near that of the formula.

use std::collections::{BTreeMap, BinaryHeap};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use assay_load::clock::Micros;
use assay_load::crowd::{CrowdRecord, Receipt, StreamRecord, SubscriberRecord};
use assay_load::ledger::{Ending, settle};
use assay_load::percentiles::SubscriberTimes;
use assay_load::plan::{
    Phase, PhaseKind, Plan, PlanParts, PlannedPublication, PlannedSubscriber, PlannedTopic,
};
use assay_load::record::{PublicationOutcome, PublicationRecord};
use assay_load::scenario::Scenario;
use assay_results::{Distribution, Metric, Quantile};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::fan_out_hub::{Deliver, FanOutHub, Subscriber, Update};
use crate::faults::is_measured;
use crate::stopwatch::{Epoch, Written, own_lags_us};
use crate::{READING_US, is_whole, machine, published, whole_run};

/// Between two modes one delivery in five hundred, more or less, moves a quantile by any time.
const MODES_MEET: f64 = 0.002;
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// A distribution of delays by its quantiles, in microseconds.
#[derive(Clone, Copy)]
struct Delays {
    name: &'static str,
    quantile_us: fn(f64) -> f64,
}

const DELAYS: [Delays; 3] = [
    Delays {
        name: "uniform between 1 and 50 ms",
        quantile_us: |q| 1_000.0 + 49_000.0 * q,
    },
    Delays {
        name: "exponential with a mean of 20 ms",
        quantile_us: |q| -20_000.0 * (1.0 - q).ln(),
    },
    Delays {
        name: "bimodal, 19 of 20 between 1 and 2 ms, the others between 200 and 300 ms",
        quantile_us: |q| {
            if q < 0.95 {
                1_000.0 + 1_000.0 * q / 0.95
            } else {
                200_000.0 + 100_000.0 * (q - 0.95) / 0.05
            }
        },
    },
];

impl Delays {
    fn draw_us(self, rng: &mut StdRng) -> u64 {
        (self.quantile_us)(rng.random()) as u64
    }
}

/// The sample at the smallest rank that covers the share `q`.
fn of_sorted(sorted_us: &[u64], q: f64) -> u64 {
    let rank = (q * sorted_us.len() as f64 - 1e-6).ceil() as usize;
    sorted_us[rank.clamp(1, sorted_us.len()) - 1]
}

/// Three digits, or the microsecond.
fn is_equal(reported_us: u64, injected_us: u64) -> bool {
    reported_us.abs_diff(injected_us) <= 1 + injected_us / 1_000
}

/// Every quantile that the report states or draws.
fn check_quantiles(name: &str, reported: &Distribution, mut injected_us: Vec<u64>) {
    injected_us.sort_unstable();
    let Distribution {
        p50,
        p90,
        p95,
        p99,
        p999,
        ..
    } = *reported;
    let stated = QUANTILES.into_iter().zip([p50, p90, p95, p99, p999]);
    let drawn = reported.curve.iter().map(|point| (point.q, point.us));
    for (q, reported) in stated.chain(drawn) {
        let expected_us = of_sorted(&injected_us, q);
        let Quantile::Value(us) = reported else {
            panic!("{name}: {q} is {reported:?}, not {expected_us} µs")
        };
        assert!(
            is_equal(us, expected_us),
            "{name}: {q} is {us} µs, not {expected_us} µs"
        );
    }
    assert_eq!(reported.count, injected_us.len() as u64, "{name}");
}

/// So many updates a millisecond apart, of one topic that all follow.
fn plan(subscribers: usize, updates: u64) -> Plan {
    let end = Micros(3_600_000_000);
    let update = |at| PlannedPublication {
        publisher: 0,
        sequence: 0,
        topic: 0,
        at,
        phase: PhaseKind::Measure,
        payload_bytes: 100,
        author: None,
    };
    Plan::new(PlanParts {
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
        subscribers: vec![PlannedSubscriber::of(&[0]); subscribers],
        publications: (1..=updates).map(|at| update(Micros(at * 1_000))).collect(),
        publishers: 1,
        patterns: Vec::new(),
        faults: Vec::new(),
        late_after: Duration::from_secs(1),
        drain_deadline: end,
    })
}

fn check_records(delays: Delays) {
    const SUBSCRIBERS: usize = 50;
    const UPDATES: u64 = 4_000;
    let plan = plan(SUBSCRIBERS, UPDATES);
    let mut rng = StdRng::seed_from_u64(5);
    let mut by_event = vec![Vec::new(); UPDATES as usize];
    let mut by_subscriber = vec![Vec::new(); SUBSCRIBERS];
    for event in &mut by_event {
        for own in &mut by_subscriber {
            let us = delays.draw_us(&mut rng);
            event.push(us);
            own.push(us);
        }
    }
    let subscribers = by_subscriber.iter().map(|own| SubscriberRecord {
        streams: vec![StreamRecord {
            opened_at: Micros::ZERO,
            broke_at: None,
            was_dropped: false,
            first_receipt: 0,
        }],
        receipts: (0_u32..)
            .zip(own)
            .map(|(publication, &us)| Receipt::whole(publication, us))
            .collect(),
        ..SubscriberRecord::default()
    });
    let crowd = CrowdRecord {
        subscribers: subscribers.collect(),
        ended_at: plan.drain_deadline,
        ..CrowdRecord::default()
    };
    let publications: Vec<_> = (0_u32..)
        .zip(&plan.publications)
        .map(|(publication, planned)| PublicationRecord {
            publication,
            sent_at: Some(planned.at),
            answered_at: Some(planned.at),
            outcome: PublicationOutcome::Accepted,
        })
        .collect();
    let ledger = settle(&plan, &publications, &crowd, Ending::Whole);
    let times = SubscriberTimes::of(&plan, &publications, &crowd, &ledger);
    let pooled: Vec<u64> = by_event.iter().flatten().copied().collect();
    let last = by_event
        .iter()
        .map(|event| event.iter().copied().max().unwrap());
    let own_p99 = by_subscriber.iter().map(|own| {
        let mut own = own.clone();
        own.sort_unstable();
        of_sorted(&own, 0.99)
    });
    let name = |family: &str| format!("{}, {family}", delays.name);
    let delivery = Distribution::of(&times.delivery, times.events);
    check_quantiles(&name("all deliveries"), &delivery, pooled.clone());
    let event_last = Distribution::of(&times.event_last, times.events);
    check_quantiles(&name("slowest of each"), &event_last, last.collect());
    let by_subscriber_p99 = Distribution::of(&times.by_subscriber_p99, UPDATES);
    check_quantiles(
        &name("by subscriber"),
        &by_subscriber_p99,
        own_p99.collect(),
    );
    check_formula(delays, pooled);
    println!(
        "injection: closed form, {}: each quantile of {} deliveries, of the slowest of {UPDATES} updates and of the p99 of {SUBSCRIBERS} subscribers is that of the injected delays to 0.1 %",
        delays.name,
        SUBSCRIBERS as u64 * UPDATES,
    );
}

/// What was injected has the distribution that it is said to have: a quantile lies no farther from the formula's than four standard
/// deviations of its rank.
fn check_formula(delays: Delays, mut injected_us: Vec<u64>) {
    injected_us.sort_unstable();
    for q in QUANTILES {
        let deviation = (q * (1.0 - q) / injected_us.len() as f64).sqrt();
        let [low, high] = [q - 4.0 * deviation, q + 4.0 * deviation];
        let [low, high] = [low, high].map(|q| of_sorted(&injected_us, q.clamp(0.0, 1.0)) as f64);
        let expected_us = (delays.quantile_us)(q);
        assert!(
            (low - 1.0..=high + 1.0).contains(&expected_us),
            "{}: {q} of {expected_us} µs is not between {low} and {high}",
            delays.name
        );
    }
}

#[test]
fn quantiles_are_those_of_the_delays_in_the_records() {
    let _machine = machine();
    for delays in DELAYS {
        check_records(delays);
    }
}

/// A hub that holds each delivery back for a delay of its own.
struct Delaying {
    plan: Arc<Plan>,
    delays: Delays,
    rng: StdRng,
    due: mpsc::Sender<Held>,
}

/// A delivery that is held back; the one that is due first is the greatest.
struct Held {
    due: Instant,
    publication: Option<u32>,
    subscriber: Subscriber,
    event: Arc<str>,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Held {}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.due.cmp(&self.due)
    }
}

impl Delaying {
    fn new(plan: &Arc<Plan>, delays: Delays, written: Written) -> Self {
        let (due, held) = mpsc::channel();
        std::thread::spawn(move || write_when_due(&held, &written));
        Self {
            plan: Arc::clone(plan),
            delays,
            rng: StdRng::seed_from_u64(6),
            due,
        }
    }
}

impl Deliver for Delaying {
    fn deliver(&mut self, update: &Update, subscribers: &mut [Subscriber]) {
        let publication = published(&self.plan, &update.data)
            .filter(|&publication| is_measured(&self.plan, publication));
        let event: Arc<str> = update.event().into();
        // Before the crowd came the preflight, and went.
        let gone = subscribers
            .len()
            .saturating_sub(self.plan.subscribers.len());
        for subscriber in &mut subscribers[gone..] {
            if subscriber.topics.contains(&update.topic) {
                let delay_us = publication.map_or(0, |_| self.delays.draw_us(&mut self.rng));
                let held = Held {
                    due: Instant::now() + Duration::from_micros(delay_us),
                    publication,
                    subscriber: Subscriber {
                        topics: Vec::new(),
                        stream: subscriber.stream.try_clone().unwrap(),
                    },
                    event: Arc::clone(&event),
                };
                let _ = self.due.send(held);
            }
        }
    }
}

fn write_when_due(held: &mpsc::Receiver<Held>, written: &Written) {
    let mut waiting = BinaryHeap::new();
    loop {
        let now = Instant::now();
        while waiting.peek().is_some_and(|first: &Held| first.due <= now) {
            let mut first: Held = waiting.pop().unwrap();
            // Before it is: nobody has it sooner, however long this thread then waits for its CPU.
            if let Some(publication) = first.publication {
                written.now(publication);
            }
            first.subscriber.write(&first.event);
        }
        let patience = waiting.peek().map_or(Duration::MAX, |first| {
            first.due.saturating_duration_since(now)
        });
        match held.recv_timeout(patience) {
            Ok(next) => waiting.push(next),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Through sockets the truth is when the hub wrote; the report may be later by 5 %, or 5 ms.
fn check_sockets(delays: Delays) {
    let scenario = "# Are delays shown as they are?
name = \"delays\"
[topics.t]
template = \"https://example.com/{run}/{n}\"
[subscribers.s]
count = 20
follow = \"t\"
[publishers.p]
publish = \"t\"
rate = \"100/s\"
[phases]
ramp = \"200ms\"
settle = \"1500ms\"
warm_up = \"0s\"
measure = \"2s\"
drain = \"10s\"
";
    let scenario = Scenario::parse("delays.toml", scenario).unwrap();
    let plan = whole_run::plan(&scenario);
    let written = Written::default();
    let hub = FanOutHub::delivering(Delaying::new(&plan, delays, written.clone()));
    let mut epoch = Epoch::default();
    let (_, run, results) =
        whole_run::carry_out(&scenario, hub.target(), |progress, _| epoch.see(progress));
    let by_event: BTreeMap<u32, Vec<u64>> = written.latencies_us(&plan, &epoch);
    let mut injected_us: Vec<u64> = by_event.into_values().flatten().collect();
    injected_us.sort_unstable();
    let reported = &results.run.record().metrics[&Metric::Delivery];
    assert_eq!(reported.count, injected_us.len() as u64);
    let mut received_us: Vec<u64> = run
        .crowd
        .subscribers
        .iter()
        .flat_map(own_lags_us)
        .filter(|(receipt, _)| is_measured(&plan, receipt.publication))
        .map(|(receipt, lag_us)| receipt.latency_us() - if is_whole() { 0 } else { lag_us })
        .collect();
    received_us.sort_unstable();
    for point in &reported.curve {
        let [least_us, received_us] =
            [&injected_us, &received_us].map(|sorted| of_sorted(sorted, point.q));
        let most_us = of_sorted(&injected_us, (point.q + MODES_MEET).min(1.0));
        let reported_us = point.us.value_us().unwrap();
        assert!(
            reported_us + READING_US >= least_us
                && received_us <= most_us + (most_us / 20).max(5_000),
            "{}: {} is {least_us} to {most_us} µs at the hub, {received_us} µs here, reported {reported_us} µs",
            delays.name,
            point.q
        );
    }
    println!(
        "injection: delays through sockets, {}: each quantile of {} deliveries is the hub's own within 5 % or 5 ms",
        delays.name,
        injected_us.len()
    );
}

#[test]
fn quantiles_are_those_of_the_delays_on_the_wire() {
    let _machine = machine();
    for delays in DELAYS {
        check_sockets(delays);
    }
}
