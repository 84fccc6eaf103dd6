//! Reads along with the body of an answer: the events of a stream, or the text of a page. Not for what is right in it.

use std::net::IpAddr;

use crate::{
    answer::Answer,
    watch::{
        exchange::{Asked, EndedBy, Exchange, LookedAt},
        limits::EVENT_BYTES_AT_MOST,
        watcher::StreamId,
    },
    wire::event_stream::Blocks,
};

use super::Way;

/// What is read along.
pub(super) struct Follower<'a> {
    way: &'a Way,
    asked: &'a Asked,
    answer: &'a Answer,
    peer: IpAddr,
    what: What,
}

enum What {
    Stream {
        id: StreamId,
        blocks: Blocks,
        /// Bytes since the last event ended.
        pending: usize,
    },
    Page(LookedAt),
    Nothing,
}

impl<'a> Follower<'a> {
    pub(super) fn of(
        stream: Option<StreamId>,
        answer: &'a Answer,
        asked: &'a Asked,
        peer: IpAddr,
        way: &'a Way,
    ) -> Self {
        let readable = answer
            .header("content-encoding")
            .is_none_or(|coding| coding.eq_ignore_ascii_case("identity"));
        let what = match stream {
            Some(id) => What::Stream {
                id,
                blocks: Blocks::default(),
                // A stream that is compressed is over the bound from its beginning.
                pending: if readable { 0 } else { EVENT_BYTES_AT_MOST + 1 },
            },
            None if readable && way.watcher.wants_page(asked, answer) => {
                What::Page(LookedAt::new(way.budget.clone()))
            }
            None => What::Nothing,
        };
        Self {
            way,
            asked,
            answer,
            peer,
            what,
        }
    }

    pub(super) fn follow(&mut self, content: &[u8]) {
        match &mut self.what {
            What::Stream {
                id,
                blocks,
                pending,
            } if *pending <= EVENT_BYTES_AT_MOST => {
                *pending += content.len();
                blocks.push(content, &mut |event| {
                    *pending = content.len();
                    self.way.watcher.event(*id, &event);
                });
            }
            What::Page(looked_at) => looked_at.push(content),
            What::Stream { .. } | What::Nothing => {}
        }
    }

    pub(super) fn ended(self, by: EndedBy, whole: bool) {
        match self.what {
            What::Stream { id, .. } => self.way.watcher.stream_ended(id, by),
            What::Page(mut looked_at) if whole => {
                looked_at.end();
                if let Some(text) = looked_at.content() {
                    let exchange = Exchange {
                        asked: self.asked.clone(),
                        content: None,
                        peer: self.peer,
                        at: self.way.watcher.elapsed(),
                        answer: Some(self.answer.clone()),
                    };
                    self.way.watcher.page(exchange, &text);
                }
            }
            What::Page(_) | What::Nothing => {}
        }
    }
}
