//! What was published through the crooked hub, so that it knows which event on a stream is which.
//!
//! In the order in which the straight hub answered; bounded, since a test publishes little. Not the load tests' ledger.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Publications remembered; the oldest go first.
const MAX_PUBLICATIONS: usize = 100_000;

/// One update that the straight hub accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Publication {
    /// The event id which the hub answered.
    pub(crate) id: String,
    /// Canonical topic first, then the alternate ones.
    pub(crate) topics: Vec<String>,
    /// Whether the publisher asked for a private update.
    pub(crate) private: bool,
}

/// The publications so far, and how many are under way.
#[derive(Debug)]
pub(crate) struct Ledger {
    done: Mutex<Vec<Publication>>,
    under_way: watch::Sender<usize>,
}

impl Ledger {
    /// Nothing published yet.
    pub(crate) fn new() -> Self {
        Self {
            done: Mutex::default(),
            under_way: watch::Sender::new(0),
        }
    }

    /// A publication is about to be sent; it ends when the guard goes.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.under_way.send_modify(|count| *count += 1);
        UnderWay(self)
    }

    /// The publication of that event id; waits while one which could have it is under way, since a hub may send the
    /// event before it answers the publisher.
    pub(crate) async fn find(&self, id: &str) -> Option<Publication> {
        let mut changes = self.under_way.subscribe();
        loop {
            let under_way = *changes.borrow_and_update();
            let found = self.lock().iter().find(|p| p.id == id).cloned();
            if found.is_some() || under_way == 0 || changes.changed().await.is_err() {
                return found;
            }
        }
    }

    /// The id of the last publication.
    pub(crate) fn last(&self) -> Option<String> {
        self.lock().last().map(|p| p.id.clone())
    }

    /// The id of the first publication.
    pub(crate) fn oldest(&self) -> Option<String> {
        self.lock().first().map(|p| p.id.clone())
    }

    /// The id of the publication before (`-1`) or after (`1`) the first one with that id.
    pub(crate) fn neighbour(&self, id: &str, step: isize) -> Option<String> {
        let done = self.lock();
        let at = done
            .iter()
            .position(|p| p.id == id)?
            .checked_add_signed(step)?;
        done.get(at).map(|p| p.id.clone())
    }

    /// The topics of the first publication with that id.
    pub(crate) fn topics(&self, id: &str) -> Option<Vec<String>> {
        self.lock()
            .iter()
            .find(|p| p.id == id)
            .map(|p| p.topics.clone())
    }

    /// The ids published after the first and up to the last publication with that id.
    pub(crate) fn between_duplicates(&self, id: &str) -> Vec<String> {
        let done = self.lock();
        let first = done.iter().position(|p| p.id == id);
        let last = done.iter().rposition(|p| p.id == id);
        let (Some(first), Some(last)) = (first, last) else {
            return Vec::new();
        };
        done[first..=last]
            .iter()
            .skip(1)
            .map(|p| p.id.clone())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Publication>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A publication that the straight hub has not answered yet.
pub(crate) struct UnderWay<'a>(&'a Ledger);

impl UnderWay<'_> {
    /// The hub accepted it.
    pub(crate) fn accepted(&self, publication: Publication) {
        let mut done = self.0.lock();
        if done.len() == MAX_PUBLICATIONS {
            done.remove(0);
        }
        done.push(publication);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count -= 1);
    }
}
