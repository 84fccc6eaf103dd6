//! Other origins: CORS headers, forged publications with a cookie, and what the metadata says of the cookie.

use crate::credential;
use crate::message::{Answer, Request};
use crate::mutant::{Exchange, Mutant, Needs};
use crate::scene::Scene;

use super::discovery::edit_metadata;

const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";
const ALLOW_CREDENTIALS: &str = "Access-Control-Allow-Credentials";
const EXPOSE: &str = "Access-Control-Expose-Headers";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "cors-missing",
        "cors.headers-sent",
        "the event stream comes without CORS headers",
    )
    .answer(|answer, exchange| {
        if exchange.request.method != "OPTIONS" {
            let cors = "access-control-";
            answer
                .headers
                .retain(|name| !name.to_ascii_lowercase().starts_with(cors));
        }
    }),
    Mutant::v1(
        "preflight-wants-token",
        "cors.preflight",
        "OPTIONS requires a token",
    )
    .answer(|answer, exchange| {
        if exchange.request.method == "OPTIONS" {
            answer
                .headers
                .retain(|name| !name.to_ascii_lowercase().starts_with("access-control-"));
            answer.refuse(401);
        }
    }),
    Mutant::v1(
        "cors-wildcard",
        "cors.no-wildcard",
        "`*` is sent on credentialed responses",
    )
    .answer(|answer, _| answer.headers.set(ALLOW_ORIGIN, "*")),
    Mutant::v1(
        "origin-reflected",
        "cors.no-reflection",
        "the Origin header is echoed",
    )
    .answer(reflect),
    Mutant::v1(
        "origin-by-suffix",
        "cors.allowlist",
        "any origin of the web is taken for an allowed one",
    )
    .answer(reflect),
    Mutant::v1(
        "credentials-not-allowed",
        "cors.allow-credentials",
        "the event stream lacks Access-Control-Allow-Credentials",
    )
    .answer(|answer, _| answer.headers.remove(ALLOW_CREDENTIALS)),
    Mutant::v1(
        "link-unexposed",
        "subscriptions.api.expose-link",
        "Link is not exposed to other origins",
    )
    .answer(|answer, _| answer.headers.remove(EXPOSE)),
    Mutant::v1(
        "forgery-dispatched",
        "csrf.mitigated",
        "a forged publication with a cookie is dispatched",
    )
    .request(|request, scene| {
        if is_cookie_publication(request, scene) && !source(request).is_empty() {
            pretend_good_origin(request, scene);
        }
    }),
    Mutant::v1(
        "origin-by-prefix",
        "csrf.origin-mismatch",
        "Origin and Referer are not really compared with the hub's origin",
    )
    .request(|request, scene| {
        if is_cookie_publication(request, scene) && !source(request).is_empty() {
            pretend_good_origin(request, scene);
        }
    }),
    Mutant::v1(
        "no-origin-accepted",
        "csrf.no-origin",
        "a publication with a cookie needs neither Origin nor Referer",
    )
    .request(|request, scene| {
        if is_cookie_publication(request, scene) && source(request).is_empty() {
            pretend_good_origin(request, scene);
        }
    }),
    Mutant::v1(
        "origin-demanded",
        "csrf.header-exempt",
        "publications with a header token and a foreign Origin, or none, are refused",
    )
    .answer(|answer, exchange| {
        let request = exchange.request;
        let foreign = source(request) != exchange.scene.publish_origin;
        if request.is_publication(&exchange.scene.path)
            && credential::bearer(request).is_some()
            && foreign
        {
            answer.refuse(403);
        }
    }),
    Mutant::v1(
        "cookie-a-boolean",
        "discovery.metadata.cookie",
        "`mercure_cookie` is a boolean",
    )
    .answer(|answer, exchange| {
        edit_metadata(answer, exchange, "mercure_cookie", Some(true.into()));
    }),
    Mutant::v1(
        "cookie-unadvertised",
        "auth.cookie.advertised",
        "the metadata says nothing of the cookie",
    )
    .answer(|answer, exchange| edit_metadata(answer, exchange, "mercure_cookie", None)),
    Mutant::v1(
        "cookie-of-another-name",
        "auth.cookie.other-name",
        "the metadata advertises a cookie which the hub does not accept",
    )
    .answer(|answer, exchange| {
        edit_metadata(answer, exchange, "mercure_cookie", Some("crooked".into()));
    }),
    Mutant::v1(
        "servers-a-string",
        "token.as-advertised",
        "`authorization_servers` is a plain string",
    )
    .on(Needs::Issuers)
    .answer(|answer, exchange| {
        let server = "https://as.example/token?x=1".into();
        edit_metadata(answer, exchange, "authorization_servers", Some(server));
    }),
    Mutant::v1(
        "resource-arbitrary",
        "token.aud.recommended-identifier",
        "the resource identifier is an arbitrary string",
    )
    .answer(|answer, exchange| edit_metadata(answer, exchange, "resource", Some("mercure".into()))),
];

fn reflect(answer: &mut Answer, exchange: &Exchange<'_>) {
    if let Some(origin) = exchange.request.headers.get("origin") {
        answer.headers.set(ALLOW_ORIGIN, origin);
        answer.headers.set(ALLOW_CREDENTIALS, "true");
    }
}

/// The `Origin`, else the `Referer`; empty if neither is sent.
fn source(request: &Request) -> String {
    let origin = request.headers.get("origin");
    origin
        .or_else(|| request.headers.get("referer"))
        .unwrap_or_default()
}

fn is_cookie_publication(request: &Request, scene: &Scene) -> bool {
    let by_cookie = credential::has_cookie(request) && credential::bearer(request).is_none();
    by_cookie && request.is_publication(&scene.path)
}

fn pretend_good_origin(request: &mut Request, scene: &Scene) {
    request.headers.set("Origin", scene.publish_origin.clone());
    request.headers.remove("referer");
    request.headers.remove("sec-fetch-site");
}
