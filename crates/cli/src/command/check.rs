//! `assay check`: does a hub keep the protocol?

mod baseline;
mod list;
mod progress;

use assay_client::{Dialect, TokenSource, TopicMatcher};
use assay_conformance::{
    DialectChoice, HttpVersion, Interrupt, LeastLevel, Limits, OptionalFeature, RoleCredential,
    RunOptions, Selection,
};
use assay_results::{
    ConformanceRecord, ConformanceResults, ConformanceRun, Outcome, Partial, PartialCause, Run,
    RunDirectory,
};

use crate::args::check::{CheckArgs, FailOn, HttpArg, LevelArg};
use crate::args::target::DialectArg;
use crate::credentials::HubAccess;
use crate::embedded_hub::ALLOWED_ORIGIN;
use crate::environment::environment;
use crate::failure::{CommandResult, Failure, OrFail};
use crate::hub_under_test::HubUnderTest;
use crate::interrupt::{self, Interrupted};
use crate::output::{self, Show};
use crate::runtime;

use baseline::BaselineFile;
use progress::progress_line;

/// Judges the hub, writes the run's folder, shows the verdicts.
pub(crate) fn run(args: &CheckArgs) -> CommandResult {
    if args.choice.list {
        return list::show(args.connection.dialect, &selection(args));
    }
    let stop = Interrupt::default();
    let interrupted = interrupt::on_signal({
        let stop = stop.clone();
        move || stop.request()
    })
    .or_usage()?;
    let directory = output::create(args.out.as_deref(), "check")?;
    let Judged { results, unblessed } = judge(args, &directory, stop, &interrupted)
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

/// From the hub's start, if it is ours, to its end.
fn judge(
    args: &CheckArgs,
    directory: &RunDirectory,
    stop: Interrupt,
    interrupted: &Interrupted,
) -> Result<Judged, Failure> {
    let hub = HubUnderTest::new(
        args.url.as_deref(),
        &args.credentials,
        &args.connection,
        directory,
        REFERENCE_FLAGS,
    )?;
    let runtime = runtime::multi_thread().or_usage()?;
    runtime.block_on(judge_hub(args, &hub, stop, interrupted))
}

async fn judge_hub(
    args: &CheckArgs,
    hub: &HubUnderTest,
    stop: Interrupt,
    interrupted: &Interrupted,
) -> Result<Judged, Failure> {
    let access = interrupted
        .unless(HubAccess::find(
            &hub.endpoint,
            &hub.credentials,
            args.connection.dialect,
        ))
        .await?;
    let target = target(args, hub, &access)?;
    let mut known = BaselineFile::read(args, &target)?;
    let seed = args.shuffle.unwrap_or_else(rand::random);
    let options = RunOptions {
        force: args.force,
        selection: selection(args),
        seed,
        lanes: args.jobs.get(),
        interrupt: stop.clone(),
    };
    let dialects = target
        .dialects
        .iter()
        .map(|choice| (choice.dialect, choice.evidence.clone()))
        .collect();
    let document = hub.document(&args.connection, dialects, &access.issuance);
    let environment = environment();
    let mut show = progress_line();
    let outcome = assay_conformance::run(&target, &options, &mut show)
        .await
        .or_usage()?;
    let mut record = ConformanceRecord {
        partial: stop.is_requested().then(|| partial(&outcome)),
        fail_on: match args.gate.fail_on {
            FailOn::Must => assay_results::FailOn::Must,
            FailOn::Should => assay_results::FailOn::Should,
        },
        baseline: None,
        seed,
        duration_ms: outcome.duration_ms,
        target: document,
        environment,
        preflight: outcome.preflight,
        features: outcome.features,
        verdicts: outcome.verdicts,
        coverage: outcome.coverage,
        notes: outcome.notes,
    };
    let settled = known.as_mut().map(|known| known.settle(&record));
    let (comparison, unblessed) = match settled.transpose() {
        Ok(comparison) => (comparison, None),
        Err(failure) => (None, Some(failure)),
    };
    record.baseline = comparison;
    Ok(Judged {
        results: ConformanceResults {
            run: ConformanceRun::new(record),
            transcripts: outcome.transcripts,
        },
        unblessed,
    })
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

fn target(
    args: &CheckArgs,
    hub: &HubUnderTest,
    access: &HubAccess,
) -> Result<assay_conformance::Target, Failure> {
    let reference = hub.embedded.is_some();
    let origin = |typed: &Option<String>| {
        typed
            .clone()
            .or_else(|| reference.then(|| ALLOWED_ORIGIN.to_owned()))
    };
    Ok(assay_conformance::Target {
        endpoint: hub.endpoint.clone(),
        http: match args.http {
            HttpArg::Http1 => HttpVersion::Http1,
            HttpArg::Http2 => HttpVersion::Http2,
        },
        dialects: dialects(args.connection.dialect, reference, access),
        publisher: role(access.publisher_source(), || access.publisher_token())?,
        subscriber: role(access.subscriber_source(), || {
            access.subscriber_token(&[TopicMatcher::Any])
        })?,
        issuer: access.issuance.issuer.clone(),
        audience: access.issuance.audience.clone(),
        allowed_origin: origin(&args.allowed_origin),
        foreign_origin: args.foreign_origin.clone(),
        publish_origin: origin(&args.publish_origin),
        cookie_name: args.cookie_name.clone(),
        claimed: if reference {
            REFERENCE_CLAIMS.to_vec()
        } else {
            Vec::new()
        },
        limits: Limits::default(),
    })
}

/// What the reference hub has beyond what load is put on: active subscriptions, and room in its history for the events that
/// tell of all the streams of a run, which must not push out what a check replays.
const REFERENCE_FLAGS: &[&str] = &["--subscriptions", "--history-size", "100000"];

/// What the reference hub is said to have: were it broken, it must not pass for absent.
const REFERENCE_CLAIMS: [OptionalFeature; 7] = [
    OptionalFeature::Anonymous,
    OptionalFeature::Cookie,
    OptionalFeature::History,
    OptionalFeature::QueryToken,
    OptionalFeature::Subscriptions,
    OptionalFeature::CustomId,
    OptionalFeature::QueryMethod,
];

/// The reference hub was started with both dialects and is judged in each.
fn dialects(typed: DialectArg, reference: bool, access: &HubAccess) -> Vec<DialectChoice> {
    if reference && typed == DialectArg::Auto {
        let evidence = "the reference hub was started with both dialects";
        return [Dialect::V1, Dialect::V0]
            .map(|dialect| DialectChoice {
                dialect,
                evidence: evidence.to_owned(),
            })
            .into();
    }
    vec![DialectChoice {
        dialect: access.dialect,
        evidence: access.evidence.clone(),
    }]
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
