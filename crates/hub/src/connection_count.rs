//! How many connections a hub has open, whoever serves them.
//!
//! Each carries what it counts as. Counts of those who serve would miss, or have twice, a connection on its way from one to
//! the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionCount(Arc<AtomicUsize>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(ConnectionCount);

impl ConnectionCount {
    /// One more.
    pub(crate) fn add(&self) -> Counted {
        self.0.fetch_add(1, Relaxed);
        Counted(self.clone())
    }

    /// How many there are now.
    pub(crate) fn now(&self) -> usize {
        self.0.load(Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}
