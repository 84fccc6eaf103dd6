//! The hub as the checks of one dialect see it: servers, keys, features and pace, fixed before the first check. Not for
//! sending: that is [`crate::lab`].

use std::time::Instant;

use assay_client::Dialect;

use crate::{
    features::{Features, Pace},
    target::Target,
    token::{Keys, Role},
    wire::Server,
};

/// Fixed for all checks of one dialect.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    pub(crate) target: Target,
    /// The variant that this is; none for the hub itself.
    pub(crate) variant: Option<String>,
    pub(crate) dialect: Dialect,
    pub(crate) subscribe_server: Server,
    pub(crate) publish_server: Server,
    pub(crate) features: Features,
    pub(crate) pace: Pace,
    /// Of the run; stands in each User-Agent and topic.
    pub(crate) run_id: String,
    /// The wall clock when the run began, for the times in tokens.
    pub(crate) now_unix_s: u64,
    /// The same instant on the clock that never jumps.
    pub(crate) began: Instant,
}

impl Hub {
    /// The keys that sign.
    pub(crate) fn keys(&self) -> Keys<'_> {
        Keys {
            publisher: self.target.publisher.key(),
            subscriber: self.target.subscriber.key(),
        }
    }

    /// What opens a role.
    pub(crate) fn credential(&self, role: Role) -> &crate::target::RoleCredential {
        match role {
            Role::Publisher => &self.target.publisher,
            Role::Subscriber => &self.target.subscriber,
        }
    }
}
