//! `assay run`: puts load on a hub, and reports.

mod hub_needs;
mod progress;
pub(crate) mod scenario;
mod tokens;

use std::num::NonZeroU32;
use std::sync::Arc;

use assay_client::TopicMatcher;
use assay_load::assemble::{Surroundings, assemble, begun};
use assay_load::hub_control::HubControl;
use assay_load::hub_process::{HubGauge, HubProcess};
use assay_load::plan::{Arithmetic, Plan, schedule};
use assay_load::preflight::{check_grants, check_own_hub, check_resources};
use assay_load::run::Setup;
use assay_load::scenario::Scenario;
use assay_load::shard::{Spread, WorkerPool};
use assay_load::stop::Stop;
use assay_load::target::{SubscriberTokens, Target};
use assay_results::{LoadResults, Run, RunDirectory};

use crate::args::run::RunArgs;
use crate::calibration;
use crate::connection;
use crate::credentials::HubAccess;
use crate::embedded_hub;
use crate::environment::environment;
use crate::failure::{CommandResult, Failure, OrFail, usage};
use crate::hub_under_test::HubUnderTest;
use crate::interrupt::{self, Interrupted};
use crate::output::{self, Show};
use crate::runtime;

/// Plans, looks whether this machine can, runs, writes the run's folder, shows the summary.
pub(crate) fn run(args: &RunArgs) -> CommandResult {
    let scenario = scenario::overridden(args)?;
    let plan = planned(&scenario);
    let sums = Arithmetic::of(&plan, scenario.bounds.in_flight);
    let stop = Stop::new();
    let ask = {
        let stop = stop.clone();
        move || stop.request()
    };
    let interrupted = interrupt::on_signal(ask, || ()).or_usage()?;
    let url = args.hub.as_deref().unwrap_or(embedded_hub::SOME_URL);
    let endpoint = connection::endpoint(url, &args.connection).or_usage()?;
    let workers = check_resources(
        &sums,
        endpoint.hub(),
        args.workers.and_then(NonZeroU32::new),
    )
    .or_usage()?;
    if args.hub.is_none() {
        check_own_hub(&sums).or_usage()?;
    }
    let spread = spread(workers, &scenario, &plan)?;
    let directory = output::create(args.out.as_deref(), &scenario.name)?;
    let results = measure(
        args,
        &scenario,
        (plan, sums, spread),
        &directory,
        &stop,
        &interrupted,
    )
    .inspect_err(|_| output::discard_empty(&directory))?;
    let saved = directory.save_load(&results);
    output::finish(
        &directory,
        &Run::Load(Box::new(results.run)),
        saved,
        Show::from_flag(args.json),
    )
}

/// From the hub's start, if it is ours, to its end.
fn measure(
    args: &RunArgs,
    scenario: &Scenario,
    (plan, sums, spread): (Plan, Arithmetic, Spread),
    directory: &RunDirectory,
    stop: &Stop,
    interrupted: &Interrupted,
) -> Result<LoadResults, Failure> {
    hub_needs::refuse_faults_elsewhere(scenario, args.hub.as_deref())?;
    let lent = hub_needs::Lent::to(scenario, directory);
    let flags: Vec<&str> = lent.flags.iter().map(String::as_str).collect();
    let hub = HubUnderTest::new(
        args.hub.as_deref(),
        &args.credentials,
        &args.connection,
        directory,
        &flags,
    )?;
    let access = runtime::current_thread()
        .or_usage()?
        .block_on(interrupted.unless(HubAccess::find(
            &hub.endpoint,
            &hub.credentials,
            args.connection.dialect,
        )))?;
    let setup = Setup {
        target: target(&hub, &access, &plan, hub_gauge(args, &hub)?, stop)?,
        plan: Arc::new(plan),
        sums,
        spread,
    };
    carry_out(args, scenario, &setup, &hub, &access, directory, stop)
        .inspect_err(|_| directory.abandon_load())
}

