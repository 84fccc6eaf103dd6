//! Section "Publishers": what a publish grant covers.

use assay_client::Dialect;
use serde_json::json;

use super::{
    datum::details,
    reconnection::{after, replays_only},
    refusal::insufficient_scope,
    right::{exact, granted_publication, publish},
};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Area, Check, Findings, Section, Shape},
    features::OptionalFeature,
    lab::Lab,
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Authorization,
};

const NOT_KEPT: &str = "refused, and the history does not hold the update";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal("publishers/every-topic", partly_granted())
            .also(Shape::Accepted(
                Accepted::new(granted_publication, two_matchers()).and(two_details()),
            ))
            .judges(
                "details.publish.every-topic",
                AcceptSet::pass(Outcome::Status(&[401, 403])).or_pass(Outcome::Fact(WORKS)),
            ),
        SECTION
            .refusal("publishers/partial-not-dispatched", partly_granted())
            .also(Shape::Probe(|lab| Box::pin(not_kept(lab))))
            .judges(
                "details.publish.partial-not-dispatched",
                AcceptSet::pass(Outcome::ClientError).or_pass(Outcome::Fact(NOT_KEPT)),
            ),
        SECTION
            .refusal("publishers/partial-status", partly_granted())
            .judges("details.publish.403", insufficient_scope()),
    ]
}

// The observer listens to the granted topic, so that it sees what is dispatched in part.
fn partly_granted() -> Sandwich {
    Sandwich::new(granted_publication, uncovered_last()).or(Change::new(
        "a second topic, which the token does not cover, comes first",
        |request, lab| {
            request.prepend_field("topic", &lab.topic("other"));
            Ok(())
        },
    ))
}

fn uncovered_last() -> Change {
    Change::new(
        "a second topic, which the token does not cover, comes last",
        |request, lab| {
            *request = request.clone().field("topic", lab.topic("other"));
            Ok(())
        },
    )
}

fn two_matchers() -> Change {
    let both = details("", |lab| {
        json!([publish(json!([
            exact(&lab.topic("a")),
            exact(&lab.topic("other"))
        ]))])
    });
    Change::new(
        "there are two topics, and two matchers of one detail cover them",
        move |request, lab| {
            (uncovered_last().apply)(request, lab)?;
            (both.apply)(request, lab)
        },
    )
}

fn two_details() -> Change {
    let both = details("", |lab| {
        json!([
            publish(json!([exact(&lab.topic("a"))])),
            publish(json!([exact(&lab.topic("other"))]))
        ])
    });
    Change::new(
        "there are two topics, and two details cover one each",
        move |request, lab| {
            (uncovered_last().apply)(request, lab)?;
            (both.apply)(request, lab)
        },
    )
}

async fn not_kept(lab: &Lab<'_>) -> Result<Findings, Stop> {
    if !lab.hub().features.has(OptionalFeature::History) {
        return Ok(Findings::Cases(Vec::new()));
    }
    let topic = lab.topic("a");
    let (first, forbidden, last) = (lab.marker(), lab.marker(), lab.marker());
    let mut update = granted_publication(lab)?;
    update.set_field("data", &first);
    let cursor = lab.published(&update).await?;
    let mut partly = update.clone();
    partly.set_field("data", &forbidden);
    (uncovered_last().apply)(&mut partly, lab)?;
    lab.ask(&partly).await?;
    update.set_field("data", &last);
    lab.published(&update).await?;
    let replay = replays_only(lab, &after(lab, &topic, &cursor)?, &topic, &[&last]).await?;
    let observation = match replay {
        Ok(()) => Observation::Fact(NOT_KEPT),
        Err(seen) => Observation::Other(seen),
    };
    Ok(Findings::Cases(vec![(
        "the history is replayed afterwards",
        observation,
    )]))
}
