//! Payloads: those that are left out, and those that another detail should give.

use serde_json::{Value, json};

use crate::grant;
use crate::mutant::{Deed, Mutant};
use crate::presence::{active, redocumented, retold};
use crate::token::Token;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "no-payload-at-end",
        "subscriptions.payload.included",
        "the end of a subscription is told without payload",
    )
    .event(|event, _| {
        let ends = active(&event) == Some(false);
        retold(event, |document| {
            if ends {
                document.remove("payload");
            }
        })
    }),
    Mutant::v1(
        "no-payload-in-api",
        "subscriptions.payload.in-api",
        "the API leaves the payload out",
    )
    .answer(|answer, exchange| {
        redocumented(answer, exchange, |document| {
            document.remove("payload");
        });
    }),
    Mutant::v1(
        "last-payload-wins",
        "subscriptions.payload.first-wins",
        "the payload of the last detail that covers the matcher is told",
    )
    .launder(|token, deed| {
        if deed.request.is_subscription(&deed.scene.path) {
            let details = token.claims["authorization_details"].as_array_mut();
            if let Some(details) = details {
                details.reverse();
            }
        }
    }),
    Mutant::v1(
        "payload-of-publisher",
        "subscriptions.payload.subscribe-only",
        "the payload of a detail for publishing is told",
    )
    .launder(|token, deed| {
        edit(token, deed, |detail, _| {
            detail["actions"] = json!(["publish", "subscribe"]);
        });
    }),
    Mutant::v1(
        "equal-matchers-alone",
        "subscriptions.payload.matcher-as-topic",
        "a pattern gives its payload to the same pattern alone",
    )
    .launder(|token, deed| {
        edit(token, deed, |detail, asks_pattern| {
            if !asks_pattern && detail["topics"][0]["match_type"] == "urlpattern" {
                forget(detail);
            }
        });
    }),
    Mutant::v1(
        "exact-for-exact-alone",
        "subscriptions.payload.exact-on-pattern",
        "an exact detail gives its payload to exact subscriptions alone",
    )
    .launder(|token, deed| {
        edit(token, deed, |detail, asks_pattern| {
            let topic = &detail["topics"][0];
            if asks_pattern && topic["match_type"] != "urlpattern" && topic["match"] != "*" {
                forget(detail);
            }
        });
    }),
    Mutant::v1(
        "wildcard-for-urls-alone",
        "subscriptions.payload.wildcard-default",
        "`*` gives its payload to URLs alone",
    )
    .launder(|token, deed| {
        let asked = grant::asked(deed.request);
        let is_broken = asked.iter().any(|it| it.text.starts_with("https://["));
        edit(token, deed, |detail, _| {
            if is_broken && detail["topics"][0]["match"] == "*" {
                forget(detail);
            }
        });
    }),
    Mutant::v1(
        "payload-for-others",
        "subscriptions.payload.absent",
        "the payload of a detail that does not cover the matcher is told",
    )
    .launder(|token, deed| {
        edit(token, deed, |detail, _| {
            detail["topics"] = json!([{ "match": "*" }]);
        });
    }),
];

fn forget(detail: &mut Value) {
    if let Some(detail) = detail.as_object_mut() {
        detail.remove("payload");
    }
}

/// Changes the details with a payload of a token that subscribes, told whether it is to a pattern.
fn edit(token: &mut Token, deed: &Deed<'_>, edit: impl Fn(&mut Value, bool)) {
    if !deed.request.is_subscription(&deed.scene.path) {
        return;
    }
    let asks_pattern = grant::asked(deed.request).iter().any(|it| it.is_pattern);
    for detail in token.details().filter(|it| !it["payload"].is_null()) {
        edit(detail, asks_pattern);
    }
}
