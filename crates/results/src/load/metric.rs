//! The names of what is timed (measuring.md, "Definitions").

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that is timed, in µs. I: planned publish instant; S: first byte of the POST written; A: its answer read;
/// K: kernel receive time; R: event parsed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// R − I over all deliveries: everything a user waits for.
    Delivery,
    /// R − I of the slowest subscriber of each publish.
    EventLast,
    /// Over subscribers: each one's own p99 of R − I, or its maximum when it has fewer than 299 deliveries.
    BySubscriberP99,
    /// R − I of the first subscriber of each publish.
    EventFirst,
    /// R − I of the median subscriber of each publish.
    EventMedian,
    /// R − I of the subscriber at 99 % of each publish's expected audience; lost when more than 1 % of it never got the update.
    EventP99,
    /// Last minus first of each publish.
    EventSpread,
    /// R − I at the probes.
    ProbeDelivery,
    /// K − S at the probes: hub and network, without us at either end.
    WireDelivery,
    /// S − I: our publisher's fault.
    ScheduleLag,
    /// R − K at the probes: our reader's fault.
    ReadLag,
    /// A − I: what the publishing application feels.
    PublishResponse,
    /// A − S: the hub's own part of it.
    PublishService,
    /// R − I at the subscriber who wrote the update.
    OwnEcho,
    /// From the planned connect instant to the connection.
    Connect,
    /// From the planned connect instant to the response headers.
    Headers,
    /// From the planned connect instant to the first event.
    FirstEvent,
    /// From the loss of a stream to the headers of its successor.
    ReconnectGap,
}

impl Metric {
    /// All of them, in the order of documents.
    pub const ALL: [Self; 18] = [
        Self::Delivery,
        Self::EventLast,
        Self::BySubscriberP99,
        Self::EventFirst,
        Self::EventMedian,
        Self::EventP99,
        Self::EventSpread,
        Self::ProbeDelivery,
        Self::WireDelivery,
        Self::ScheduleLag,
        Self::ReadLag,
        Self::PublishResponse,
        Self::PublishService,
        Self::OwnEcho,
        Self::Connect,
        Self::Headers,
        Self::FirstEvent,
        Self::ReconnectGap,
    ];

    /// As in documents and file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::EventLast => "event_last",
            Self::BySubscriberP99 => "by_subscriber_p99",
            Self::EventFirst => "event_first",
            Self::EventMedian => "event_median",
            Self::EventP99 => "event_p99",
            Self::EventSpread => "event_spread",
            Self::ProbeDelivery => "probe_delivery",
            Self::WireDelivery => "wire_delivery",
            Self::ScheduleLag => "schedule_lag",
            Self::ReadLag => "read_lag",
            Self::PublishResponse => "publish_response",
            Self::PublishService => "publish_service",
            Self::OwnEcho => "own_echo",
            Self::Connect => "connect",
            Self::Headers => "headers",
            Self::FirstEvent => "first_event",
            Self::ReconnectGap => "reconnect_gap",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
