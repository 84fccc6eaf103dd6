//! Subscription: which parameters are matchers, and what is refused.

use std::collections::HashSet;

use serde_json::Value;

use crate::form;
use crate::message::{Answer, Body, Request};
use crate::mutant::{Exchange, Mutant};
use crate::scene::Scene;

use super::malformed::is_invalid_pattern;
use super::matchers::{KNOWN, add, edit, nowhere, pattern, set};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "get-not-allowed",
        "subscribe.get-method",
        "GET on the hub URL is answered 405",
    )
    .answer(|answer, exchange| {
        if exchange.request.is_subscription(&exchange.scene.path) {
            answer.refuse(405);
        }
    }),
    Mutant::v1(
        "bare-match-a-pattern",
        "subscribe.match-default-exact",
        "the value of `match` is a URL pattern",
    )
    .request(|request, _| {
        add(request, |name, value| {
            (name == "match" && value != "*").then(|| pattern(value.to_owned()))
        });
    }),
    Mutant::v1(
        "explicit-exact-unread",
        "subscribe.match-explicit-exact",
        "`match_exact` matches nothing",
    )
    .request(|request, _| edit(request, |name, _| name == "match_exact", nowhere)),
    Mutant::v1(
        "patterns-literal",
        "subscribe.match-urlpattern-param",
        "patterns are compared byte for byte",
    )
    .request(|request, _| {
        edit(
            request,
            |name, _| name == "match_urlpattern",
            |(name, _)| "match".clone_into(name),
        );
    }),
    Mutant::v1(
        "suffix-any-case",
        "subscribe.type-suffix-canonical",
        "the suffix of `match_…` may have any case",
    )
    .request(|request, _| {
        let suffix = |name: &str| {
            name.starts_with("match_") && KNOWN.contains(&name.to_ascii_lowercase().as_str())
        };
        edit(
            request,
            |name, _| suffix(name),
            |(name, _)| name.make_ascii_lowercase(),
        );
    }),
    Mutant::v1(
        "names-any-case",
        "subscribe.names-case-sensitive",
        "`Match` is accepted as `match`",
    )
    .request(|request, _| {
        let other = |name: &str| {
            !name.starts_with("match") && KNOWN.contains(&name.to_ascii_lowercase().as_str())
        };
        edit(
            request,
            |name, _| other(name),
            |(name, _)| name.make_ascii_lowercase(),
        );
    }),
    Mutant::v1(
        "prefix-unreserved",
        "subscribe.reserved-prefix",
        "names that begin with `match` are ignored",
    )
    .request(drop_unknown),
    Mutant::v1(
        "unknown-type-ignored",
        "subscribe.unknown-matcher-type",
        "`match_<unknown>` is ignored",
    )
    .request(drop_unknown),
    Mutant::v1(
        "unknown-type-dropped",
        "subscribe.reserved-prefix.whole-request",
        "a stream opens for the known matchers although one is unknown",
    )
    .request(drop_unknown),
    Mutant::v1(
        "controls-accepted",
        "subscribe.value.c0",
        "C0 controls in a matcher are accepted",
    )
    .request(|request, _| edit(request, |_, value| value.contains(|c| c < ' '), nowhere)),
    Mutant::v1(
        "delete-accepted",
        "subscribe.value.del",
        "U+007F in a matcher is accepted",
    )
    .request(|request, _| edit(request, |_, value| value.contains('\u{7f}'), nowhere)),
    Mutant::v1(
        "c1-accepted",
        "subscribe.value.c1",
        "C1 controls in a matcher are accepted",
    )
    .request(|request, _| {
        edit(
            request,
            |_, value| value.contains(|c: char| c.is_control() && c > '\u{7f}'),
            nowhere,
        );
    }),
    Mutant::v1(
        "format-accepted",
        "subscribe.value.cf",
        "format characters in a matcher are accepted",
    )
    .request(|request, _| {
        let format = [
            '\u{ad}',
            '\u{200b}',
            '\u{200e}',
            '\u{feff}',
            '\u{e0001}',
            '\u{2060}',
        ];
        edit(request, |_, value| value.contains(format), nowhere);
    }),
    Mutant::v1(
        "invalid-pattern-accepted",
        "subscribe.value.invalid-pattern",
        "an invalid pattern never matches",
    )
    .request(|request, _| {
        let invalid =
            |name: &str, value: &str| name == "match_urlpattern" && is_invalid_pattern(value);
        edit(request, invalid, nowhere);
    }),
    Mutant::v1(
        "invalid-utf8-accepted",
        "subscribe.value.utf8",
        "a matcher which is no UTF-8 never matches",
    )
    .request(|request, _| edit(request, |_, value| value.contains('\u{fffd}'), nowhere)),
    Mutant::v1(
        "last-of-a-name",
        "subscribe.multiple-matchers",
        "only the last value of a repeated name is kept",
    )
    .request(|request, _| {
        let fields = form::query(request);
        let is_last = |at: usize| {
            fields[at + 1..]
                .iter()
                .all(|(name, _)| *name != fields[at].0)
        };
        let kept = (0..fields.len()).filter(|at| is_last(*at));
        let kept = kept.map(|at| fields[at].clone()).collect();
        set(request, &kept);
    }),
    Mutant::v1(
        "one-subscription-a-connection",
        "subscribe.subscription-per-parameter",
        "the subscription API lists one subscription of each subscriber",
    )
    .answer(list_one_of_each),
    Mutant::v1(
        "first-matcher-only",
        "subscribe.delivery.any-matcher",
        "only the first matcher counts",
    )
    .request(|request, _| {
        let mut seen = 0;
        let mut fields = form::query(request);
        fields.retain(|(name, _)| {
            seen += usize::from(KNOWN.contains(&name.as_str()));
            !KNOWN.contains(&name.as_str()) || seen == 1
        });
        set(request, &fields);
    }),
];

fn drop_unknown(request: &mut Request, _: &Scene) {
    let mut fields = form::query(request);
    fields.retain(|(name, _)| !name.starts_with("match") || KNOWN.contains(&name.as_str()));
    set(request, &fields);
}

/// The first subscription of each subscriber stays in a list.
pub(super) fn list_one_of_each(answer: &mut Answer, exchange: &Exchange<'_>) {
    let list = format!("{}/subscriptions", exchange.scene.path);
    if exchange.request.path() != list {
        return;
    }
    let Ok(mut document) = serde_json::from_str::<Value>(&answer.text()) else {
        return;
    };
    let mut seen = HashSet::new();
    if let Some(all) = document["subscriptions"].as_array_mut() {
        all.retain(|entry| seen.insert(entry["subscriber"].to_string()));
    }
    answer.body = Body::Whole(document.to_string().into_bytes());
}
