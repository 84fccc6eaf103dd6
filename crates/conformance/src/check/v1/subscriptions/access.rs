//! Section "Subscription API": who may ask what.

use assay_client::TopicMatcher::{Any, Exact, UrlPattern};

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings, Probing,
        subscriptions::{
            Marked,
            access::{self, AS_GRANTED, Case, Control, Paths},
            api::{Present, Shape, asked},
            grants::{Granted, all, another, nobody, publisher, subscriber},
            naming,
            observer::Observer,
        },
        v1::refusal::insufficient_scope,
    },
    lab::Lab,
    stop::Stop,
};

use Shape::{All, Matcher, Nobody, One};

const BOTH: &str = "a token that grants a subscription's topic opens its events and its document, another token neither";

fn nothing(lab: &Lab<'_>, _: &Paths) -> Granted {
    lab.subscriber(&[]).map(Some)
}

fn matcher(lab: &Lab<'_>, paths: &Paths) -> Granted {
    subscriber(lab, Exact(paths.matcher.clone()))
}

fn one(lab: &Lab<'_>, paths: &Paths) -> Granted {
    subscriber(lab, Exact(paths.one.clone()))
}

fn pattern(lab: &Lab<'_>, paths: &Paths) -> Granted {
    subscriber(lab, UrlPattern(format!("{}/:type/:match", paths.all)))
}

fn absolute_pattern(lab: &Lab<'_>, paths: &Paths) -> Granted {
    let Paths { origin, all, .. } = paths;
    subscriber(lab, UrlPattern(format!("{origin}{all}/:type/:match")))
}

const UNAUTHENTICATED: &[Case] = &[
    Case::refused("all are asked for without token", All, nobody),
    Case::refused(
        "those of a matcher are asked for without token",
        Matcher,
        nobody,
    ),
    Case::refused("one is asked for without token", One, nobody),
    Case::refused(
        "one that never was is asked for without token",
        Nobody,
        nobody,
    ),
];

const FORBIDDEN: &[Case] = &[
    Case::refused("the token grants nothing, all", All, nothing),
    Case::refused("the token grants nothing, a matcher", Matcher, nothing),
    Case::refused("the token grants nothing, one", One, nothing),
    Case::refused(
        "the token grants nothing, one that never was",
        Nobody,
        nothing,
    ),
    Case::refused("the token grants another topic, all", All, another),
    Case::refused("the token grants another topic, one", One, another),
    Case::refused(
        "the token grants another topic, one that never was",
        Nobody,
        another,
    ),
];

const TOPIC: &[Case] = &[
    Case::served("the list of all is granted", All, all),
    Case::served("the list of a matcher is granted", Matcher, matcher),
    Case::served("one is granted", One, one),
    Case::refused("another topic is granted, all", All, another),
    Case::refused("another topic is granted, a matcher", Matcher, another),
    Case::refused("another topic is granted, one", One, another),
    Case::refused("publishing on everything is granted, all", All, publisher),
    Case::refused("publishing on it is granted, one", One, |lab, paths| {
        lab.publisher(&[Exact(paths.one.clone())]).map(Some)
    }),
];

const RELATIVE: &[Case] = &[
    Case::served("the path is granted", All, all),
    Case::refused("the absolute URL is granted", All, |lab, paths| {
        subscriber(lab, Exact(format!("{}{}", paths.origin, paths.all)))
    }),
    Case::refused("the absolute URL of one is granted", One, |lab, paths| {
        subscriber(lab, Exact(format!("{}{}", paths.origin, paths.one)))
    }),
];

const QUERY: &[Case] = &[
    Case::served("there is a query that the grant does not have", All, all).with_query("?x=1"),
    Case::refused("the grant has the query too", All, |lab, paths| {
        subscriber(lab, Exact(format!("{}?x=1", paths.all)))
    })
    .with_query("?x=1"),
];

const PATTERNS: &[Case] = &[
    Case::served(
        "a relative pattern of matchers is granted",
        Matcher,
        pattern,
    ),
    Case::served(
        "an absolute pattern of matchers is granted",
        Matcher,
        absolute_pattern,
    ),
    Case::served(
        "a pattern with an optional rest is granted",
        Matcher,
        |lab, paths| subscriber(lab, UrlPattern(format!("{}{{/*}}?", paths.all))),
    ),
    Case::refused(
        "a relative pattern of matchers is granted, all",
        All,
        pattern,
    ),
    Case::refused(
        "a relative pattern of matchers is granted, one",
        One,
        pattern,
    ),
    Case::refused(
        "an absolute pattern of matchers is granted, all",
        All,
        absolute_pattern,
    ),
    Case::refused(
        "an absolute pattern of matchers is granted, one",
        One,
        absolute_pattern,
    ),
    Case::refused(
        "a pattern of another origin is granted",
        Matcher,
        |lab, paths| {
            let all = &paths.all;
            subscriber(
                lab,
                UrlPattern(format!("https://other.example{all}/:type/:match")),
            )
        },
    ),
];

