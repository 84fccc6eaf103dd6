//! Events about subscriptions: which come, to whom, under which topic, and about whom.

use crate::credential;
use crate::form;
use crate::grant;
use crate::message::Request;
use crate::mutant::{Fate, Mutant, Needs};
use crate::presence::{
    active, follows, matcher, moved_to_absolute, rename_subscriber, retold, told,
};
use crate::scene::Scene;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "beginnings-untold",
        "subscriptions.event.created",
        "only the end of a subscription is told",
    )
    .event(|event, _| Fate::drop_if(active(&event) == Some(true), event)),
    Mutant::v1(
        "ends-untold",
        "subscriptions.event.terminated",
        "only the beginning of a subscription is told",
    )
    .event(|event, _| Fate::drop_if(active(&event) == Some(false), event)),
    Mutant::v1(
        "told-under-absolute-url",
        "subscriptions.event.topic",
        "the topic of the events is an absolute URL",
    )
    .request(moved_to_absolute),
    Mutant::v1(
        "usual-path-in-topic",
        "subscriptions.event.topic-custom-path",
        "the topic begins with the usual path wherever the hub is",
    )
    .on(Needs::CustomPath)
    .request(moved_to_absolute),
    Mutant::v1(
        "repeated-end-untold",
        "subscriptions.dedup",
        "a matcher that is asked for twice begins, and never ends",
    )
    .request(|request, scene| {
        let asked = grant::asked(request);
        for (index, matcher) in asked.iter().enumerate() {
            if asked[..index]
                .iter()
                .any(|before| before.text == matcher.text)
            {
                scene.remember(&matcher.text, "twice");
            }
        }
    })
    .event(|event, delivery| {
        let ends = told(&event).filter(|_| active(&event) == Some(false));
        let is_twice = ends.is_some_and(|it| delivery.scene.recall(&matcher(&it)).is_some());
        Fate::drop_if(is_twice, event)
    }),
    Mutant::v1(
        "told-publicly",
        "subscriptions.event.private",
        "events about subscriptions are public",
    )
    .request(follow_as_reader_of_all),
    Mutant::v1(
        "told-without-id",
        "subscriptions.event.ordinary-update",
        "events about subscriptions have no id",
    )
    .event(|mut event, _| {
        if told(&event).is_some() {
            event.remove("id");
        }
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "subscriber-from-request",
        "subscriptions.subscriber.not-client-supplied",
        "a parameter or a header field names the subscriber",
    )
    .request(|request, scene| {
        let parameter = form::first(&form::query(request), "subscriber").map(str::to_owned);
        let proposed = parameter.or_else(|| request.headers.get("x-request-id"));
        if let Some(proposed) = proposed {
            remember(request, scene, &proposed);
        }
    })
    .event(|event, delivery| retold(event, |document| rename(document, delivery.scene))),
    Mutant::v1(
        "subscriber-is-subject",
        "subscriptions.subscriber.unique-per-connection",
        "the identifier is the `sub` of the token",
    )
    .request(remember_subject)
    .event(|event, delivery| retold(event, |document| rename(document, delivery.scene))),
    Mutant::v1(
        "subject-and-counter",
        "subscriptions.subscriber.includes-issuer",
        "the identifier is the `sub` of the token and a number, whoever issued it",
    )
    .on(Needs::Issuers)
    .request(remember_subject)
    .event(|event, delivery| {
        retold(event, |document| {
            let subject = delivery.scene.recall(&matcher(document));
            let subject = subject.unwrap_or_default();
            let number = |subscriber: &str| delivery.scene.counter(subscriber);
            rename_subscriber(document, |it| format!("{subject}:{}", number(it)));
        })
    }),
    Mutant::v1(
        "one-subscriber",
        "subscriptions.subscriber.distinct",
        "all connections have one identifier",
    )
    .event(|event, _| {
        retold(event, |document| {
            rename_subscriber(document, |_| "urn:x-crooked:anyone".to_owned());
        })
    }),
    Mutant::v1(
        "counted-subscribers",
        "subscriptions.subscriber.random",
        "connections are numbered",
    )
    .event(|event, delivery| {
        retold(event, |document| {
            let number = |subscriber: &str| delivery.scene.counter(subscriber);
            rename_subscriber(document, |it| format!("urn:x-crooked:{}", number(it)));
        })
    }),
    Mutant::v1(
        "subject-in-subscriber",
        "subscriptions.subscriber.derived",
        "the identifier holds the `sub` of the token, and what tells connections apart",
    )
    .request(remember_subject)
    .event(|event, delivery| {
        retold(event, |document| {
            let subject = delivery
                .scene
                .recall(&matcher(document))
                .unwrap_or_default();
            rename_subscriber(document, |it| format!("{it}:{subject}"));
        })
    }),
];

/// Follows events about subscriptions with a token that may read everything.
pub(in crate::mutants) fn follow_as_reader_of_all(request: &mut Request, scene: &Scene) {
    if follows(request, scene) {
        credential::present(request, &scene.token(&["*"]));
    }
}

/// Remembers something for the events about the subscriptions of a request.
fn remember(request: &Request, scene: &Scene, what: &str) {
    for asked in grant::asked(request) {
        scene.remember(&asked.text, what);
    }
}

fn remember_subject(request: &mut Request, scene: &Scene) {
    let token = credential::token(request);
    if let Some(subject) = token.as_ref().and_then(|it| it.claim("sub").as_str()) {
        remember(request, scene, subject);
    }
}

/// Gives a subscription the name that was remembered for it.
fn rename(document: &mut crate::presence::Document, scene: &Scene) {
    if let Some(name) = scene.recall(&matcher(document)) {
        rename_subscriber(document, |_| name);
    }
}
