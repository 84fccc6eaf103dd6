//! `assay calibrate`: load on a hub that does nothing.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::Context;
use assay_client::{Dialect, Endpoint, EndpointOptions};
use assay_load::assemble::{Surroundings, assemble};
use assay_load::hub_process::HubGauge;
use assay_load::plan::{Arithmetic, schedule};
use assay_load::preflight::check_resources;
use assay_load::run::Setup;
use assay_load::scenario::Scenario;
use assay_load::shard::Spread;
use assay_load::stop::Stop;
use assay_load::target::{SubscriberTokens, Target};
use assay_results::{Calibration, HubOrigin, Limit, LoadRun, Metric, Outcome, PhaseKind, Quantile};

use crate::args::calibrate::CalibrateArgs;
use crate::calibration::save;
use crate::command::run::reader_threads;
use crate::console;
use crate::environment::environment;
use crate::failure::{CommandResult, Failure, OrFail};
use crate::interrupt;

/// Updates a second of the light load, and for how many seconds: enough for a p99.
const LIGHT: (f64, u32) = (50.0, 7);
/// Deliveries a second of the first steep load; each next one has half as much again.
const STEEP_FIRST: f64 = 50_000.0;
const STEEPER: f64 = 1.5;
/// Seconds of a steep load: fewer no gate can judge.
const STEEP_SECONDS: u32 = 4;
/// A load is kept when so much of what was planned came in its time.
const KEPT_LEAST: f64 = 0.97;

/// Runs the loads, keeps and shows the result.
pub(crate) fn run(args: &CalibrateArgs) -> CommandResult {
    let stop = Stop::new();
    let ask = {
        let stop = stop.clone();
        move || stop.request()
    };
    let _interrupted = interrupt::on_signal(ask, || ()).or_usage()?;
    let hub = NullHub::start().or_not_measurable()?;
    console::tell("assay: a light load on a hub that does nothing");
    let light = load(&hub, args.subscribers, LIGHT.0, LIGHT.1, &stop)?;
    if light.record().health.saturated() {
        return Err(busy("a light load was past the workbench's gates"));
    }
    let (ceiling, limited_by) = ceiling(&hub, args, &stop)?;
    if ceiling <= 0.0 {
        return Err(busy("the least of the steep loads was not kept"));
    }
    let environment = environment();
    let at = |metric: Metric, quantile: fn(&assay_results::Distribution) -> Quantile| {
        light
            .record()
            .metrics
            .get(&metric)
            .map_or(Quantile::TooFew, quantile)
    };
    let calibration = Calibration {
        made_at: environment.started_at,
        machine: environment.machine,
        assay: environment.assay,
        subscribers: args.subscribers,
        floor_delivery_p50_us: at(Metric::Delivery, |one| one.p50),
        floor_event_last_p50_us: at(Metric::EventLast, |one| one.p50),
        floor_event_last_p99_us: at(Metric::EventLast, |one| one.p99),
        floor_read_lag_p99_us: at(Metric::ReadLag, |one| one.p99),
        ceiling_deliveries_per_second: ceiling,
        limited_by,
    };
    save(&calibration, &args.out).or_usage()?;
    let text = if args.json {
        serde_json::to_string_pretty(&calibration).or_usage()? + "\n"
    } else {
        told(&calibration, args)
    };
    console::show(&text)?;
    Ok(Outcome::Passed)
}

/// Nothing can be said of a machine that does something else.
fn busy(what: &str) -> Failure {
    Failure {
        outcome: Outcome::NotMeasurable,
        error: anyhow::anyhow!(
            "this machine is busy: {what}; nothing is kept, try again when it is quiet"
        ),
    }
}

/// The steepest load that is kept, in events a second, and what the next one met.
fn ceiling(hub: &NullHub, args: &CalibrateArgs, stop: &Stop) -> Result<(f64, Limit), Failure> {
    let mut kept = 0.0_f64;
    let (subscribers, most) = (args.subscribers, f64::from(args.up_to));
    let mut wanted = STEEP_FIRST.min(most);
    while wanted <= most {
        console::tell(format_args!("assay: {wanted:.0} events a second"));
        let run = load(
            hub,
            subscribers,
            wanted / subscribers as f64,
            STEEP_SECONDS,
            stop,
        )?;
        let came = came_per_second(&run);
        if run.record().health.saturated() {
            return Ok((kept, Limit::Workbench));
        }
        if came < wanted * KEPT_LEAST {
            return Ok((kept, Limit::NullHub));
        }
        kept = came;
        wanted *= STEEPER;
    }
    Ok((kept, Limit::None))
}

