//! A publication under way: its answer comes when the history has committed it, or has not.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::event_id::EventId;
use crate::history::HistoryError;
use crate::hub::PublishError;

/// The answer to a publication: the id of the update once it is in the log and on its way to subscribers, or why it never will
/// be. Dropping this takes nothing back.
#[must_use = "whether it was published is not known before this is ready"]
pub struct Publishing(State);

enum State {
    Answered(Result<EventId, PublishError>),
    Waiting { id: EventId, answer: Arc<Answer> },
    Taken,
}

/// Where the feed of the history leaves the answer.
#[derive(Default)]
pub(crate) struct Answer(Mutex<Slot>);

#[derive(Default)]
struct Slot {
    result: Option<Result<(), HistoryError>>,
    waker: Option<Waker>,
}

impl Publishing {
    pub(crate) fn answered(result: Result<EventId, PublishError>) -> Self {
        Self(State::Answered(result))
    }

    pub(crate) fn waiting(id: EventId, answer: Arc<Answer>) -> Self {
        Self(State::Waiting { id, answer })
    }

    /// Blocks the thread until the answer is there. A history that commits at once has it already.
    pub fn wait(mut self) -> Result<EventId, PublishError> {
        if let State::Answered(result) = self.0 {
            return result;
        }
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(answer) = Pin::new(&mut self).poll(&mut cx) {
                return answer;
            }
            thread::park();
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Future for Publishing {
    type Output = Result<EventId, PublishError>;

    /// # Panics
    /// When it is polled after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Waiting { answer, .. } = &self.0
            && answer.poll(cx).is_pending()
        {
            return Poll::Pending;
        }
        Poll::Ready(match std::mem::replace(&mut self.0, State::Taken) {
            State::Answered(result) => result,
            State::Waiting { id, answer } => answer.take().map(|()| id).map_err(Into::into),
            State::Taken => panic!("polled after it was ready"),
        })
    }
}

impl Answer {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        // Nothing in this module panics between two states that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves the answer; the waker is for the caller to wake.
    pub(crate) fn give(&self, result: Result<(), HistoryError>) -> Option<Waker> {
        let mut slot = self.lock();
        slot.result = Some(result);
        slot.waker.take()
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut slot = self.lock();
        if slot.result.is_some() {
            return Poll::Ready(());
        }
        let replaced = slot.waker.replace(cx.waker().clone());
        // Dropping a waker may drop its task: not under the lock.
        drop(slot);
        drop(replaced);
        Poll::Pending
    }

    fn take(&self) -> Result<(), HistoryError> {
        // Taken once, after it was found.
        let taken = || HistoryError::Storage("answered before".to_owned());
        self.lock().result.take().unwrap_or_else(|| Err(taken()))
    }
}

impl fmt::Debug for Publishing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Answered(_) => "Publishing(answered)",
            State::Waiting { .. } => "Publishing(waiting)",
            State::Taken => "Publishing(taken)",
        })
    }
}
