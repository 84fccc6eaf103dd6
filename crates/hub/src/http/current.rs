//! Which endpoints answer now: a reload puts others in their place, for requests from then on. Streams go on.

use std::sync::{Arc, PoisonError, RwLock};

use super::Endpoints;
use crate::config::HubConfig;

/// See the module.
#[derive(Debug)]
pub(crate) struct Current(RwLock<Arc<Endpoints>>);

impl Current {
    /// `endpoints`, until there are others.
    pub(crate) fn new(endpoints: Endpoints) -> Self {
        Self(RwLock::new(Arc::new(endpoints)))
    }

    /// Those in force now.
    pub(crate) fn endpoints(&self) -> Arc<Endpoints> {
        // Nobody panics while they are exchanged.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets the settings of `config` that can change while the hub runs count from now on.
    pub(crate) fn reload(&self, config: &HubConfig) {
        let reloaded = Arc::new(self.endpoints().reloaded(config));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = reloaded;
    }
}
