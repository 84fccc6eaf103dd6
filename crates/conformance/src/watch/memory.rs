//! What went before: which streams of a client the hub ended and after which event, which cursors it was given, which ids, topics and
//! issuers were seen. All of it bounded; the oldest is forgotten. Not for judging.

mod bounded;
mod streams;

use std::{hash::Hash, time::Duration};

use assay_client::Dialect;

use super::{
    exchange::EndedBy,
    jwt::Jwt,
    scene::{ClientKey, Place, Scene, When},
};

use bounded::Bounded;
use streams::Streams;

pub(super) use streams::{Cut, StreamId};

/// What is remembered that bears on one exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Before {
    /// An update with this id was published and taken.
    pub(super) id_is_known: bool,
    /// Streams of this client with these topics that the hub ended a moment ago.
    pub(super) cuts: Vec<Cut>,
    /// Such a stream is open still, so that nobody can tell a reconnection from one more.
    pub(super) has_a_twin: bool,
    /// The cursor that a resource gave to this client.
    pub(super) discovered: Option<String>,
    /// The cursor that a list of subscriptions gave to this client.
    pub(super) listed: Option<String>,
    /// The issuer of other tokens of this `client_id`.
    pub(super) issuer: Option<String>,
    /// Whose tokens the key was used for, and whose others were.
    pub(super) key_use: KeyUse,
    /// What was published of this resource.
    pub(super) updates: Option<Updates>,
}

/// Which roles' tokens a key signs, as far as tokens name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum KeyUse {
    /// Nothing to compare.
    #[default]
    Unknown,
    /// Each role has its own.
    Apart,
    /// One for both.
    Shared,
}

/// What was published of a topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Updates {
    /// The event type of the first; empty for the default.
    pub(super) event_type: String,
    /// Whether later ones had another.
    pub(super) is_mixed: bool,
    /// Whether it was the first topic of an update.
    pub(super) is_canonical: bool,
}

/// All that is remembered.
#[derive(Debug, Default)]
pub(super) struct Memory {
    dialects: Bounded<ClientKey, Dialect>,
    ids: Bounded<String, ()>,
    topics: Bounded<String, Updates>,
    discovered: Bounded<ClientKey, String>,
    listed: Bounded<ClientKey, String>,
    /// `client_id` → issuer.
    issuers: Bounded<String, String>,
    /// `kid` → whether publishers' and whether subscribers' tokens.
    keys: Bounded<String, [bool; 2]>,
    streams: Streams,
}

impl Memory {
    /// The dialect that a client spoke before.
    pub(super) fn dialect_of(&self, client: &ClientKey) -> Option<Dialect> {
        self.dialects.get(client).copied()
    }

    /// What bears on an exchange that was not learnt yet.
    pub(super) fn before(&self, scene: &Scene) -> Before {
        let mut before = Before {
            updates: self.updates_of(scene),
            ..Before::default()
        };
        if let Some(token) = scene.token() {
            before.issuer = token
                .text("client_id")
                .and_then(|id| self.issuers.get(id).cloned());
            before.key_use = self.key_use(token, scene.dialect);
        }
        if scene.is(When::Publication) {
            let ids = scene.values("id");
            before.id_is_known = ids.first().is_some_and(|&id| self.ids.get(id).is_some());
        }
        if scene.is(When::Subscription) {
            let (cuts, has_a_twin) = self.streams.before(scene);
            (before.cuts, before.has_a_twin) = (cuts, has_a_twin);
            let client = scene.client.without_origin();
            before.discovered = self.discovered.get(&client).cloned();
            before.listed = self.listed.get(&client).cloned();
        }
        before
    }

    /// Remembers an exchange; the stream that it opened, if it did.
    pub(super) fn learn(&mut self, scene: &Scene) -> Option<StreamId> {
        if scene.place != Place::Elsewhere {
            self.dialects.insert(scene.client.clone(), scene.dialect);
        }
        if scene.is(When::Publication) && scene.answered(2) {
            self.learn_publication(scene);
        }
        if let Some(token) = scene.token() {
            self.learn_token(token, scene.dialect);
        }
        self.learn_cursor(scene);
        let opens = scene.is(When::Subscription)
            && scene.exchange.asked.method != "HEAD"
            && scene
                .answer()
                .is_some_and(crate::answer::Answer::is_event_stream);
        opens.then(|| {
            let client = scene.client.without_origin();
            self.discovered.remove(&client);
            if scene.names_subscriptions() {
                self.listed.remove(&client);
            }
            self.streams.opened(scene)
        })
    }

