//! Whether the hub hands on what is published: a sign sent the way of an update, and a limit to the wait for its return.
//!
//! The sign takes the lock that every publication takes, goes into the feed of every stream thread behind what waits there, and
//! is answered by the thread itself. What it does not touch: the history, which has nothing of it, and topics, of which it has
//! none, so that nobody sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::Wake;

use assay_hub_core::Hub;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, timeout};

use crate::limits::{READINESS_KEPT, READINESS_TIMEOUT};

/// Asks, at most once for everybody who asks at about the same time.
#[derive(Debug)]
pub(crate) struct Readiness {
    hub: Hub,
    last: Mutex<Option<(Instant, Verdict)>>,
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

/// Counts what came back.
#[derive(Debug, Default)]
struct Returned {
    lanes: AtomicUsize,
    more: Notify,
}

impl Wake for Returned {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.lanes.fetch_add(1, Relaxed);
        self.more.notify_one();
    }
}

impl Readiness {
    /// Of `hub`.
    pub(crate) fn new(hub: Hub) -> Self {
        Self {
            hub,
            last: Mutex::default(),
        }
    }

    /// Whether the hub is ready now, or was a moment ago.
    pub(crate) async fn verdict(&self) -> Verdict {
        // Whoever comes meanwhile waits here for the same answer.
        let mut last = self.last.lock().await;
        if let Some((at, verdict)) = *last
            && at.elapsed() < READINESS_KEPT
        {
            return verdict;
        }
        let verdict = self.probe().await;
        if verdict == Verdict::Stalled {
            tracing::error!(reason = %"hub.stalled", "not ready: a sign that went the way of an update did not come back in time");
        }
        *last = Some((Instant::now(), verdict));
        verdict
    }

    async fn probe(&self) -> Verdict {
        let returned = Arc::<Returned>::default();
        let sign = Arc::clone(&returned).into();
        let hub = self.hub.clone();
        // Not on a thread of the runtime: what holds the lock of the hub, if it is that, would hold the watchdog too.
        let sent = tokio::task::spawn_blocking(move || hub.probe(&sign));
        let all_back = async {
            let lanes = match sent.await {
                Ok(Ok(lanes)) => lanes,
                Ok(Err(_)) => return Verdict::ShuttingDown,
                Err(_) => return Verdict::Stalled,
            };
            while returned.lanes.load(Relaxed) < lanes {
                returned.more.notified().await;
            }
            Verdict::Ready
        };
        timeout(READINESS_TIMEOUT, all_back)
            .await
            .unwrap_or(Verdict::Stalled)
    }
}
