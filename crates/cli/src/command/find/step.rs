//! One step of a search: a short run on a hub that is started for it, if it is ours, and the row that it leaves.

use anyhow::anyhow;
use assay_load::capacity::StepLength;
use assay_load::plan::PhaseKind;
use assay_load::platform::{MachineCpu, machine_cpu};
use assay_load::progress::Progress;
use assay_load::scenario::{Rate, Scenario};
use assay_load::shard::Spread;
use assay_results::{CapacityStep, LoadLevel, Outcome, Purpose, Room, RunDirectory, Target};

use crate::command::run::progress::Display;
use crate::command::run::{Halt, LoadedHub, Measured, Planned};
use crate::console;
use crate::environment::environment;
use crate::failure::{Failure, OrFail};
use crate::output;

/// What all steps have in common, and what they leave beside their rows.
pub(super) struct Steps<'a> {
    pub(super) hub: LoadedHub<'a>,
    pub(super) halt: &'a Halt,
    /// Before it is shortened.
    pub(super) scenario: &'a Scenario,
    pub(super) length: StepLength,
    pub(super) seed: u64,
    pub(super) directory: &'a RunDirectory,
    pub(super) keeps_runs: bool,
    /// Steps that have a row.
    pub(super) made: u32,
    /// The hub of the last one.
    pub(super) target: Option<Target>,
    /// What could not be kept.
    pub(super) notes: Vec<String>,
}

impl Steps<'_> {
    /// Makes the next one. Without `sets_rate` publishers do as the scenario says, jobs as often as they have subscribers.
    ///
    /// # Errors
    /// The search cannot go on: it was interrupted, or there is no hub.
    pub(super) fn make(
        &mut self,
        load: LoadLevel,
        sets_rate: bool,
        purpose: Purpose,
    ) -> Result<CapacityStep, Failure> {
        if self.halt.stop.is_requested() {
            return Err(interrupted());
        }
        let number = self.made + 1;
        let rate = Rate::new(load.updates_per_second).filter(|_| sets_rate);
        let step = match self.plan(load, rate)? {
            Ok(planned) => {
                let load = if sets_rate {
                    load
                } else {
                    planned.0.scenario.load()
                };
                self.run(number, purpose, load, planned)?
            }
            Err(why) => CapacityStep::refused(number, purpose, load, why),
        };
        self.made = number;
        console::tell(assay_report::step_line(
            &step,
            &self.scenario.words.audience,
        ));
        Ok(step)
    }

    /// The plan of a load and who reads it, or why this workbench cannot begin it.
    fn plan(
        &self,
        load: LoadLevel,
        rate: Option<Rate>,
    ) -> Result<Result<(Planned, Spread), String>, Failure> {
        let endpoint = self.hub.endpoint()?;
        let seed = self.seed + u64::from(self.made);
        let step = self
            .scenario
            .step(load.subscribers, rate, self.length, seed);
        let planned = step.map_err(anyhow::Error::from).and_then(|scenario| {
            let planned = Planned::of(scenario);
            let spread = self.hub.spread(&planned, &endpoint)?;
            Ok((planned, spread))
        });
        match planned {
            Ok(planned) => Ok(Ok(planned)),
            // What was typed is too much, or too little, from the first.
            Err(error) if self.made == 0 => Err(error).or_usage(),
            Err(error) => Ok(Err(format!("{error:#}"))),
        }
    }

    fn run(
        &mut self,
        number: u32,
        purpose: Purpose,
        load: LoadLevel,
        (planned, spread): (Planned, Spread),
    ) -> Result<CapacityStep, Failure> {
        let folder = self.directory.path().join(CapacityStep::folder(number));
        let directory = RunDirectory::create(&folder).or_usage()?;
        let mut display = Display::on_terminal(&planned.plan);
        let mut watch = MachineWatch::default();
        let show = &mut |progress: &Progress| {
            watch.look(progress);
            if let Some(display) = &mut display {
                display.show(progress);
            }
        };
        let hub = self.hub;
        let measured = hub.measure(planned, spread, &directory, self.halt, show);
        if let Some(display) = display {
            display.end();
        }
        let measured = measured.inspect_err(|_| output::discard_empty(&directory))?;
        let room = room(&measured, &watch);
        let step = CapacityStep::of(number, purpose, load, &measured.results.run, &room);
        self.keep(&directory, measured)?;
        Ok(step)
    }

    /// Takes folders in which nothing is away again.
    pub(super) fn discard_empty(&self) {
        // It fails where there is something to keep.
        let _ = std::fs::remove_dir(self.directory.path().join("steps"));
        output::discard_empty(self.directory);
    }

    fn keep(&mut self, directory: &RunDirectory, measured: Measured) -> Result<(), Failure> {
        self.target = Some(measured.results.run.record().target.clone());
        let was_interrupted = measured.was_interrupted();
        self.notes.extend(measured.keep(directory, self.keeps_runs));
        if was_interrupted {
            return Err(interrupted());
        }
        Ok(())
    }
}

fn interrupted() -> Failure {
    Failure {
        outcome: Outcome::Interrupted,
        error: anyhow!("interrupted"),
    }
}

/// What the hub may use, and how busy the machine was, where the hub is on it.
fn room(measured: &Measured, watch: &MachineWatch) -> Room {
    if !measured.is_here {
        return measured.room;
    }
    let machine = environment().machine;
    Room {
        hub_memory_bytes: measured.room.hub_memory_bytes.or(machine.memory_bytes),
        machine_busy: watch.busy_share(),
        ..measured.room
    }
}

/// How busy the machine is from the first to the last look of the measured phase.
#[derive(Default)]
struct MachineWatch {
    first: Option<MachineCpu>,
    last: Option<MachineCpu>,
}

impl MachineWatch {
    fn look(&mut self, progress: &Progress) {
        if progress.phase == PhaseKind::Measure {
            self.last = machine_cpu();
            self.first = self.first.or(self.last);
        }
    }

    fn busy_share(&self) -> Option<f64> {
        self.last?.busy_share_since(self.first?)
    }
}
