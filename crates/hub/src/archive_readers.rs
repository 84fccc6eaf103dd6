//! The threads that read the file of a history for those who resume, so that nobody else waits for its disk.
//!
//! None runs before something is to be read: a hub whose history is in memory never has one. Not here: what is read, and how
//! much at a time, which the hub core decides.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use assay_hub_core::history::{ReadOrder, Readers};

use crate::limits::ARCHIVE_READERS;
use crate::platform;

/// A few threads, and the orders that wait for one of them. They end when this is dropped, and are not waited for: one may be
/// in the middle of a read of a disk that hangs.
#[derive(Debug, Default)]
pub(crate) struct ArchiveReaders {
    desk: Arc<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Inbox {
    orders: VecDeque<ReadOrder>,
    threads: usize,
    /// Those of them that wait for an order.
    idle: usize,
    is_closed: bool,
}

impl Readers for ArchiveReaders {
    fn take(&self, order: ReadOrder) {
        let mut inbox = self.desk.lock();
        inbox.orders.push_back(order);
        let is_short = inbox.orders.len() > inbox.idle && inbox.threads < ARCHIVE_READERS;
        inbox.threads += usize::from(is_short);
        drop(inbox);
        self.desk.arrived.notify_one();
        if is_short && let Err(error) = Desk::start_thread(&self.desk) {
            tracing::error!(reason = %"history.no-reader", %error, "no thread to read the history was started");
            self.desk.lost_thread();
        }
    }
}

impl Drop for ArchiveReaders {
    fn drop(&mut self) {
        let mut inbox = self.desk.lock();
        inbox.is_closed = true;
        let orders = std::mem::take(&mut inbox.orders);
        drop(inbox);
        self.desk.arrived.notify_all();
        // Without the lock: who waits for them is told.
        drop(orders);
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Inbox> {
        // Nothing in this module panics between two states that belong together.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start_thread(desk: &Arc<Self>) -> io::Result<()> {
        let desk = Arc::clone(desk);
        // What it logs belongs to what started the hub.
        let span = tracing::Span::current();
        let thread = thread::Builder::new().name("history-reader".to_owned());
        thread.spawn(move || span.in_scope(|| desk.serve()))?;
        Ok(())
    }

    fn serve(&self) {
        // Whoever waits for a batch can wait a little longer. Who is about to answer a request, or to write an update, should not:
        // several threads that unpack updates would else have most of a CPU that is short.
        if let Err(error) = platform::background_this_thread() {
            tracing::debug!(%error, "a reader of the history is scheduled as any other thread");
        }
        while let Some(order) = self.next() {
            // Who waits for it is told as it is dropped.
            if catch_unwind(AssertUnwindSafe(|| order.execute())).is_err() {
                tracing::error!(reason = %"history.reader-failed", "a read of the history failed with a defect");
            }
            // Who was woken meanwhile does not wait for the end of a slice of time.
            thread::yield_now();
        }
    }

    /// Waits for the next order; none once the hub is gone.
    fn next(&self) -> Option<ReadOrder> {
        let mut inbox = self.lock();
        loop {
            if inbox.is_closed {
                return None;
            }
            if let Some(order) = inbox.orders.pop_front() {
                return Some(order);
            }
            inbox.idle += 1;
            let woken = self.arrived.wait(inbox);
            inbox = woken.unwrap_or_else(PoisonError::into_inner);
            inbox.idle -= 1;
        }
    }

    /// A thread did not come into being. Where there is no other, nobody will execute what waits.
    fn lost_thread(&self) {
        let mut inbox = self.lock();
        inbox.threads -= 1;
        let given_up = match inbox.threads {
            0 => std::mem::take(&mut inbox.orders),
            _ => VecDeque::new(),
        };
        drop(inbox);
        drop(given_up);
    }
}
