//! What benches share; for the rest see `benches/`.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What is there at once, as it is for a subscriber that has nothing to wait for.
///
/// # Panics
/// When it is not.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not there at once"),
    }
}
