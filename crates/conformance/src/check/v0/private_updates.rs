//! Sections 5 and 6.5: who receives private updates. A table.

use assay_client::{Dialect, TopicMatcher};
use serde_json::json;

use crate::{
    accept::AcceptSet,
    check::{Area, Check, Need, Section, Shape},
    lab::Lab,
    request::Request,
    shape::deliveries::{AS_DUE, Deliveries, Fate},
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::PrivateUpdates,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        check(
            "0.x/private/anonymous",
            "private.not-dispatched",
            anonymous(),
        )
        .needs(Need::Anonymous),
        check(
            "0.x/private/flag",
            "private.flag-presence",
            flag("`private=on`, a subscriber granted another topic", &["on"]),
        ),
        check(
            "0.x/private/flag-values",
            "private.flag-any-value",
            flag(
                "`private` with an empty value, 0, false and off",
                &["", "0", "false", "off"],
            ),
        ),
        check(
            "0.x/private/unauthorized",
            "private.unauthorized-not-received",
            flag("granted another topic", &["on"]),
        )
        .also(Shape::Deliveries(granted_nothing()))
        .also(Shape::Deliveries(granted_empty_list())),
        check(
            "0.x/private/claim-selectors",
            "private.claim-selectors",
            granted_by("granted by a template", "~{id}"),
        )
        .also(Shape::Deliveries(granted_by("granted by `*`", "*"))),
        check(
            "0.x/private/canonical",
            "private.match-canonical",
            by_canonical(),
        ),
        check(
            "0.x/private/alternate",
            "private.match-alternate",
            by_alternate(),
        ),
        check(
            "0.x/private/claim-does-not-subscribe",
            "private.claim-does-not-subscribe",
            not_subscribed(),
        ),
    ]
}

fn check(id: &'static str, requirement: &'static str, deliveries: Deliveries) -> Check {
    SECTION
        .deliveries(id, deliveries)
        .judges(requirement, AcceptSet::fact(AS_DUE))
}

/// Subscribed to a sentinel topic and to these, with a token that grants those; `~` stands for a fresh URL.
fn subscriber(lab: &Lab<'_>, topics: &[&str], grants: &[&str]) -> Result<Request, Stop> {
    let base = lab.topic("");
    let request = lab.subscribe(&lab.topic("sentinel"))?;
    let request = topics.iter().fold(request, |request, topic| {
        request.param("topic", topic.replacen('~', &base, 1))
    });
    let grants: Vec<_> = grants
        .iter()
        .map(|grant| TopicMatcher::Exact(grant.replacen('~', &base, 1)))
        .collect();
    Ok(request.bearer(lab.subscriber(&grants)?))
}

fn private(lab: &Lab<'_>, topics: &[&str], value: &str) -> Result<Request, Stop> {
    let base = lab.topic("");
    let topics: Vec<_> = topics
        .iter()
        .map(|topic| topic.replacen('~', &base, 1))
        .collect();
    let (first, rest) = topics
        .split_first()
        .ok_or_else(|| Stop::Defect("an update has a topic".to_owned()))?;
    let request = lab.publish(first, "")?.field("private", value);
    Ok(rest.iter().fold(request, |request, topic| {
        request.field("topic", topic.clone())
    }))
}

fn anonymous() -> Deliveries {
    Deliveries::new(
        "a private update, the subscriber has no token",
        |lab| Ok(lab.subscribe(&lab.topic("a"))?.anonymous()),
        |lab| Ok(vec![(Fate::Hidden, private(lab, &["~a"], "on")?)]),
    )
}

fn flag(says: &'static str, values: &'static [&'static str]) -> Deliveries {
    Deliveries::new(
        says,
        |lab| subscriber(lab, &["~a"], &["~other"]),
        |lab| {
            values
                .iter()
                .map(|value| Ok((Fate::Hidden, private(lab, &["~a"], value)?)))
                .collect()
        },
    )
}

fn granted_nothing() -> Deliveries {
    Deliveries::new(
        "the token has no `mercure.subscribe`",
        |lab| subscriber(lab, &["~a"], &[]),
        |lab| Ok(vec![(Fate::Hidden, private(lab, &["~a"], "on")?)]),
    )
}

fn granted_empty_list() -> Deliveries {
    Deliveries::new(
        "`mercure.subscribe` is empty",
        |lab| {
            let mut request = subscriber(lab, &["~a"], &[])?;
            request.draft()?.claims["mercure"] = json!({ "subscribe": [] });
            Ok(request)
        },
        |lab| Ok(vec![(Fate::Hidden, private(lab, &["~a"], "on")?)]),
    )
}

fn granted_by(says: &'static str, grant: &'static str) -> Deliveries {
    Deliveries::new(
        says,
        move |lab| subscriber(lab, &["~1"], &[grant]),
        |lab| Ok(vec![(Fate::Due, private(lab, &["~1"], "on")?)]),
    )
}

fn by_canonical() -> Deliveries {
    Deliveries::new(
        "the token grants the canonical topic, the subscription is to the alternate one",
        |lab| subscriber(lab, &["~alternate"], &["~canonical"]),
        |lab| {
            Ok(vec![
                (Fate::Hidden, private(lab, &["~other", "~alternate"], "on")?),
                (
                    Fate::Due,
                    private(lab, &["~canonical", "~alternate"], "on")?,
                ),
            ])
        },
    )
}

// The worked example of the draft, as decoded strings.
fn by_alternate() -> Deliveries {
    const FOO: &str = "~users/foo/?topic=https%3A%2F%2Fexample.com%2Fbooks%2F1";
    const BAR: &str = "~users/bar/?topic=https%3A%2F%2Fexample.com%2Fbooks%2F1";
    Deliveries::new(
        "the token grants an alternate topic, the subscription is to the canonical one",
        |lab| subscriber(lab, &["~books/{id}"], &["~users/foo/{?topic}"]),
        |lab| {
            Ok(vec![
                (Fate::Hidden, private(lab, &["~books/1", BAR], "on")?),
                (Fate::Due, private(lab, &["~books/1", FOO], "on")?),
            ])
        },
    )
}

fn not_subscribed() -> Deliveries {
    Deliveries::new(
        "the token grants every topic, the subscription is to another one",
        |lab| subscriber(lab, &["~z"], &["*"]),
        |lab| {
            let public = lab.publish(&lab.topic("a"), "")?;
            Ok(vec![
                (Fate::Hidden, private(lab, &["~a"], "on")?),
                (Fate::Hidden, public),
            ])
        },
    )
}
