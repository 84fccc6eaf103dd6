//! Section 8.2, "Subscription API": what is at which path, and what the documents say. Not for who may see them: see
//! [`super::access`].

use serde_json::{Map, Value};

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation},
    check::{
        Check, Findings, Need, Probing,
        subscriptions::{
            Marked,
            api::{self, EVERY_SHAPE, LISTS, Present, Rule, Shape, asked, members, object},
            naming,
            reconciliation::{RECONCILED, reconciled},
        },
    },
    lab::Lab,
    stop::Stop,
};

const ONE_EACH: &str = "each topic of a connection is a subscription of its own";

const DOCUMENTS: &[Rule] = &[
    Rule {
        requirement: "subscriptions.api-content-type",
        keeps: "`content-type: application/ld+json`",
        shapes: EVERY_SHAPE,
        holds: |got| got.answer.media_type().as_deref() == Some("application/ld+json"),
    },
    Rule {
        requirement: "subscriptions.api-single-document",
        keeps: "the document is that of the event, with `lastEventID`",
        shapes: &[Shape::One],
        holds: |got| {
            let but_cursor = |document: &Map<String, Value>| {
                let mut document = document.clone();
                document.remove("lastEventID");
                document
            };
            got.document.is_some()
                && got.document.map(but_cursor) == got.told.document.as_ref().map(but_cursor)
        },
    },
    Rule {
        requirement: "subscriptions.collection-jsonld",
        keeps: "the document is a JSON object",
        shapes: LISTS,
        holds: |got| got.document.is_some(),
    },
    Rule {
        requirement: "subscriptions.collection-context",
        keeps: "`@context` is `https://mercure.rocks/`",
        shapes: LISTS,
        holds: |got| got.text("@context") == Some("https://mercure.rocks/"),
    },
    Rule {
        requirement: "subscriptions.collection-id",
        keeps: "`id` is the URL that was asked for, with or without its origin",
        shapes: LISTS,
        holds: |got| {
            let absolute = format!("{}{}", naming::origin(got.lab), got.path);
            got.text("id")
                .is_some_and(|id| id == got.path || id == absolute)
        },
    },
    Rule {
        requirement: "subscriptions.collection-type",
        keeps: "`type` is `Subscriptions`",
        shapes: LISTS,
        holds: |got| got.text("type") == Some("Subscriptions"),
    },
    Rule {
        requirement: "subscriptions.collection-items",
        keeps: "`subscriptions` is an array of complete documents, and empty when there are none",
        shapes: &[Shape::All, Shape::Matcher, Shape::Nobody],
        holds: |got| members(got.document).is_some_and(|members| members.iter().all(is_complete)),
    },
    Rule {
        requirement: "subscriptions.last-event-id-collection",
        keeps: "`lastEventID` is a text that is not empty",
        shapes: LISTS,
        holds: |got| got.text("lastEventID").is_some_and(|it| !it.is_empty()),
    },
    Rule {
        requirement: "subscriptions.last-event-id-single",
        keeps: "`lastEventID` of one subscription is a text that is not empty",
        shapes: &[Shape::One],
        holds: |got| got.text("lastEventID").is_some_and(|it| !it.is_empty()),
    },
];

fn is_complete(member: &Value) -> bool {
    let texts = ["id", "type", "topic", "subscriber"];
    texts.iter().all(|name| member[name].is_string()) && member["active"].is_boolean()
}

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let probe = |id, requirement, fact, probe: for<'a> fn(&'a Lab<'a>) -> Probing<'a>| {
        SECTION
            .probe(id, probe)
            .judges(requirement, AcceptSet::fact(fact))
    };
    let documents = SECTION.probe("0.x/subscriptions/api-documents", |lab| {
        Box::pin(api::hold(lab, DOCUMENTS))
    });
    vec![
        api::judged(documents, DOCUMENTS),
        probe(
            "0.x/subscriptions/api",
            "subscriptions.api-offered",
            api::SERVED,
            |lab| Box::pin(api::served(lab)),
        ),
        probe(
            "0.x/subscriptions/api-collection",
            "subscriptions.api-collection",
            api::LISTED,
            |lab| Box::pin(api::listed(lab)),
        ),
        probe(
            "0.x/subscriptions/api-topic-collection",
            "subscriptions.api-topic-collection",
            api::FILTERED,
            |lab| Box::pin(api::filtered(lab)),
        ),
        probe(
            "0.x/subscriptions/api-single",
            "subscriptions.api-single",
            api::FOUND,
            |lab| Box::pin(api::found(lab)),
        ),
        probe(
            "0.x/subscriptions/api-404",
            "subscriptions.api-404",
            api::NOT_FOUND,
            |lab| Box::pin(api::not_found(lab)),
        ),
        probe(
            "0.x/subscriptions/api-inactive",
            "subscriptions.api-inactive",
            api::GONE,
            |lab| Box::pin(api::over(lab)),
        ),
        probe(
            "0.x/subscriptions/one-per-topic",
            "subscriptions.one-per-topic",
            ONE_EACH,
            |lab| Box::pin(one_each(lab)),
        ),
        probe(
            "0.x/subscriptions/last-event-id",
            "subscriptions.last-event-id-value",
            RECONCILED,
            |lab| Box::pin(reconciled(lab)),
        )
        .needs(Need::History),
    ]
}

async fn one_each(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let present = Present::with(lab, vec![Marked::url(), Marked::plain()]).await?;
    let answer = lab.ask(&asked(lab, present.path(Shape::All, 0)?)?).await?;
    let document = object(&answer);
    let listed: Vec<_> = members(document.as_ref()).into_iter().flatten().collect();
    let entries = present.marked.iter().map(|matcher| {
        let is_it = |it: &&&Value| it["topic"] == matcher.text.as_str();
        listed.iter().filter(is_it).count()
    });
    let entries: Vec<_> = entries.collect();
    Ok(Findings::All(if entries == [1, 1] {
        Observation::Fact(ONE_EACH)
    } else {
        Observation::Other(format!(
            "a connection with two topics has {entries:?} entries in the list of all, one figure a topic"
        ))
    }))
}
