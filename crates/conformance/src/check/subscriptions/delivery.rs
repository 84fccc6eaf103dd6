//! Who receives the events of subscriptions: whoever asks for their topic and may read it, live and replayed. Shared by the
//! tables of both dialects.

use assay_client::{Dialect, TopicMatcher};

use super::{
    Marked,
    document::Told,
    naming,
    observer::{Observer, follow},
    subscription,
};
use crate::{
    accept::Observation, check::Findings, features::OptionalFeature, lab::Lab, request::Request,
    stop::Stop,
};

/// Its topic is the one that the draft gives it.
pub(in crate::check) const UNDER_TOPIC: &str = "a subscriber of the topic as the draft writes it receives the event, one of the absolute URL does not";
/// Whoever may not read it does not receive it.
pub(in crate::check) const WITHHELD: &str =
    "an observer who may read the events receives them, and nobody else does";
/// It is an update like others.
pub(in crate::check) const ORDINARY: &str =
    "the events have ids, are replayed after a cursor, and come to whom their topic matches";

/// Whether an event is that of a subscription itself, and not of somebody who asks for events about it.
fn tells_of(told: &Told, matcher: &Marked) -> bool {
    ["match", "topic"]
        .iter()
        .any(|member| told.text(member) == Some(&matcher.text))
}

fn ends(told: &[Told], matcher: &Marked) -> bool {
    told.iter()
        .any(|told| tells_of(told, matcher) && told.member("active") == Some(&false.into()))
}

/// Subscribes to the topic of a subscription, and ends this.
pub(in crate::check) async fn topic(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let matcher = Marked::url();
    let mut all = Observer::of_all(lab).await?;
    let stream = lab.opened(&subscription(lab, [&matcher])?).await?;
    let created = all.about_each(&[&matcher]).await?;
    let subscriber = created[0]
        .iter()
        .find_map(Told::subscriber)
        .ok_or_else(|| Stop::Control("no event tells the subscriber".to_owned()))?;
    let name = naming::single(lab, &matcher, subscriber);
    let mut exactly = Observer::of_topic(lab, &name).await?;
    let absolute = format!("{}{name}", naming::origin(lab));
    let mut absolutely = Observer::of_topic(lab, &absolute).await?;
    drop(stream);
    let received = exactly.about_each(&[&matcher]).await?;
    if received[0].is_empty() && !ends(&all.so_far(&[&matcher]).await?[0], &matcher) {
        return Err(Stop::Control(
            "no event tells that the subscription is over".to_owned(),
        ));
    }
    let foreign = absolutely.so_far(&[&matcher]).await?;
    Ok(if received[0].is_empty() {
        Findings::other(format!("no event came under the topic {name}"))
    } else if foreign[0].is_empty() {
        Findings::fact(UNDER_TOPIC)
    } else {
        Findings::other(format!("an event came under the topic {absolute}"))
    })
}

/// Those who may not read the events, each with what is said of it.
fn unauthorized(lab: &Lab<'_>) -> Result<Vec<(&'static str, Request)>, Stop> {
    let other = TopicMatcher::Exact(lab.topic("other"));
    let mut requests = vec![
        (
            "the token grants nothing",
            follow(lab)?.bearer(lab.subscriber(&[])?),
        ),
        (
            "the token grants another topic",
            follow(lab)?.bearer(lab.subscriber(&[other])?),
        ),
    ];
    if lab.hub().features.has(OptionalFeature::Anonymous) {
        requests.push(("there is no token", follow(lab)?.anonymous()));
    }
    Ok(requests)
}

async fn come_and_go(
    lab: &Lab<'_>,
    entitled: &mut Observer<'_, '_>,
    matcher: &Marked,
) -> Result<[Vec<Told>; 2], Stop> {
    let stream = lab.opened(&subscription(lab, [matcher])?).await?;
    let created = entitled.about_each(&[matcher]).await?;
    drop(stream);
    let terminated = entitled.about_each(&[matcher]).await?;
    let told = [created, terminated].map(|mut told| told.remove(0));
    if told.iter().any(Vec::is_empty) {
        return Err(Stop::Control(
            "the entitled observer received nothing".to_owned(),
        ));
    }
    Ok(told)
}

