//! Every bound that the hub puts on a peer at the HTTP level, with its reason. What bounds updates, matchers, tokens and
//! queues is in `assay_hub_core::limits`.

use std::time::Duration;

/// The largest request head in bytes: one hundred matchers of some hundred bytes, encoded, and a token of several kilobytes
/// fit; a flood of fields does not. hyper answers 431 above it.
pub(crate) const REQUEST_HEAD_BYTES: usize = 64 * 1024;

/// The most fields of a request head. Browsers send about 20, and proxies add some.
pub(crate) const REQUEST_FIELDS: usize = 100;

/// The time for a whole request head, and the longest rest between two requests of a connection. Against clients that
/// hold connections with a byte now and then.
pub(crate) const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The time for a whole request body. The largest one allowed then takes 35 KB/s.
pub(crate) const REQUEST_BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The most streams on one HTTP/2 connection. A proxy may put the subscribers of many browsers on one.
pub(crate) const STREAMS_PER_CONNECTION: u32 = 1_000;

/// The encoded frames that one HTTP/2 stream buffers at most, in bytes: the same as for an HTTP/1.1 connection.
pub(crate) const STREAM_SEND_BUFFER_BYTES: usize = 64 * 1024;

/// How often an HTTP/2 connection is asked whether its peer lives, and how long it may take to answer.
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(30);
/// See [`PING_INTERVAL`].
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Frames that are due together leave together, up to this many bytes: about what one loopback segment carries.
pub(crate) const COALESCED_BYTES: usize = 32 * 1024;

/// How long accepting rests when the system has no descriptor left, so that it does not spin.
pub(crate) const ACCEPT_REST: Duration = Duration::from_millis(50);

/// The connections that wait for `accept`: ten thousand subscribers that come back at once should not see a refusal.
/// The system lowers it to its own maximum.
pub(crate) const ACCEPT_BACKLOG: i32 = 16_384;

// hyper refuses a smaller buffer than this.
const _: () = assert!(REQUEST_HEAD_BYTES >= 8 * 1024);

/// The connections that may exist beside those of subscribers: publishers, probes, and subscribers that are just told that
/// the hub is full.
pub(crate) const CONNECTIONS_BESIDE_SUBSCRIBERS: usize = 1_000;
