//! Every bound of the watch with its reason. What is over one is passed on all the same, or refused with a sentence; it is only
//! not looked at.

use std::time::Duration;

/// Connections of clients at a time: a crowd of a load test fits, and each costs two descriptors. One more is refused with 503.
pub(super) const CONNECTIONS_AT_MOST: usize = 4_096;

/// Largest head of a request or an answer; hubs and proxies refuse larger ones.
pub(super) const HEAD_BYTES_AT_MOST: usize = 64 << 10;

/// Most fields of a head.
pub(super) const FIELDS_AT_MOST: usize = 128;

/// How long the head of a request may take from its first byte, so that slow clients cannot hold all connections.
pub(super) const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// How long a client may stay without a first request.
pub(super) const FIRST_BYTE_WITHIN: Duration = Duration::from_mins(2);

/// How long a connection to the hub may take; more is no basis for a live stream.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// What a client may send ahead while an answer is under way; more waits in its socket.
pub(super) const AHEAD_BYTES_AT_MOST: usize = 64 << 10;

/// One read, either way.
pub(super) const READ_BYTES: usize = 16 << 10;

/// Longest body that is looked at: the largest update that hubs usually take.
pub(super) const LOOKED_AT_BYTES_AT_MOST: usize = 1 << 20;

/// All bodies that are looked at at a time; one that begins beyond it is not looked at.
pub(super) const LOOKED_AT_BYTES_TOGETHER: usize = 64 << 20;

/// Longest event that is looked at; behind it a stream is passed on unread.
pub(super) const EVENT_BYTES_AT_MOST: usize = 1 << 20;

/// Clients, streams that were cut, ids and topics remembered, each; the oldest is forgotten. Enough for a working day of an
/// application, and some megabytes.
pub(super) const REMEMBERED_AT_MOST: usize = 20_000;

/// How long after a cut the next stream of the same client with the same topics is taken for its reconnection: browsers wait 3 s, and
/// hubs ask for up to a minute.
pub(super) const RECONNECTION_WITHIN: Duration = Duration::from_secs(90);

/// Ids of one stream that are remembered, to tell a stale cursor from a foreign one.
pub(super) const IDS_OF_A_STREAM: usize = 16;

/// Longest life of a token that counts as short. // token.short-lived
pub(super) const SHORT_LIVED_S: f64 = 3_600.0;

/// Longest text of a peer's that a finding repeats.
pub(super) const QUOTED_CHARS_AT_MOST: usize = 160;

const _: () = assert!(LOOKED_AT_BYTES_AT_MOST <= LOOKED_AT_BYTES_TOGETHER);
const _: () = assert!(READ_BYTES <= HEAD_BYTES_AT_MOST);
