//! Reads of an archive, ordered by those who must not wait for them.
//!
//! An archive may wait for a disk. Who serves others meanwhile, such as the thread of a lane or a task of a runtime, leaves a
//! [`ReadOrder`] with [`Readers`], who execute it elsewhere, and goes on when the answer is there. No lock of the hub is held
//! while an order is executed. Who ordered may leave first: then the order is not executed any more, or its answer is dropped.
//!
//! Not here: what is read, see [`Archive`]; the threads that read, which belong to who runs the hub.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use slab::Slab;

use super::{Archive, ArchiveError};
use crate::subscriber::CloseReason;

/// One read of an archive, for somebody who waits for it: one look at where a cursor points to, or at most a batch of updates.
/// One that is dropped is answered too: the history is unavailable.
#[must_use = "somebody waits for it"]
pub struct ReadOrder(Box<dyn FnOnce() + Send>);

impl ReadOrder {
    /// Reads, and gives the answer to who waits. May wait for a disk or a peer. Reads nothing if nobody waits any more.
    pub fn execute(self) {
        (self.0)();
    }
}

impl fmt::Debug for ReadOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadOrder")
    }
}

/// Who executes read orders.
pub trait Readers: Send + Sync {
    /// Takes an order, to execute it soon; not within this call, unless its caller may wait for a disk. Orders are independent
    /// of each other: they may be executed in any order, and at once. How many are left here is bounded by the hub.
    fn take(&self, order: ReadOrder);
}

/// Executes each order in the call that brings it: for a history without an archive, and for who serves nobody else.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadAtOnce;

impl Readers for ReadAtOnce {
    fn take(&self, order: ReadOrder) {
        order.execute();
    }
}

/// Why an order was not answered as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    Archive(ArchiveError),
    /// The hub was closed meanwhile.
    Closed(CloseReason),
}

impl From<ReadError> for CloseReason {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Archive(error) => error.into(),
            ReadError::Closed(reason) => reason,
        }
    }
}

/// The orders of a hub that are out. Its lock is taken last, and nothing is woken or dropped under it.
pub(crate) struct Orders {
    readers: Arc<dyn Readers>,
    out: Mutex<Out>,
}

#[derive(Default)]
struct Out {
    answers: Slab<Arc<dyn Outstanding>>,
    closed: Option<CloseReason>,
}

/// The answer to an order, whatever it is about.
trait Outstanding: Send + Sync {
    /// Gives up waiting. The waker is for the caller to wake.
    fn close(&self, reason: CloseReason) -> Option<Waker>;
}

impl Orders {
    pub(crate) fn new(readers: Arc<dyn Readers>) -> Self {
        Self {
            readers,
            out: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Out> {
        // Nothing in this module panics between two states that belong together.
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are out.
    pub(crate) fn count(&self) -> usize {
        self.lock().answers.len()
    }

    /// Orders a read. Not under a lock: the readers may execute it at once.
    pub(crate) fn place<T: Send + 'static>(
        self: &Arc<Self>,
        archive: Arc<dyn Archive>,
        read: impl FnOnce(&dyn Archive) -> Result<T, ArchiveError> + Send + 'static,
    ) -> Reading<T> {
        let mut out = self.lock();
        let closed = out.closed;
        let entry = out.answers.vacant_entry();
        let answer = Arc::new(Answer {
            orders: Arc::clone(self),
            number: entry.key(),
            slot: Mutex::new(Slot {
                state: match closed {
                    None => State::Waiting,
                    Some(reason) => State::Given(Err(ReadError::Closed(reason))),
                },
                waker: None,
            }),
        });
        entry.insert(Arc::clone(&answer) as Arc<dyn Outstanding>);
        drop(out);
        if closed.is_none() {
            let promise = Promise(Arc::clone(&answer));
            let order = ReadOrder(Box::new(move || promise.keep(archive, read)));
            self.readers.take(order);
        }
        Reading(answer)
    }

    /// Answers all that are out, and those to come, with the end of the hub. The wakers are for the caller to wake.
    pub(crate) fn close(&self, reason: CloseReason) -> Vec<Waker> {
        let mut out = self.lock();
        out.closed.get_or_insert(reason);
        let answers = out.answers.iter();
        answers.filter_map(|(_, it)| it.close(reason)).collect()
    }
}

/// The side of who waits. Dropping it takes the order back.
pub(crate) struct Reading<T: Send + 'static>(Arc<Answer<T>>);

struct Answer<T> {
    orders: Arc<Orders>,
    /// Its place among those that are out.
    number: usize,
    slot: Mutex<Slot<T>>,
}

struct Slot<T> {
    state: State<T>,
    waker: Option<Waker>,
}

enum State<T> {
    Waiting,
    Given(Result<T, ReadError>),
    /// It was taken, or nobody waits for it any more.
    Over,
}

impl<T> Answer<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        // Nothing in this module panics between two states that belong together.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_wanted(&self) -> bool {
        matches!(self.lock().state, State::Waiting)
    }

