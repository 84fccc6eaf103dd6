//! The API of subscriptions: who may ask what.

use serde_json::Value;

use crate::credential;
use crate::mutant::{Deed, Mutant};
use crate::presence::{is_asked, root, served};
use crate::token::Token;

/// Covers nothing that is asked for.
const NEVER: &str = "https://never.example/";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "open-to-all",
        "subscriptions.api.unauthenticated",
        "the API is open to those without token",
    )
    .request(|request, scene| served(request, scene, credential::is_anonymous)),
    Mutant::v1(
        "open-to-tokens",
        "subscriptions.api.authorized-topic",
        "any token opens the API",
    )
    .request(|request, scene| served(request, scene, |it| !credential::is_anonymous(it))),
    Mutant::v1(
        "absolute-form",
        "subscriptions.api.relative-form",
        "exact grants are compared with the absolute URL",
    )
    .launder(|token, deed| {
        let origin = origin(deed);
        regrant(token, deed, |text, is_pattern| {
            if is_pattern || text == "*" {
                return None;
            }
            Some(match text.strip_prefix(&origin) {
                Some(path) => path.to_owned(),
                None => format!("{origin}{text}"),
            })
        });
    }),
    Mutant::v1(
        "query-counts",
        "subscriptions.api.query-ignored",
        "path and query are what a grant has to cover",
    )
    .launder(|token, deed| {
        let target = deed.request.target.clone();
        if let Some((path, _)) = target.split_once('?') {
            regrant(token, deed, |text, _| match text {
                text if text == target => Some(path.to_owned()),
                text if text == path => Some(NEVER.to_owned()),
                _ => None,
            });
        }
    }),
    Mutant::v1(
        "absolute-patterns-unread",
        "subscriptions.api.urlpattern-grant",
        "absolute patterns never match",
    )
    .launder(|token, deed| {
        regrant(token, deed, |text, is_pattern| {
            (is_pattern && text.starts_with("http")).then(|| NEVER.to_owned())
        });
    }),
    Mutant::v1(
        "root-opens-subtree",
        "subscriptions.api.no-inheritance",
        "a grant of the list of all opens all that is below",
    )
    .launder(|token, deed| {
        let root = root(deed.scene);
        regrant(token, deed, |text, _| {
            (text == root).then(|| "*".to_owned())
        });
    }),
    Mutant::v1(
        "wildcard-unread",
        "subscriptions.api.broad-grant",
        "`*` does not open the API",
    )
    .launder(|token, deed| {
        regrant(token, deed, |text, _| {
            (text == "*").then(|| NEVER.to_owned())
        });
    }),
    Mutant::v1(
        "events-by-absolute-url",
        "subscriptions.api.one-matcher-for-both",
        "what opens the document does not open the events",
    )
    .launder(|token, deed| {
        if deed.request.is_subscription(&deed.scene.path) {
            let below = format!("{}/", root(deed.scene));
            for matcher in token.matchers() {
                if text(matcher).starts_with(&below) {
                    matcher["match"] = NEVER.into();
                }
            }
        }
    }),
    Mutant::v1(
        "hidden",
        "subscriptions.api.forbidden",
        "what a token does not grant is answered 404",
    )
    .answer(|answer, exchange| {
        if answer.status == 403 && is_asked(exchange.request, exchange.scene) {
            answer.headers.remove("WWW-Authenticate");
            answer.refuse(404);
        }
    }),
];

fn origin(deed: &Deed<'_>) -> String {
    let scene = deed.scene;
    scene.url.trim_end_matches(&scene.path).to_owned()
}

fn text(matcher: &Value) -> String {
    matcher["match"].as_str().unwrap_or_default().to_owned()
}

/// Changes what a token grants that is presented to the API: the text of a matcher, told whether it is a pattern.
fn regrant(token: &mut Token, deed: &Deed<'_>, edit: impl Fn(&str, bool) -> Option<String>) {
    if !is_asked(deed.request, deed.scene) {
        return;
    }
    for matcher in token.matchers() {
        let is_pattern = matcher["match_type"] == "urlpattern";
        if let Some(other) = edit(&text(matcher), is_pattern) {
            matcher["match"] = other.into();
        }
    }
}
