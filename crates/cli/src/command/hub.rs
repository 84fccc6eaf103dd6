//! `assay hub`: the reference hub, until a signal ends it.

mod hangup;
mod listening;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use assay_hub::{ACCEPT_BACKLOG, ConfigWarning, HubConfig, Layer, ServeError, Server};
use assay_results::Outcome;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;

use crate::args::hub::HubArgs;
use crate::console;
use crate::failure::{CommandResult, OrFail};
use crate::hub_settings::{self, Gathered};
use crate::runtime;

/// Serves until SIGINT or SIGTERM, or, on demand, until standard input closes.
pub(crate) fn run(args: HubArgs) -> CommandResult {
    let Gathered {
        settings,
        mut warnings,
    } = hub_settings::gather(&args).or_usage()?;
    let (mut config, more) = settings.options().or_usage()?.check().or_usage()?;
    warnings.extend(more);
    let log = LogSettings::check(&settings).or_usage()?;
    if args.print_config {
        console::show(&printed(&settings, &warnings))?;
        return Ok(Outcome::Passed);
    }
    log.start();
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    if let Some(files) = raise_fd_limit() {
        config.limit_descriptors(files);
    }
    tell_of_short_queue();
    let runtime = runtime::multi_thread().or_not_measurable()?;
    runtime
        .block_on(listen_until_told(config, &settings, Arc::new(args)))
        .or_usage()?;
    Ok(Outcome::Passed)
}

/// The settings as a file, below what is worth a word about them.
fn printed(settings: &Layer, warnings: &[ConfigWarning]) -> String {
    let mut lines: Vec<_> = warnings
        .iter()
        .map(|warning| format!("# warning: {warning}\n"))
        .collect();
    lines.push(settings.to_toml());
    lines.concat()
}

async fn listen_until_told(config: HubConfig, settings: &Layer, args: Arc<HubArgs>) -> Result<()> {
    let (listener, url) = listening::clients(&config, &place(settings, "listen"))?;
    config
        .open_certificates()
        .with_context(|| place(settings, "acme-cache"))?;
    let history = config
        .open_history()
        .with_context(|| place(settings, "history"))?;
    // Before the URL is out: whoever reads it may signal at once.
    let unix = config.listen_unix().map(Path::to_path_buf);
    let operators = config.metrics_listen();
    let http01 = config.acme_http01_listen();
    let mut server = Server::new(config, history);
    if let Some(address) = operators {
        let listener = listening::port(address, &place(settings, "metrics-listen"))?;
        let address = listener.local_addr().context("cannot tell the port")?;
        tracing::info!(url = %format_args!("http://{address}/metrics"), "listening for operators");
        server = server.with_operators(listener);
    }
    if let Some(address) = http01 {
        let listener = listening::port(address, &place(settings, "acme-http01-listen"))?;
        tracing::info!(%address, "listening for http-01 challenges");
        server = server.with_http01(listener);
    }
    let end = shutdown_requested(args.exit_with_parent).context("cannot watch for signals")?;
    let terminal_gone = hangup::reload_until_terminal_is_gone(args, server.reload())
        .context("cannot watch for SIGHUP")?;
    // A task of its own: reading files must not keep peers waiting.
    let terminal_gone = tokio::spawn(terminal_gone);
    let shutdown = async {
        tokio::select! {
            () = end => {}
            _ = terminal_gone => tracing::info!("SIGHUP: the terminal is gone"),
        }
    };
    tracing::info!(%url, "listening");
    // A reader that is gone is no reason not to serve.
    let _ = writeln!(io::stdout(), "{url}").and_then(|()| io::stdout().flush());
    let served = server.serve(listener, shutdown).await;
    if let Some(path) = unix {
        // Who starts next removes it all the same.
        let _ = std::fs::remove_file(path);
    }
    match served {
        Ok(()) => tracing::info!("stopped"),
        Err(cut @ ServeError::DrainTimeout { .. }) => tracing::warn!("stopped: {cut}"),
        Err(
            error @ (ServeError::Lanes(_) | ServeError::History(_) | ServeError::Certificates(_)),
        ) => return Err(error.into()),
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

/// It logs that it does not trust a server before it says so to its caller, without a reason code, and as an error, whatever it was
/// for: the line of the fetch that failed has all of it.
const TOLD_ELSEWHERE: &str = "rustls_platform_verifier";

/// What is logged, and in which form.
struct LogSettings {
    filter: EnvFilter,
    json: bool,
}

impl LogSettings {
    fn check(settings: &Layer) -> Result<Self> {
        let written = hub_settings::own(settings, "log");
        // What is typed counts before what stands in front of it.
        let filter = EnvFilter::try_new(format!("{TOLD_ELSEWHERE}=off,{written}"));
        let filter = filter.with_context(|| {
            let place = place(settings, "log");
            format!("{place}: write a level, or such as info,assay_hub=debug")
        })?;
        let json = match hub_settings::own(settings, "log-format") {
            "text" => false,
            "json" => true,
            _ => bail!("{}: write text or json", place(settings, "log-format")),
        };
        Ok(Self { filter, json })
    }

    fn start(self) {
        let log = tracing_subscriber::fmt()
            .with_env_filter(self.filter)
            .with_writer(io::stderr)
            // A log on a full disk, or that nobody reads any more, is no reason to end: what says so would be such a line too.
            .log_internal_errors(false)
            .with_ansi(io::stderr().is_terminal());
        if self.json {
            log.json().init();
        } else {
            log.init();
        }
    }
}

/// Where a setting was written, or its flag.
fn place(settings: &Layer, name: &str) -> String {
    settings
        .get(name)
        .map_or_else(|| format!("--{name}"), |it| it.place().to_string())
}

/// A crowd that comes back at once waits in the queue of the listener, which the system may keep shorter than we ask.
fn tell_of_short_queue() {
    let somaxconn = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
    if let Some(somaxconn) = somaxconn.and_then(|text| text.trim().parse::<i32>().ok())
        && somaxconn < ACCEPT_BACKLOG
    {
        tracing::info!(
            somaxconn,
            wanted = ACCEPT_BACKLOG,
            "more peers than somaxconn that connect in one moment have to try again: raise net.core.somaxconn for a large crowd"
        );
    }
}

/// As many open files as the system lets us have: each stream is one. Tells how many; none for any.
fn raise_fd_limit() -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let in_force = if setrlimit(Resource::Nofile, raised).is_ok() {
        maximum
    } else {
        tracing::warn!(
            ?current,
            ?maximum,
            "the limit of open files could not be raised"
        );
        current
    };
    in_force.map(|files| usize::try_from(files).unwrap_or(usize::MAX))
}
