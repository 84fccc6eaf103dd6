//! Event ids and the cursors made of them.
//!
//! Not here: where a cursor points to, which only a [`crate::history::History`] knows.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::text::{self, TextFault};
use crate::{Dialect, Limits};

/// The reserved cursor, which is never an event id.
pub(crate) const EARLIEST: &str = "earliest";

/// The identifier of an update and a cursor into the hub's one log. Cheap to clone.
///
/// Never empty, never `earliest`, without the control characters that would break an SSE line or a header field.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Arc<str>);

impl EventId {
    /// Takes an id that a publisher supplied. publish.id.*
    ///
    /// 0.x lets format characters pass, and tabs; other controls cannot travel in the cursor's header field.
    pub fn supplied(value: &str, dialect: Dialect, limits: &Limits) -> Result<Self, EventIdError> {
        if value.is_empty() {
            return Err(EventIdError::Empty);
        }
        if value.len() > limits.event_id_bytes {
            return Err(EventIdError::TooLong {
                limit_bytes: limits.event_id_bytes,
            });
        }
        if value.starts_with('#') {
            return Err(EventIdError::LeadingHash);
        }
        if value == EARLIEST {
            return Err(EventIdError::Earliest);
        }
        match dialect {
            Dialect::V1 => text::check_v1(value)?,
            Dialect::V0 => text::check_header_safe(value)?,
        }
        Ok(Self(value.into()))
    }

    /// An id as a durable history kept it.
    pub(crate) fn stored(value: &str) -> Self {
        Self(value.into())
    }

    /// The id as it stands in the SSE `id` field and in cursors.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for EventId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventId({:?})", &*self.0)
    }
}

/// Why a supplied event id is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventIdError {
    /// Nothing there: would reset the subscriber's last event id.
    #[error("empty id")]
    Empty,
    /// Longer than [`Limits::event_id_bytes`].
    #[error("id longer than {limit_bytes} bytes")]
    TooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// `#…` is kept for ids that a hub makes. publish.id.no-hash
    #[error("id starts with `#`, which is reserved for hubs")]
    LeadingHash,
    /// publish.id.no-earliest
    #[error("id is the reserved cursor `earliest`")]
    Earliest,
    /// publish.id.c0, .del, .c1, .cf
    #[error("id contains {0}")]
    Text(#[from] TextFault),
}

/// Where a subscriber wants to resume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastEventId {
    /// `earliest`: everything that the hub still has. replay.earliest
    Earliest,
    /// The updates published after the one with this id; any string, since an unknown id is no error.
    After(Arc<str>),
}

impl LastEventId {
    /// Reads a cursor as it stands in a header field or a query parameter.
    pub fn parse(value: &str) -> Self {
        if value == EARLIEST {
            Self::Earliest
        } else {
            Self::After(value.into())
        }
    }
}

/// The cursor of a response (`Mercure-Last-Event-ID` in 1.0, `Last-Event-ID` in 0.x): the event before the first one sent.
/// replay.response-field.*
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseCursor {
    /// Nothing precedes: an empty history, everything was asked for, or the cursor is not in the history (any more).
    Earliest,
    /// The id that was asked for, found in the history.
    After(EventId),
}

impl ResponseCursor {
    /// The value of the header field.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Earliest => EARLIEST,
            Self::After(id) => id.as_str(),
        }
    }
}

/// Where the hub takes its own event ids from; randomness comes in from outside.
pub trait EventIdSource: Send {
    /// The next id, different from all before it.
    fn next_id(&mut self) -> EventId;
}

/// Ids as `urn:uuid:` with version 4 UUIDs: opaque, so that a cursor tells nothing of order or time. replay.opaque-ids
pub struct RandomEventIds {
    generator: StdRng,
}

impl RandomEventIds {
    /// A source that is unpredictable when its seed is (32 bytes from the operating system), and repeatable in tests.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self {
            generator: StdRng::from_seed(seed),
        }
    }
}

impl fmt::Debug for RandomEventIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomEventIds").finish_non_exhaustive()
    }
}

impl EventIdSource for RandomEventIds {
    fn next_id(&mut self) -> EventId {
        let mut bytes = [0; 16];
        self.generator.fill_bytes(&mut bytes);
        let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
        EventId(uuid.urn().to_string().into())
    }
}
