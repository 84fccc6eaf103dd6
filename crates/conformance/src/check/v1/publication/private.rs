//! The field `private`: that it keeps an update from others, whatever its value. Not for whom it lets through: see
//! [`crate::check::v1::private_updates`].

use assay_client::TopicMatcher;

use super::{SECTION, field_is, publication, with_field};
use crate::{
    accept::AcceptSet,
    check::{Check, Shape},
    lab::Lab,
    request::Request,
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        deliveries::{AS_DUE, Deliveries, Fate},
    },
    stop::Stop,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .deliveries("publish/private", kept_from_anyone())
            .also(Shape::Deliveries(kept_from_others()))
            .also(Shape::Deliveries(given_to_granted()))
            .judges("publish.private.marks", AcceptSet::fact(AS_DUE)),
        presence_only(),
        SECTION
            .allowance(
                "publish/private-values",
                Accepted::table(with_field("private", "on"), values()),
            )
            .judges("publish.private.any-value", AcceptSet::fact(WORKS)),
    ]
}

fn private(lab: &Lab<'_>) -> Result<Request, Stop> {
    with_field("private", "on")(lab)
}

fn kept_from_anyone() -> Deliveries {
    Deliveries::new(
        "whoever has no right to it does not receive an update with `private=on`, and receives one without the field",
        |lab| lab.subscribe(&lab.topic("a")),
        |lab| {
            Ok(vec![
                (Fate::Hidden, private(lab)?),
                (Fate::Due, publication(lab)?),
            ])
        },
    )
}

fn kept_from_others() -> Deliveries {
    Deliveries::new(
        "a subscriber with a right to another topic does not receive it",
        |lab| {
            let token = lab.subscriber(&[TopicMatcher::Exact(lab.topic("other"))])?;
            Ok(lab.subscribe(&lab.topic("a"))?.bearer(token))
        },
        |lab| {
            Ok(vec![
                (Fate::Hidden, private(lab)?),
                (Fate::Due, publication(lab)?),
            ])
        },
    )
}

fn given_to_granted() -> Deliveries {
    Deliveries::new(
        "a subscriber with a right to the topic receives both",
        |lab| lab.subscribe_private(&lab.topic("a")),
        |lab| {
            Ok(vec![
                (Fate::Due, private(lab)?),
                (Fate::Due, publication(lab)?),
            ])
        },
    )
}

// Of a hub that refuses such a value nothing is said here: that it must not is publish.private.any-value.
fn presence_only() -> Check {
    const VALUES: [(&str, &str); 8] = [
        ("an update with `private=off` is hidden", "private=off"),
        ("an update with `private=0` is hidden", "private=0"),
        ("an update with `private=false` is hidden", "private=false"),
        ("an update with `private=no` is hidden", "private=no"),
        ("an update with `private=null` is hidden", "private=null"),
        ("an update with `private=` is hidden", "private="),
        ("an update with a bare `private` is hidden", "private"),
        (
            "an update with `private=off&private=on` is hidden",
            "private=off&private=on",
        ),
    ];
    let [first, rest @ ..] = VALUES.map(|(says, raw)| {
        Deliveries::new(
            says,
            |lab| lab.subscribe(&lab.topic("a")),
            move |lab| {
                let mut update = publication(lab)?;
                raw.clone_into(&mut update.raw_form);
                Ok(vec![(Fate::Hidden, update)])
            },
        )
    });
    rest.into_iter()
        .fold(
            SECTION.deliveries("publish/private-presence", first),
            |check, deliveries| check.also(Shape::Deliveries(deliveries)),
        )
        .judges("publish.private.presence-only", AcceptSet::fact(AS_DUE))
}

fn values() -> Vec<Change> {
    vec![
        field_is("`private` is empty", "private", ""),
        field_is("`private` is `off`", "private", "off"),
        field_is("`private` is a format character", "private", "\u{200b}"),
        field_is("`private` has a line feed inside", "private", "a\nb"),
        Change::new("`private` has 1,000 characters", |request, _| {
            request.set_field("private", &"x".repeat(1_000));
            Ok(())
        }),
    ]
}
