//! Whether the hub hands on what is published: a sign sent the way of an update, and a limit to the wait for its return.
//!
//! The sign takes the lock that every publication takes, goes through the history and out of its feed, is matched, and is received
//! by a queue, which this task polls as those of HTTP/2 streams are, and by every stream thread behind what waits there. It is not
//! written to a disk (see `assay_hub_core::Sign`), and a disk that is full is no reason to be taken out of service: those who
//! subscribe are served, and those who publish are told.

use std::fmt;
use std::pin::Pin;

use assay_hub_core::Hub;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::limits::{READINESS_KEPT, READINESS_TIMEOUT};

/// Asks, at most once for everybody who asks at about the same time.
pub(crate) struct Readiness {
    hub: Hub,
    asked: Mutex<Asked>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The sign came back from everywhere.
    Ready,
    /// The hub is about to end.
    ShuttingDown,
    /// It did not come back in time.
    Stalled,
}

impl Verdict {
    /// As a word, for machines.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::ShuttingDown => "shutting-down",
            Self::Stalled => "stalled",
        }
    }
}

/// A sign under way, from the call that sends it.
type RoundTrip = Pin<Box<dyn Future<Output = Verdict> + Send>>;

#[derive(Default)]
struct Asked {
    last: Option<(Instant, Verdict)>,
    /// The one sign that did not come back in time. No second one is sent behind it: whatever holds it would hold that too, and
    /// a thread with it.
    underway: Option<RoundTrip>,
}

impl Readiness {
    /// Of `hub`.
    pub(crate) fn new(hub: Hub) -> Self {
        Self {
            hub,
            asked: Mutex::default(),
        }
    }

    /// Whether the hub is ready now, or was a moment ago.
    pub(crate) async fn verdict(&self) -> Verdict {
        // Whoever comes meanwhile waits here for the same answer.
        let mut asked = self.asked.lock().await;
        if let Some((at, verdict)) = asked.last
            && at.elapsed() < READINESS_KEPT
        {
            return verdict;
        }
        let round_trip = asked
            .underway
            .get_or_insert_with(|| Box::pin(round_trip(self.hub.clone())));
        let verdict = match timeout(READINESS_TIMEOUT, round_trip).await {
            Ok(verdict) => {
                asked.underway = None;
                verdict
            }
            Err(_) => Verdict::Stalled,
        };
        if verdict == Verdict::Stalled {
            tracing::error!(reason = %"hub.stalled", "not ready: a sign that went the way of an update did not come back in time");
        }
        asked.last = Some((Instant::now(), verdict));
        verdict
    }
}

async fn round_trip(hub: Hub) -> Verdict {
    // Not on a thread of the runtime: what holds the lock of the hub, if it is that, would hold the watchdog too.
    match tokio::task::spawn_blocking(move || hub.probe()).await {
        Ok(Ok(probing)) => match probing.await {
            Ok(()) => Verdict::Ready,
            Err(_) => Verdict::ShuttingDown,
        },
        Ok(Err(_)) => Verdict::ShuttingDown,
        Err(_) => Verdict::Stalled,
    }
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").finish_non_exhaustive()
    }
}
