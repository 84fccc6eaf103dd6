//! Active subscriptions: the documents that describe them, the updates that announce them, and the lists of them.
//!
//! **Who sees what.** A hub of both dialects tells each watcher of every subscription, once, and in the words of the
//! watcher's own dialect, which is that of its token: 1.0 under `…/subscriptions/{match_type}/{match}/{subscriber}`, 0.x
//! under `…/subscriptions/{topic}/{subscriber}`. What the other dialect has no word for keeps its text: a URL pattern is
//! a selector in 0.x, and a template has the type `uritemplate` in 1.0.
//!
//! **When it is announced.** The draft asks for an update each time, and nobody is served by updates that nobody can read.
//! So they go into the log while somebody follows them, and for [`crate::limits::UNWATCHED_EVENTS`] more after that, after
//! each look at a list, and after the start of the hub; then they are left out, until somebody asks again. What is left out
//! is a gap in the log, and a gap is never silent: whoever resumes from before it, and could have read what is missing, is
//! told `earliest`, which means in both drafts that updates may be lost and the list is to be fetched again. A list that is
//! fetched inside of a gap gets a cursor of its own, behind it.
//!
//! **In which order.** Lists change in the order of the log, at the place of their announcement: a list and what follows its
//! cursor add up to the present, nothing twice and nothing missing.
//!
//! Not here: paths and headers of HTTP, and whether a token may see a list, which the transport asks it.

mod book;
mod document;
mod namespace;
mod snapshot;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::access_token::AccessToken;
use crate::dialect::ByDialect;
use crate::publication::Publication;
use crate::subscriber::Interest;
use crate::topic::Topic;
use crate::topic_matcher::TopicMatcher;
use crate::update::{Audience, Update};
use crate::{Dialect, Dialects, EventId};

pub(crate) use book::Book;
pub(crate) use document::Presence;
pub(crate) use namespace::{Namespace, Wanted};
pub use snapshot::ActiveSubscriptions;

/// How a hub keeps track of subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionSettings {
    /// The path of the hub's URL, as clients know it. subscriptions.event.topic-custom-path
    pub hub_path: String,
    /// In which words subscriptions are announced.
    pub dialects: Dialects,
    /// Announcements that go into the log although nobody follows them, each time after somebody did.
    pub unwatched_events: usize,
}

/// A subscriber came, or went.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) presence: Arc<Presence>,
    pub(crate) active: bool,
}

/// A change, and the updates that announce it, made before the lock of the hub is taken.
#[derive(Debug)]
pub(crate) struct Announcement {
    pub(crate) change: Change,
    pub(crate) updates: Vec<Arc<Update>>,
    /// Its place among all of them; the book gives it.
    pub(crate) number: u64,
}

impl Announcement {
    pub(crate) fn new(change: Change, updates: Vec<Arc<Update>>) -> Self {
        Self {
            change,
            updates,
            number: 0,
        }
    }

    /// Whether `later` is the going of whoever comes here.
    pub(crate) fn is_undone_by(&self, later: &Change) -> bool {
        let Change { presence, active } = &self.change;
        *active && !later.active && Arc::ptr_eq(presence, &later.presence)
    }
}

/// What does not change about announcing, and can be asked without the lock of the hub.
#[derive(Debug)]
pub(crate) struct Announcer {
    namespace: Namespace,
    /// Whether an announcement would go into the log now. Only a hint: what counts is the book.
    on_record: ByDialect<AtomicBool>,
}

impl Announcer {
    pub(crate) fn new(settings: &SubscriptionSettings) -> Self {
        Self {
            namespace: Namespace::new(&settings.hub_path),
            on_record: ByDialect::default(),
        }
    }

    pub(crate) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Keeps the hint right.
    pub(crate) fn hint(&self, on_record: ByDialect<bool>) {
        for dialect in Dialect::ALL {
            self.on_record[dialect].store(on_record[dialect], Relaxed);
        }
    }

    /// In which dialect somebody may be able to read about subscriptions; none if it cannot.
    pub(crate) fn watches(
        &self,
        matchers: &[TopicMatcher],
        token: Option<&AccessToken>,
    ) -> Option<Dialect> {
        let token = token?;
        let prefix = self.namespace.prefix();
        let reaches =
            |matchers: &[TopicMatcher]| matchers.iter().any(|it| it.may_cover_below(prefix));
        (reaches(matchers) && reaches(&token.grants().subscribe)).then(|| token.dialect())
    }

    /// What is to be told of a subscriber.
    pub(crate) fn presence(
        subscriber: EventId,
        interest: &Interest,
        token: Option<&AccessToken>,
    ) -> Arc<Presence> {
        Arc::new(Presence::new(subscriber, &interest.matchers, |matcher| {
            token.and_then(|token| token.payload(matcher))
        }))
    }

    /// A change, with the updates that it takes by now.
    pub(crate) fn announce(&self, change: Change, new_id: impl FnMut() -> EventId) -> Announcement {
        let on_record = ByDialect::from_fn(|dialect| self.on_record[dialect].load(Relaxed));
        let updates = self.updates(&change, on_record, new_id);
        Announcement::new(change, updates)
    }

    /// The updates that announce a change in these dialects. subscriptions.event.private, .type-mercure
    pub(crate) fn updates(
        &self,
        change: &Change,
        dialects: ByDialect<bool>,
        mut new_id: impl FnMut() -> EventId,
    ) -> Vec<Arc<Update>> {
        let mut updates = Vec::new();
        for dialect in Dialect::ALL.into_iter().filter(|&it| dialects[it]) {
            // 0.x has no event type: its clients listen to the default one.
            let event_type = match dialect {
                Dialect::V0 => None,
                Dialect::V1 => Some("mercure"),
            };
            for (topic, document) in
                change
                    .presence
                    .documents(&self.namespace, dialect, change.active)
            {
                let publication = Publication::of_hub(Topic::of_hub(&topic), event_type, document);
                let audience = Audience::Watchers(dialect);
                updates.push(Arc::new(Update::with_audience(
                    publication,
                    new_id(),
                    audience,
                )));
            }
        }
        updates
    }

    /// An update that nobody receives: a place in the log, for a list to point to.
    pub(crate) fn mark(&self, id: EventId) -> Arc<Update> {
        let topic = Topic::of_hub(self.namespace.root());
        let publication = Publication::of_hub(topic, None, String::new());
        Arc::new(Update::with_audience(publication, id, Audience::Nobody))
    }
}
