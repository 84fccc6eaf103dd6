//! The checks of dialect 0.x (draft-dunglas-mercure-07), one section of the draft a file.

mod authorization;
mod cookie;
mod cors;
mod event_stream;
mod grants;
mod matching;
mod presenting;
mod private_updates;
mod publication;
mod reconnection;
mod subscription;
mod subscriptions;

use super::Check;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [
        subscription::checks(),
        event_stream::checks(),
        matching::checks(),
        publication::checks(),
        authorization::checks(),
        presenting::checks(),
        grants::checks(),
        private_updates::checks(),
        cookie::checks(),
        cors::checks(),
        reconnection::checks(),
        subscriptions::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
