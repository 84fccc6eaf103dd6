//! Two hubs in pairs of runs: the same plan on both, one right after the other, in random order.

use std::time::Instant;

use anyhow::anyhow;
use assay_load::progress::Progress;
use assay_load::scenario::Scenario;
use assay_results::{
    ComparisonRecord, ComparisonSide, Evidence, Outcome, Pair, PairRun, Partial, PartialCause,
    RunDirectory, Target,
};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::{finish, names};
use crate::args::compare::CompareArgs;
use crate::args::load::LoadedHubArgs;
use crate::command::run::progress::Display;
use crate::command::run::{Halt, LoadedHub, Planned, scenario};
use crate::console;
use crate::environment::environment;
use crate::failure::{CommandResult, Failure, OrFail};
use crate::output;

/// What the hub that comes with Assay is called.
const REFERENCE: &str = "reference";

/// Makes the pairs, writes the folder, shows what was found.
pub(super) fn compared(args: &CompareArgs, name: &str) -> CommandResult {
    let seed = args
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let scenario = scenario::overridden(name, &args.work, &[], Some(seed))?;
    let (hub_a, hub_b) = (
        side(args.hub_a.as_deref(), args.command_a.as_deref(), args.pid_a),
        side(args.hub_b.as_deref(), args.command_b.as_deref(), args.pid_b),
    );
    let halt = Halt::on_signal()?;
    let loaded = |hub| LoadedHub {
        hub,
        credentials: &args.credentials,
        connection: &args.connection,
        workers: args.work.crowd.workers,
    };
    // What is wrong with a URL, or too much for this machine, is told before there is a folder.
    let planned = Planned::of(scenario.clone());
    for hub in [&hub_a, &hub_b] {
        let hub = loaded(hub);
        hub.spread(&planned, &hub.endpoint()?).or_usage()?;
    }
    let directory = output::create(args.out.as_deref(), &format!("compare-{}", scenario.name))?;
    let mut turns = Turns {
        hubs: [Side::of(loaded(&hub_a)), Side::of(loaded(&hub_b))],
        halt: &halt,
        scenario: &scenario,
        seed,
        directory: &directory,
        keeps_runs: !args.no_runs,
        pairs: Vec::new(),
        notes: Vec::new(),
    };
    let began = Instant::now();
    let ended = turns.all(args.pairs);
    if args.no_runs {
        output::discard_runs(&directory, "pairs", ended.as_ref().err());
    }
    let partial = match ended {
        Ok(()) => None,
        Err(failure) if turns.has_nothing() => {
            turns.discard_empty();
            return Err(failure);
        }
        Err(failure) => Some(early(&failure, began)),
    };
    let record = turns.record(args, partial);
    finish(args, &directory, record)
}

fn side(url: Option<&str>, command: Option<&str>, pid: Option<u32>) -> LoadedHubArgs {
    LoadedHubArgs {
        command: command.map(str::to_owned),
        url: url.filter(|url| *url != REFERENCE).map(str::to_owned),
        hub_pid: pid,
        hub_cgroup: None,
    }
}

fn early(failure: &Failure, began: Instant) -> Partial {
    let (cause, reason) = match failure.outcome {
        Outcome::Interrupted => (PartialCause::Interrupted, "interrupted".to_owned()),
        _ => (PartialCause::HubUnusable, failure.sentence()),
    };
    Partial {
        cause,
        reason,
        at_us: began.elapsed().as_micros() as u64,
    }
}

/// One of the hubs, and what was last seen of it.
struct Side<'a> {
    hub: LoadedHub<'a>,
    target: Option<Target>,
}

impl<'a> Side<'a> {
    const fn of(hub: LoadedHub<'a>) -> Self {
        Self { hub, target: None }
    }

    fn name(&self) -> &str {
        let hub = self.hub.hub;
        let given = hub.url.as_deref().or(hub.command.as_deref());
        given.unwrap_or(REFERENCE)
    }
}

