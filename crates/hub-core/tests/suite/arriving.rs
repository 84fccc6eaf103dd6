//! Who has asked to subscribe in the simulation, and where it may begin.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use assay_hub_core::{ResponseCursor, SubscribeError, Subscriber};

use crate::lane_host::Joining;
use crate::model::{Covered, Published};
use crate::simulation::{Connection, Flag};

/// Somebody who has asked to subscribe, and has not been answered.
pub(crate) struct Arriving {
    pub(crate) at_the_door: AtTheDoor,
    pub(crate) cursor: Option<String>,
    pub(crate) listens: Vec<Covered>,
    pub(crate) reads: Covered,
    /// What was in the log when it asked.
    pub(crate) since: Range<usize>,
    pub(crate) woken: Arc<Flag>,
}

pub(crate) enum AtTheDoor {
    OfTheLane(usize, Joining),
    OfTheHub(Pin<Box<dyn Future<Output = Opened>>>),
}

pub(crate) type Opened = Result<(Subscriber, Option<ResponseCursor>), SubscribeError>;

impl Arriving {
    pub(crate) fn is_in(&self) -> bool {
        matches!(self.at_the_door, AtTheDoor::OfTheHub(_))
    }

    pub(crate) fn poll(
        &mut self,
    ) -> Poll<Result<(Connection, Option<ResponseCursor>), SubscribeError>> {
        self.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut cx = Context::from_waker(&waker);
        match &mut self.at_the_door {
            AtTheDoor::OfTheLane(key, joining) => {
                let joined = joining.as_mut().poll(&mut cx);
                joined.map_ok(|()| (Connection::InLane(*key), None))
            }
            AtTheDoor::OfTheHub(opening) => {
                let opened = opening.as_mut().poll(&mut cx);
                opened.map_ok(|(subscriber, answered)| (Connection::Queued(subscriber), answered))
            }
        }
    }

    /// Where it may begin, by what was in the log at some moment since it asked: the places behind the oldest use of its cursor
    /// then, and whether that may have been unknown. Without a cursor, the end.
    pub(crate) fn may_begin(&self, log: &[Published], now: &Range<usize>) -> (Vec<usize>, bool) {
        let Some(cursor) = &self.cursor else {
            return (vec![self.since.end], false);
        };
        let uses = |range: Range<usize>| range.filter(|&place| log[place].id == *cursor);
        let mut known = Vec::new();
        let mut forgotten = self.since.start;
        for place in uses(self.since.start..now.end) {
            // The uses before it may all have been forgotten by then.
            if forgotten <= now.start {
                known.push(place + 1);
            }
            forgotten = place + 1;
        }
        let is_kept_throughout = uses(now.start..self.since.end).next().is_some();
        (known, !is_kept_throughout)
    }
}
