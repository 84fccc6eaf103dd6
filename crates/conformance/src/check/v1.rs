//! The checks of dialect 1.0 (draft-dunglas-mercure-08), one section of the draft a file.

mod anonymous;
mod authorization_details;
mod connections;
mod cookie;
mod cors;
mod csrf;
mod cursor_field;
mod datum;
mod discard;
mod discovery;
mod duplicate_id;
mod error_responses;
mod event_id;
mod event_stream;
mod lifetime;
mod limit;
mod matching;
mod precedence;
mod presenting;
mod private_updates;
mod publication;
mod publishers;
mod reconnection;
mod refusal;
mod right;
mod scene;
mod subscription;
mod subscriptions;
mod token_validation;
mod topic_matcher_list;
mod transport;

use super::Check;

pub(crate) use token_validation::document as metadata;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [
        subscription::checks(),
        matching::checks(),
        error_responses::checks(),
        token_validation::checks(),
        authorization_details::checks(),
        topic_matcher_list::checks(),
        transport::checks(),
        presenting::checks(),
        anonymous::checks(),
        cookie::checks(),
        precedence::checks(),
        publication::checks(),
        publishers::checks(),
        private_updates::checks(),
        lifetime::checks(),
        cors::checks(),
        csrf::checks(),
        reconnection::checks(),
        duplicate_id::checks(),
        cursor_field::checks(),
        discard::checks(),
        event_id::checks(),
        event_stream::checks(),
        discovery::checks(),
        subscriptions::checks(),
        connections::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
