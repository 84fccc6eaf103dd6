//! Publishers and subscribers: who may publish what, and whom a private update reaches.

use serde_json::{Value, json};

use crate::credential;
use crate::form;
use crate::grant::{self, Matcher};
use crate::message::Request;
use crate::mutant::{Deed, Dialect, Fate, Mutant, Needs};
use crate::scene::{Scene, later, now};
use crate::token::{DETAIL_TYPE, Token};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "canonical-topic-only",
        "details.publish.every-topic",
        "the publish grant is only looked for on the canonical topic",
    )
    .launder(|token, deed| {
        let topics = topics(deed.request);
        let granted = grant::granted(token, Dialect::V1, "publish");
        if topics
            .first()
            .is_some_and(|canonical| grant::one(&granted, canonical))
        {
            grant_more(
                token,
                deed,
                "publish",
                topics.iter().map(|topic| json!({ "match": topic })),
            );
        }
    }),
    Mutant::v1(
        "dispatched-in-part",
        "details.publish.partial-not-dispatched",
        "a partly authorized update is dispatched on its authorized topics",
    )
    .shadow(|request, scene| {
        let token = credential::token(request).filter(|_| request.is_publication(&scene.path))?;
        let granted = grant::granted(&token, Dialect::V1, "publish");
        let authorized =
            |(name, value): &(String, String)| name != "topic" || grant::one(&granted, value);
        let fields: form::Fields = form::body(request).into_iter().filter(authorized).collect();
        let authorized = form::all(&fields, "topic").count();
        let mut part = request.clone();
        form::set_body(&mut part, &fields);
        (authorized > 0 && authorized < topics(request).len()).then_some(part)
    }),
    Mutant::v1(
        "partial-401",
        "details.publish.403",
        "a partly authorized update is answered 401",
    )
    .answer(|answer, exchange| {
        if answer.status == 403 && topics(exchange.request).len() > 1 {
            answer.status = 401;
        }
    }),
    Mutant::v1(
        "any-token-reads-private",
        "private.only-authorized",
        "private updates are delivered to any holder of a valid token",
    )
    .launder(subscribe_to_everything),
    Mutant::v1(
        "private-for-wildcards",
        "private.authorized-delivered",
        "private updates are delivered only to holders of the `*` grant",
    )
    .event(|event, delivery| {
        let wildcard = delivery.granted().iter().any(|matcher| matcher.text == "*");
        Fate::drop_if(delivery.is_private() && !wildcard, event)
    }),
    Mutant::v1(
        "public-restricted",
        "private.public-unrestricted",
        "subscribers with a token receive only topics that a grant covers",
    )
    .event(|event, delivery| {
        let topics = delivery.topics();
        let granted = delivery.granted();
        let restricted =
            !credential::is_anonymous(delivery.request) && !grant::any(&granted, topics);
        Fate::drop_if(!topics.is_empty() && restricted, event)
    }),
    Mutant::v1(
        "matcher-authorizes",
        "private.matcher-without-grant",
        "asking for a topic counts as authorization to read it",
    )
    .launder(|token, deed| {
        if deed.request.is_subscription(&deed.scene.path) {
            let asked = grant::asked(deed.request);
            grant_more(token, deed, "subscribe", asked.iter().map(as_grant));
        }
    }),
    Mutant::v1(
        "grant-subscribes",
        "private.grant-without-matcher",
        "the stream delivers everything that the token allows",
    )
    .request(|request, scene| {
        let token = credential::token(request).filter(|_| request.is_subscription(&scene.path));
        let granted = token.map(|token| grant::granted(&token, Dialect::V1, "subscribe"));
        // With `*` a stream would deliver what everybody else publishes too: then half of the suite hears what it should not.
        let specific = granted
            .unwrap_or_default()
            .into_iter()
            .filter(|one| one.text != "*");
        for matcher in specific {
            let name = if matcher.is_pattern {
                "match_urlpattern"
            } else {
                "match"
            };
            form::add_to_query(request, name, &matcher.text);
        }
    }),
    Mutant::v1(
        "alternate-grant-ignored",
        "private.alternate-grant",
        "authorization to read is evaluated on the canonical topic only",
    )
    .event(|event, delivery| {
        let granted = delivery.granted();
        let canonical = delivery.topics().first();
        let uncovered = canonical.is_some_and(|canonical| !grant::one(&granted, canonical));
        Fate::drop_if(delivery.is_private() && uncovered, event)
    }),
    Mutant::v1(
        "route-and-grant-tied",
        "private.canonical-grant-alternate-route",
        "the same topic has to be both asked for and granted",
    )
    .event(|event, delivery| {
        let (granted, asked) = (delivery.granted(), grant::asked(delivery.request));
        let both = |topic: &String| grant::one(&granted, topic) && grant::one(&asked, topic);
        Fate::drop_if(
            delivery.is_private() && !delivery.topics().iter().any(both),
            event,
        )
    }),
    Mutant::v1(
        "any-action-reads",
        "private.subscribe-action-needed",
        "a grant of any action opens private updates",
    )
    .launder(|token, deed| {
        if deed.request.is_subscription(&deed.scene.path) {
            for detail in token.details() {
                detail["actions"] = json!(["subscribe"]);
            }
        }
    }),
    Mutant::v1(
        "stream-outlives-token",
        "private.exp-closes-connection",
        "a stream stays open after `exp`",
    )
    .launder(|token, deed| {
        let alive = token.claim("exp").as_u64().is_some_and(|exp| exp > now());
        if alive && deed.request.is_subscription(&deed.scene.path) {
            token.set("exp", later());
        }
    }),
    Mutant::v1(
        "stream-of-any-length",
        "private.max-lifetime",
        "a stream lasts as long as its token",
    )
    .on(Needs::ShortLifetime)
    .endless(),
];

/// Gives a token on a subscription the right to read everything.
pub(super) fn subscribe_to_everything(token: &mut Token, deed: &Deed<'_>) {
    if deed.request.is_subscription(&deed.scene.path) {
        grant_more(
            token,
            deed,
            "subscribe",
            [json!({"match": "*"})].into_iter(),
        );
    }
}

fn grant_more(
    token: &mut Token,
    deed: &Deed<'_>,
    action: &str,
    matchers: impl Iterator<Item = Value>,
) {
    let matchers: Vec<Value> = matchers.collect();
    let Scene { path, .. } = deed.scene;
    if deed.request.path() != path || matchers.is_empty() {
        return;
    }
    let detail = json!({"type": DETAIL_TYPE, "actions": [action], "topics": matchers});
    let claim = token.claims.get_mut("authorization_details");
    match claim.and_then(Value::as_array_mut) {
        Some(details) => details.push(detail),
        None => token.set("authorization_details", json!([detail])),
    }
}

fn as_grant(matcher: &Matcher) -> Value {
    let kind = if matcher.is_pattern {
        "urlpattern"
    } else {
        "exact"
    };
    json!({"match": matcher.text, "match_type": kind})
}

fn topics(request: &Request) -> Vec<String> {
    let fields = form::body(request);
    form::all(&fields, "topic").map(str::to_owned).collect()
}