const SEPARATE: &[Case] = &[
    Case::refused("the list of all is granted, a matcher", Matcher, all),
    Case::refused("the list of all is granted, one", One, all),
    Case::refused("the list of a matcher is granted, all", All, matcher),
    Case::refused("the list of a matcher is granted, one", One, matcher),
    Case::refused("one is granted, all", All, one),
    Case::refused("one is granted, a matcher", Matcher, one),
];

const BROAD: &[Case] = &[
    Case::served("everything is granted, all", All, everything),
    Case::served("everything is granted, a matcher", Matcher, everything),
    Case::served("everything is granted, one", One, everything),
    Case::served("the namespace is granted, a matcher", Matcher, below),
    Case::served("the namespace is granted, one", One, below),
];

fn everything(lab: &Lab<'_>, _: &Paths) -> Granted {
    subscriber(lab, Any)
}

fn below(lab: &Lab<'_>, paths: &Paths) -> Granted {
    subscriber(lab, UrlPattern(format!("{}/*", paths.all)))
}

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let granted = |id, requirement, probe: for<'a> fn(&'a Lab<'a>) -> Probing<'a>| {
        SECTION
            .probe(id, probe)
            .judges(requirement, AcceptSet::fact(AS_GRANTED))
    };
    let challenge = Outcome::All(vec![
        Outcome::Status(&[401]),
        Outcome::NoChallengeParameter("error"),
    ]);
    vec![
        SECTION
            .probe("subscriptions/api-unauthenticated", |lab| {
                Box::pin(access::answered(lab, UNAUTHENTICATED))
            })
            .judges(
                "subscriptions.api.unauthenticated",
                AcceptSet::pass(challenge),
            ),
        SECTION
            .probe("subscriptions/api-forbidden", |lab| {
                Box::pin(access::answered(lab, FORBIDDEN))
            })
            .judges("subscriptions.api.forbidden", insufficient_scope()),
        granted(
            "subscriptions/api-authorized",
            "subscriptions.api.authorized-topic",
            |lab| Box::pin(access::granted(lab, TOPIC, Control::Beside)),
        ),
        granted(
            "subscriptions/api-relative-form",
            "subscriptions.api.relative-form",
            |lab| Box::pin(access::granted(lab, RELATIVE, Control::Beside)),
        ),
        granted(
            "subscriptions/api-query",
            "subscriptions.api.query-ignored",
            |lab| Box::pin(access::granted(lab, QUERY, Control::Beside)),
        ),
        granted(
            "subscriptions/api-urlpattern",
            "subscriptions.api.urlpattern-grant",
            |lab| Box::pin(access::granted(lab, PATTERNS, Control::Beside)),
        ),
        granted(
            "subscriptions/api-no-inheritance",
            "subscriptions.api.no-inheritance",
            |lab| Box::pin(access::granted(lab, SEPARATE, Control::Beside)),
        ),
        granted(
            "subscriptions/api-broad-grant",
            "subscriptions.api.broad-grant",
            |lab| Box::pin(access::granted(lab, BROAD, Control::None)),
        ),
        SECTION
            .probe("subscriptions/one-matcher", |lab| Box::pin(for_both(lab)))
            .judges(
                "subscriptions.api.one-matcher-for-both",
                AcceptSet::fact(BOTH),
            ),
    ]
}

// The one who may sees the event that the other one does not.
async fn for_both(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let present = Present::with(lab, vec![Marked::url()]).await?;
    let id = present.path(One, 0)?;
    let other = naming::single(lab, &Marked::url(), present.subscriber()?);
    let mut seen = Vec::new();
    let mut observers = Vec::new();
    for granted in [&id, &other] {
        let token = lab.subscriber(&[Exact(granted.clone())])?;
        let request = asked(lab, id.clone())?.bearer(token.clone());
        let is_served = lab.ask(&request).await?.status == 200;
        let request = lab.subscribe(&lab.topic("observer"))?.param("match", &id);
        observers.push(Observer::by(lab, request.bearer(token)).await?);
        seen.push(is_served);
    }
    drop(present.stream);
    let [entitled, foreign] = observers.as_mut_slice() else {
        return Err(Stop::Defect("there are two observers".to_owned()));
    };
    let told = !entitled.about_each(&[&present.marked[0]]).await?[0].is_empty();
    let foreign_told = !foreign.so_far(&[&present.marked[0]]).await?[0].is_empty();
    Ok(Findings::All(
        if (seen[0], told, seen[1], foreign_told) == (true, true, false, false) {
            Observation::Fact(BOTH)
        } else {
            Observation::Other(format!(
                "granted: document {}, event {told}; not granted: document {}, event {foreign_told}",
                seen[0], seen[1]
            ))
        },
    ))
}