/// Over the whole seconds of the measured phase.
fn came_per_second(run: &LoadRun) -> f64 {
    let seconds = run.record().seconds.iter();
    let measured: Vec<u64> = seconds
        .filter(|second| second.phase == PhaseKind::Measure)
        .map(|second| second.delivered)
        .collect();
    measured.iter().sum::<u64>() as f64 / measured.len().max(1) as f64
}

/// One topic that everybody follows, so many updates a second for so many seconds.
fn load(
    hub: &NullHub,
    subscribers: u64,
    rate: f64,
    seconds: u32,
    stop: &Stop,
) -> Result<LoadRun, Failure> {
    let text = format!(
        "# What can this machine hear?\nname = \"calibration\"\n\
         [topics.all]\ntemplate = \"https://calibration.example/{{run}}\"\n\
         [subscribers.all]\ncount = {subscribers}\nfollow = \"all\"\n\
         [publishers.one]\npublish = \"all\"\nrate = \"{rate}/s\"\npayload = \"92 B\"\n\
         [phases]\nramp = \"1s\"\nsettle = \"1s\"\nwarm_up = \"1s\"\nmeasure = \"{seconds}s\"\ndrain = \"5s\""
    );
    let scenario = Scenario::parse("calibration", &text).or_usage()?;
    let plan = schedule(&scenario, 1, rand::random());
    let sums = Arithmetic::of(&plan, None);
    let endpoint =
        Endpoint::new(EndpointOptions::for_url(hub.url.parse().or_usage()?)).or_usage()?;
    check_resources(&sums, endpoint.hub(), None).or_usage()?;
    let setup = Setup {
        plan: Arc::new(plan),
        sums,
        target: Target {
            endpoint,
            dialect: Dialect::V1,
            publisher_token: None,
            subscriber_tokens: SubscriberTokens::Anonymous,
            hub_gauge: HubGauge::default(),
        },
        spread: Spread::Threads(reader_threads()),
    };
    let record = assay_load::run::run(&setup, stop, None, &mut |_| {}).or_not_measurable()?;
    if stop.is_requested() {
        return Err(Failure {
            outcome: Outcome::Interrupted,
            error: anyhow::anyhow!("interrupted: nothing is kept of half a calibration"),
        });
    }
    let surroundings = Surroundings {
        environment: environment(),
        target: hub.document(),
        calibration: None,
    };
    Ok(assemble(&scenario, &setup, &record, surroundings).run)
}

fn told(calibration: &Calibration, args: &CalibrateArgs) -> String {
    let us = |quantile: Quantile| match quantile {
        Quantile::Value(us) => format!("{:.2} ms", us as f64 / 1e3),
        Quantile::Lost => "lost".to_owned(),
        Quantile::TooFew => "too few events".to_owned(),
    };
    let limit = match calibration.limited_by {
        Limit::Workbench => "beyond that the workbench is at its limit",
        Limit::NullHub => "beyond that a hub that does nothing is at its limit",
        Limit::None => "and more: no limit was met",
    };
    format!(
        "A hub that does nothing, {} subscribers:\n\
         delivery      p50 {}\n\
         slowest       p50 {}, p99 {}\n\
         read lag      p99 {}\n\
         ceiling       {:.0} events/s; {limit}\n\
         kept in {}: reports of runs on this machine show it\n",
        calibration.subscribers,
        us(calibration.floor_delivery_p50_us),
        us(calibration.floor_event_last_p50_us),
        us(calibration.floor_event_last_p99_us),
        us(calibration.floor_read_lag_p99_us),
        calibration.ceiling_deliveries_per_second,
        args.out.display(),
    )
}

/// The hub that does nothing, as a child process; dropping it ends it.
struct NullHub {
    child: Child,
    url: String,
}

impl NullHub {
    fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("failed to find our own program")?;
        let mut child = Command::new(program)
            .arg("null-hub")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("failed to start the hub that does nothing")?;
        let stdout = child.stdout.take().context("it has no stdout")?;
        let mut url = String::new();
        BufReader::new(stdout)
            .read_line(&mut url)
            .context("the hub that does nothing did not say its URL")?;
        Ok(Self {
            child,
            url: url.trim().to_owned(),
        })
    }

    fn document(&self) -> assay_results::Target {
        assay_results::Target {
            hub: HubOrigin::Given,
            url: self.url.clone(),
            publish_url: None,
            dialects: Vec::new(),
            issuer: None,
            audience: None,
            insecure: false,
            connect_to: None,
            extra_headers: Vec::new(),
            server: None,
        }
    }
}

impl Drop for NullHub {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It ends within a moment of that; an error means that it has.
        let _ = self.child.wait();
    }
}