/// The pairs under way.
struct Turns<'a> {
    /// a and b.
    hubs: [Side<'a>; 2],
    halt: &'a Halt,
    scenario: &'a Scenario,
    seed: u64,
    directory: &'a RunDirectory,
    keeps_runs: bool,
    pairs: Vec<Pair>,
    notes: Vec<String>,
}

impl Turns<'_> {
    fn has_nothing(&self) -> bool {
        self.hubs.iter().all(|side| side.target.is_none())
    }

    fn discard_empty(&self) {
        // It fails where there is something to keep.
        let folder = self.directory.path().join(Pair::folder(1));
        let _ = std::fs::remove_dir(&folder);
        let _ = std::fs::remove_dir(self.directory.path().join("pairs"));
        output::discard_empty(self.directory);
    }

    /// Each pair after the other; those that are whole are kept, however it ends.
    fn all(&mut self, pairs: u32) -> Result<(), Failure> {
        let mut order = StdRng::seed_from_u64(self.seed);
        for number in 1..=pairs {
            let b_first = order.random();
            let (first, second) = if b_first { (1, 0) } else { (0, 1) };
            let one = self.run(number, first)?;
            let other = self.run(number, second)?;
            let (a, b) = if b_first { (other, one) } else { (one, other) };
            self.pairs.push(Pair {
                number,
                b_first,
                a,
                b,
            });
        }
        Ok(())
    }

    /// One run of a pair, on the hub of this place.
    fn run(&mut self, number: u32, place: usize) -> Result<PairRun, Failure> {
        if self.halt.stop.is_requested() {
            return Err(interrupted());
        }
        let hub = self.hubs[place].hub;
        let planned = Planned::of(Scenario {
            seed: Some(self.seed + u64::from(number) - 1),
            ..self.scenario.clone()
        });
        let spread = hub.spread(&planned, &hub.endpoint()?).or_usage()?;
        let letter = ["a", "b"][place];
        let folder = self.directory.path().join(Pair::folder(number));
        let directory = RunDirectory::create(folder.join(letter)).or_usage()?;
        let mut display = Display::on_terminal(&planned.plan);
        let show = &mut |progress: &Progress| {
            if let Some(display) = &mut display {
                display.show(progress);
            }
        };
        let measured = hub.measure(planned, spread, &directory, self.halt, show);
        if let Some(display) = display {
            display.end();
        }
        let measured = measured.inspect_err(|_| output::discard_empty(&directory))?;
        let run = PairRun::of(&measured.results.run);
        let was_interrupted = measured.was_interrupted();
        self.hubs[place].target = Some(measured.results.run.record().target.clone());
        self.notes
            .extend(measured.keep(&directory, self.keeps_runs));
        if was_interrupted {
            return Err(interrupted());
        }
        let name = self.hubs[place].name();
        console::tell(assay_report::pair_line(number, name, &run));
        Ok(run)
    }

    fn record(self, args: &CompareArgs, partial: Option<Partial>) -> ComparisonRecord {
        let [a, b] = self.hubs;
        let (name_a, name_b) = names(a.name(), b.name());
        ComparisonRecord {
            partial,
            scenario: self.scenario.name.clone(),
            asks: self.scenario.question.clone(),
            event: self.scenario.words.event.clone(),
            audience: self.scenario.words.audience.clone(),
            seed: self.seed,
            a: ComparisonSide {
                name: name_a,
                target: a.target,
            },
            b: ComparisonSide {
                name: name_b,
                target: b.target,
            },
            fails_if_worse: args.fail_if.is_some(),
            evidence: Evidence::Pairs {
                planned: args.pairs,
                pairs: self.pairs,
            },
            environment: environment(),
            notes: self.notes,
        }
    }
}

fn interrupted() -> Failure {
    Failure {
        outcome: Outcome::Interrupted,
        error: anyhow!("interrupted"),
    }
}
