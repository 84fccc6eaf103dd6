//! A run as `assay run` carries it out, in this process, and what that process used.

use std::error::Error;
use std::sync::Arc;

use assay_client::{Dialect, Endpoint, EndpointOptions};
use assay_load::assemble::{Surroundings, assemble};
use assay_load::hub_process::HubGauge;
use assay_load::plan::{Arithmetic, PhaseKind, schedule};
use assay_load::platform;
use assay_load::run::{Setup, run};
use assay_load::scenario::Scenario;
use assay_load::shard::Spread;
use assay_load::stop::Stop;
use assay_load::target::{SubscriberTokens, Target};
use assay_results::{Assay, Environment, HubOrigin, Machine};

use super::figures::Figures;

/// What this process has used by an instant.
#[derive(Clone, Copy)]
struct Used {
    cpu_us: u64,
    reading_us: u64,
    resident_bytes: u64,
    receipts: u64,
}

impl Used {
    fn by_now(receipts: u64) -> Self {
        let threads = platform::threads_of_self();
        let reads = |name: &str| name.starts_with("crowd-") || name == "probes";
        let us = |reading_only: bool| {
            let wanted = threads
                .iter()
                .filter(|one| !reading_only || reads(&one.name));
            wanted.map(|one| one.running_ns / 1_000).sum()
        };
        let sample = platform::sample_process(std::process::id());
        Self {
            cpu_us: us(false),
            reading_us: us(true),
            resident_bytes: sample.map_or(0, |sample| sample.resident_bytes),
            receipts,
        }
    }
}

pub(crate) fn measure(
    subscribers: u64,
    seconds: u64,
    address: &str,
) -> Result<Figures, Box<dyn Error>> {
    let scenario = scenario(subscribers, seconds)?;
    let plan = Arc::new(schedule(&scenario, 1, 1));
    let setup = Setup {
        sums: Arithmetic::of(&plan, None),
        plan,
        target: target(address)?,
        spread: Spread::Threads(1),
    };
    let mut measured: Option<(Used, Used)> = None;
    let record = run(&setup, &Stop::new(), None, &mut |progress| {
        if progress.phase == PhaseKind::Measure {
            let now = Used::by_now(progress.crowd.receipts);
            let (begin, _) = measured.unwrap_or((now, now));
            measured = Some((begin, now));
        }
    })?;
    let (begin, end) = measured.ok_or("the measured phase was never seen")?;
    let before = Used::by_now(0);
    let results = assemble(&scenario, &setup, &record, surroundings());
    let after = Used::by_now(0);
    // What was seen of the measured phase stands for the whole of it.
    let told = Figures::told_by(&results.run);
    let seen = (end.receipts - begin.receipts).max(1) as f64;
    let of_all = |us: u64| (us as f64 / seen * told.events as f64) as u64;
    Ok(Figures {
        cpu_us: of_all(end.cpu_us - begin.cpu_us),
        reading_us: of_all(end.reading_us - begin.reading_us),
        books_us: after.cpu_us.saturating_sub(before.cpu_us),
        connected_bytes: begin.resident_bytes,
        peak_bytes: peak_bytes(),
        ..told
    })
}

/// The largest resident set that this process ever had; 0 where the system does not tell.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1_024
}

fn scenario(subscribers: u64, seconds: u64) -> Result<Scenario, Box<dyn Error>> {
    let ramp_ms = subscribers.max(1_000);
    let text = format!(
        "# What does the workbench itself cost?\nname = \"own-cost\"\n\
         [topics.all]\ntemplate = \"https://example.com/{{run}}\"\n\
         [subscribers.all]\ncount = {subscribers}\nfollow = \"all\"\n\
         [publishers.one]\npublish = \"all\"\nrate = \"10/s\"\npayload = \"92 B\"\n\
         [phases]\nramp = \"{ramp_ms}ms\"\nsettle = \"2s\"\nwarm_up = \"1s\"\nmeasure = \"{seconds}s\"\ndrain = \"5s\""
    );
    Ok(Scenario::parse("own-cost", &text)?)
}

fn target(address: &str) -> Result<Target, Box<dyn Error>> {
    let url = format!("http://{address}/.well-known/mercure");
    Ok(Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(url.parse()?))?,
        dialect: Dialect::V1,
        publisher_token: None,
        subscriber_tokens: SubscriberTokens::Anonymous,
        hub_gauge: HubGauge::default(),
    })
}

/// Nothing of it costs anything.
fn surroundings() -> Surroundings {
    Surroundings {
        calibration: None,
        environment: Environment {
            machine: Machine {
                cpus: 0,
                cpu_model: None,
                memory_bytes: None,
                os: String::new(),
                kernel: None,
                fd_limit: None,
            },
            assay: Assay {
                version: String::new(),
                commit: None,
            },
            started_at: String::new(),
            command_line: Vec::new(),
        },
        target: assay_results::Target {
            hub: HubOrigin::Given,
            url: String::new(),
            publish_url: None,
            dialects: Vec::new(),
            issuer: None,
            audience: None,
            insecure: false,
            connect_to: None,
            extra_headers: Vec::new(),
            server: None,
        },
    }
}
