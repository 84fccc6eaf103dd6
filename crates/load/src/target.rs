//! The hub that is put under load, and what opens it. Not for finding out what it speaks, or for minting: that is done before.

use assay_client::{BearerToken, Dialect, Endpoint};

use crate::hub_process::HubGauge;

/// A hub, ready to be asked.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it is, and how to get there.
    pub endpoint: Endpoint,
    /// What is spoken with it.
    pub dialect: Dialect,
    /// What publishers show.
    pub publisher_token: Option<BearerToken>,
    /// What subscribers show.
    pub subscriber_tokens: SubscriberTokens,
    /// Where the hub's own use of this machine can be seen, if it is on it and known.
    pub hub_gauge: HubGauge,
}

/// What subscribers show.
#[derive(Clone, Debug)]
pub enum SubscriberTokens {
    /// Nothing: anonymous subscribers.
    Anonymous,
    /// All the same token.
    Shared(BearerToken),
    /// One each, in the plan's order; a subscriber beyond the end has none.
    Each(Vec<BearerToken>),
}

impl SubscriberTokens {
    /// The token of a subscriber, by its index in the plan.
    pub fn of(&self, subscriber: u32) -> Option<&BearerToken> {
        match self {
            Self::Anonymous => None,
            Self::Shared(token) => Some(token),
            Self::Each(tokens) => tokens.get(subscriber as usize),
        }
    }
}
