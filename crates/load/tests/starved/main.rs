//! A thread of the workbench that is kept from its CPU is our fault: the run is invalid, and nothing is said against the hub.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a proof prints what it found")]

#[path = "../fan_out_hub/mod.rs"]
mod fan_out_hub;
#[path = "../whole_run/mod.rs"]
mod whole_run;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;

use assay_load::plan::PhaseKind;
use assay_load::platform;
use assay_load::scenario::Scenario;
use assay_results::{GateName, LoadRecord, Outcome, Validity};
use rustix::process::{Pid, setpriority_process};
use rustix::thread::{CpuSet, sched_setaffinity};

use fan_out_hub::FanOutHub;

/// Threads that take the CPU from it: so many that it never catches up.
const RIVALS: usize = 8;

const SCENARIO: &str = "# Whose fault is it?
name = \"starved\"
[topics.t]
template = \"https://example.com/{run}/{n}\"
[subscribers.s]
count = 200
follow = \"t\"
[publishers.p]
publish = \"t\"
rate = \"100/s\"
[phases]
ramp = \"200ms\"
settle = \"2s\"
warm_up = \"0s\"
measure = \"7s\"
drain = \"20s\"
[bounds]
late_after = \"20s\"
";

/// A thread that gets a five-hundredth of a CPU, until this is dropped.
struct Starved {
    id: Pid,
    rivals: Vec<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Starved {
    /// The thread of this process that has this name.
    fn thread(name: &str) -> Self {
        let threads = platform::threads_of_self();
        let thread = threads.iter().find(|thread| thread.name == name);
        let id = Pid::from_raw(thread.expect("it runs").thread_id.cast_signed()).unwrap();
        let cpu = platform::allowed_cpus()[0];
        sched_setaffinity(Some(id), &set(&[cpu])).unwrap();
        setpriority_process(Some(id), 19).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let rival = |_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                platform::pin_this_thread(cpu).unwrap();
                while !stop.load(Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        Self {
            id,
            rivals: (0..RIVALS).map(rival).collect(),
            stop,
        }
    }
}

fn set(cpus: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    for &cpu in cpus {
        set.set(cpu);
    }
    set
}

impl Drop for Starved {
    fn drop(&mut self) {
        // Only root may take back that it is nice; any CPU then has to do.
        let _ = setpriority_process(Some(self.id), 0);
        let _ = sched_setaffinity(Some(self.id), &set(&platform::allowed_cpus()));
        self.stop.store(true, Relaxed);
        for rival in self.rivals.drain(..) {
            rival.join().unwrap();
        }
    }
}

/// Starves a thread for the first five seconds of the measured phase.
fn starving(name: &str) -> LoadRecord {
    let scenario = Scenario::parse("starved.toml", SCENARIO).unwrap();
    let plan = whole_run::plan(&scenario);
    let begin = plan.phase(PhaseKind::Measure).unwrap().start;
    let hub = FanOutHub::start();
    let mut starved = None;
    let (_, _, results) = whole_run::carry_out(&scenario, hub.target(), |progress, _| {
        let since_s = progress.at.second().saturating_sub(begin.second());
        if progress.phase == PhaseKind::Measure && since_s < 6 {
            starved.get_or_insert_with(|| Starved::thread(name));
        } else {
            starved = None;
        }
    });
    results.run.record().clone()
}

fn check(name: &str, gates: &[GateName]) {
    let document = starving(name);
    let past: Vec<GateName> = document
        .health
        .gates
        .iter()
        .filter(|gate| gate.seconds_past > 2)
        .map(|gate| gate.name)
        .collect();
    assert!(
        gates.iter().any(|gate| past.contains(gate)),
        "{name}: {:?}",
        document.health.gates
    );
    assert_eq!(document.validity(), Validity::Invalid, "{name}");
    assert_eq!(
        (document.ledger.wrong(), document.outcome()),
        (0, Outcome::NotMeasurable),
        "{name}: {:?}",
        document.wrong_deliveries
    );
    println!(
        "injection: a starved workbench, thread {name}: invalid, exit 3, by {past:?}; nothing wrong with the hub"
    );
}

#[test]
fn a_thread_without_a_cpu_is_blamed_on_the_workbench() {
    check("crowd-0", &[GateName::ThreadShare]);
    check("probes", &[GateName::ReadLag, GateName::ThreadShare]);
    check(
        "publishers",
        &[GateName::ScheduleLag, GateName::ThreadShare],
    );
}
