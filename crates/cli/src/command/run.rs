//! `assay run`: puts load on a hub, and reports.

mod hub_needs;
pub(crate) mod progress;
pub(crate) mod scenario;
mod tokens;

use std::num::NonZeroU32;
use std::sync::Arc;

use assay_client::{Endpoint, TopicMatcher};
use assay_conformance::Interrupt;
use assay_load::assemble::{Surroundings, assemble, begun};
use assay_load::hub_control::HubControl;
use assay_load::hub_process::{HubGauge, HubProcess};
use assay_load::plan::{Arithmetic, Plan, schedule};
use assay_load::preflight::{check_grants, check_own_hub, check_resources};
use assay_load::progress::Progress;
use assay_load::run::Setup;
use assay_load::scenario::Scenario;
use assay_load::shard::{Spread, WorkerPool};
use assay_load::stop::Stop;
use assay_load::target::{SubscriberTokens, Target};
use assay_results::{LoadResults, PartialCause, Room, Run, RunDirectory};

use crate::args::load::LoadedHubArgs;
use crate::args::run::RunArgs;
use crate::args::target::{ConnectionArgs, CredentialArgs};
use crate::calibration;
use crate::commanded_hub::CommandedHub;
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
    let scenario = scenario::overridden(&args.scenario, &args.work, &args.slo, args.seed)?;
    let planned = Planned::of(scenario);
    let hub = LoadedHub {
        hub: &args.hub,
        credentials: &args.credentials,
        connection: &args.connection,
        workers: args.work.crowd.workers,
    };
    let halt = Halt::on_signal()?;
    let endpoint = hub.endpoint()?;
    let spread = hub.spread(&planned, &endpoint).or_usage()?;
    let directory = output::create(args.out.as_deref(), &planned.scenario.name)?;
    let mut display = progress::Display::new(&planned.plan);
    let show = &mut |progress: &Progress| display.show(progress);
    let measured = hub
        .measure(planned, spread, &directory, &halt, show)
        .inspect_err(|_| output::discard_empty(&directory))?;
    display.end();
    let saved = directory.save_load(&measured.results);
    output::finish(
        &directory,
        &Run::Load(Box::new(measured.results.run)),
        saved,
        Show::from_flag(args.json),
    )
}

/// A scenario, and what comes of it.
pub(crate) struct Planned {
    /// As flags changed it.
    pub(crate) scenario: Scenario,
    /// Its timetable.
    pub(crate) plan: Plan,
    /// What that amounts to.
    pub(crate) sums: Arithmetic,
}

impl Planned {
    /// With a fresh run id, so that no event of another run is taken for one of this.
    pub(crate) fn of(scenario: Scenario) -> Self {
        // Of 32 bits: short to type, and TOML has no integers of 64 bits without sign.
        let seed = scenario
            .seed
            .unwrap_or_else(|| u64::from(rand::random::<u32>()));
        let plan = schedule(&scenario, seed, rand::random());
        Self {
            sums: Arithmetic::of(&plan, scenario.bounds.in_flight),
            scenario,
            plan,
        }
    }
}

/// What ends a run before its time: the first signal asks it to, also while nothing is measured yet.
pub(crate) struct Halt {
    /// What a run looks at.
    pub(crate) stop: Stop,
    /// What comes before it looks at this.
    pub(crate) interrupted: Interrupted,
    /// What commands have started: ended at the second signal.
    pub(crate) children: Interrupt,
}

impl Halt {
    /// Watches signals from now on.
    pub(crate) fn on_signal() -> Result<Self, Failure> {
        let stop = Stop::new();
        let ask = {
            let stop = stop.clone();
            move || stop.request()
        };
        let children = Interrupt::default();
        let abandon = {
            let children = children.clone();
            move || children.kill_children()
        };
        let interrupted = interrupt::on_signal(ask, abandon).or_usage()?;
        Ok(Self {
            stop,
            interrupted,
            children,
        })
    }
}

/// The hub that is put under load, as flags describe it, and who loads it.
#[derive(Clone, Copy)]
pub(crate) struct LoadedHub<'a> {
    /// Where it is, and where what it uses can be seen.
    pub(crate) hub: &'a LoadedHubArgs,
    /// What opens it.
    pub(crate) credentials: &'a CredentialArgs,
    /// How to get there.
    pub(crate) connection: &'a ConnectionArgs,
    /// Processes that share the crowd, where that was asked for.
    pub(crate) workers: Option<u32>,
}

/// What a run left.
pub(crate) struct Measured {
    /// The document and what stands beside it.
    pub(crate) results: LoadResults,
    /// What the hub may use; nothing of a hub that cannot be seen.
    pub(crate) room: Room,
    /// Whether the hub runs on this machine, as far as is known.
    pub(crate) is_here: bool,
}

impl Measured {
    /// Whether a signal ended it.
    pub(crate) fn was_interrupted(&self) -> bool {
        let partial = self.results.run.record().partial.as_ref();
        partial.is_some_and(|partial| partial.cause == PartialCause::Interrupted)
    }