fn carry_out(
    args: &RunArgs,
    scenario: &Scenario,
    setup: &Setup,
    hub: &HubUnderTest,
    access: &HubAccess,
    directory: &RunDirectory,
    stop: &Stop,
) -> Result<LoadResults, Failure> {
    let environment = environment();
    let surroundings = Surroundings {
        calibration: calibration::of(&environment.machine),
        environment,
        target: hub.document(
            &args.connection,
            vec![(access.dialect, access.evidence.clone())],
            &access.issuance,
        ),
    };
    // What has no room now is told when there is more to keep.
    let _ = directory.begin_load(&begun(scenario, setup, surroundings.clone()));
    let mut display = progress::Display::new(&setup.plan);
    let control = hub.embedded.clone();
    let control = control.map(|hub| Box::new(hub) as Box<dyn HubControl>);
    let show = &mut |progress: &_| display.show(progress);
    let record = assay_load::run::run(setup, stop, control, show).or_not_measurable()?;
    display.end();
    Ok(assemble(scenario, setup, &record, surroundings))
}

/// A fresh run id, so that no event of another run is taken for one of this.
fn planned(scenario: &Scenario) -> Plan {
    // Of 32 bits: short to type, and TOML has no integers of 64 bits without sign.
    let seed = scenario
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    schedule(scenario, seed, rand::random())
}

/// The process of the hub that was started for the run, or what flags say of another one.
///
/// # Errors
/// There is no such process, or no such control group.
fn hub_gauge(args: &RunArgs, hub: &HubUnderTest) -> Result<HubGauge, Failure> {
    if let Some(embedded) = &hub.embedded {
        return Ok(HubGauge::of(embedded.process().clone()));
    }
    let gauge = HubGauge {
        process: args.hub_pid.map(HubProcess::new),
        cgroup: args.hub_cgroup.clone(),
    };
    if gauge.is_known() && gauge.sample().is_none() {
        return Err(usage(format_args!(
            "nothing can be seen of the hub: --hub-pid is the id of a process on this machine, --hub-cgroup the folder of a control \
             group (version 2), such as /sys/fs/cgroup/system.slice/NAME"
        )));
    }
    Ok(gauge)
}

fn target(
    hub: &HubUnderTest,
    access: &HubAccess,
    plan: &Plan,
    hub_gauge: HubGauge,
    stop: &Stop,
) -> Result<Target, Failure> {
    let subscriber_tokens = subscriber_tokens(hub, access, plan.subscribers.len(), stop)?;
    check_grants(plan, &subscriber_tokens).or_usage()?;
    Ok(Target {
        endpoint: hub.endpoint.clone(),
        dialect: access.dialect,
        publisher_token: access.publisher_token()?,
        subscriber_tokens,
        hub_gauge,
    })
}

/// One token for all, unless a command makes one for each.
fn subscriber_tokens(
    hub: &HubUnderTest,
    access: &HubAccess,
    subscribers: usize,
    stop: &Stop,
) -> Result<SubscriberTokens, Failure> {
    if let Some(command) = &hub.credentials.token_command {
        let minted = runtime::current_thread()
            .or_usage()?
            .block_on(tokens::mint_each(command, subscribers, stop))?;
        return Ok(SubscriberTokens::Each(minted));
    }
    let token = access.subscriber_token(&[TopicMatcher::Any])?;
    Ok(token.map_or(SubscriberTokens::Anonymous, SubscriberTokens::Shared))
}

/// This process, or so many others of this program.
fn spread(
    workers: Option<NonZeroU32>,
    scenario: &Scenario,
    plan: &Plan,
) -> Result<Spread, Failure> {
    let Some(count) = workers else {
        return Ok(Spread::Threads(reader_threads()));
    };
    Ok(Spread::Workers(WorkerPool {
        program: std::env::current_exe().or_usage()?,
        arguments: vec!["load-worker".to_owned()],
        count,
        scenario_toml: Scenario {
            seed: Some(plan.seed),
            ..scenario.clone()
        }
        .filled_in(),
    }))
}

/// Half of the cores read the crowd; probes, publishers and a hub on the same machine share the others.
pub(crate) fn reader_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1))
}