    /// Leaves the answer, unless there is one or nobody waits. The waker is for the caller to wake.
    fn give(&self, result: Result<T, ReadError>) -> Option<Waker> {
        let mut slot = self.lock();
        if !matches!(slot.state, State::Waiting) {
            // A batch may be long, and its updates the last of their kind: freed without the lock.
            drop(slot);
            drop(result);
            return None;
        }
        slot.state = State::Given(result);
        slot.waker.take()
    }
}

impl<T: Send> Outstanding for Answer<T> {
    fn close(&self, reason: CloseReason) -> Option<Waker> {
        self.give(Err(ReadError::Closed(reason)))
    }
}

impl<T: Send + 'static> Reading<T> {
    /// The answer, if it is there.
    pub(crate) fn take(&mut self) -> Option<Result<T, ReadError>> {
        let mut slot = self.0.lock();
        match std::mem::replace(&mut slot.state, State::Over) {
            State::Given(result) => Some(result),
            State::Waiting => {
                slot.state = State::Waiting;
                None
            }
            // Nobody asks again for what was taken; who does is told rather than left waiting.
            State::Over => {
                let taken = ArchiveError::Unavailable("it was read before".to_owned());
                Some(Err(ReadError::Archive(taken)))
            }
        }
    }
}

impl<T: Send + 'static> Future for Reading<T> {
    type Output = Result<T, ReadError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.0.lock();
        if matches!(slot.state, State::Waiting) {
            let replaced = slot.waker.replace(cx.waker().clone());
            // Dropping a waker may drop its task: not under the lock.
            drop(slot);
            drop(replaced);
            return Poll::Pending;
        }
        drop(slot);
        self.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T: Send + 'static> Drop for Reading<T> {
    fn drop(&mut self) {
        let mut slot = self.0.lock();
        let unread = std::mem::replace(&mut slot.state, State::Over);
        let waker = slot.waker.take();
        drop(slot);
        let listed = self.0.orders.lock().answers.try_remove(self.0.number);
        // Without a lock: see above.
        drop((unread, waker, listed));
    }
}

impl<T: Send + 'static> fmt::Debug for Reading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reading")
    }
}

/// The side of who reads. It is kept, or broken when it is dropped: nobody waits for ever.
struct Promise<T: Send + 'static>(Arc<Answer<T>>);

impl<T: Send + 'static> Promise<T> {
    fn keep(
        self,
        archive: Arc<dyn Archive>,
        read: impl FnOnce(&dyn Archive) -> Result<T, ArchiveError>,
    ) {
        if !self.0.is_wanted() {
            return;
        }
        let result = read(&*archive);
        // Whoever has the answer may close the hub, and open its file again.
        drop(archive);
        let waker = self.0.give(result.map_err(ReadError::Archive));
        waker.into_iter().for_each(Waker::wake);
    }
}

impl<T: Send + 'static> Drop for Promise<T> {
    fn drop(&mut self) {
        let broken = ArchiveError::Unavailable("nobody is left to read it".to_owned());
        let waker = self.0.give(Err(ReadError::Archive(broken)));
        waker.into_iter().for_each(Waker::wake);
    }
}
