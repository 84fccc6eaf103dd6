//! Private updates: whom they reach, and whom they should have reached.

use crate::credential;
use crate::form;
use crate::grant;
use crate::mutant::{Deed, Dialect, Fate, Mutant};
use crate::token::Token;

use super::claims::{claimed, set_claimed};

/// A topic that no check uses.
const NOWHERE: &str = "urn:x-crooked:nowhere";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v0(
        "anonymous-reads-private",
        "private.not-dispatched",
        "the private flag is ignored for anonymous subscribers",
    )
    .request(|request, scene| {
        if request.is_subscription(&scene.path) && credential::is_anonymous(request) {
            credential::present(request, &scene.token(&["*"]));
        }
    }),
    Mutant::v0(
        "other-flag",
        "private.flag-presence",
        "the field looked for is `is_private`",
    )
    .request(|request, scene| {
        if request.is_publication(&scene.path) {
            let mut fields = form::body(request);
            fields.retain(|(name, _)| name != "private");
            form::set_body(request, &fields);
        }
    }),
    Mutant::v0(
        "flag-a-boolean",
        "private.flag-any-value",
        "the value of `private` is read as a boolean",
    )
    .request(|request, scene| {
        let mut fields = form::body(request);
        let off = |value: &str| matches!(value, "" | "0" | "false" | "off" | "no");
        if request.is_publication(&scene.path)
            && fields.iter().any(|(n, v)| n == "private" && off(v))
        {
            fields.retain(|(name, value)| name != "private" || !off(value));
            form::set_body(request, &fields);
        }
    }),
    Mutant::v0(
        "topic-authorizes",
        "private.unauthorized-not-received",
        "private updates are authorized by the topic parameters",
    )
    .launder(|token, deed| {
        let asked = grant::asked(deed.request)
            .into_iter()
            .map(|matcher| matcher.text);
        subscribe_to(token, deed, asked.collect());
    }),
    Mutant::v0(
        "claims-literal",
        "private.claim-selectors",
        "entries of the claim are compared literally",
    )
    .launder(|token, deed| {
        if deed.request.is_subscription(&deed.scene.path) {
            let literal = |selector: String| {
                if selector.contains(['{', '*']) {
                    NOWHERE.to_owned()
                } else {
                    selector
                }
            };
            let selectors: Vec<String> = claimed(token, "subscribe")
                .into_iter()
                .map(literal)
                .collect();
            set_claimed(token, "subscribe", &selectors);
        }
    }),
    Mutant::v0(
        "canonical-unchecked",
        "private.match-canonical",
        "only alternate topics grant access",
    )
    .event(|event, delivery| {
        let alternates = delivery.topics().get(1..).unwrap_or_default();
        let by_alternate = grant::any(&delivery.granted(), alternates);
        Fate::drop_if(delivery.is_private() && !by_alternate, event)
    }),
    Mutant::v0(
        "alternates-unchecked",
        "private.match-alternate",
        "only the canonical topic grants access",
    )
    .event(|event, delivery| {
        let canonical = delivery.topics().first();
        let granted = delivery.granted();
        let by_canonical = canonical.is_some_and(|canonical| grant::one(&granted, canonical));
        Fate::drop_if(delivery.is_private() && !by_canonical, event)
    }),
    Mutant::v0(
        "claim-subscribes",
        "private.claim-does-not-subscribe",
        "entries of the claim are additional topic parameters",
    )
    .request(|request, scene| {
        let token = credential::token(request).filter(|_| request.is_subscription(&scene.path));
        let granted = token.map(|token| grant::granted(&token, Dialect::V0, "subscribe"));
        for matcher in granted.unwrap_or_default() {
            form::add_to_query(request, "topic", &matcher.text);
        }
    }),
];

/// Adds to what a token on a subscription may read.
pub(super) fn subscribe_to(token: &mut Token, deed: &Deed<'_>, selectors: Vec<String>) {
    if deed.request.is_subscription(&deed.scene.path) {
        let all = [claimed(token, "subscribe"), selectors].concat();
        set_claimed(token, "subscribe", &all);
    }
}
