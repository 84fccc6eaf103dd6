//! Authorization details: malformed ones taken for granted, sound ones refused or stretched.

use serde_json::{Value, json};

use crate::challenge;
use crate::credential;
use crate::message::{Answer, Request};
use crate::mutant::{Deed, Exchange, Mutant};
use crate::scene::Scene;
use crate::token::{DETAIL_TYPE, Token};

use super::malformed::{actions, is_malformed, keep_sound_details};

/// A topic that no check uses.
const NOWHERE: &str = "urn:x-crooked:nowhere";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "details-not-in-array",
        "details.claim-format",
        "details that are not in an array are accepted",
    )
    .launder(|token, deed| {
        let claim = token.claim("authorization_details").clone();
        let details = match claim {
            Value::Array(_) => return,
            Value::Object(_) => json!([claim]),
            Value::String(text) => serde_json::from_str(&text).unwrap_or_default(),
            _ => Value::Null,
        };
        let details = if details.is_array() {
            details
        } else {
            everything(deed.scene)
        };
        token.set("authorization_details", details);
    }),
    Mutant::v1(
        "type-normalized",
        "details.type.exact",
        "`type` is compared loosely",
    )
    .launder(|token, _| {
        for detail in all_details(token) {
            let near = |text: &str| text.to_ascii_lowercase().contains("mercure");
            if detail["type"].as_str().is_some_and(near) {
                detail["type"] = DETAIL_TYPE.into();
            }
        }
    }),
    Mutant::v1(
        "foreign-type-refused",
        "details.type.other-ignored",
        "a detail of another type makes the token invalid",
    )
    .refuse(|token, _| {
        let details = token.claim("authorization_details").as_array();
        details.is_some_and(|details| details.iter().any(|detail| detail["type"] != DETAIL_TYPE))
    }),
    Mutant::v1(
        "legacy-claim-honoured",
        "details.legacy-claim",
        "the old `mercure` claim grants rights",
    )
    .launder(|token, deed| {
        if !token.claim("mercure").is_null() || !token.claim("scope").is_null() {
            token.set("authorization_details", everything(deed.scene));
        }
    }),
    Mutant::v1(
        "topics-optional",
        "details.topics.required",
        "missing topics mean all of them",
    )
    .launder(|token, _| {
        for detail in token
            .details()
            .filter(|detail| detail.get("topics").is_none())
        {
            detail["topics"] = json!([{"match": "*"}]);
        }
    }),
    Mutant::v1(
        "topics-empty",
        "details.topics.nonempty",
        "an empty `topics` grants nothing",
    )
    .launder(|token, _| {
        for detail in token
            .details()
            .filter(|detail| detail["topics"] == json!([]))
        {
            detail["topics"] = json!([{"match": NOWHERE}]);
        }
    }),
    Mutant::v1(
        "topics-of-any-type",
        "details.topics.array",
        "`topics` need not be an array",
    )
    .launder(|token, _| {
        for detail in token.details() {
            let topics = match detail.get("topics") {
                None | Some(Value::Array(_)) => continue,
                Some(Value::Object(matcher)) => json!([matcher]),
                Some(_) => json!([{"match": "*"}]),
            };
            detail["topics"] = topics;
        }
    }),
    Mutant::v1(
        "payload-refused",
        "details.payload.object",
        "a payload that is not flat is refused",
    )
    .refuse(|token, _| {
        let mut token = token.clone();
        token.details().any(|detail| detail["payload"].is_object())
    }),
    Mutant::v1(
        "payload-of-any-type",
        "details.payload.not-object",
        "a payload may have any JSON type",
    )
    .launder(|token, _| {
        for detail in token.details() {
            if detail
                .get("payload")
                .is_some_and(|payload| !payload.is_object())
            {
                detail["payload"] = json!({});
            }
        }
    }),
    Mutant::v1(
        "no-detail-all-rights",
        "details.no-detail-no-right",
        "a token without Mercure details is unrestricted",
    )
    .launder(|token, deed| {
        if token.details().count() == 0 {
            token.set("authorization_details", everything(deed.scene));
        }
    }),
    Mutant::v1(
        "malformed-detail-skipped",
        "details.invalid.rejected",
        "a malformed detail is skipped",
    )
    .launder(|token, _| keep_sound_details(token, |_| true)),
    Mutant::v1(
        "refused-but-dispatched",
        "details.invalid.no-partial",
        "a publication is dispatched although its answer is 401",
    )
    .launder(|token, deed| {
        if is_post(deed.request) {
            keep_sound_details(token, |_| true);
        }
    })
    .answer(refuse_malformed),
    Mutant::v1(
        "irrelevant-detail-unparsed",
        "details.invalid.irrelevant-action",
        "only details with the requested action are validated",
    )
    .launder(|token, deed| {
        let wanted = requested_action(deed);
        keep_sound_details(token, |detail| {
            !actions(detail).any(|action| action == wanted)
        });
    }),
];

/// Says 401 to a publication whose token has a malformed detail.
fn refuse_malformed(answer: &mut Answer, exchange: &Exchange<'_>) {
    let token = credential::token(exchange.request);
    let malformed =
        token.is_some_and(|mut token| token.details().any(|detail| is_malformed(detail)));
    if malformed && is_post(exchange.request) {
        answer.refuse(401);
        challenge::set(answer, "error", "invalid_token");
    }
}

fn is_post(request: &Request) -> bool {
    request.method == "POST"
}

fn requested_action(deed: &Deed<'_>) -> &'static str {
    if is_post(deed.request) {
        "publish"
    } else {
        "subscribe"
    }
}

fn all_details(token: &mut Token) -> impl Iterator<Item = &mut Value> {
    let claim = token.claims.get_mut("authorization_details");
    claim.and_then(Value::as_array_mut).into_iter().flatten()
}

/// Details that grant every topic.
fn everything(scene: &Scene) -> Value {
    let token = Token::parse(&scene.token(&["*"]));
    token
        .map(|token| token.claim("authorization_details").clone())
        .unwrap_or_default()
}
