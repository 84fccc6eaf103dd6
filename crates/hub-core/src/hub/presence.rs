//! What the hub does about subscriptions that begin and end, and how it lists them.
//!
//! Not here: how they are described, and when they go into the log, see [`crate::subscriptions`].

use std::sync::Arc;
use std::task::Waker;

use super::{Hub, Shared, State};
use crate::access_token::AccessToken;
use crate::dialect::ByDialect;
use crate::event_id::{LastEventId, ResponseCursor};
use crate::history::{History, Position, Read, Resumed};
use crate::subscriber::Interest;
use crate::subscriptions::{
    ActiveSubscriptions, Announcement, Announcer, Book, Change, Presence, Wanted,
};
use crate::{Dialect, EventId};

impl Hub {
    /// What is at a path of the subscription API now: one below the path of the hub, as clients know it.
    ///
    /// None if there is nothing: the hub does not keep track, or the path is none of the API's, or names a subscription
    /// that is not active. Authorize first. subscriptions.api.not-found, subscriptions.api-404
    pub fn active_subscriptions(
        &self,
        path: &str,
        dialect: Dialect,
    ) -> Option<ActiveSubscriptions> {
        let announcer = self.shared.announcer.as_ref()?;
        let wanted = announcer.namespace().read(path, dialect)?;
        let mut wakers = Vec::new();
        let mut state = self.shared.lock();
        let present = state.book.as_ref()?.present_for(&wanted);
        let cursor = state.cursor_of_list(dialect, &self.shared, &mut wakers)?;
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        let list = ActiveSubscriptions {
            path: path.to_owned(),
            dialect,
            wanted,
            present,
            cursor,
            announcer: Arc::clone(announcer),
        };
        list.exists().then_some(list)
    }
}

impl Shared {
    /// In which dialect a subscriber may be able to follow subscriptions.
    pub(super) fn watches(
        &self,
        interest: &Interest,
        token: Option<&AccessToken>,
    ) -> Option<Dialect> {
        let announcer = self.announcer.as_ref()?;
        announcer.watches(&interest.matchers, token)
    }

    /// What others are told of a subscriber, if the hub keeps track.
    pub(super) fn presence(
        &self,
        interest: &Interest,
        token: Option<&AccessToken>,
    ) -> Option<Arc<Presence>> {
        self.announcer.as_ref()?;
        Some(Announcer::presence(self.new_event_id(), interest, token))
    }

    /// A change, with its updates made beforehand.
    pub(crate) fn announcement(&self, change: Change) -> Option<Announcement> {
        let announcer = self.announcer.as_ref()?;
        Some(announcer.announce(change, || self.new_event_id()))
    }

    fn updates(&self, change: &Change, dialects: ByDialect<bool>) -> Vec<Arc<crate::Update>> {
        let announcer = self.announcer.as_ref();
        announcer.map_or_else(Vec::new, |announcer| {
            announcer.updates(change, dialects, || self.new_event_id())
        })
    }
}

impl State {
    /// Begins to keep track, on top of a log that a former process may have written.
    pub(super) fn open_book(&mut self, shared: &Shared) {
        let settings = shared.settings.subscriptions.as_ref();
        self.book = settings.map(|settings| Book::new(settings, newest(&*self.history)));
        self.hint(shared);
    }

    /// Lets a change take place, after it was announced to those who can read it.
    pub(crate) fn announce(
        &mut self,
        announcement: Announcement,
        shared: &Shared,
        wakers: &mut Vec<Waker>,
    ) {
        let end = self.history.end();
        let Some(book) = &mut self.book else { return };
        let Announcement {
            change,
            mut updates,
            ..
        } = announcement;
        let on_record = if self.closed.is_some() {
            ByDialect::default()
        } else {
            book.on_record()
        };
        for dialect in Dialect::ALL.into_iter().filter(|&it| !on_record[it]) {
            book.left_out(dialect, end);
        }
        let made = |dialect| updates.iter().any(|update| update.is_for_watchers(dialect));
        if Dialect::ALL
            .into_iter()
            .any(|it| on_record[it] && !made(it))
        {
            // Somebody began to follow in this very moment.
            updates = shared.updates(&change, on_record);
        }
        updates.retain(|update| {
            Dialect::ALL
                .into_iter()
                .any(|it| on_record[it] && update.is_for_watchers(it))
        });
        for dialect in Dialect::ALL {
            let of_dialect = updates.iter().filter(|it| it.is_for_watchers(dialect));
            book.recorded(dialect, of_dialect.count());
        }
        if updates.is_empty() {
            book.takes_place(change);
        } else {
            book.wait(Announcement::new(change, updates));
            self.log(wakers);
        }
        self.hint(shared);
    }

