//! An update: what the history keeps and the fan-out hands on.

use bytes::Bytes;

use crate::EventId;
use crate::publication::{Publication, Visibility};
use crate::sse;
use crate::topic::Topic;

/// A published update, with its SSE event encoded once for all subscribers.
#[derive(Debug)]
pub struct Update {
    id: EventId,
    topics: Box<[Topic]>,
    visibility: Visibility,
    event: Bytes,
}

impl Update {
    /// The update that a publication becomes under the id that it supplied, or else under the one that the hub made.
    pub fn new(publication: Publication, id: EventId) -> Self {
        let event = sse::encode(&publication, &id);
        Self {
            id,
            visibility: publication.visibility(),
            topics: publication.into_topics().into(),
            event,
        }
    }

    /// Its id: the SSE `id`, the publish response and a cursor.
    pub fn id(&self) -> &EventId {
        &self.id
    }

    /// The canonical topic and then the alternates; never empty.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Who may read it.
    pub fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// The SSE event, up to and including its final blank line. Sharing it costs a reference count.
    pub fn event(&self) -> &Bytes {
        &self.event
    }

    /// Memory that the update takes in the history.
    pub(crate) fn size_bytes(&self) -> usize {
        let topics: usize = self.topics.iter().map(Topic::size_bytes).sum();
        size_of::<Self>() + topics + self.event.len() + self.id.as_str().len()
    }
}
