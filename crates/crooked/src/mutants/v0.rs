//! The mutants of 0.x (`draft-dunglas-mercure-07`).

mod authorization;
mod claims;
mod cross_origin;
mod event_stream;
mod matching;
mod private_updates;
mod publication;
mod reconnection;
mod subscription;
mod subscriptions;
mod subscriptions_api;

use crate::mutant::Mutant;

pub(super) const TABLES: &[&[Mutant]] = &[
    subscription::MUTANTS,
    event_stream::MUTANTS,
    matching::MUTANTS,
    publication::MUTANTS,
    authorization::MUTANTS,
    private_updates::MUTANTS,
    reconnection::MUTANTS,
    subscriptions::MUTANTS,
    subscriptions_api::MUTANTS,
    cross_origin::MUTANTS,
];
