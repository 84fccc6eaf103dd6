//! `assay check`: does a hub keep the protocol?

mod baseline;
mod list;
mod migrate;
mod no_hub;
mod progress;
mod shipped;
mod subject;

use assay_client::TokenSource;
use assay_conformance::{Interrupt, LeastLevel, Progress, RoleCredential, RunOptions, Selection};
use assay_results::{
    ConformanceRecord, ConformanceResults, ConformanceRun, Outcome, Partial, PartialCause, Run,
    RunDirectory, Transcript,
};

use crate::args::check::{CheckArgs, FailOn, LevelArg};
use crate::environment::environment;
use crate::failure::{CommandResult, Failure, OrFail};
use crate::interrupt::{self, Interrupted};
use crate::output::{self, Show};
use crate::runtime;

use baseline::BaselineFile;
use progress::progress_line;
use subject::{Found, Subject};

/// Judges the hub, writes the run's folder, shows the verdicts.
pub(crate) fn run(args: &CheckArgs) -> CommandResult {
    if args.choice.list {
        return list::show(args.connection.dialect, &selection(args));
    }
    let stop = Interrupt::default();
    let ask = {
        let stop = stop.clone();
        move || stop.request()
    };
    let abandon = {
        let stop = stop.clone();
        move || stop.kill_children()
    };
    let interrupted = interrupt::on_signal(ask, abandon).or_usage()?;
    if !args.migrate.is_empty() {
        return migrate::run(args, &stop, &interrupted);
    }
    let directory = output::create(args.out.as_deref(), "check")?;
    let Judged { results, unblessed } = judge(args, &directory, &stop, &interrupted)
        .inspect_err(|_| output::discard_empty(&directory))?;
    let saved = directory.save_conformance(&results);
    let finished = output::finish(
        &directory,
        &Run::Conformance(Box::new(results.run)),
        saved,
        Show::from_flag(args.json),
    );
    match (finished, unblessed) {
        (Ok(outcome), Some(failure)) => Err(Failure {
            outcome: Outcome::worst([outcome, failure.outcome]),
            ..failure
        }),
        (finished, _) => finished,
    }
}

/// What a run found.
struct Judged {
    results: ConformanceResults,
    /// Why the baseline could not be written; the report comes first.
    unblessed: Option<Failure>,
}

/// From the start of the hubs, if they are ours, to their end.
fn judge(
    args: &CheckArgs,
    directory: &RunDirectory,
    stop: &Interrupt,
    interrupted: &Interrupted,
) -> Result<Judged, Failure> {
    let runtime = runtime::multi_thread().or_usage()?;
    runtime.block_on(async {
        let found = Subject::find(args, directory, stop, interrupted).await?;
        let mut known = BaselineFile::read(args, &found.dialects())?;
        let options = RunOptions {
            force: args.force,
            selection: selection(args),
            seed: args.shuffle.unwrap_or_else(rand::random),
            lanes: args.jobs.get(),
            interrupt: stop.clone(),
            ..RunOptions::default()
        };
        let environment = environment();
        let mut show = progress_line();
        let (document, outcome) = match found {
            Found::Subject(subject) => Box::pin(judged(*subject, &options, &mut show)).await?,
            Found::NoHub(no_hub) => {
                let outcome = no_hub.outcome(&mut show);
                (no_hub.document, outcome)
            }
        };
        let record = ConformanceRecord {
            subject: assay_results::Subject::Hub,
            partial: stop.is_requested().then(|| partial(&outcome)),
            fail_on: match args.gate.fail_on {
                FailOn::Must => assay_results::FailOn::Must,
                FailOn::Should => assay_results::FailOn::Should,
            },
            baseline: None,
            seed: options.seed,
            duration_ms: outcome.duration_ms,
            target: document,
            environment,
            preflight: outcome.preflight,
            features: outcome.features,
            verdicts: outcome.verdicts,
            coverage: outcome.coverage,
            notes: outcome.notes,
        };
        Ok(settled(record, outcome.transcripts, known.as_mut()))
    })
}

/// The verdicts on a hub, which is stopped if it was started; what the document says of it comes first.
async fn judged(
    subject: Subject,
    options: &RunOptions,
    show: &mut (dyn FnMut(Progress) + Send),
) -> Result<(assay_results::Target, assay_conformance::Outcome), Failure> {
    let outcome = assay_conformance::run(&subject.target, options, show).await;
    let mut outcome = outcome.or_usage()?;
    if let Some(running) = subject.running {
        outcome.notes.extend(running.stop().await);
    }
    Ok((subject.document, outcome))
}

/// The run beside its baseline, if it has one.
fn settled(
    mut record: ConformanceRecord,
    transcripts: Vec<Transcript>,
    known: Option<&mut BaselineFile>,
) -> Judged {
    let settled = known.map(|known| known.settle(&record));
    let (comparison, unblessed) = match settled.transpose() {
        Ok(comparison) => (comparison, None),
        Err(failure) => (None, Some(failure)),
    };
    record.baseline = comparison;
    Judged {
        results: ConformanceResults {
            run: ConformanceRun::new(record),
            transcripts,
        },
        unblessed,
    }
}

/// Ctrl-C ends a run whose verdicts are not all in; those that are stay.
fn partial(outcome: &assay_conformance::Outcome) -> Partial {
    Partial {
        cause: PartialCause::Interrupted,
        reason: "interrupted".to_owned(),
        at_us: outcome.duration_ms * 1_000,
    }
}

fn selection(args: &CheckArgs) -> Selection {
    Selection {
        only: args.choice.only.clone(),
        areas: args.choice.area.clone(),
        level: match args.choice.level {
            LevelArg::Must => LeastLevel::Must,
            LevelArg::Should => LeastLevel::Should,
            LevelArg::May => LeastLevel::May,
        },
    }
}

/// A key lets the suite mint wrong tokens too; anything else is a token as it is.
pub(crate) fn role(
    source: &TokenSource,
    token: impl FnOnce() -> Result<Option<assay_client::BearerToken>, Failure>,
) -> Result<RoleCredential, Failure> {
    if let TokenSource::Key(key) = source {
        return Ok(RoleCredential::Key(key.clone()));
    }
    Ok(token()?.map_or(RoleCredential::Absent, RoleCredential::Token))
}
