//! An update: what the history keeps and the fan-out hands on.

use bytes::Bytes;

use crate::publication::{Publication, Visibility};
use crate::sse;
use crate::topic::Topic;
use crate::{Dialect, EventId};

/// Whom an update is for, whatever their matchers and grants are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everyone: what publishers sent.
    Everyone,
    /// Those who follow subscriptions in this dialect.
    Watchers(Dialect),
    /// Nobody: its id is a cursor, and that is all.
    Nobody,
}

/// A published update, with its SSE event encoded once for all subscribers.
#[derive(Debug)]
pub struct Update {
    id: EventId,
    is_id_foreign: bool,
    topics: Box<[Topic]>,
    visibility: Visibility,
    audience: Audience,
    event: Bytes,
    chunk: Bytes,
}

impl Update {
    /// The update that a publication becomes under the id that it supplied, or else under the one that the hub made.
    pub fn new(publication: Publication, id: EventId) -> Self {
        Self::with_audience(publication, id, Audience::Everyone)
    }

    /// An update of the hub's own.
    pub(crate) fn with_audience(publication: Publication, id: EventId, audience: Audience) -> Self {
        let (event, chunk) = sse::encode(&publication, &id);
        Self {
            id,
            is_id_foreign: publication.id().is_some(),
            visibility: publication.visibility(),
            audience,
            topics: publication.into_topics().into(),
            event,
            chunk,
        }
    }

    /// An update as a durable history kept it.
    pub(crate) fn stored(
        id: EventId,
        topics: Vec<Topic>,
        (visibility, audience): (Visibility, Audience),
        event: &[u8],
    ) -> Self {
        let (event, chunk) = sse::frame(event);
        Self {
            id,
            is_id_foreign: true,
            visibility,
            audience,
            topics: topics.into(),
            event,
            chunk,
        }
    }

    /// Its id: the SSE `id`, the publish response and a cursor.
    pub fn id(&self) -> &EventId {
        &self.id
    }

    /// Whether the id may be that of another update, too: a publisher supplied it, or that is not known any more.
    pub(crate) fn is_id_foreign(&self) -> bool {
        self.is_id_foreign
    }

    /// The canonical topic and then the alternates; never empty.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Who may read it.
    pub fn visibility(&self) -> Visibility {
        self.visibility
    }

    pub(crate) fn audience(&self) -> Audience {
        self.audience
    }

    /// Whether it is an event about a subscription, in this dialect.
    pub(crate) fn is_for_watchers(&self, dialect: Dialect) -> bool {
        self.audience == Audience::Watchers(dialect)
    }

    /// The SSE event, up to and including its final blank line. Sharing it costs a reference count.
    pub fn event(&self) -> &Bytes {
        &self.event
    }

    /// The event as one chunk of an HTTP/1.1 body (RFC 9112, section 7.1), in the same memory: who writes to sockets by
    /// itself has nothing to add.
    pub fn chunk(&self) -> &Bytes {
        &self.chunk
    }

    /// Memory that the update takes in the history.
    pub(crate) fn size_bytes(&self) -> usize {
        let topics: usize = self.topics.iter().map(Topic::size_bytes).sum();
        size_of::<Self>() + topics + self.chunk.len() + self.id.as_str().len()
    }
}