    /// Writes the run with its pages as one of several; what could not be written, as a sentence, since it costs nobody the others. One
    /// that is not to be kept goes with all that its hub wrote there.
    pub(crate) fn keep(self, directory: &RunDirectory, is_kept: bool) -> Option<String> {
        if !is_kept {
            // Of our own making; what cannot be removed is seen by whoever looks there.
            let _ = std::fs::remove_dir_all(directory.path());
            return None;
        }
        let saved = directory.save_load(&self.results).or_usage();
        let run = Run::Load(Box::new(self.results.run));
        let written = output::write_pages(directory, &run, &[]);
        saved.and(written).err().map(|failure| failure.sentence())
    }
}

impl LoadedHub<'_> {
    /// Where it is; of a hub that is not started yet, where one like it would be.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        let url = self.hub.url.as_deref().unwrap_or(embedded_hub::SOME_URL);
        connection::endpoint(url, self.connection).or_usage()
    }

    /// Who reads the crowd of a plan.
    ///
    /// # Errors
    /// This machine cannot carry it.
    pub(crate) fn spread(&self, planned: &Planned, endpoint: &Endpoint) -> anyhow::Result<Spread> {
        let asked = self.workers.and_then(NonZeroU32::new);
        let workers = check_resources(&planned.sums, endpoint.hub(), asked)?;
        if !self.hub.is_of_others() {
            check_own_hub(&planned.sums)?;
        }
        let Some(count) = workers else {
            return Ok(Spread::Threads(reader_threads()));
        };
        Ok(Spread::Workers(WorkerPool {
            program: std::env::current_exe()?,
            arguments: vec!["load-worker".to_owned()],
            count,
            scenario_toml: Scenario {
                seed: Some(planned.plan.seed),
                ..planned.scenario.clone()
            }
            .filled_in(),
        }))
    }

    /// One run, from the hub's start, if it is ours, to its end. A hub that is started has its log in `directory`.
    pub(crate) fn measure(
        &self,
        planned: Planned,
        spread: Spread,
        directory: &RunDirectory,
        halt: &Halt,
        show: &mut dyn FnMut(&Progress),
    ) -> Result<Measured, Failure> {
        let Planned {
            scenario,
            plan,
            sums,
        } = planned;
        hub_needs::refuse_faults_elsewhere(&scenario, self.hub.is_of_others())?;
        let lent = hub_needs::Lent::to(&scenario, directory);
        let flags: Vec<&str> = lent.flags.iter().map(String::as_str).collect();
        let hub = match &self.hub.command {
            Some(command) => HubUnderTest::of_command(
                CommandedHub::start(command, directory, &halt.children, &halt.interrupted)?,
                self.credentials,
                self.connection,
            )?,
            None => HubUnderTest::new(
                self.hub.url.as_deref(),
                self.credentials,
                self.connection,
                directory,
                &flags,
            )?,
        };
        let access = runtime::current_thread()
            .or_usage()?
            .block_on(halt.interrupted.unless(HubAccess::find(
                &hub.endpoint,
                &hub.credentials,
                self.connection.dialect,
            )))?;
        let gauge = hub_gauge(self.hub, &hub)?;
        let room = gauge.room();
        let is_here = gauge.is_known();
        let setup = Setup {
            target: target(&hub, &access, &plan, gauge, &halt.stop)?,
            plan: Arc::new(plan),
            sums,
            spread,
        };
        let environment = environment();
        let surroundings = Surroundings {
            calibration: calibration::of(&environment.machine),
            environment,
            target: hub.document(
                self.connection,
                vec![(access.dialect, access.evidence.clone())],
                &access.issuance,
            ),
        };
        // What has no room now is told when there is more to keep.
        let _ = directory.begin_load(&begun(&scenario, &setup, surroundings.clone()));
        let control = hub.embedded.clone();
        let control = control.map(|hub| Box::new(hub) as Box<dyn HubControl>);
        let record = assay_load::run::run(&setup, &halt.stop, control, show)
            .or_not_measurable()
            .inspect_err(|_| directory.abandon_load())?;
        Ok(Measured {
            results: assemble(&scenario, &setup, &record, surroundings),
            room,
            is_here,
        })
    }
}

/// The process of the hub that was started for the run, or what flags say of another one.
///
/// # Errors
/// There is no such process, or no such control group.
fn hub_gauge(args: &LoadedHubArgs, hub: &HubUnderTest) -> Result<HubGauge, Failure> {
    if let Some(embedded) = &hub.embedded {
        return Ok(HubGauge::of(embedded.process().clone()));
    }
    if let Some(process) = hub.commanded.as_ref().and_then(CommandedHub::process) {
        return Ok(HubGauge::of(process));
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

/// Half of the cores read the crowd; probes, publishers and a hub on the same machine share the others.
pub(crate) fn reader_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1))
}
