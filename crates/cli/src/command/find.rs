//! `assay find`: how much a hub bears under objectives.
//!
//! Which load comes next is decided by `assay_load::capacity`, what a step says by `assay_results`; here the steps are made, one after
//! the other, and the document of all of them is written.

mod asked;
mod step;

use std::time::Instant;

use assay_load::capacity::Next;
use assay_results::{
    CapacityQuestion, CapacityRecord, CapacityRun, CapacitySearch, LoadLevel, Outcome, Partial,
    PartialCause, Raised, Run, most_met,
};

use crate::args::find::FindArgs;
use crate::calibration;
use crate::command::run::{Halt, LoadedHub};
use crate::environment::environment;
use crate::failure::{CommandResult, Failure};
use crate::output::{self, Show};
use asked::{Asked, Rung};
use step::Steps;

/// Searches, writes the folder, shows the answer.
pub(crate) fn run(args: &FindArgs) -> CommandResult {
    let asked = Asked::of(args)?;
    let hub = LoadedHub {
        hub: &args.hub,
        credentials: &args.credentials,
        connection: &args.connection,
        workers: args.crowd.workers,
    };
    let halt = Halt::on_signal()?;
    // What is wrong with the URL is told before there is a folder.
    hub.endpoint()?;
    let name = format!("find-{}", asked.scenario.name);
    let directory = output::create(args.out.as_deref(), &name)?;
    let steps = Steps {
        hub,
        halt: &halt,
        scenario: &asked.scenario,
        length: asked.length,
        seed: asked.seed,
        directory: &directory,
        keeps_runs: !args.no_steps,
        made: 0,
        target: None,
        notes: Vec::new(),
    };
    let mut finding = Finding {
        question: question(&asked, args),
        asked: &asked,
        steps,
        searches: Vec::new(),
    };
    let began = Instant::now();
    let ended = finding.search_all();
    if args.no_steps {
        output::discard_runs(&directory, "steps", ended.as_ref().err());
    }
    let partial = match ended {
        Ok(()) => None,
        // Nothing was measured: there is nothing to keep.
        Err(failure) if finding.has_nothing() => {
            finding.steps.discard_empty();
            return Err(failure);
        }
        Err(failure) => Some(early(&failure, began)),
    };
    let run = finding.document(partial);
    let saved = directory.save_capacity(&run);
    let run = Run::Capacity(Box::new(run));
    output::finish(&directory, &run, saved, Show::from_flag(args.json))
}

/// What is said of a search that could not go on; what was measured until then stands.
fn early(failure: &Failure, began: Instant) -> Partial {
    let (cause, reason) = match failure.outcome {
        Outcome::Interrupted => (PartialCause::Interrupted, "interrupted".to_owned()),
        Outcome::Defect => (PartialCause::Defect, failure.sentence()),
        _ => (PartialCause::HubUnusable, failure.sentence()),
    };
    Partial {
        cause,
        reason,
        at_us: began.elapsed().as_micros() as u64,
    }
}

fn question(asked: &Asked, args: &FindArgs) -> CapacityQuestion {
    let scenario = &asked.scenario;
    CapacityQuestion {
        scenario: scenario.name.clone(),
        asks: scenario.question.clone(),
        event: scenario.words.event.clone(),
        audience: scenario.words.audience.clone(),
        seed: asked.seed,
        raised: asked.raised,
        objectives: asked.objectives(),
        within_percent: asked.within_percent,
        confirmations: args.confirm,
        step_measured_us: asked.length.usual.as_micros() as u64,
        // A command starts one for each step.
        fresh_hub: args.hub.url.is_none(),
        keeps_steps: !args.no_steps,
    }
}

/// A search under way.
struct Finding<'a> {
    question: CapacityQuestion,
    asked: &'a Asked,
    steps: Steps<'a>,
    searches: Vec<CapacitySearch>,
}

impl Finding<'_> {
    fn has_nothing(&self) -> bool {
        self.steps.made == 0 && self.steps.target.is_none()
    }

    /// Each rung after the other; what was tried is kept, however it ends.
    fn search_all(&mut self) -> Result<(), Failure> {
        let mut before: Option<LoadLevel> = None;
        for rung in &self.asked.rungs {
            before = self.search_one(rung, before)?;
        }
        Ok(())
    }

    /// The most that passed, for the next rung to begin with.
    fn search_one(
        &mut self,
        rung: &Rung,
        before: Option<LoadLevel>,
    ) -> Result<Option<LoadLevel>, Failure> {
        let levels = rung.search(before, self.asked);
        let mut search = CapacitySearch {
            raised: rung.raised,
            steps: Vec::new(),
        };
        self.searches.push(search.clone());
        loop {
            let tried = search.tried();
            let Next::Try(level, purpose) = levels.next(&tried) else {
                let found = most_met(&tried, 1);
                return Ok(found.map(|level| rung.load.at(rung.raised, level)));
            };
            let load = rung.load.at(rung.raised, level);
            let sets_rate = rung.raised == Raised::Rate || self.asked.rate_is_given;
            search
                .steps
                .push(self.steps.make(load, sets_rate, purpose)?);
            self.searches.pop();
            self.searches.push(search.clone());
            self.save_so_far();
        }
    }

    /// So that one that is killed leaves the steps until then. What has no room now is told at the end, when there is more to keep.
    fn save_so_far(&self) {
        let run = self.document(Some(Partial {
            cause: PartialCause::Unfinished,
            reason: "it is still on, or the workbench was killed; the steps until then stand below"
                .to_owned(),
            at_us: 0,
        }));
        let _ = self.steps.directory.save_capacity(&run);
    }

    fn document(&self, partial: Option<Partial>) -> CapacityRun {
        let environment = environment();
        CapacityRun::new(CapacityRecord {
            partial,
            question: self.question.clone(),
            target: self.steps.target.clone(),
            calibration: calibration::of(&environment.machine),
            environment,
            searches: self.searches.clone(),
            notes: [&self.asked.notes[..], &self.steps.notes].concat(),
        })
    }
}
