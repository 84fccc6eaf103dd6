//! Whether the hub still hands on what is published: a sign that goes the way of an update.

use std::sync::Arc;
use std::task::Waker;

use super::{Hub, PublishError, State};
use crate::sign::{Probing, Sign};
use crate::subscriber::Offer;

impl Hub {
    /// Sends a sign through the hub: into the history behind what was submitted before, out of its feed, to those who match, into
    /// every lane behind what waits there. The history does not keep it, and no subscriber sees it.
    ///
    /// The error is that the hub was closed.
    pub fn probe(&self) -> Result<Probing, PublishError> {
        let sign = Sign::new();
        let mut state = self.shared().lock();
        if state.closed.is_some() {
            return Err(PublishError::Closed);
        }
        state.history.send_sign(sign.clone());
        drop(state);
        // What is at hand by now is fed as after a commit.
        self.shared().feed();
        Ok(Probing::new(sign))
    }
}

impl State {
    /// Hands a sign on, as an update.
    pub(super) fn pass_on(&mut self, sign: &Sign, wakers: &mut Vec<Waker>) {
        if let Some(reason) = self.closed {
            wakers.extend(sign.close(reason));
            return;
        }
        sign.goes_into(self.lanes.len());
        let committed = sign.committed();
        if self.listening.reach(sign, Arc::clone(sign.queue()))
            && let Offer::Queued { waker, .. } =
                sign.queue().offer(&committed.update, committed.position)
        {
            wakers.extend(waker);
        }
        wakers.extend(self.lanes.iter().filter_map(|lane| lane.sign(sign)));
    }
}
