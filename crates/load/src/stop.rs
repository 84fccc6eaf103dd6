//! Asks a run to end early; the run then writes down what it has. Not for killing anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A handle that all threads of a run look at; copies are the same handle.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A handle on which nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks. May be called from a signal's task, any number of times.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
