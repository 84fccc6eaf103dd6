//! How streams of a lane end: a line of the log and a count each.

use std::io;

use super::stream::Stream;
use crate::metrics::LaneCounts;

/// Logs that a connection is over. Whoever gives a peer up that does not read, we or the system, which knows the same time
/// limit for bytes that are not acknowledged (`TCP_USER_TIMEOUT`): it is the same reason.
pub(super) fn log_gone(counts: &LaneCounts, stream: &Stream, error: Option<io::Error>) {
    let error = error.unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into());
    if error.kind() == io::ErrorKind::TimedOut {
        counts.ends.add("connection", "write-timeout");
        tracing::warn!(reason = %"connection.write-timeout", peer = %stream.peer, "connection closed: the peer stopped reading");
    } else {
        if stream.subscriber.is_some() {
            counts.ends.add("stream", "connection-gone");
        }
        tracing::debug!(reason = %"stream.connection-gone", peer = %stream.peer, %error, "stream ended with its connection");
    }
}

/// Logs that the hub has ended a stream.
pub(super) fn log_end(counts: &LaneCounts, stream: &Stream, reason: &'static str) {
    counts.ends.add("stream", reason);
    tracing::info!(reason = %format_args!("stream.{reason}"), peer = %stream.peer, "stream ended by the hub");
}
