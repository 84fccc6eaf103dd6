//! Error responses: status, challenge, code, and what they must not give away.

use serde_json::json;

use crate::challenge;
use crate::credential;
use crate::message::{Body, Request};
use crate::mutant::{Exchange, Mutant};
use crate::scene::now;
use crate::token::Token;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "missing-token-unchallenged",
        "auth.error.missing-401",
        "a request without token gets 401 without WWW-Authenticate",
    )
    .answer(|answer, exchange| {
        if challenge::is_missing_token(answer) && credential::is_anonymous(exchange.request) {
            challenge::drop_all(answer);
        }
    }),
    Mutant::v1(
        "missing-token-coded",
        "auth.error.missing-no-code",
        "the challenge for a missing token says error=\"invalid_token\"",
    )
    .answer(|answer, exchange| {
        if challenge::is_missing_token(answer) && credential::is_anonymous(exchange.request) {
            challenge::set(answer, "error", "invalid_token");
        }
    }),
    Mutant::v1(
        "missing-token-without-metadata",
        "auth.error.missing-resource-metadata",
        "the challenge for a missing token lacks resource_metadata",
    )
    .answer(|answer, _| {
        if challenge::is_missing_token(answer) {
            challenge::remove(answer, "resource_metadata");
        }
    }),
    Mutant::v1(
        "metadata-only-when-missing",
        "auth.error.resource-metadata-all",
        "resource_metadata is only sent to requests without token",
    )
    .answer(|answer, _| {
        if challenge::has(answer, "error") {
            challenge::remove(answer, "resource_metadata");
        }
    }),
    Mutant::v1(
        "forbidden-unchallenged",
        "auth.error.challenge-always",
        "403 comes without challenge",
    )
    .answer(|answer, _| {
        if answer.status == 403 {
            challenge::drop_all(answer);
        }
    }),
    Mutant::v1(
        "code-in-body",
        "auth.error.code-in-challenge",
        "the error code stands in a JSON body instead of the challenge",
    )
    .answer(|answer, _| {
        let code = challenge::get(answer, "error");
        if matches!(answer.status, 401 | 403) && !code.is_empty() {
            challenge::remove(answer, "error");
            challenge::set_json(answer, "application/json", &json!({ "error": code }));
        }
    }),
    Mutant::v1(
        "invalid-token-403",
        "auth.error.invalid-token",
        "invalid tokens are answered 403",
    )
    .answer(|answer, _| {
        if challenge::is_invalid_token(answer) {
            answer.status = 403;
        }
    }),
    Mutant::v1(
        "invalid-token-made-anonymous",
        "auth.error.invalid-token-subscribe",
        "an invalid token opens an anonymous stream",
    )
    .retry(|exchange, answer| {
        let subscribes = exchange.request.is_subscription(&exchange.scene.path);
        (subscribes && challenge::is_invalid_token(answer)).then(|| without_token(exchange))
    }),
    Mutant::v1(
        "invalid-details-400",
        "auth.error.invalid-details",
        "malformed authorization details are answered 400 invalid_request",
    )
    .answer(|answer, exchange| {
        let token = credential::token(exchange.request);
        let valid_but_for_details =
            token.is_some_and(|token| is_valid_but_for_details(&token, exchange));
        if challenge::is_invalid_token(answer) && valid_but_for_details {
            answer.status = 400;
            challenge::set(answer, "error", "invalid_request");
        }
    }),
    Mutant::v1(
        "insufficient-scope-401",
        "auth.error.insufficient-scope",
        "a valid token that does not cover the operation is answered 401",
    )
    .answer(|answer, _| {
        if answer.status == 403 {
            answer.status = 401;
        }
    }),
    Mutant::v1(
        "malformed-422",
        "auth.error.malformed-400",
        "malformed requests are answered 422",
    )
    .answer(|answer, _| {
        if answer.status == 400 {
            answer.status = 422;
        }
    }),
    Mutant::v1(
        "malformed-presentation-unchallenged",
        "auth.error.invalid-request",
        "a malformed Authorization header is answered 400 without challenge",
    )
    .answer(|answer, exchange| {
        if is_malformed_presentation(exchange.request) {
            challenge::drop_all(answer);
            answer.refuse(400);
        }
    }),
    Mutant::v1(
        "unrelated-400-coded",
        "auth.error.unrelated-400-no-code",
        "a 400 that has nothing to do with the token carries error=\"invalid_token\"",
    )
    .answer(|answer, _| {
        if answer.status == 400 {
            challenge::set(answer, "error", "invalid_token");
        }
    }),
    Mutant::v1(
        "failed-check-told",
        "auth.error.uniform",
        "error_description tells which check of the token failed",
    )
    .answer(|answer, exchange| {
        if challenge::is_invalid_token(answer) {
            let reason = credential::token(exchange.request)
                .map_or("no token", |token| failed_check(&token, exchange));
            challenge::set(answer, "error_description", reason);
        }
    }),
    Mutant::v1(
        "problem-is-no-json",
        "auth.error.problem-details",
        "a body labelled application/problem+json is not JSON",
    )
    .answer(|answer, _| {
        if matches!(answer.status, 400 | 413 | 429) {
            answer
                .headers
                .set("Content-Type", "application/problem+json");
            answer.body = Body::Whole(b"it went wrong".to_vec());
        }
    }),
    Mutant::v1(
        "code-twice",
        "auth.error.no-code-duplication",
        "a problem document repeats the error code",
    )
    .answer(|answer, _| {
        let code = challenge::get(answer, "error");
        if !code.is_empty() {
            let problem = json!({"status": answer.status, "title": "refused", "error": code});
            challenge::set_json(answer, "application/problem+json", &problem);
        }
    }),
];

