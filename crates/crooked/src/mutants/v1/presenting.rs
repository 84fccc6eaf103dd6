//! Presenting the access token: header, cookie, which of them counts, and who needs none.

use crate::credential;
use crate::form;
use crate::message::Request;
use crate::mutant::{Exchange, Mutant};
use crate::scene::Scene;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "anonymous-forbidden",
        "auth.anonymous.accepted",
        "a subscription without token is answered 403",
    )
    .answer(|answer, exchange| {
        if is_anonymous_subscription(exchange) {
            answer.refuse(403);
        }
    }),
    Mutant::v1(
        "anonymous-reads-private",
        "auth.anonymous.public-only",
        "private updates are delivered to anonymous connections",
    )
    .request(|request, scene| {
        if request.is_subscription(&scene.path) && credential::is_anonymous(request) {
            credential::present(request, &scene.token(&["*"]));
        }
    }),
    Mutant::v1(
        "anonymous-by-pattern",
        "auth.anonymous.refused",
        "subscribers without token are refused for some matcher types only",
    )
    .without_anonymous()
    .request(|request, scene| {
        let asks_by_pattern = form::first(&form::query(request), "match_urlpattern").is_some();
        if request.is_subscription(&scene.path)
            && credential::is_anonymous(request)
            && asks_by_pattern
        {
            credential::present(request, &scene.token(&[]));
        }
    }),
    Mutant::v1(
        "header-unread-on-get",
        "auth.header.accepted",
        "tokens are read only from the cookie on GET requests",
    )
    .request(|request, scene| {
        if request.is_subscription(&scene.path) {
            credential::drop_bearer(request);
        }
    }),
    Mutant::v1(
        "query-token-read",
        "auth.query-token.not-accepted",
        "the hub falls back on `access_token` of the query",
    )
    .request(|request, _| {
        if !has_credential(request) {
            let query = form::query(request);
            let token = ["access_token", "authorization"]
                .into_iter()
                .find_map(|name| form::first(&query, name));
            present_if_some(request, token.map(str::to_owned));
        }
    }),
    Mutant::v1(
        "body-token-read",
        "auth.body-token.not-accepted",
        "the hub accepts the token in the form body (RFC 6750, section 2.2)",
    )
    .request(|request, _| {
        if !has_credential(request) {
            let token = form::first(&form::body(request), "access_token").map(str::to_owned);
            present_if_some(request, token);
        }
    }),
    Mutant::v1(
        "cookie-beats-header",
        "auth.precedence.header-used",
        "the cookie wins over the Authorization header",
    )
    .request(|request, _| {
        if credential::has_cookie(request) {
            credential::drop_bearer(request);
        }
    }),
    Mutant::v1(
        "two-mechanisms-refused",
        "auth.precedence.cookie-ignored",
        "header and cookie together are refused with 400",
    )
    .answer(|answer, exchange| {
        let request = exchange.request;
        if credential::has_cookie(request) && credential::bearer(request).is_some() {
            answer.refuse(400);
        }
    }),
    Mutant::v1(
        "cookie-for-publishing-only",
        "auth.cookie.used",
        "the cookie is honoured for publishing only",
    )
    .request(|request, scene| {
        if request.is_subscription(&scene.path) {
            credential::drop_cookies(request);
        }
    }),
    Mutant::v1(
        "scheme-case-sensitive",
        "auth.scheme-case",
        "only the exact spelling `Bearer` is recognized",
    )
    .request(|request, _| {
        let value = request.headers.get("authorization").unwrap_or_default();
        if !value.starts_with("Bearer ") {
            credential::drop_bearer(request);
        }
    }),
];

/// Whether a token is presented where the draft lets it be.
fn has_credential(request: &Request) -> bool {
    request.headers.count("authorization") > 0 || credential::has_cookie(request)
}

fn present_if_some(request: &mut Request, token: Option<String>) {
    if let Some(token) = token {
        credential::present(request, &token);
    }
}

fn is_anonymous_subscription(exchange: &Exchange<'_>) -> bool {
    let Scene { path, .. } = exchange.scene;
    exchange.request.is_subscription(path) && credential::is_anonymous(exchange.request)
}
