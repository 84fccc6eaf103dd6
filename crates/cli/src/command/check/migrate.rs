//! `assay check --migrate`: what of a site survives the move from 0.x to 1.0. Not for starting the hubs: that is [`worlds`].

mod given;
mod lent_key;
mod worlds;

use std::io::IsTerminal;

use assay_conformance::{Interrupt, MigrationProgress};
use assay_results::{
    MigrationRecord, MigrationRun, Partial, PartialCause, Run, RunDirectory, WorldHub,
};

use crate::args::check::CheckArgs;
use crate::console;
use crate::environment::environment;
use crate::failure::{CommandResult, Failure, OrFail};
use crate::interrupt::Interrupted;
use crate::output::{self, Show};
use crate::runtime;

use given::Given;
use worlds::Worlds;

/// Reads the samples, tries each on three hubs, writes the run's folder, shows what has to change.
pub(super) fn run(args: &CheckArgs, stop: &Interrupt, interrupted: &Interrupted) -> CommandResult {
    let given = Given::read(&args.migrate)?;
    let directory = output::create(args.out.as_deref(), "migrate")?;
    let run = tried(args, given, &directory, stop, interrupted)
        .inspect_err(|_| output::discard_empty(&directory))?;
    let saved = directory.save_migration(&run);
    output::finish(
        &directory,
        &Run::Migration(Box::new(run)),
        saved,
        Show::from_flag(args.json),
    )
}

fn tried(
    args: &CheckArgs,
    given: Given,
    directory: &RunDirectory,
    stop: &Interrupt,
    interrupted: &Interrupted,
) -> Result<MigrationRun, Failure> {
    let runtime = runtime::multi_thread().or_usage()?;
    runtime.block_on(async {
        let worlds = Worlds::start(args, directory, stop);
        let worlds = Box::pin(interrupted.unless(worlds)).await?;
        let mut notes = worlds.notes.clone();
        let environment = environment();
        let mut show = progress_line();
        let migration = assay_conformance::migrate(
            given.samples,
            &worlds.grounds,
            worlds.trust_the_site,
            stop,
            &mut show,
        )
        .await;
        let documents = worlds.documents();
        notes.extend(migration.notes);
        notes.extend(worlds.stop().await);
        let looked_at = migration.worlds.into_iter().zip(documents);
        let hubs = looked_at.map(|((world, preflight, unusable), target)| WorldHub {
            world,
            target,
            preflight,
            unusable,
        });
        Ok(MigrationRun::new(MigrationRecord {
            partial: migration
                .interrupted
                .then(|| partial(migration.duration_ms)),
            duration_ms: migration.duration_ms,
            environment,
            worlds: hubs.collect(),
            sources: given.sources,
            samples: migration.samples,
            notes,
        }))
    })
}

/// Ctrl-C ends a run whose samples are not all tried; those that are stay.
fn partial(duration_ms: u64) -> Partial {
    Partial {
        cause: PartialCause::Interrupted,
        reason: "interrupted".to_owned(),
        at_us: duration_ms * 1_000,
    }
}

/// On a terminal a line that counts.
fn progress_line() -> impl FnMut(MigrationProgress) + Send {
    let terminal = std::io::stderr().is_terminal();
    move |MigrationProgress { done, all }| {
        if terminal {
            let wipe = if done == all { "\r\x1b[K" } else { "" };
            console::tell_in_place(format_args!("\r{done} of {all} samples tried {wipe}"));
        }
    }
}
