//! Sections "Subscription" and "Subscribers": whom a private update reaches, and that grants limit nothing else. A table. Not
//! for the end of a stream: see [`super::lifetime`].

use assay_client::{Dialect, TopicMatcher};
use serde_json::{Value, json};

use super::right::{detail, exact, pattern, subscribe};
use crate::{
    accept::{AcceptSet, Observation},
    check::{Area, Check, Findings, Section, Shape},
    lab::Lab,
    request::{Proof, Request},
    shape::deliveries::{AS_DUE, Deliveries, Fate},
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::PrivateUpdates,
};

/// What [`reads_private`] saw when the update came.
pub(super) const PROBED: &str = "the private update came";

/// An update on these topics, the first of which is canonical; `~` stands for a fresh URL that ends in a slash.
enum Update {
    Private(Fate, &'static [&'static str]),
    Public(Fate, &'static [&'static str]),
}

use Fate::{Due, Hidden};
use Update::{Private, Public};

/// A subscriber to a sentinel topic and to these matchers.
struct Case {
    says: &'static str,
    /// Name and value of parameters.
    asks: &'static [(&'static str, &'static str)],
    /// Authorization details of its token.
    token: fn(&Lab<'_>) -> Value,
    updates: &'static [Update],
}

const UNAUTHORIZED: &[Case] = &[
    Case {
        says: "a token that grants nothing",
        asks: &[("match", "~a")],
        token: |_| json!([]),
        updates: &[Private(Hidden, &["~a"])],
    },
    Case {
        says: "a token that grants another topic",
        asks: &[("match", "~a")],
        token: |lab| granted(lab, &["other"]),
        updates: &[Private(Hidden, &["~a"])],
    },
];

const AUTHORIZED: &[Case] = &[
    Case {
        says: "a token that grants the topic",
        asks: &[("match", "~a")],
        token: |lab| granted(lab, &["a"]),
        updates: &[Private(Due, &["~a"])],
    },
    Case {
        says: "a token that grants a pattern",
        asks: &[("match", "~a")],
        token: |lab| json!([subscribe(json!([pattern(&lab.topic(":id"))]))]),
        updates: &[Private(Due, &["~a"])],
    },
    Case {
        says: "a token that grants `*`",
        asks: &[("match", "~a")],
        token: |_| json!([subscribe(json!([exact("*")]))]),
        updates: &[Private(Due, &["~a"])],
    },
];

// The sentinel is granted: a hub that restricts public updates lets that one pass.
const UNRESTRICTED: &[Case] = &[Case {
    says: "a public update on a topic that the token does not grant",
    asks: &[("match", "~a")],
    token: |lab| granted(lab, &["sentinel"]),
    updates: &[Public(Due, &["~a"])],
}];

const MATCHER_WITHOUT_GRANT: &[Case] = &[
    Case {
        says: "`match_urlpattern` selects more than the token grants",
        asks: &[("match_urlpattern", "~books/:id")],
        token: |lab| granted(lab, &["books/1", "books/7"]),
        updates: &[
            Private(Hidden, &["~books/2"]),
            Private(Due, &["~books/1"]),
            Private(Due, &["~books/7"]),
        ],
    },
    Case {
        says: "`match` is `*`, and the token grants one topic",
        asks: &[("match", "*")],
        token: |lab| granted(lab, &["a"]),
        updates: &[Private(Hidden, &["~b"]), Private(Due, &["~a"])],
    },
];

const GRANT_WITHOUT_MATCHER: &[Case] = &[
    Case {
        says: "the token grants every topic, the subscription is to one",
        asks: &[("match", "~a")],
        token: |_| json!([subscribe(json!([exact("*")]))]),
        updates: &[
            Private(Hidden, &["~b"]),
            Public(Hidden, &["~b"]),
            Private(Due, &["~a"]),
        ],
    },
    Case {
        says: "the token grants two topics, the subscription is to one",
        asks: &[("match", "~a")],
        token: |lab| {
            json!([subscribe(json!([
                exact(&lab.topic("a")),
                exact(&lab.topic("b"))
            ]))])
        },
        updates: &[
            Private(Hidden, &["~b"]),
            Public(Hidden, &["~b"]),
            Private(Due, &["~a"]),
        ],
    },
];

const ALTERNATE_GRANT: &[Case] = &[Case {
    says: "the pattern asked for selects the canonical topic, the pattern granted the alternate one",
    asks: &[("match_urlpattern", "~books/:id")],
    token: |lab| json!([subscribe(json!([pattern(&lab.topic("users/42/*"))]))]),
    updates: &[
        Private(Hidden, &["~books/2", "~users/43/books/2"]),
        Private(Due, &["~books/1", "~users/42/books/1"]),
    ],
}];

const CANONICAL_GRANT: &[Case] = &[
    Case {
        says: "the token grants the canonical topic, the subscription is to the alternate one",
        asks: &[("match", "~alternate")],
        token: |lab| granted(lab, &["canonical"]),
        updates: &[
            Private(Hidden, &["~other", "~alternate"]),
            Private(Due, &["~canonical", "~alternate"]),
        ],
    },
    Case {
        says: "of three topics the second is granted and the third asked for",
        asks: &[("match", "~third")],
        token: |lab| granted(lab, &["second"]),
        updates: &[Private(Due, &["~first", "~second", "~third"])],
    },
];

const OTHER_ACTIONS: &[Case] = &[
    Case {
        says: "a token that grants publishing on every topic",
        asks: &[("match", "~a")],
        token: |_| json!([detail(json!(["publish"]), json!([exact("*")]))]),
        updates: &[Private(Hidden, &["~a"])],
    },
    Case {
        says: "a token that grants the unknown action `read` on the topic",
        asks: &[("match", "~a")],
        token: |lab| json!([detail(json!(["read"]), json!([exact(&lab.topic("a"))]))]),
        updates: &[Private(Hidden, &["~a"])],
    },
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let table: [(_, _, &'static [Case]); 7] = [
        (
            "private/unauthorized",
            "private.only-authorized",
            UNAUTHORIZED,
        ),
        (
            "private/authorized",
            "private.authorized-delivered",
            AUTHORIZED,
        ),
        (
            "private/matcher-without-grant",
            "private.matcher-without-grant",
            MATCHER_WITHOUT_GRANT,
        ),
        (
            "private/grant-without-matcher",
            "private.grant-without-matcher",
            GRANT_WITHOUT_MATCHER,
        ),
        (
            "private/alternate-grant",
            "private.alternate-grant",
            ALTERNATE_GRANT,
        ),
        (
            "private/canonical-grant",
            "private.canonical-grant-alternate-route",
            CANONICAL_GRANT,
        ),
        (
            "private/other-actions",
            "private.subscribe-action-needed",
            OTHER_ACTIONS,
        ),
    ];
    let mut checks: Vec<_> = table
        .into_iter()
        .map(|(id, requirement, cases)| {
            let first = SECTION.deliveries(id, deliveries(&cases[0]));
            cases[1..]
                .iter()
                .fold(first, |check, case| {
                    check.also(Shape::Deliveries(deliveries(case)))
                })
                .judges(requirement, AcceptSet::fact(AS_DUE))
        })
        .collect();
    checks.push(
        SECTION
            .deliveries("private/public-unrestricted", deliveries(&UNRESTRICTED[0]))
            .also(Shape::Probe(|lab| Box::pin(public_without_grant(lab))))
            .judges("private.public-unrestricted", AcceptSet::fact(AS_DUE)),
    );
    checks
}

fn granted(lab: &Lab<'_>, names: &[&str]) -> Value {
    let topics: Vec<_> = names.iter().map(|name| exact(&lab.topic(name))).collect();
    json!([subscribe(json!(topics))])
}

fn deliveries(case: &'static Case) -> Deliveries {
    Deliveries::new(
        case.says,
        |lab| {
            let base = lab.topic("");
            let request = lab
                .subscribe(&lab.topic("sentinel"))?
                .bearer(lab.subscriber(&[])?);
            let mut request = case.asks.iter().fold(request, |request, (name, value)| {
                request.param(name, value.replacen('~', &base, 1))
            });
            request.draft()?.claims["authorization_details"] = (case.token)(lab);
            Ok(request)
        },
        |lab| {
            let updates = case.updates.iter();
            updates
                .map(|update| {
                    Ok(match update {
                        Private(fate, topics) => (*fate, on(lab, topics)?.field("private", "on")),
                        Public(fate, topics) => (*fate, on(lab, topics)?),
                    })
                })
                .collect()
        },
    )
}

fn on(lab: &Lab<'_>, topics: &[&str]) -> Result<Request, Stop> {
    let base = lab.topic("");
    let mut topics = topics.iter().map(|topic| topic.replacen('~', &base, 1));
    let canonical = topics
        .next()
        .ok_or_else(|| Stop::Defect("an update has a topic".to_owned()))?;
    let update = lab.publish(&canonical, "")?;
    Ok(topics.fold(update, |update, topic| update.field("topic", topic)))
}

// A twin sees the update, since to this subscriber no other could be sent as a sentinel.
async fn public_without_grant(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    drop(lab.subscribed(&lab.entitled_to(&[&topic])?).await?);
    let request = lab.subscribe(&topic)?.bearer(lab.subscriber(&[])?);
    let mut stream = lab.opened(&request).await?;
    let observation = match stream.fence(&topic, Proof::Public).await {
        Ok(_) => Observation::Fact(AS_DUE),
        Err(Stop::Control(reason)) => Observation::Other(reason),
        Err(stop) => return Err(stop),
    };
    Ok(Findings::Cases(vec![(
        "the token grants nothing",
        observation,
    )]))
}

/// Whether a subscriber to the topic `a` receives a private update: the answer where the subscription is refused, [`AS_DUE`]
/// when an entitled twin receives it and this one does not, [`PROBED`] in words when it does.
pub(super) async fn reads_private(
    lab: &Lab<'_>,
    request: &Request,
    mut update: Request,
) -> Result<Observation, Stop> {
    let topic = lab.topic("a");
    let entitled = lab
        .subscribe(&topic)?
        .bearer(lab.subscriber(&[TopicMatcher::Any])?);
    let mut twin = lab.subscribed(&entitled).await?;
    let mut stream = match lab.open(request).await? {
        Ok(stream) => stream,
        Err(answer) => return Ok(Observation::Answer(answer)),
    };
    stream.fence(&topic, Proof::Public).await?;
    let data = lab.marker();
    update.set_field("data", &data);
    lab.published(&update).await?;
    twin.until(&data).await?;
    let before = stream.fence(&topic, Proof::Public).await?;
    let came = before
        .iter()
        .any(|event| event.data().as_ref() == Some(&data));
    Ok(if came {
        Observation::Other(PROBED.to_owned())
    } else {
        Observation::Fact(AS_DUE)
    })
}
