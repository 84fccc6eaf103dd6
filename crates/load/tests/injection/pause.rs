//! The hub stops for half a second, from a planned publish on: whatever was planned meanwhile has waited for the rest of the pause, and
//! is shown to have. A workbench that waits with its hub (coordinated omission) would show one slow update and no other.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use assay_load::clock::Micros;
use assay_load::plan::{PhaseKind, Plan};
use assay_load::run::RunRecord;
use assay_load::scenario::Scenario;
use assay_results::{LoadRecord, Metric, Quantile, heat_bucket};

use crate::fan_out_hub::{Deliver, FanOutHub, Subscriber, Update};
use crate::stopwatch::{Epoch, Written, own_lags_us};
use crate::{READING_US, is_whole, machine, published, whole_run};

const PAUSE: Duration = Duration::from_millis(500);
/// From the begin of the measured phase.
const PAUSE_AFTER: Duration = Duration::from_secs(1);
const SUBSCRIBERS: usize = 4;

fn scenario(rate: u32) -> Scenario {
    let text = format!(
        "# Does a pause show?
name = \"pause\"
[topics.t]
template = \"https://example.com/{{run}}/{{n}}\"
[subscribers.s]
count = {SUBSCRIBERS}
follow = \"t\"
[publishers.p]
publish = \"t\"
rate = \"{rate}/s\"
[phases]
ramp = \"200ms\"
settle = \"1500ms\"
warm_up = \"0s\"
measure = \"3s\"
drain = \"10s\"
[bounds]
in_flight = 100
"
    );
    Scenario::parse("pause.toml", &text).unwrap()
}

/// Stops at one publication, and notes when it went on.
struct Pausing {
    plan: Arc<Plan>,
    at: u32,
    ended: Arc<Mutex<Option<Instant>>>,
    written: Written,
}

impl Deliver for Pausing {
    fn deliver(&mut self, update: &Update, subscribers: &mut [Subscriber]) {
        let publication = published(&self.plan, &update.data);
        if publication == Some(self.at) {
            // The pause itself: nothing is waited for.
            std::thread::sleep(PAUSE);
            *self.ended.lock().unwrap() = Some(Instant::now());
        }
        let event = update.event();
        let followers = subscribers.iter_mut();
        for subscriber in followers.filter(|one| one.topics.contains(&update.topic)) {
            subscriber.write(&event);
        }
        if let Some(publication) = publication {
            self.written.now(publication);
        }
    }
}

/// What one update that was planned during the pause has to show.
struct Paused {
    publication: u32,
    planned_at: Micros,
    /// R − I of each delivery: end of the pause − I, at least.
    least_us: u64,
    most_us: u64,
}

fn check(rate: u32) {
    let _machine = machine();
    let scenario = scenario(rate);
    let plan = whole_run::plan(&scenario);
    let begin = plan
        .phase(PhaseKind::Measure)
        .unwrap()
        .start
        .plus(PAUSE_AFTER);
    let at = (0_u32..)
        .zip(&plan.publications)
        .find_map(|(publication, update)| (update.at >= begin).then_some(publication))
        .unwrap();
    let (ended, written) = (Arc::default(), Written::default());
    let hub = FanOutHub::delivering(Pausing {
        plan: Arc::clone(&plan),
        at,
        ended: Arc::clone(&ended),
        written: written.clone(),
    });
    let mut epoch = Epoch::default();
    let (_, run, results) =
        whole_run::carry_out(&scenario, hub.target(), |progress, _| epoch.see(progress));
    let ended = epoch.at(ended.lock().unwrap().unwrap());
    let written_us = written.latencies_us(&plan, &epoch);
    let during = plan.publications[at as usize].at..ended;
    let is_during = |publication: u32| during.contains(&plan.publications[publication as usize].at);
    let own_lags: Vec<_> = run.crowd.subscribers.iter().flat_map(own_lags_us).collect();
    let own_lag_us = |publication: u32| {
        let of = own_lags
            .iter()
            .filter(|(receipt, _)| receipt.publication == publication);
        of.map(|(_, lag_us)| *lag_us).max().unwrap_or(0)
    };
    let paused: Vec<Paused> = (0..plan.publications.len() as u32)
        .filter(|&publication| is_during(publication))
        .map(|publication| {
            let planned_at = plan.publications[publication as usize].at;
            let waited_us = ended.micros_since(planned_at);
            // What kept the hub after its pause, and us after it had written, is none of the pause.
            let excused_us = if is_whole() {
                0
            } else {
                written_us[&publication][0].saturating_sub(waited_us) + own_lag_us(publication)
            };
            Paused {
                publication,
                planned_at,
                least_us: waited_us.saturating_sub(READING_US),
                most_us: waited_us + (waited_us / 20).max(5_000) + excused_us,
            }
        })
        .collect();
    assert!(paused.len() as u32 >= (rate / 2).max(1), "{}", paused.len());
    let farthest_us = check_deliveries(&paused, &run, ended);
    let document = results.run.record();
    check_event_last(&paused, document);
    check_heat(&paused, document);
    println!(
        "injection: pause of 500 ms at {rate}/s: {} updates were planned in it, and each of their {} deliveries shows its rest within {farthest_us} µs",
        paused.len(),
        paused.len() * SUBSCRIBERS,
    );
}

