//! Every bound of the publishing side, and its reason.

use std::time::Duration;

/// Longest answer, head and body. A hub answers with an event id; an error page of a proxy may be some KiB.
pub(super) const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Most header fields of an answer.
pub(super) const ANSWER_FIELDS_MAX: usize = 64;

/// How long answers that are under way are awaited after a stop was requested.
pub(super) const AFTER_STOP: Duration = Duration::from_millis(500);

/// How often, at least, the thread looks whether a stop was requested.
pub(super) const LOOK_FOR_STOP: Duration = Duration::from_millis(50);

/// Pause before a connection that failed is opened again, so that a dead hub is not stormed.
pub(super) const REOPEN_AFTER: Duration = Duration::from_millis(100);

/// What is read at a time.
pub(super) const READ_BUFFER_BYTES: usize = 16 * 1024;