/// A subscriber comes and goes while some look on who may not.
pub(in crate::check) async fn private(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let matcher = Marked::url();
    let mut entitled = Observer::of_all(lab).await?;
    let mut others = Vec::new();
    for (says, request) in unauthorized(lab)? {
        others.push((says, Observer::by(lab, request).await?));
    }
    let before = lab
        .published(&lab.publish(&lab.topic("before"), &lab.marker())?)
        .await?;
    come_and_go(lab, &mut entitled, &matcher).await?;
    let mut cases = Vec::new();
    for (says, mut other) in others {
        cases.push((says, withheld(&other.so_far(&[&matcher]).await?[0])));
    }
    if replays(lab, &before, &matcher).await?.is_empty() {
        return Ok(Findings::Cases(cases));
    }
    for (_, request) in unauthorized(lab)? {
        let request = request.param(lab.hub().dialect.cursor_parameter(), &before);
        let mut other = Observer::by(lab, request).await?;
        let replayed = other.so_far(&[&matcher]).await?;
        cases.push(("they are replayed", withheld(&replayed[0])));
    }
    Ok(Findings::Cases(cases))
}

fn withheld(told: &[Told]) -> Observation {
    told.first().map_or(Observation::Fact(WITHHELD), |told| {
        Observation::Other(format!("an observer who may not read it received {told}"))
    })
}

/// What an entitled observer is replayed about a matcher.
async fn replays(lab: &Lab<'_>, cursor: &str, matcher: &Marked) -> Result<Vec<Told>, Stop> {
    let request = follow(lab)?
        .bearer(lab.subscriber(&[TopicMatcher::Any])?)
        .param(lab.hub().dialect.cursor_parameter(), cursor);
    let mut observer = Observer::by(lab, request).await?;
    Ok(observer.so_far(&[matcher]).await?.remove(0))
}

/// A subscriber comes and goes; its events are replayed, and somebody asks for those of another type.
pub(in crate::check) async fn ordinary(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let matcher = Marked::new(super::Kind::Pattern, "https://example.com/assay-", "/:id");
    let mut entitled = Observer::of_all(lab).await?;
    let mut narrow = Observer::by(lab, exact_ones(lab)?).await?;
    let before = lab
        .published(&lab.publish(&lab.topic("before"), &lab.marker())?)
        .await?;
    let told = come_and_go(lab, &mut entitled, &matcher).await?.concat();
    let mut cases = Vec::new();
    let nameless = told.iter().find(|told| told.event.id().is_empty());
    cases.push(("they come", ordinary_unless(nameless)));
    let foreign = narrow.so_far(&[&matcher]).await?;
    cases.push((
        "others ask for exact matchers alone",
        ordinary_unless(foreign[0].first()),
    ));
    if lab.hub().features.has(OptionalFeature::History) {
        let replayed = replays(lab, &before, &matcher).await?;
        cases.push((
            "they are replayed",
            if ids(&replayed) == ids(&told) {
                Observation::Fact(ORDINARY)
            } else {
                Observation::Other(format!(
                    "of {} events {} are replayed, or others",
                    told.len(),
                    replayed.len()
                ))
            },
        ));
    }
    Ok(Findings::Cases(cases))
}

fn ids(told: &[Told]) -> Vec<&str> {
    told.iter().map(|told| told.event.id()).collect()
}

fn ordinary_unless(wrong: Option<&Told>) -> Observation {
    wrong.map_or(Observation::Fact(ORDINARY), |told| {
        Observation::Other(told.to_string())
    })
}

fn exact_ones(lab: &Lab<'_>) -> Result<Request, Stop> {
    let root = naming::root(lab);
    let (parameter, matcher) = match lab.hub().dialect {
        Dialect::V0 => ("topic", format!("{root}/exact/{{subscriber}}")),
        Dialect::V1 => (
            "match_urlpattern",
            format!("{root}/exact/:match/:subscriber"),
        ),
    };
    Ok(lab
        .subscribe(&lab.topic("observer"))?
        .param(parameter, matcher)
        .bearer(lab.subscriber(&[TopicMatcher::Any])?))
}