    /// Puts what waits into the log, in its order, as long as that takes it.
    fn log(&mut self, wakers: &mut Vec<Waker>) {
        while let Some(updates) = self.book.as_ref().and_then(Book::first_waiting) {
            let submitted = self.history.submit(updates);
            let Some(book) = &mut self.book else { return };
            if let Ok(ticket) = submitted {
                book.is_underway(ticket);
            } else {
                book.is_stuck();
                break;
            }
        }
        self.feed(usize::MAX, wakers);
    }

    /// Tries again with what the log did not take before, now that it takes something.
    pub(super) fn log_again(&mut self, wakers: &mut Vec<Waker>) {
        if self.book.as_ref().is_some_and(Book::may_try_again) {
            self.log(wakers);
        }
    }

    /// A subscriber who may follow subscriptions is let in.
    pub(super) fn watcher_came(&mut self, interest: &Interest, shared: &Shared) {
        if let (Some(book), Some(dialect)) = (&mut self.book, interest.watches) {
            book.watcher_came(dialect);
            self.hint(shared);
        }
    }

    /// A subscriber is gone. Announce that afterwards.
    pub(crate) fn leave(&mut self, interest: &Interest, shared: &Shared) {
        self.admission.leave(&interest.matchers);
        if let (Some(book), Some(dialect)) = (&mut self.book, interest.watches) {
            book.watcher_left(dialect);
            self.hint(shared);
        }
    }

    /// Whether something was left out of the log that a subscriber may have to read from this position on.
    pub(crate) fn is_missing(&self, interest: &Interest, position: Position) -> bool {
        let (Some(book), Some(dialect)) = (&self.book, interest.watches) else {
            return false;
        };
        book.is_missing_from(dialect, position)
    }

    /// The cursor of a list that shows the book as it is now.
    fn cursor_of_list(
        &mut self,
        dialect: Dialect,
        shared: &Shared,
        wakers: &mut Vec<Waker>,
    ) -> Option<ResponseCursor> {
        let end = self.history.end();
        let book = self.book.as_mut()?;
        book.list_asked(dialect);
        let newest = book.newest().cloned();
        let is_settled = book.is_settled();
        let is_missing = book.is_missing_from(dialect, end);
        let is_doubtful = match &newest {
            Some(newest) if newest.is_id_foreign => !self.leads_to(&newest.id, end),
            _ => false,
        };
        // Of an update older than what was left out who holds its id may be from before that, and one whose id an older one
        // has leads to that. What is not in the list yet would come before the mark.
        let mark = if (is_missing || is_doubtful) && is_settled && self.closed.is_none() {
            self.mark(shared, wakers)
        } else {
            None
        };
        let cursor = match mark {
            None if is_missing => None,
            None => newest.map(|newest| newest.id),
            mark => mark,
        };
        self.hint(shared);
        Some(cursor.map_or(ResponseCursor::Earliest, ResponseCursor::After))
    }

    /// Puts an update into the log that nobody gets, for the sake of its id. None if the log does not take it.
    fn mark(&mut self, shared: &Shared, wakers: &mut Vec<Waker>) -> Option<EventId> {
        let id = shared.new_event_id();
        let mark = shared.announcer.as_ref()?.mark(id.clone());
        let is_taken = self.history.submit(vec![mark]).is_ok();
        self.feed(usize::MAX, wakers);
        is_taken.then_some(id)
    }

    /// Whether a cursor is known to lead to this position.
    fn leads_to(&mut self, id: &EventId, position: Position) -> bool {
        match self.history.resume(&LastEventId::parse(id.as_str())) {
            Resumed::At(at) => at.position == position,
            Resumed::Ask(_) => false,
        }
    }

    pub(super) fn hint(&self, shared: &Shared) {
        if let (Some(announcer), Some(book)) = (&shared.announcer, &self.book) {
            announcer.hint(book.on_record());
        }
    }
}

impl Book {
    /// Those who may have what is wanted.
    fn present_for(&self, wanted: &Wanted) -> Vec<Arc<Presence>> {
        match wanted {
            Wanted::All => self.present().cloned().collect(),
            Wanted::Matcher(selection) => self
                .present()
                .filter(|presence| presence.has(selection))
                .cloned()
                .collect(),
            Wanted::One {
                selection,
                subscriber,
            } => self
                .find(subscriber)
                .filter(|presence| presence.has(selection))
                .cloned()
                .into_iter()
                .collect(),
        }
    }
}

/// The newest update of a log, and where it ends; none if there is nothing in it.
fn newest(history: &dyn History) -> Option<(Position, EventId)> {
    let end = history.end();
    let last = end.previous()?;
    let mut batch = Vec::new();
    match history.read(last, &mut batch).ok()? {
        Read::UpTo(_) => {}
        Read::Ask(archive) => {
            archive.read(last, end, &mut batch).ok()?;
        }
    }
    batch.last().map(|update| (end, update.id().clone()))
}
