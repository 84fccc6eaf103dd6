//! Limits on tokens and on subscriptions: none at all, or a wrong refusal.

use serde_json::{Value, json};

use crate::challenge;
use crate::credential;
use crate::form::{self, Fields};
use crate::message::Request;
use crate::mutant::Mutant;
use crate::token::Token;

use super::matchers::{nowhere, set};

/// Fewer than the limit of any hub.
const FEW: usize = 4;
/// More than a token of ordinary use has, in details, matchers or characters.
const MANY: usize = 9;
const LONG: usize = 200;
/// Larger than an update of ordinary use, in bytes.
const LARGE: usize = 32 * 1024;

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
        "body-unbounded",
        "limits.publish.body-size",
        "a publication may have any size",
    )
    .request(|request, scene| {
        if request.is_publication(&scene.path) && request.body.len() > LARGE {
            let last = request.body.iter().rposition(|&byte| byte == b'&');
            request.body.truncate(last.unwrap_or_default());
        }
    }),
    Mutant::v1(
        "matchers-unbounded",
        "limits.subscribe.matcher-count",
        "a subscription may have any number of matchers",
    )
    .request(|request, _| {
        edit_fields(request, |fields| {
            if fields.len() > MANY {
                fields.drain(..fields.len() - FEW);
            }
        });
    }),
    Mutant::v1(
        "matcher-unbounded",
        "limits.subscribe.pattern-length",
        "a matcher may have any length",
    )
    .request(|request, _| {
        edit_fields(request, |fields| {
            let long = |field: &&mut (String, String)| field.1.len() > LONG;
            fields.iter_mut().filter(long).for_each(nowhere);
        });
    }),
    Mutant::v1(
        "surplus-dropped",
        "limits.subscribe.reject-400",
        "matchers beyond a limit are dropped",
    )
    .request(|request, _| edit_fields(request, |fields| fields.truncate(MANY))),
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

/// Changes the fields of a subscription, wherever they are.
fn edit_fields(request: &mut Request, edit: impl Fn(&mut Fields)) {
    if request.method == "QUERY" {
        let mut fields = form::body(request);
        edit(&mut fields);
        form::set_body(request, &fields);
    } else if request.method == "GET" {
        let mut fields = form::query(request);
        edit(&mut fields);
        set(request, &fields);
    }
}

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
