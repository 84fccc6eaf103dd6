//! Authorization: who may publish, where the token is read, what makes it invalid.

use serde_json::json;

use crate::credential::{self, QUERY_PARAMETER};
use crate::form;
use crate::grant;
use crate::message::Request;
use crate::mutant::{Dialect, Mutant};
use crate::scene::{Scene, later, now};
use crate::token::Token;

use super::claims::{claimed, set_claimed};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "anyone-publishes",
        "auth.publisher-authorized",
        "publications need no token",
    )
    .request(|request, scene| {
        if request.is_publication(&scene.path) && credential::is_anonymous(request) {
            credential::present(request, &scene.token(&["*"]));
        }
    }),
    Mutant::v0(
        "unsigned-claims",
        "auth.jws-signature",
        "the signature is not verified",
    )
    .forge(|token, _| token.algorithm() == "HS256"),
    Mutant::v0(
        "algorithm-of-token",
        "auth.jws-alg-none",
        "the algorithm is taken from the token",
    )
    .forge(|token, _| {
        let other = token.algorithm() != "HS256";
        if other {
            token.header["alg"] = "HS256".into();
        }
        other
    }),
    Mutant::v0(
        "malformed-made-anonymous",
        "auth.jws-malformed",
        "what is no JWS is taken for no token",
    )
    .request(|request, scene| {
        let presented = credential::bearer(request);
        if presented.is_some_and(|presented| Token::parse(&presented).is_none()) {
            credential::present(request, &scene.token(&[]));
        }
    }),
    Mutant::v0(
        "expired-accepted",
        "auth.exp-expired-refused",
        "`exp` is ignored when a connection opens",
    )
    .launder(|token, _| {
        let exp = token.claim("exp").as_f64();
        if exp.is_some_and(|exp| exp <= now() as f64) {
            token.set("exp", later());
        }
    }),
    Mutant::v0(
        "header-unread",
        "auth.header",
        "the token is read from the header X-Authorization",
    )
    .request(|request, _| credential::drop_bearer(request)),
    Mutant::v0("cookie-unread", "auth.cookie", "cookies are ignored")
        .request(|request, _| credential::drop_cookies(request)),
    Mutant::v0(
        "query-unread",
        "auth.query",
        "the token is read from the parameter access_token",
    )
    .request(|request, _| form::drop_from_query(request, QUERY_PARAMETER)),
    Mutant::v0(
        "cookie-beats-header",
        "auth.header-used",
        "the cookie, or the query, decides",
    )
    .request(|request, _| {
        if credential::has_cookie(request) || credential::in_query(request).is_some() {
            credential::drop_bearer(request);
        }
    })
    .forge(|token, _| token.algorithm() == "HS256"),
    Mutant::v0(
        "query-as-fallback",
        "auth.header-over-query",
        "when the token of the header fails, that of the query is used",
    )
    .retry(|exchange, answer| {
        let failed = matches!(answer.status, 401 | 403);
        (failed && credential::in_query(exchange.request).is_some()).then(|| {
            let mut again = exchange.request.clone();
            credential::drop_bearer(&mut again);
            again
        })
    }),
    Mutant::v0(
        "claims-merged",
        "auth.header-over-cookie",
        "the claims of header and cookie are merged",
    )
    .request(|request, scene| {
        if credential::bearer(request).is_some() {
            let cookie = credential::cookies(request).into_iter().next();
            add_rights_of(request, scene, cookie.map(|(_, token)| token));
        }
    }),
    Mutant::v0(
        "cookie-beats-query",
        "auth.query-over-cookie",
        "the cookie is looked at first",
    )
    .request(|request, _| {
        if credential::has_cookie(request) {
            form::drop_from_query(request, QUERY_PARAMETER);
        }
    }),
    Mutant::v0(
        "forbidden-but-200",
        "auth.forbidden-403",
        "what is not allowed is answered 200, and dropped",
    )
    .answer(|answer, exchange| {
        let known = credential::token(exchange.request)
            .is_some_and(|token| token.is_signed_with(&exchange.scene.secret));
        if matches!(answer.status, 401 | 403) && known {
            answer.refuse(200);
        }
    }),
    Mutant::v0(
        "query-cached",
        "auth.query-cache-private",
        "answers to the query mechanism are public",
    )
    .answer(|answer, exchange| {
        if credential::in_query(exchange.request).is_some() {
            answer.headers.set("Cache-Control", "public, max-age=60");
        }
    }),
    Mutant::v0(
        "publish-undefined-allowed",
        "auth.publish-undefined-refused",
        "without mercure.publish updates are allowed",
    )
    .launder(|token, deed| {
        if deed.request.method == "POST" && token.claim("mercure").get("publish").is_none() {
            set_claimed(token, "publish", &["*".to_owned()]);
        }
    }),
    Mutant::v0(
        "publish-empty-allowed",
        "auth.publish-empty-refused",
        "with an empty mercure.publish updates are allowed",
    )
    .launder(|token, deed| {
        if deed.request.method == "POST" && token.claim("mercure")["publish"] == json!([]) {
            set_claimed(token, "publish", &["*".to_owned()]);
        }
    }),
    Mutant::v0(
        "first-topic-only",
        "auth.publish-every-topic",
        "only the canonical topic is checked",
    )
    .launder(|token, deed| {
        let topics = topics(deed.request);
        let granted = grant::granted(token, Dialect::V0, "publish");
        if topics
            .first()
            .is_some_and(|canonical| grant::one(&granted, canonical))
        {
            let all = [claimed(token, "publish"), topics].concat();
            set_claimed(token, "publish", &all);
        }
    }),
    Mutant::v0(
        "dispatched-in-part",
        "auth.publish-partial-not-dispatched",
        "an update is dispatched on the topics that are covered",
    )
    .shadow(|request, scene| {
        let token = credential::token(request).filter(|_| request.is_publication(&scene.path))?;
        let granted = grant::granted(&token, Dialect::V0, "publish");
        let covered =
            |(name, value): &(String, String)| name != "topic" || grant::one(&granted, value);
        let fields: form::Fields = form::body(request).into_iter().filter(covered).collect();
        let covered = form::all(&fields, "topic").count();
        let mut part = request.clone();
        form::set_body(&mut part, &fields);
        (covered > 0 && covered < topics(request).len()).then_some(part)
    }),
    Mutant::v0(
        "partial-401",
        "auth.publish-partial-403",
        "the refusal of uncovered topics is a 401",
    )
    .answer(|answer, exchange| {
        if answer.status == 403 && topics(exchange.request).len() > 1 {
            answer.status = 401;
        }
    }),
    Mutant::v0(
        "stream-outlives-token",
        "auth.exp-closes-connection",
        "`exp` is only looked at when the connection opens",
    )
    .launder(|token, deed| {
        let alive = token.claim("exp").as_u64().is_some_and(|exp| exp > now());
        if alive && deed.request.is_subscription(&deed.scene.path) {
            token.set("exp", later());
        }
    }),
];

fn topics(request: &Request) -> Vec<String> {
    let fields = form::body(request);
    form::all(&fields, "topic").map(str::to_owned).collect()
}

/// Adds to the header's token what another one claims.
fn add_rights_of(request: &mut Request, scene: &Scene, other: Option<String>) {
    let header = credential::bearer(request).and_then(|token| Token::parse(&token));
    let other = other.and_then(|token| Token::parse(&token));
    if let (Some(mut token), Some(other)) = (header, other) {
        for action in ["publish", "subscribe"] {
            let merged = [claimed(&token, action), claimed(&other, action)].concat();
            set_claimed(&mut token, action, &merged);
        }
        credential::present(request, &token.sign(&scene.secret));
    }
}
