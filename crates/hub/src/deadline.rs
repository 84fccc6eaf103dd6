//! The last instant of what a task serves, kept also while its peer does not read.
//!
//! hyper asks the body of a response for more only while there is room for it: the end of a stream whose peer has stopped
//! reading never comes up there. So the task ends instead: over HTTP/1.1 that of the connection, over HTTP/2 that of the
//! one stream (private.exp-closes-connection). Not for the clean end of a stream that is read, which is its body's.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

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

/// Gives the task that runs now a last instant, or takes it away. It serves `connection`.
pub(crate) fn set(at: Option<Instant>, connection: &Arc<Vitals>) {
    let deadline = at.map(|at| Deadline {
        at,
        connection: Arc::clone(connection),
    });
    // Outside of `keep` nothing is served, and nothing has to end.
    let _ = DEADLINE.try_with(|it| it.replace(deadline));
}

/// Does `work` until it is done, or until the instant that [`set`] gives it meanwhile. Boxed, since a future that is handed on
/// takes its room once in every hand.
pub(crate) async fn keep<F: Future>(mut work: Pin<Box<F>>) -> Result<F::Output, Cut> {
    let kept = async {
        let mut alarm = Alarm::default();
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            // After the work, which may just have set it.
            Poll::Pending => alarm.poll(cx).map(Err),
        })
        .await
    };
    DEADLINE.scope(RefCell::new(None), kept).await
}

/// The timer of the deadline, made when there is one: most tasks have none.
#[derive(Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Cut> {
        DEADLINE.with(|deadline| {
            let mut deadline = deadline.borrow_mut();
            let Some(Deadline { at, connection }) = &*deadline else {
                self.0 = None;
                return Poll::Pending;
            };
            let timer = match &mut self.0 {
                Some(timer) if timer.deadline() == *at => timer,
                other => other.insert(Box::pin(sleep_until(*at))),
            };
            ready!(timer.as_mut().poll(cx));
            let connection = Arc::clone(connection);
            // An HTTP/1.1 connection whose stream ended cleanly waits for the next request.
            if connection.is_idle() {
                *deadline = None;
                return Poll::Pending;
            }
            Poll::Ready(Cut { connection })
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
            if let Err(Cut { connection }) = keep(stream).await {
                connection.lost_a_stream();
            }
        });
    }
}
