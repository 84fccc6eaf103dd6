//! Limits on tokens: none at all, or a wrong refusal.

use serde_json::{Value, json};

use crate::challenge;
use crate::credential;
use crate::mutant::Mutant;
use crate::token::Token;

/// Fewer than the limit of any hub.
const FEW: usize = 4;
/// More than a token of ordinary use has, in details, matchers or characters.
const MANY: usize = 9;
const LONG: usize = 200;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "details-unbounded",
        "limits.token.detail-count",
        "a token may have any number of details",
    )
    .launder(|token, _| {
        let claim = token.claims.get_mut("authorization_details");
        if let Some(details) = claim.and_then(Value::as_array_mut) {
            keep_few(details);
        }
    }),
    Mutant::v1(
        "topics-unbounded",
        "limits.token.topics-count",
        "`topics` may have any number of entries",
    )
    .launder(|token, _| {
        for detail in token.details() {
            if let Some(topics) = detail.get_mut("topics").and_then(Value::as_array_mut) {
                keep_few(topics);
            }
        }
    }),
    Mutant::v1(
        "pattern-unbounded",
        "limits.token.pattern-length",
        "a pattern may have any length",
    )
    .launder(|token, _| {
        for matcher in token.matchers() {
            if matcher["match"]
                .as_str()
                .is_some_and(|text| text.len() > LONG)
            {
                *matcher = json!({"match": "*"});
            }
        }
    }),
    Mutant::v1(
        "limit-told-400",
        "limits.token.reject-401",
        "a token over a limit is refused with 400",
    )
    .answer(|answer, exchange| {
        let token = credential::token(exchange.request);
        if challenge::is_invalid_token(answer) && token.is_some_and(|mut token| is_big(&mut token))
        {
            answer.status = 400;
        }
    }),
];

fn keep_few(list: &mut Vec<Value>) {
    if list.len() > MANY {
        list.drain(FEW / 2..list.len() - FEW / 2);
    }
}

fn is_big(token: &mut Token) -> bool {
    let topics = token.matchers().count();
    let long = token
        .matchers()
        .any(|m| m["match"].as_str().is_some_and(|text| text.len() > LONG));
    topics > MANY || token.details().count() > MANY || long
}
