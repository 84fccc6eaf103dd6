//! `assay hub`: the reference hub, until a signal ends it.

use std::env;
use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result};
use assay_hub::{HubConfig, HubOptions, ServeError, Source, Written, bind, serve};
use assay_results::Outcome;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use crate::args::hub::{HubArgs, LogFormat};
use crate::failure::{CommandResult, OrFail};
use crate::runtime;
use crate::secret::{self, Secret};

/// Serves until SIGINT or SIGTERM, or, on demand, until standard input closes.
pub(crate) fn run(args: &HubArgs) -> CommandResult {
    start_log(args).or_usage()?;
    let (config, warnings) = options(args).or_usage()?.check().or_usage()?;
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    raise_fd_limit();
    let runtime = runtime::multi_thread().or_not_measurable()?;
    runtime
        .block_on(listen_until_told(config, args.exit_with_parent))
        .or_usage()?;
    Ok(Outcome::Passed)
}

async fn listen_until_told(config: HubConfig, exit_with_parent: bool) -> Result<()> {
    let listener = bind(config.listen()).with_context(|| {
        format!(
            "cannot listen on {}: pass another --listen, such as 127.0.0.1:0 for a free port",
            config.listen()
        )
    })?;
    let url = config.url(listener.local_addr().context("cannot tell the port")?);
    // Before the URL is out: whoever reads it may signal at once.
    let shutdown = shutdown_requested(exit_with_parent).context("cannot watch for signals")?;
    tracing::info!(%url, "listening");
    // A reader that is gone is no reason not to serve.
    let _ = writeln!(io::stdout(), "{url}").and_then(|()| io::stdout().flush());
    match serve(listener, config, shutdown).await {
        Ok(()) => tracing::info!("stopped"),
        Err(cut @ ServeError::DrainTimeout { .. }) => tracing::warn!("stopped: {cut}"),
        Err(error @ ServeError::Lanes(_)) => return Err(error.into()),
    }
    Ok(())
}

/// Ready at the first signal to end, or when standard input closes if that counts.
fn shutdown_requested(exit_with_parent: bool) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (orphaned, parent_gone) = oneshot::channel();
    let mut orphaned = Some(orphaned);
    if exit_with_parent && let Some(orphaned) = orphaned.take() {
        // A thread of its own: a read of standard input cannot be taken back, and must not keep the runtime alive.
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = orphaned.send(());
        });
    }
    Ok(async move {
        // Where no thread has it: were it dropped, the receiver would take that for the end.
        let _never_sent = orphaned;
        tokio::select! {
            _ = interrupt.recv() => tracing::info!("SIGINT"),
            _ = terminate.recv() => tracing::info!("SIGTERM"),
            _ = parent_gone => tracing::info!("standard input closed"),
        }
    })
}

fn start_log(args: &HubArgs) -> Result<()> {
    let filter = EnvFilter::try_new(&args.log)
        .context("--log: write a level, or such as info,assay_hub=debug")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // A log on a full disk, or that nobody reads any more, is no reason to end: what says so would be such a line too.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    match args.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// As many open files as the system lets us have: each stream is one.
fn raise_fd_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    )
    .is_err()
    {
        tracing::warn!(
            ?current,
            ?maximum,
            "the limit of open files could not be raised"
        );
    }
}

/// What was typed, with the place where it was typed.
fn options(args: &HubArgs) -> Result<HubOptions> {
    Ok(HubOptions {
        listen: written("listen", args.listen.as_ref()),
        path: written("path", args.path.as_ref()),
        jwt_key: key("jwt-key", args.jwt_key.as_ref())?,
        jwt_algorithm: written("jwt-algorithm", args.jwt_algorithm.as_ref()),
        publisher_jwt_key: key("publisher-jwt-key", args.publisher_jwt_key.as_ref())?,
        publisher_jwt_algorithm: written(
            "publisher-jwt-algorithm",
            args.publisher_jwt_algorithm.as_ref(),
        ),
        subscriber_jwt_key: key("subscriber-jwt-key", args.subscriber_jwt_key.as_ref())?,
        subscriber_jwt_algorithm: written(
            "subscriber-jwt-algorithm",
            args.subscriber_jwt_algorithm.as_ref(),
        ),
        issuer: written("issuer", args.issuer.as_ref()),
        authorization_server: args.authorization_server,
        resource_identifier: written("resource-identifier", args.resource_identifier.as_ref()),
        anonymous: args.anonymous,
        cors_origins: list("cors-origin", &args.cors_origins),
        publish_origins: list("publish-origin", &args.publish_origins),
        cookie_name: written("cookie-name", args.cookie_name.as_ref()),
        dialects: written("dialects", args.dialects.as_ref()),
        history_size: written("history-size", args.history_size.as_ref()),
        heartbeat: written("heartbeat", args.heartbeat.as_ref()),
        write_timeout: written("write-timeout", args.write_timeout.as_ref()),
        max_lifetime: written("max-lifetime", args.max_lifetime.as_ref()),
        max_subscribers: written("max-subscribers", args.max_subscribers.as_ref()),
        max_per_address: written("max-per-address", args.max_per_address.as_ref()),
        stream_threads: written("stream-threads", args.stream_threads.as_ref()),
    })
}

fn written(name: &'static str, value: Option<&String>) -> Option<Written> {
    value.map(|value| Written::new(name, source(name, value), value))
}

fn list(name: &'static str, values: &[String]) -> Vec<Written> {
    values
        .iter()
        .map(|value| Written::new(name, source(name, value), value))
        .collect()
}

fn key(name: &'static str, typed: Option<&Secret>) -> Result<Option<Written>> {
    let Some(typed) = typed else {
        return Ok(None);
    };
    let from = source(name, typed);
    let place = Written::new(name, from, "").place().to_string();
    Ok(Some(Written::new(
        name,
        from,
        secret::resolve(&place, typed)?,
    )))
}

/// clap takes the flag where there is one, and does not tell; so a value is from the environment if it stands there.
fn source(name: &str, value: &str) -> Source {
    let variable = format!("ASSAY_HUB_{}", name.replace('-', "_").to_uppercase());
    if env::var(variable).is_ok_and(|found| found == value) {
        Source::Environment
    } else {
        Source::Flag
    }
}
