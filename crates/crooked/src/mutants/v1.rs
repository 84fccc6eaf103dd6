//! The mutants of 1.0 (`draft-dunglas-mercure-08`).

mod actions;
mod authorization_details;
mod connections;
mod cross_origin;
mod discovery;
mod error_responses;
mod event_stream;
mod issuers;
mod limits;
mod malformed;
mod matchers;
mod matching;
mod parsing;
mod presenting;
mod publication;
mod publication_form;
mod publication_reserved;
mod query_method;
mod reconnection;
mod subscribers;
mod subscription;
pub(super) mod subscriptions;
mod subscriptions_access;
pub(super) mod subscriptions_api;
mod subscriptions_documents;
mod subscriptions_payloads;
mod token_claims;
mod token_validation;
mod topic_matcher_list;
mod url_pattern;

use crate::mutant::Mutant;

pub(super) const TABLES: &[&[Mutant]] = &[
    subscription::MUTANTS,
    parsing::MUTANTS,
    query_method::MUTANTS,
    matching::MUTANTS,
    url_pattern::MUTANTS,
    publication::MUTANTS,
    publication_form::MUTANTS,
    publication_reserved::MUTANTS,
    event_stream::MUTANTS,
    presenting::MUTANTS,
    error_responses::MUTANTS,
    token_validation::MUTANTS,
    token_claims::MUTANTS,
    issuers::MUTANTS,
    authorization_details::MUTANTS,
    actions::MUTANTS,
    topic_matcher_list::MUTANTS,
    subscribers::MUTANTS,
    reconnection::MUTANTS,
    subscriptions::MUTANTS,
    subscriptions_documents::MUTANTS,
    subscriptions_payloads::MUTANTS,
    subscriptions_api::MUTANTS,
    subscriptions_access::MUTANTS,
    cross_origin::MUTANTS,
    discovery::MUTANTS,
    connections::MUTANTS,
    limits::MUTANTS,
];
