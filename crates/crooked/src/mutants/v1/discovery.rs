//! Where the hub is, and what its protected resource metadata say.

use serde_json::{Value, json};

use crate::message::{Answer, Body};
use crate::mutant::{Exchange, Mutant, Needs};

const WELL_KNOWN: &str = "/.well-known/mercure";
const METADATA: &str = "/.well-known/oauth-protected-resource";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "served-elsewhere",
        "discovery.hub-url.default",
        "the hub is not at /.well-known/mercure",
    )
    .answer(|answer, exchange| {
        if exchange.request.path() == WELL_KNOWN {
            answer.refuse(404);
        }
    }),
    Mutant::v1(
        "metadata-without-path",
        "discovery.metadata.published",
        "the metadata are only there where the path of the hub does not follow",
    )
    .answer(|answer, exchange| {
        let path = exchange.request.path();
        if path.starts_with(METADATA) && path != METADATA {
            answer.refuse(404);
        }
    }),
    Mutant::v1(
        "metadata-of-the-default-path",
        "discovery.metadata.custom-path",
        "the metadata are where those of a hub at the recommended path are",
    )
    .on(Needs::CustomPath)
    .request(|request, scene| {
        let (derived, default) = (
            format!("{METADATA}{}", scene.path),
            format!("{METADATA}{WELL_KNOWN}"),
        );
        if request.target == derived {
            request.target = default;
        } else if request.target == default {
            request.target = derived;
        }
    }),
    Mutant::v1(
        "resource-missing",
        "discovery.metadata.resource",
        "the metadata have no `resource`",
    )
    .answer(|answer, exchange| edit_metadata(answer, exchange, "resource", None)),
    Mutant::v1(
        "member-of-another-type",
        "discovery.metadata.optional-members",
        "`authorization_servers` is a string",
    )
    .answer(|answer, exchange| {
        let server = "https://as.example".into();
        edit_metadata(answer, exchange, "authorization_servers", Some(server));
    }),
    Mutant::v1(
        "details-type-abridged",
        "discovery.metadata.details-types",
        "the type of authorization details is abridged to `mercure`",
    )
    .answer(|answer, exchange| {
        let member = "authorization_details_types_supported";
        edit_metadata(answer, exchange, member, Some(json!(["mercure"])));
    }),
    Mutant::v1(
        "cookie-a-bearer-method",
        "discovery.metadata.bearer-methods",
        "`bearer_methods_supported` lists the cookie",
    )
    .answer(|answer, exchange| {
        let methods = json!(["header", "cookie"]);
        edit_metadata(answer, exchange, "bearer_methods_supported", Some(methods));
    }),
    Mutant::v1(
        "matcher-type-unlisted",
        "discovery.metadata.matcher-types",
        "`mercure_matcher_types_supported` does not list `exact`",
    )
    .answer(|answer, exchange| {
        let types = json!(["urlpattern"]);
        edit_metadata(
            answer,
            exchange,
            "mercure_matcher_types_supported",
            Some(types),
        );
    }),
    Mutant::v1(
        "matcher-type-in-capitals",
        "security.registry.matcher-name",
        "a matcher type is called `URLPattern`",
    )
    .answer(|answer, exchange| {
        let types = json!(["exact", "urlpattern", "URLPattern"]);
        edit_metadata(
            answer,
            exchange,
            "mercure_matcher_types_supported",
            Some(types),
        );
    }),
    Mutant::v1(
        "subscriptions-a-string",
        "discovery.metadata.subscriptions",
        "`mercure_subscriptions` is the string `true`",
    )
    .answer(|answer, exchange| {
        edit_metadata(
            answer,
            exchange,
            "mercure_subscriptions",
            Some("true".into()),
        );
    }),
];

/// Sets a member of the protected resource metadata, or takes it away.
pub(super) fn edit_metadata(
    answer: &mut Answer,
    exchange: &Exchange<'_>,
    member: &str,
    value: Option<Value>,
) {
    if !exchange.request.path().starts_with(METADATA) {
        return;
    }
    let Ok(mut document) = serde_json::from_str::<Value>(&answer.text()) else {
        return;
    };
    if let Some(members) = document.as_object_mut() {
        match value {
            Some(value) => members.insert(member.to_owned(), value),
            None => members.remove(member),
        };
    }
    answer.body = Body::Whole(document.to_string().into_bytes());
}
