//! The last instant of what a task serves, kept also while its peer does not read.
//!
//! hyper asks the body of a response for more only while there is room for it: the end of a stream whose peer has stopped
//! reading never comes up there. So the task ends instead: over HTTP/1.1 that of the connection, over HTTP/2 that of the
//! one stream (private.exp-closes-connection). Not for the clean end of a stream that is read, which is its body's.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::Executor;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::vitals::Vitals;

tokio::task_local! {
    /// That of the task that runs now, if it has one.
    static DEADLINE: RefCell<Option<Deadline>>;
}

/// When a task has to end, and the connection that it serves.
struct Deadline {
    at: Instant,
    connection: Arc<Vitals>,
}

/// The work of a task was cut at its deadline, and dropped.
pub(crate) struct Cut {
    connection: Arc<Vitals>,
}

/// When the deadline of a task counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// While its connection stalls. Of an HTTP/1.1 connection: its stream ends by itself otherwise.
    WhileStalled,
    /// Always. Of an HTTP/2 stream: it may wait for a window of its own on a connection that is read.
    Always,
}

/// Gives the task that runs now a last instant, or takes it away. It serves `connection`.
pub(crate) fn set(at: Option<Instant>, connection: &Arc<Vitals>) {
    let deadline = at.map(|at| Deadline {
        at,
        connection: Arc::clone(connection),
    });
    // Outside of `keep` nothing is served, and nothing has to end.
    let _ = DEADLINE.try_with(|it| it.replace(deadline));
}

/// Does `work` until it is done, or until the instant that [`set`] gives it meanwhile, where that `counts`. Boxed, since a
/// future that is handed on takes its room once in every hand.
pub(crate) async fn keep<F: Future>(
    mut work: Pin<Box<F>>,
    counts: Counts,
) -> Result<F::Output, Cut> {
    let kept = async {
        let mut alarm = Alarm {
            counts,
            timer: None,
        };
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            // After the work, which may just have set it, or stalled.
            Poll::Pending => alarm.poll(cx).map(Err),
        })
        .await
    };
    DEADLINE.scope(RefCell::new(None), kept).await
}

/// The timer of the deadline. It is made when the deadline counts: most streams end by themselves.
struct Alarm {
    counts: Counts,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Cut> {
        DEADLINE.with(|deadline| match &*deadline.borrow() {
            Some(deadline) if self.counts == Counts::Always || deadline.connection.is_stalled() => {
                self.poll_until(deadline, cx)
            }
            _ => {
                self.timer = None;
                Poll::Pending
            }
        })
    }

    fn poll_until(&mut self, deadline: &Deadline, cx: &mut Context<'_>) -> Poll<Cut> {
        let timer = match &mut self.timer {
            Some(timer) if timer.deadline() == deadline.at => timer,
            other => other.insert(Box::pin(sleep_until(deadline.at))),
        };
        timer.as_mut().poll(cx).map(|()| Cut {
            connection: Arc::clone(&deadline.connection),
        })
    }
}

/// Runs each stream of an HTTP/2 connection as a task that keeps its deadline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamExecutor;

impl<F> Executor<F> for StreamExecutor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let stream = Box::pin(stream);
        tokio::spawn(async move {
            // Dropping a stream resets it, and discards what its peer has not taken; unless its whole connection stalls.
            if let Err(Cut { connection }) = keep(stream, Counts::Always).await {
                connection.lost_a_stream();
            }
        });
    }
}
