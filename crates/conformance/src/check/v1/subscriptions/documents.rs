//! What the events say: the members of the documents, and how topics are spelt.

use super::SECTION;
use crate::{
    accept::Observation,
    check::{
        Check, Findings,
        subscriptions::{
            Kind, Marked,
            statement::{
                Missing, Statement, any, has_iri, hold, is_expanded, judged, names_subscriber,
                permits, plain,
            },
        },
    },
    lab::Lab,
    stop::Stop,
};

const EXTRA: [&str; 2] = [
    "the documents have the members of the draft alone",
    "the documents have other members too",
];
const MEMBERS: [&str; 7] = [
    "id",
    "type",
    "match_type",
    "match",
    "subscriber",
    "active",
    "payload",
];

const DOCUMENT: &[Statement] = &[
    Statement {
        requirement: "subscriptions.doc.json",
        keeps: "the data are a JSON object with `id`, `type`, `match_type`, `match`, `subscriber` and `active`",
        shows: any,
        holds: |seen| {
            let texts = &MEMBERS[..5];
            texts.iter().all(|name| seen.told.text(name).is_some())
                && seen
                    .told
                    .member("active")
                    .is_some_and(serde_json::Value::is_boolean)
        },
    },
    Statement {
        requirement: "subscriptions.doc.id",
        keeps: "`id` is the topic, the same in both events",
        shows: plain,
        holds: |seen| {
            let list = format!("{}/exact/{}/", seen.root, seen.matcher.text);
            seen.told.text("id").is_some_and(|id| id.starts_with(&list))
                && seen.told.text("id") == seen.first_id
        },
    },
    Statement {
        requirement: "subscriptions.doc.type",
        keeps: "`type` is `subscription`",
        shows: any,
        holds: |seen| seen.told.text("type") == Some("subscription"),
    },
    Statement {
        requirement: "subscriptions.doc.match-type",
        keeps: "`match_type` is the canonical name",
        shows: any,
        holds: |seen| seen.told.text("match_type") == Some(seen.matcher.match_type()),
    },
    Statement {
        requirement: "subscriptions.doc.match",
        keeps: "`match` is the matcher as it was given",
        shows: any,
        holds: |seen| seen.told.text("match") == Some(&seen.matcher.text),
    },
    Statement {
        requirement: "subscriptions.doc.subscriber",
        keeps: "`subscriber` is what the last segment of `id` encodes",
        shows: any,
        holds: names_subscriber,
    },
    Statement {
        requirement: "subscriptions.doc.active",
        keeps: "`active` is true, and false when it is over",
        shows: any,
        holds: |seen| seen.told.member("active") == Some(&seen.active.into()),
    },
    Statement {
        requirement: "subscriptions.event.type-mercure",
        keeps: "the event type is `mercure`",
        shows: any,
        holds: |seen| seen.told.event.field("event") == Some("mercure"),
    },
    Statement {
        requirement: "subscriptions.event.match-type-canonical",
        keeps: "the topic names the canonical type",
        shows: any,
        holds: |seen| seen.told.segment(2) == Some(seen.matcher.match_type()),
    },
    Statement {
        requirement: "subscriptions.event.match-segment",
        keeps: "the topic names the matcher as it was given",
        shows: any,
        holds: |seen| seen.told.decoded_segment(1).as_ref() == Some(&seen.matcher.text),
    },
    Statement {
        requirement: "subscriptions.subscriber.shared-in-connection",
        keeps: "all subscriptions of a connection have one `subscriber`",
        shows: any,
        holds: |seen| seen.told.subscriber() == seen.first_subscriber,
    },
    Statement {
        requirement: "subscriptions.subscriber.iri",
        keeps: "`subscriber` has the scheme of an IRI",
        shows: any,
        holds: has_iri,
    },
];

/// What is encoded, apart from what the rules before show.
const ENCODING: &[Statement] = &[
    Statement {
        requirement: "subscriptions.encoding.once",
        keeps: "the topic names the matcher encoded as RFC 6570 does",
        shows: |matcher| !matcher.text.contains('%'),
        holds: is_expanded,
    },
    Statement {
        requirement: "subscriptions.encoding.percent",
        keeps: "a percent sign of the matcher is encoded",
        shows: |matcher| matcher.text.contains('%'),
        holds: is_expanded,
    },
    Statement {
        requirement: "subscriptions.encoding.no-double",
        keeps: "nothing is encoded twice",
        shows: |matcher| matcher.text.starts_with("https:"),
        holds: |seen| {
            !seen
                .told
                .segment(1)
                .is_some_and(|segment| segment.contains("%25"))
        },
    },
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let document = SECTION.probe("subscriptions/document", |lab| Box::pin(document(lab)));
    let document = permits(
        judged(document, DOCUMENT),
        "subscriptions.doc.extra-members",
        EXTRA,
    );
    let encoding = SECTION.probe("subscriptions/encoding", |lab| Box::pin(encoding(lab)));
    vec![document, judged(encoding, ENCODING)]
}

async fn document(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let marked = [
        Marked::plain(),
        Marked::new(Kind::SaidExact, "assay-said-", ""),
        Marked::url(),
        Marked::new(Kind::Pattern, "/assay-", "/:id"),
    ];
    let (mut findings, told) = hold(lab, DOCUMENT, &marked.each_ref(), Missing::Stops).await?;
    let mut members = told
        .iter()
        .filter_map(|told| told.document.as_ref())
        .flat_map(serde_json::Map::keys);
    let [without, with] = EXTRA;
    let has_others = members.any(|name| !MEMBERS.contains(&name.as_str()));
    let fact = if has_others { with } else { without };
    findings.push(("subscriptions.doc.extra-members", Observation::Fact(fact)));
    Ok(Findings::Each(findings))
}

async fn encoding(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let marked = [
        Marked::plain(),
        Marked::url(),
        Marked::new(Kind::Exact, "https://example.com/", "a b?c=d&e#f"),
        Marked::new(Kind::Exact, "é", ""),
        Marked::new(Kind::Exact, "!'()*;,:@$&+=", ""),
        Marked::new(Kind::Exact, "~-._", ""),
        Marked::new(Kind::Exact, "a/", "/b"),
        Marked::new(Kind::Exact, "a%20b", ""),
    ];
    let (findings, _) = hold(lab, ENCODING, &marked.each_ref(), Missing::Breaks).await?;
    Ok(Findings::Each(findings))
}
