//! `assay watch`: stands between an application and its hub, and grades what the application says.

use std::io::IsTerminal;

use anyhow::{Context, anyhow};
use assay_client::{Detection, DiscoveryError, Endpoint};
use assay_conformance::Interrupt;
use assay_conformance::watch::{Finding, Sighting, WatchOptions, Watched, watch};
use assay_report::harmless;
use assay_results::{
    ConformanceRecord, ConformanceResults, ConformanceRun, DialectEvidence, HubOrigin, Run,
    Subject, Target,
};
use tokio::net::TcpListener;

use crate::args::check::FailOn;
use crate::args::watch::WatchArgs;
use crate::connection;
use crate::console;
use crate::environment::environment;
use crate::failure::{CommandResult, Failure, OrFail, usage};
use crate::hub_under_test::document_dialect;
use crate::interrupt;
use crate::output::{self, Show};
use crate::runtime;

/// Watches until Ctrl-C or for the time given, then writes the report. Ctrl-C is how a watch ends, so that it is no interruption.
pub(crate) fn run(args: &WatchArgs) -> CommandResult {
    if args.connection.publish_url.is_some() || !args.connection.headers.is_empty() {
        return Err(usage(
            "a watch passes on what the application sends: --publish-url and --header are not for it",
        ));
    }
    let upstream = connection::endpoint(&args.upstream, &args.connection).or_usage()?;
    let runtime = runtime::multi_thread().or_usage()?;
    let listener = runtime
        .block_on(TcpListener::bind(args.listen))
        .with_context(|| format!("cannot listen on {}: pass another --listen", args.listen))
        .or_usage()?;
    let stop = Interrupt::default();
    let ask = {
        let stop = stop.clone();
        move || stop.request()
    };
    interrupt::on_signal(ask, || ()).or_usage()?;
    let directory = output::create(args.out.as_deref(), "watch")?;
    let environment = environment();
    let watched = runtime
        .block_on(observe(args, upstream.clone(), listener, stop))
        .inspect_err(|_| output::discard_empty(&directory))?;
    let record = ConformanceRecord {
        subject: Subject::Clients,
        partial: None,
        fail_on: match args.fail_on {
            FailOn::Must => assay_results::FailOn::Must,
            FailOn::Should => assay_results::FailOn::Should,
        },
        baseline: None,
        seed: 0,
        duration_ms: watched.duration_ms,
        target: target(args, &upstream, &watched),
        environment,
        preflight: Vec::new(),
        features: Vec::new(),
        verdicts: watched.verdicts,
        coverage: watched.coverage,
        notes: watched.notes,
    };
    let results = ConformanceResults {
        run: ConformanceRun::new(record),
        transcripts: watched.transcripts,
    };
    let saved = directory.save_conformance(&results);
    let run = Run::Conformance(Box::new(results.run));
    output::finish(&directory, &run, saved, Show::from_flag(args.json))
}

async fn observe(
    args: &WatchArgs,
    upstream: Endpoint,
    listener: TcpListener,
    stop: Interrupt,
) -> Result<Watched, Failure> {
    let local = listener.local_addr().or_usage()?;
    let detection = look_at_the_hub(&upstream).await?;
    console::tell(format_args!(
        "watching: let the application use http://{local}{} as its hub; Ctrl-C ends and reports",
        upstream.hub().url().as_url().path()
    ));
    let options = WatchOptions {
        listener,
        upstream,
        detection,
        dialect: connection::dialect(args.connection.dialect),
        keep_host: args.keep_host,
        at_most: args.at_most,
        stop,
    };
    Ok(watch(options, live()).await)
}

/// What the hub speaks. One that is not there yet may come; something else at its URL never becomes one.
async fn look_at_the_hub(upstream: &Endpoint) -> Result<Option<Detection>, Failure> {
    match assay_client::detect_dialect(upstream).await {
        Ok(detection) => Ok(Some(detection)),
        Err(error @ DiscoveryError::NotAHub { .. }) => {
            Err(anyhow!(error).context("--upstream")).or_not_measurable()
        }
        Err(error) => {
            console::tell(format_args!("{error}; watching all the same"));
            Ok(None)
        }
    }
}

fn target(args: &WatchArgs, upstream: &Endpoint, watched: &Watched) -> Target {
    let evidence = match connection::dialect(args.connection.dialect) {
        Some(_) => "asked for by --dialect",
        None => "shown by what passed, or else by the hub",
    };
    Target {
        hub: HubOrigin::Given,
        url: upstream.hub().url().as_given().to_owned(),
        publish_url: None,
        dialects: watched
            .dialects
            .iter()
            .map(|&dialect| DialectEvidence {
                dialect: document_dialect(dialect),
                evidence: evidence.to_owned(),
            })
            .collect(),
        issuer: None,
        audience: None,
        insecure: upstream.is_insecure(),
        connect_to: args.connection.connect_to.clone(),
        extra_headers: Vec::new(),
        server: None,
    }
}

/// A line for each finding the first time; on a terminal one that counts.
fn live() -> impl FnMut(Sighting) + Send + 'static {
    let terminal = std::io::stderr().is_terminal();
    let wipe = if terminal { "\r\x1b[K" } else { "" };
    move |sighting| match sighting {
        Sighting::Finding(finding) => {
            console::tell(format_args!("{wipe}{}", harmless(&line(&finding))));
        }
        Sighting::Trouble(sentence) => {
            console::tell(format_args!("{wipe}trouble  {}", harmless(&sentence)));
        }
        Sighting::Counts {
            exchanges,
            streams,
            findings,
            times,
        } if terminal => console::tell_in_place(format_args!(
            "{wipe}{exchanges} requests, {streams} streams open, {findings} findings, {times} times"
        )),
        Sighting::Counts { .. } => {}
    }
}

fn line(finding: &Finding) -> String {
    format!(
        "{:<4}  {} {} (section {}): {}; write {}",
        finding.verdict.as_str(),
        finding.dialect,
        finding.requirement,
        finding.section,
        finding.came,
        finding.instead
    )
}
