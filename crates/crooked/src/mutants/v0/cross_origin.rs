//! Other origins: CORS with credentials, and forged publications with a cookie.

use crate::credential;
use crate::message::Request;
use crate::mutant::Mutant;
use crate::scene::Scene;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "cors-wildcard",
        "cors.credentials",
        "`*` is sent on credentialed responses",
    )
    .answer(|answer, exchange| {
        if exchange.request.headers.get("origin").is_some() {
            answer.headers.set("Access-Control-Allow-Origin", "*");
        }
    }),
    Mutant::v0(
        "forgery-accepted",
        "csrf.mitigated",
        "a cookie publishes from any origin",
    )
    .request(|request, scene| {
        if is_cookie_publication(request, scene) {
            pretend_good_origin(request, scene);
        }
    }),
    Mutant::v0(
        "referer-only",
        "csrf.origin-check",
        "only Referer is looked at",
    )
    .request(|request, scene| {
        if is_cookie_publication(request, scene) && request.headers.get("origin").is_some() {
            pretend_good_origin(request, scene);
        }
    }),
    Mutant::v0(
        "origin-only",
        "csrf.referer-check",
        "only Origin is looked at, so any Referer will do",
    )
    .request(|request, scene| {
        let referer_alone =
            request.headers.get("origin").is_none() && request.headers.get("referer").is_some();
        if is_cookie_publication(request, scene) && referer_alone {
            pretend_good_origin(request, scene);
        }
    }),
    Mutant::v0(
        "no-origin-accepted",
        "csrf.no-origin-refused",
        "a publication with a cookie needs neither Origin nor Referer",
    )
    .request(|request, scene| {
        let without = ["origin", "referer"]
            .iter()
            .all(|name| request.headers.get(name).is_none());
        if is_cookie_publication(request, scene) && without {
            pretend_good_origin(request, scene);
        }
    }),
];

fn is_cookie_publication(request: &Request, scene: &Scene) -> bool {
    let by_cookie = credential::has_cookie(request)
        && credential::bearer(request).is_none()
        && credential::in_query(request).is_none();
    by_cookie && request.is_publication(&scene.path)
}

fn pretend_good_origin(request: &mut Request, scene: &Scene) {
    request.headers.set("Origin", scene.publish_origin.clone());
    request.headers.remove("referer");
}