fn without_token(exchange: &Exchange<'_>) -> Request {
    let mut request = exchange.request.clone();
    credential::drop_bearer(&mut request);
    credential::drop_cookies(&mut request);
    request
}

/// Whether only the authorization details can be the reason of a refusal.
fn is_valid_but_for_details(token: &Token, exchange: &Exchange<'_>) -> bool {
    let now = now();
    token.is_signed_with(&exchange.scene.secret)
        && token.claim("iss") == exchange.scene.issuer.as_str()
        && token.claim("exp").as_u64().is_some_and(|exp| exp > now)
        && token.claim("nbf").as_u64().is_none_or(|nbf| nbf <= now)
        && token.claim("authorization_details").is_array()
}

fn is_malformed_presentation(request: &Request) -> bool {
    let field = request.headers.get("authorization").unwrap_or_default();
    let value = field.get(6..).unwrap_or_default().trim();
    let bearer = field.len() >= 6 && field[..6].eq_ignore_ascii_case("bearer");
    request.headers.count("authorization") > 1
        || (bearer && (value.is_empty() || value.contains([' ', ','])))
}

fn failed_check(token: &Token, exchange: &Exchange<'_>) -> &'static str {
    let exp = token.claim("exp").as_u64().unwrap_or_default();
    if !token.is_signed_with(&exchange.scene.secret) {
        "bad signature"
    } else if exp < now() {
        "token expired"
    } else if token.claim("iss") != exchange.scene.issuer.as_str() {
        "unknown issuer"
    } else {
        "wrong audience or too early"
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, is_malformed_presentation};

    #[test]
    fn malformed_presentations_are_known() {
        let check = |fields: &str, expected| {
            let head = format!("GET / HTTP/1.1\r\n{fields}\r\n");
            let request = Request::parse(head.as_bytes()).unwrap();
            assert_eq!(is_malformed_presentation(&request), expected, "{fields}");
        };
        check("", false);
        check("Authorization: Bearer a.b.c\r\n", false);
        check("Authorization: Bearer\r\n", true);
        check("Authorization: Bearer a b\r\n", true);
        check(
            "Authorization: Bearer a\r\nAuthorization: Bearer a\r\n",
            true,
        );
        check("Authorization: Basic a\r\n", false);
    }
}
