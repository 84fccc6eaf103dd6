//! Section "Authorization": subscribers without token. Not for publishers without one, who stand under "Error Responses".

use assay_client::Dialect;

use super::{
    reconnection::{after, published_on, replays_only},
    right::private_update,
};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Area, Check, Findings, Need, Section, Shape},
    features::OptionalFeature,
    lab::Lab,
    request::{Proof, Request},
    shape::{
        Change,
        accepted::WORKS,
        deliveries::{AS_DUE, Deliveries, Fate},
        sandwich::Sandwich,
    },
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Anonymous,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("anonymous/accepted", |lab| Box::pin(accepted(lab)))
            .judges(
                "auth.anonymous.accepted",
                AcceptSet::fact(WORKS).or_pass(Outcome::All(vec![
                    Outcome::Status(&[401]),
                    Outcome::BearerChallenge,
                ])),
            ),
        SECTION
            .deliveries(
                "anonymous/public-only",
                reader("no token, `match` is the topic", "match", |lab| {
                    lab.topic("a")
                }),
            )
            .also(Shape::Deliveries(reader(
                "no token, `match` is `*`",
                "match",
                |_| "*".to_owned(),
            )))
            .also(Shape::Deliveries(reader(
                "no token, `match_urlpattern` selects the topic",
                "match_urlpattern",
                |lab| lab.topic("a"),
            )))
            .also(Shape::Probe(|lab| Box::pin(replay(lab))))
            .judges("auth.anonymous.public-only", AcceptSet::fact(AS_DUE))
            .needs(Need::Anonymous),
        SECTION
            .refusal("anonymous/refused", Sandwich::new(by("match"), no_token()))
            .also(Shape::Sandwich(Sandwich::new(
                by("match_urlpattern"),
                no_token(),
            )))
            .judges(
                "auth.anonymous.refused",
                AcceptSet::pass(Outcome::Status(&[401])),
            )
            .needs(Need::NoAnonymous),
    ]
}

// The topic itself, as an exact matcher or as a pattern without wildcards.
fn by(parameter: &'static str) -> impl Fn(&Lab<'_>) -> Result<Request, Stop> + Send + Sync {
    move |lab| {
        let topic = lab.topic("a");
        Ok(lab
            .stream(&topic)?
            .bearer(lab.subscriber(&[])?)
            .param(parameter, &topic))
    }
}

fn no_token() -> Change {
    Change::new("there is no token", |request, _| {
        request.credentials.clear();
        Ok(())
    })
}

async fn accepted(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let request = lab.subscribe(&topic)?;
    drop(
        lab.subscribed(&request.clone().bearer(lab.subscriber(&[])?))
            .await?,
    );
    Ok(match lab.open(&request.anonymous()).await? {
        Err(answer) => Findings::answer(answer),
        Ok(mut stream) => match stream.fence(&topic, Proof::Public).await {
            Ok(_) => Findings::fact(WORKS),
            Err(Stop::Control(reason)) => Findings::other(reason),
            Err(stop) => return Err(stop),
        },
    })
}

fn reader(
    says: &'static str,
    parameter: &'static str,
    matcher: fn(&Lab<'_>) -> String,
) -> Deliveries {
    Deliveries::new(
        says,
        move |lab| {
            Ok(lab
                .subscribe(&lab.topic("sentinel"))?
                .anonymous()
                .param(parameter, matcher(lab)))
        },
        |lab| {
            let topic = lab.topic("a");
            Ok(vec![
                (Fate::Hidden, private_update(lab, &topic)?),
                (Fate::Due, lab.publish(&topic, "")?),
            ])
        },
    )
}

async fn replay(lab: &Lab<'_>) -> Result<Findings, Stop> {
    if !lab.hub().features.has(OptionalFeature::History) {
        return Ok(Findings::Cases(Vec::new()));
    }
    let topic = lab.topic("b");
    let cursor = published_on(lab, &topic).await?;
    let secret = lab.marker();
    let mut update = private_update(lab, &topic)?;
    update.set_field("data", &secret);
    lab.published(&update).await?;
    let last = published_on(lab, &topic).await?;
    let request = after(lab, &topic, &cursor.id)?;
    let entitled = request
        .clone()
        .bearer(lab.subscriber(&[assay_client::TopicMatcher::Any])?);
    replays_only(lab, &entitled, &topic, &[&secret, &last.data])
        .await?
        .map_err(|seen| Stop::Control(format!("to the entitled subscriber: {seen}")))?;
    let observation = match replays_only(lab, &request.anonymous(), &topic, &[&last.data]).await? {
        Ok(()) => Observation::Fact(AS_DUE),
        Err(seen) => Observation::Other(seen),
    };
    Ok(Findings::Cases(vec![(
        "the history is replayed",
        observation,
    )]))
}