/// By how much the delivery that is farthest from the rest of the pause differs from it.
fn check_deliveries(paused: &[Paused], run: &RunRecord, ended: Micros) -> u64 {
    let mut farthest_us = 0;
    for (subscriber, record) in run.crowd.subscribers.iter().enumerate() {
        for expected in paused {
            let mut receipts = record.receipts.iter();
            let receipt = receipts.find(|receipt| receipt.publication == expected.publication);
            let latency_us = receipt.unwrap().latency_us();
            assert!(
                (expected.least_us..=expected.most_us).contains(&latency_us),
                "subscriber {subscriber} had update {} after {latency_us} µs, not {} to {}",
                expected.publication,
                expected.least_us,
                expected.most_us
            );
            let rest_us = ended.micros_since(expected.planned_at);
            farthest_us = farthest_us.max(latency_us.abs_diff(rest_us));
        }
    }
    farthest_us
}

fn check_event_last(paused: &[Paused], document: &LoadRecord) {
    for expected in paused {
        let planned_us = expected.planned_at.0;
        let mut rows = document.publications.iter();
        let row = rows.find(|row| row.planned_us == planned_us).unwrap();
        let Quantile::Value(last_us) = row.last else {
            panic!("{row:?}")
        };
        assert!(
            (expected.least_us..=expected.most_us).contains(&last_us),
            "{row:?}"
        );
    }
    // The first one waited longest of all.
    let longest = &paused[0];
    for metric in [Metric::Delivery, Metric::EventLast] {
        let most_us = document.metrics[&metric].max_received;
        assert!(most_us >= Some(longest.least_us), "{metric}: {most_us:?}");
    }
}

/// The heat map has as many deliveries above and below each bucket as the pause has put there.
fn check_heat(paused: &[Paused], document: &LoadRecord) {
    for second in &document.seconds {
        let mut own = paused.iter();
        let own: Vec<(u8, u8)> = own
            .by_ref()
            .filter(|expected| expected.planned_at.second() == second.at_s)
            .map(|expected| {
                (
                    heat_bucket(expected.least_us),
                    heat_bucket(expected.most_us),
                )
            })
            .collect();
        for bucket in 0..=u8::MAX {
            let count = |wanted: &dyn Fn(u8) -> bool| -> u64 {
                let cells = second.heat.iter().filter(|cell| wanted(cell.bucket));
                cells.map(|cell| cell.count).sum()
            };
            let (above, below) = (count(&|at| at >= bucket), count(&|at| at <= bucket));
            let expected = |wanted: &dyn Fn(&(u8, u8)) -> bool| {
                (own.iter().filter(|ends| wanted(ends)).count() * SUBSCRIBERS) as u64
            };
            assert!(
                above >= expected(&|ends| ends.0 >= bucket)
                    && below >= expected(&|ends| ends.1 <= bucket),
                "second {}, bucket {bucket}: {above} above, {below} below of {own:?}",
                second.at_s
            );
        }
    }
}

#[test]
fn at_one_update_a_second_a_pause_shows() {
    check(1);
}

#[test]
fn at_ten_updates_a_second_a_pause_shows() {
    check(10);
}

#[test]
fn at_a_hundred_updates_a_second_a_pause_shows() {
    check(100);
}