    /// An event of a stream.
    pub(super) fn event(&mut self, stream: StreamId, id: &str) {
        self.streams.event(stream, id);
    }

    /// The end of a stream.
    pub(super) fn ended(&mut self, stream: StreamId, by: EndedBy, at: Duration) {
        self.streams.ended(stream, by, at);
    }

    /// Streams that are open.
    pub(super) fn open_streams(&self) -> usize {
        self.streams.open()
    }

    fn learn_publication(&mut self, scene: &Scene) {
        if let Some(&id) = scene.values("id").first() {
            self.ids.insert(id.to_owned(), ());
        }
        let event_type = scene.values("type").first().copied().unwrap_or_default();
        for (index, topic) in scene.values("topic").into_iter().enumerate() {
            let known = self.topics.get(topic);
            let updates = Updates {
                event_type: known.map_or(event_type, |it| &it.event_type).to_owned(),
                is_mixed: known.is_some_and(|it| it.is_mixed || it.event_type != event_type),
                is_canonical: index == 0 || known.is_some_and(|it| it.is_canonical),
            };
            self.topics.insert(topic.to_owned(), updates);
        }
    }

    fn learn_token(&mut self, token: &Jwt, dialect: Dialect) {
        if let (Some(client), Some(issuer)) = (token.text("client_id"), token.text("iss")) {
            self.issuers.insert(client.to_owned(), issuer.to_owned());
        }
        if let (Some(key), Some(role)) = (key_of(token), role_of(token, dialect)) {
            let mut roles = self.keys.get(&key).copied().unwrap_or_default();
            roles[usize::from(role == Role::Subscriber)] = true;
            self.keys.insert(key, roles);
        }
    }

    fn learn_cursor(&mut self, scene: &Scene) {
        let link = scene
            .hub_links()
            .find(|link| scene.leads_to_the_hub(&link.target));
        let Some(cursor) = link
            .as_ref()
            .and_then(|link| link.parameter("last-event-id"))
        else {
            return;
        };
        let cursors = match scene.place {
            Place::Elsewhere => &mut self.discovered,
            Place::Lists => &mut self.listed,
            Place::Hub => return,
        };
        cursors.insert(scene.client.without_origin(), cursor.to_owned());
    }

    fn updates_of(&self, scene: &Scene) -> Option<Updates> {
        if scene.place != Place::Elsewhere {
            return None;
        }
        let host = scene.exchange.asked.field("host").unwrap_or_default();
        let path = &scene.exchange.asked.target;
        let hub = scene
            .site
            .hub
            .join(path)
            .map(String::from)
            .unwrap_or_default();
        let names = [
            path.clone(),
            hub,
            format!("http://{host}{path}"),
            format!("https://{host}{path}"),
        ];
        names.iter().find_map(|name| self.topics.get(name).cloned())
    }

    fn key_use(&self, token: &Jwt, dialect: Dialect) -> KeyUse {
        let (Some(key), Some(role)) = (key_of(token), role_of(token, dialect)) else {
            return KeyUse::Unknown;
        };
        let other = usize::from(role == Role::Publisher);
        if self.keys.get(&key).is_some_and(|roles| roles[other]) {
            KeyUse::Shared
        } else if self
            .keys
            .iter()
            .any(|(it, roles)| *it != key && roles[other])
        {
            KeyUse::Apart
        } else {
            KeyUse::Unknown
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Publisher,
    Subscriber,
}

/// The key as the token names it; one without name cannot be told from others.
fn key_of(token: &Jwt) -> Option<String> {
    let key = token.header.get("kid")?.as_str()?;
    Some(format!(
        "{key} of {}",
        token.text("iss").unwrap_or_default()
    ))
}

/// Whose token it is, when it permits the one and not the other.
fn role_of(token: &Jwt, dialect: Dialect) -> Option<Role> {
    let has = |action| match dialect {
        Dialect::V1 => !token.grants_v1(action).is_empty(),
        Dialect::V0 => token
            .grants_v0(action)
            .is_some_and(|grants| !grants.is_empty()),
    };
    match (has("publish"), has("subscribe")) {
        (true, false) => Some(Role::Publisher),
        (false, true) => Some(Role::Subscriber),
        _ => None,
    }
}
