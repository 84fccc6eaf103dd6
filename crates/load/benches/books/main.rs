//! What the books of a run cost once it is over: memory and time for a delivery, from the records to the percentiles.
//!
//! ```text
//! cargo bench -p assay-load --bench books -- [SECONDS [DISORDER]]
//! ```
//!
//! The records are made up: live-score with 1,000 subscribers, 50 updates a second, each to a tenth of them; 5,000 deliveries a
//! second for an hour unless it says otherwise. Of 1,000 deliveries, DISORDER change places with the one before. Not a criterion
//! bench: what counts is the resident memory after each step, which `plan/memory.rs` of the crate states for the preflight.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::time::{Duration, Instant};

use assay_load::crowd::{CrowdRecord, Receipt, StreamRecord, SubscriberRecord};
use assay_load::ledger::{Ending, settle};
use assay_load::percentiles::{SubscriberTimes, traffic};
use assay_load::plan::{Arithmetic, Plan, schedule};
use assay_load::record::{PublicationOutcome, PublicationRecord};
use assay_load::scenario::{Overrides, Scenario, preset};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` says so; `cargo test --benches` does not, and measures nothing.
    let is_bench = arguments.iter().any(|one| one == "--bench");
    arguments.retain(|one| one != "--bench");
    if !is_bench && arguments.is_empty() {
        return Ok(());
    }
    let mut numbers = arguments.iter().map(|one| one.parse());
    let seconds = numbers.next().transpose()?.unwrap_or(3_600);
    let disorder = numbers.next().transpose()?.unwrap_or(0);
    keep_books(&plan(seconds)?, disorder);
    Ok(())
}

fn plan(seconds: u64) -> Result<Plan, Box<dyn std::error::Error>> {
    let overrides = Overrides {
        rate: Some("50/s".parse()?),
        measure: Some(Duration::from_secs(seconds)),
        ..Overrides::default()
    };
    let text = preset("live-score").ok_or("no preset live-score")?;
    Ok(schedule(
        &Scenario::parse("live-score", text)?.with(overrides)?,
        1,
        1,
    ))
}

fn keep_books(plan: &Plan, disorder: u64) {
    let deliveries = Arithmetic::of(plan, None).deliveries;
    println!(
        "{deliveries} deliveries of {} updates; resident with the plan alone: {:.0} MB",
        plan.publications.len(),
        resident_bytes("VmRSS:") / 1e6
    );
    let mut steps = Steps::from_here(deliveries);
    let crowd = crowd(plan, disorder);
    let publications = publications(plan);
    steps.done("records");
    let ledger = settle(plan, &publications, &crowd, Ending::Whole);
    steps.done("ledger");
    let times = SubscriberTimes::of(plan, &publications, &crowd, &ledger);
    let traffic = traffic(plan, &crowd);
    steps.done("percentiles");
    println!(
        "{} on time, {} reordered; {} seconds, {} of them with traffic",
        ledger.counts.on_time,
        ledger.counts.reordered,
        times.seconds.len(),
        traffic.iter().filter(|second| second.received > 0).count()
    );
}

/// Everything arrives between 0.5 and 10.5 ms after its instant.
fn crowd(plan: &Plan, disorder: u64) -> CrowdRecord {
    let mut random = StdRng::seed_from_u64(1);
    let mut by_topic = vec![Vec::new(); plan.topics.len()];
    for (index, update) in (0_u32..).zip(&plan.publications) {
        by_topic[update.topic as usize].push(index);
    }
    let subscribers = plan.subscribers.iter().map(|planned| {
        let updates = &by_topic[planned.topics[0] as usize];
        let mut receipts = Vec::with_capacity(updates.len());
        for &update in updates {
            receipts.push(Receipt::whole(update, random.random_range(500..10_500)));
            let place = receipts.len() - 1;
            if place > 0 && random.random_range(0..1_000) < disorder {
                receipts.swap(place - 1, place);
            }
        }
        SubscriberRecord {
            connect_us: Some(100),
            head_us: Some(200),
            first_event_us: Some(300),
            streams: vec![StreamRecord {
                opened_at: planned.connect_at,
                broke_at: None,
                was_dropped: false,
                first_receipt: 0,
            }],
            receipts,
            ..SubscriberRecord::default()
        }
    });
    CrowdRecord {
        subscribers: subscribers.collect(),
        ended_at: plan.drain_deadline,
        ..CrowdRecord::default()
    }
}

fn publications(plan: &Plan) -> Vec<PublicationRecord> {
    (0_u32..)
        .zip(&plan.publications)
        .map(|(publication, planned)| PublicationRecord {
            publication,
            sent_at: Some(planned.at),
            answered_at: Some(planned.at.plus(Duration::from_millis(1))),
            outcome: PublicationOutcome::Accepted,
        })
        .collect()
}

/// Prints what each step added.
struct Steps {
    deliveries: f64,
    at_first_bytes: f64,
    began: Instant,
}

impl Steps {
    fn from_here(deliveries: u64) -> Self {
        Self {
            deliveries: deliveries as f64,
            at_first_bytes: resident_bytes("VmRSS:"),
            began: Instant::now(),
        }
    }

    fn done(&mut self, step: &str) {
        let [now, peak] =
            ["VmRSS:", "VmHWM:"].map(|name| resident_bytes(name) - self.at_first_bytes);
        println!(
            "{step:<12} {:>5.1} s, {:>5.0} MB, {:>4.1} B a delivery; at most {:>5.0} MB, {:>4.1} B a delivery",
            self.began.elapsed().as_secs_f64(),
            now / 1e6,
            now / self.deliveries,
            peak / 1e6,
            peak / self.deliveries
        );
        self.began = Instant::now();
    }
}

/// Of this process, from `/proc/self/status`; 0 where there is none.
fn resident_bytes(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1_024.0
}
