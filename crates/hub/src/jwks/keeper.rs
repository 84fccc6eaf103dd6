//! When to fetch a set: ahead of the end of its freshness, again after a failure, and when a token names a key that is not in
//! it; one fetch at a time, and the last only now and then, so that strangers cannot make the hub ask and ask.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::fetch::{Edition, FetchError, Fetched};
use super::{Store, lock, shown};
use crate::limits::{
    JWKS_FRESH_DEFAULT, JWKS_LOOK_AGAIN_REST, JWKS_LOOK_AGAIN_WAIT, JWKS_RETRY_FIRST,
    JWKS_RETRY_LONGEST, JWKS_STALE,
};

/// Where a set is put, and taken from.
pub(super) trait Shelf {
    /// Takes a document into use; says what is wrong with it otherwise.
    fn put(&self, document: &str) -> Result<(), String>;
    /// Stops using the document that is there.
    fn give_up(&self);
    /// A word about a fetch that failed.
    fn failed(&self, why: &str, next_in: Duration);
}

impl Shelf for Store {
    fn put(&self, document: &str) -> Result<(), String> {
        Self::put(self, document).map_err(|error| error.to_string())
    }

    fn give_up(&self) {
        self.drop_document();
    }

    fn failed(&self, why: &str, next_in: Duration) {
        tracing::warn!(reason = %"jwks.fetch-failed", url = %shown(self.url()), next_in_s = next_in.as_secs(), "keys not fetched: {why}");
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// Fetches that ended, well or not.
    ended: u64,
    underway: bool,
}

/// What both sides see.
#[derive(Debug)]
struct Desk {
    wanted: Notify,
    progress: watch::Sender<Progress>,
}

/// The side that fetches.
pub(super) struct Keeper {
    desk: Arc<Desk>,
    /// Until when the document on the shelf, if there is one, may be used.
    usable_until: Option<Instant>,
    /// The edition on the shelf, if it is known which one that is.
    edition: Option<Edition>,
    /// How long the document on the shelf was said to be fresh.
    fresh_for: Duration,
}

/// The side that asks for it.
#[derive(Debug)]
pub(super) struct Asked {
    desk: Arc<Desk>,
    /// When the next one may be asked for.
    next_at: Mutex<Instant>,
}

impl Keeper {
    /// For a shelf that `holds` a document already, or not.
    pub(super) fn new(holds: bool) -> (Self, Asked) {
        let desk = Arc::new(Desk {
            wanted: Notify::new(),
            // The first fetch begins at once.
            progress: watch::Sender::new(Progress {
                ended: 0,
                underway: true,
            }),
        });
        let asked = Asked {
            desk: Arc::clone(&desk),
            next_at: Mutex::new(Instant::now()),
        };
        let usable_until = holds.then(|| Instant::now() + JWKS_STALE);
        let keeper = Self {
            desk,
            usable_until,
            // Also where a document is there already: who reloads wants a look.
            edition: None,
            fresh_for: JWKS_FRESH_DEFAULT,
        };
        (keeper, asked)
    }

    /// Fetches, for ever; `fetch` is told which edition is there.
    pub(super) async fn keep<F>(mut self, fetch: impl Fn(Option<Edition>) -> F, shelf: impl Shelf)
    where
        F: Future<Output = Result<Fetched, FetchError>>,
    {
        let mut retry = JWKS_RETRY_FIRST;
        loop {
            self.desk.progress.send_modify(|it| it.underway = true);
            let outcome = fetch(self.edition.clone()).await;
            let outcome = outcome.map_err(|error| error.to_string());
            let next_in = match outcome.and_then(|fetched| self.take(fetched, &shelf)) {
                Ok(()) => {
                    self.usable_until = Some(Instant::now() + self.fresh_for + JWKS_STALE);
                    retry = JWKS_RETRY_FIRST;
                    // Ahead of its end.
                    self.fresh_for * 3 / 4
                }
                Err(why) => {
                    let next_in = retry;
                    retry = (retry * 2).min(JWKS_RETRY_LONGEST);
                    shelf.failed(&why, next_in);
                    next_in
                }
            };
            self.desk.progress.send_modify(|it| {
                it.ended += 1;
                it.underway = false;
            });
            self.rest(Instant::now() + next_in, &shelf).await;
        }
    }

    /// Puts what came on the shelf. An edition that cannot be used is not asked for by name: its server may mend it.
    fn take(&mut self, fetched: Fetched, shelf: &impl Shelf) -> Result<(), String> {
        match fetched {
            Fetched::Document {
                document,
                edition,
                fresh_for,
            } => {
                shelf.put(&document)?;
                self.edition = edition;
                self.fresh_for = fresh_for;
            }
            Fetched::Same { fresh_for } => self.fresh_for = fresh_for.unwrap_or(self.fresh_for),
        }
        Ok(())
    }

    /// Until it is time for the next fetch, or one is wanted. What is too old is given up meanwhile.
    async fn rest(&mut self, until: Instant, shelf: &impl Shelf) {
        loop {
            let stale_at = self.usable_until.unwrap_or(until);
            tokio::select! {
                () = self.desk.wanted.notified() => return,
                () = sleep_until(until.min(stale_at)) => {}
            }
            if self.usable_until.is_some_and(|end| end <= Instant::now()) {
                shelf.give_up();
                self.usable_until = None;
                // What is not there any more has to come as a whole.
                self.edition = None;
            }
            if until <= Instant::now() {
                return;
            }
        }
    }
}

impl Asked {
    /// Waits for a fetch that is under way, or for one that it asks for, unless it was done a moment ago. Whether there was one.
    pub(super) async fn look_again(&self) -> bool {
        let mut progress = self.desk.progress.subscribe();
        let Some(ended) = self.ask() else {
            return false;
        };
        let next = progress.wait_for(|it| it.ended > ended);
        timeout(JWKS_LOOK_AGAIN_WAIT, next)
            .await
            .is_ok_and(|ended| ended.is_ok())
    }

    /// The number of fetches that have ended before the one to wait for; none if there will be none.
    fn ask(&self) -> Option<u64> {
        // Held all the while, so that of many who ask at once all wait for the same one.
        let mut next_at = lock(&self.next_at);
        let Progress { ended, underway } = *self.desk.progress.borrow();
        if !underway {
            let now = Instant::now();
            if now < *next_at {
                return None;
            }
            *next_at = now + JWKS_LOOK_AGAIN_REST;
            self.desk.progress.send_modify(|it| it.underway = true);
            self.desk.wanted.notify_one();
        }
        Some(ended)
    }
}

#[cfg(test)]
mod tests;
