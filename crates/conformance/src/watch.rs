//! What publishers and subscribers of a hub say, seen from between: a proxy that passes everything on and grades it by the
//! requirements of the catalogue that do not bind the hub.
//!
//! ```text
//! bytes ─ proxy ─ Exchange ─ Scene (with what went before) ─ rules ─ Sight ─ tally ─ rows of the report
//! ```
//!
//! A rule that nothing had to do with is *not observed*, never a pass. Bodies are not kept; a finding repeats the offending field, and
//! no secret. Not for judging the hub: that is `assay check`.

mod coverage;
mod excerpt;
mod exchange;
mod jwt;
mod limits;
mod memory;
mod proxy;
mod rule;
mod rules;
mod scene;
mod tally;
#[cfg(test)]
mod tests;
mod watcher;

pub(crate) use jwt::without_tokens;

use std::{sync::Arc, time::Duration};

use assay_client::{Detection, Dialect, Endpoint};
use assay_results::{Coverage, Transcript, VerdictRow};
use tokio::{net::TcpListener, time::timeout};

use crate::interrupt::Interrupt;

use exchange::Budget;
use proxy::Way;
use scene::Site;
use watcher::{Observed, Watcher};

pub use tally::Finding;

/// What to watch.
#[derive(Debug)]
pub struct WatchOptions {
    /// Where clients connect.
    pub listener: TcpListener,
    /// The hub.
    pub upstream: Endpoint,
    /// What the hub said about itself, as far as it did.
    pub detection: Option<Detection>,
    /// The only dialect to judge; none to take that which each exchange shows.
    pub dialect: Option<Dialect>,
    /// Whether the hub sees the `Host` that the client sent.
    pub keep_host: bool,
    /// When to end, if nobody asks before.
    pub at_most: Option<Duration>,
    /// Asks it to end.
    pub stop: Interrupt,
}

/// What is seen, as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// A requirement is broken, for the first time.
    Finding(Finding),
    /// Client and hub were kept apart, for the first time in this way.
    Trouble(String),
    /// How it stands.
    Counts {
        /// Requests so far.
        exchanges: u64,
        /// Streams that are open.
        streams: usize,
        /// Requirements that were broken.
        findings: usize,
        /// How often.
        times: u64,
    },
}

/// What a watch found.
#[derive(Debug)]
pub struct Watched {
    /// The dialects that were judged.
    pub dialects: Vec<Dialect>,
    /// A row a rule.
    pub verdicts: Vec<VerdictRow>,
    /// Each requirement on clients: which rule, or why none.
    pub coverage: Vec<Coverage>,
    /// The excerpt of each finding.
    pub transcripts: Vec<Transcript>,
    /// What else a reader must know.
    pub notes: Vec<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// Watches until it is asked to end. Streams that are open then are closed.
pub async fn watch(options: WatchOptions, tell: impl FnMut(Sighting) + Send + 'static) -> Watched {
    let WatchOptions {
        listener,
        upstream,
        detection,
        dialect,
        keep_host,
        at_most,
        stop,
    } = options;
    let hub = upstream.hub().clone();
    let otherwise = detection.as_ref().map_or(Dialect::V0, |it| it.dialect);
    let site = Site {
        hub: hub.url().as_url().clone(),
        metadata: detection.and_then(|it| it.metadata),
        asked_for: dialect,
        otherwise,
    };
    let watcher = Arc::new(Watcher::new(site, Box::new(tell)));
    let way = Way {
        // A virtual host and the audience of a token hang on the name that the hub knows itself by.
        host: (!keep_host).then(|| hub.host_header()),
        hub,
        watcher: Arc::clone(&watcher),
        budget: Budget::default(),
    };
    let serving = proxy::serve(&listener, way, &stop);
    match at_most {
        None => serving.await,
        // Either way it is over.
        Some(at_most) => drop(timeout(at_most, serving).await),
    }
    let duration_ms = u64::try_from(watcher.elapsed().as_millis()).unwrap_or(u64::MAX);
    watched(watcher.take(), dialect.unwrap_or(otherwise), duration_ms)
}

fn watched(observed: Observed, otherwise: Dialect, duration_ms: u64) -> Watched {
    let Observed {
        tally,
        exchanges,
        troubles,
        refused,
    } = observed;
    let mut dialects = tally.dialects();
    if dialects.is_empty() {
        dialects.push(otherwise);
    }
    let mut notes = vec![format!("{exchanges} requests passed")];
    notes.extend(
        troubles
            .into_iter()
            .map(|(kind, (count, first))| format!("{kind}: {count} times, first: {first}")),
    );
    notes.extend(refused.into_iter().map(|(status, count)| {
        format!("the hub answered {status} to {count} publications or subscriptions")
    }));
    Watched {
        verdicts: dialects
            .iter()
            .flat_map(|&dialect| tally.rows(dialect))
            .collect(),
        coverage: dialects
            .iter()
            .flat_map(|&dialect| coverage::of(dialect))
            .collect(),
        transcripts: tally.transcripts(),
        dialects,
        notes,
        duration_ms,
    }
}
