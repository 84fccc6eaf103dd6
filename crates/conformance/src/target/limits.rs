//! The limits that an operator says a hub is configured with: what a check has to know to reach one in seconds. Not for
//! enforcing them, nor for finding them out.

use serde::Deserialize;

/// The limits of one hub; none for one that is not said, so that no check goes looking for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest life of a stream, in seconds. // private.max-lifetime
    pub lifetime_s: Option<u64>,
    /// Most updates that the history keeps. // replay.discard
    pub history_updates: Option<u64>,
    /// Longest silence on a stream before a comment line, in seconds. // sse.keep-alive
    pub keep_alive_s: Option<u64>,
    /// Most streams of one client address. // limits.connections.per-client
    pub streams_per_address: Option<u64>,
    /// Most streams of all clients together. // limits.connections.total
    pub streams: Option<u64>,
}

/// One of them, as a check needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// [`Limits::lifetime_s`].
    LifetimeS,
    /// [`Limits::history_updates`].
    HistoryUpdates,
    /// [`Limits::keep_alive_s`].
    KeepAliveS,
    /// [`Limits::streams_per_address`].
    StreamsPerAddress,
    /// [`Limits::streams`].
    Streams,
}

impl Limits {
    /// These, and where they say nothing the others.
    pub(super) fn over(self, others: Self) -> Self {
        Self {
            lifetime_s: self.lifetime_s.or(others.lifetime_s),
            history_updates: self.history_updates.or(others.history_updates),
            keep_alive_s: self.keep_alive_s.or(others.keep_alive_s),
            streams_per_address: self.streams_per_address.or(others.streams_per_address),
            streams: self.streams.or(others.streams),
        }
    }

    /// The value of one, if it was said.
    pub(crate) fn get(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::LifetimeS => self.lifetime_s,
            Limit::HistoryUpdates => self.history_updates,
            Limit::KeepAliveS => self.keep_alive_s,
            Limit::StreamsPerAddress => self.streams_per_address,
            Limit::Streams => self.streams,
        }
    }
}

impl Limit {
    /// Why a check that needs it stands still.
    pub(crate) const fn missing(self) -> &'static str {
        match self {
            Self::LifetimeS => "the target says no `limits.lifetime_s`",
            Self::HistoryUpdates => "the target says no `limits.history_updates`",
            Self::KeepAliveS => "the target says no `limits.keep_alive_s`",
            Self::StreamsPerAddress => "the target says no `limits.streams_per_address`",
            Self::Streams => "the target says no `limits.streams`",
        }
    }

    /// The variant of the shipped targets that has it.
    pub(crate) const fn variant(self) -> &'static str {
        match self {
            Self::LifetimeS => "short-lifetime",
            Self::HistoryUpdates => "small-history",
            Self::KeepAliveS => "short-keep-alive",
            Self::StreamsPerAddress => "few-streams-per-address",
            Self::Streams => "few-streams",
        }
    }
}
