//! Streams that are open, and those that the hub ended and whose client is expected back.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::watch::{
    exchange::EndedBy,
    limits::{IDS_OF_A_STREAM, RECONNECTION_WITHIN},
    scene::{ClientKey, Scene},
};

use super::Bounded;

/// Names a stream within a watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::watch) struct StreamId(u64);

/// Who listens to what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Audience {
    client: ClientKey,
    matchers: Vec<(String, String)>,
}

/// A stream that the hub ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::watch) struct Cut {
    at: Duration,
    /// The ids sent on it, the last of them last, and only so many.
    pub(in crate::watch) ids: VecDeque<String>,
    pub(in crate::watch) had_token: bool,
}

impl Cut {
    /// The last id sent on it; none when there was no event with one.
    pub(in crate::watch) fn last_id(&self) -> Option<&str> {
        self.ids
            .back()
            .map(String::as_str)
            .filter(|id| !id.is_empty())
    }
}

#[derive(Debug)]
struct Open {
    audience: Audience,
    ids: VecDeque<String>,
    had_token: bool,
}

#[derive(Debug, Default)]
pub(super) struct Streams {
    opened: u64,
    open: HashMap<StreamId, Open>,
    cuts: Bounded<Audience, Vec<Cut>>,
}

impl Streams {
    /// The streams of this audience whose end was a moment ago, and whether one is open.
    pub(super) fn before(&self, scene: &Scene) -> (Vec<Cut>, bool) {
        let audience = Audience::of(scene);
        let cuts = self.cuts.get(&audience).into_iter().flatten();
        let fresh =
            cuts.filter(|cut| scene.exchange.at.saturating_sub(cut.at) <= RECONNECTION_WITHIN);
        let twin = self.open.values().any(|open| open.audience == audience);
        (fresh.cloned().collect(), twin)
    }

    /// A new stream; the cut one that it continues is settled with it.
    pub(super) fn opened(&mut self, scene: &Scene) -> StreamId {
        let audience = Audience::of(scene);
        let mut cuts = self.cuts.remove(&audience).unwrap_or_default();
        let cursor = scene.exchange.asked.field("last-event-id");
        let cursor = cursor.or_else(|| scene.cursor_parameter());
        let continued = cuts
            .iter()
            .position(|cut| cut.last_id() == cursor)
            .unwrap_or(0);
        if continued < cuts.len() {
            cuts.remove(continued);
        }
        if !cuts.is_empty() {
            self.cuts.insert(audience.clone(), cuts);
        }
        self.opened += 1;
        let id = StreamId(self.opened);
        let open = Open {
            audience,
            // Until the first event the cursor that it came with is what its client has.
            ids: cursor.map(str::to_owned).into_iter().collect(),
            had_token: !scene.presented.is_empty(),
        };
        self.open.insert(id, open);
        id
    }

    pub(super) fn event(&mut self, stream: StreamId, id: &str) {
        let Some(open) = self.open.get_mut(&stream) else {
            return;
        };
        if open.ids.len() >= IDS_OF_A_STREAM {
            open.ids.pop_front();
        }
        open.ids.push_back(id.to_owned());
    }

    pub(super) fn ended(&mut self, stream: StreamId, by: EndedBy, at: Duration) {
        let Some(open) = self.open.remove(&stream) else {
            return;
        };
        if by == EndedBy::Client {
            return;
        }
        let mut cuts = self.cuts.remove(&open.audience).unwrap_or_default();
        cuts.retain(|cut| at.saturating_sub(cut.at) <= RECONNECTION_WITHIN);
        cuts.push(Cut {
            at,
            ids: open.ids,
            had_token: open.had_token,
        });
        self.cuts.insert(open.audience, cuts);
    }

    pub(super) fn open(&self) -> usize {
        self.open.len()
    }
}

impl Audience {
    fn of(scene: &Scene) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            client: scene.client.clone(),
            matchers: scene.matchers().into_iter().map(owned).collect(),
        }
    }
}
