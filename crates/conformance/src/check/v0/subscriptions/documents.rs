//! Section 8.1, "Subscription Events": what the documents say, and how topics are spelt.

use super::SECTION;
use crate::{
    check::{
        Check, Findings,
        subscriptions::{
            Kind, Marked,
            statement::{
                Missing, Statement, any, has_iri, hold, is_expanded, judged, names_subscriber,
                plain,
            },
        },
    },
    lab::Lab,
    stop::Stop,
};

const DOCUMENT: &[Statement] = &[
    Statement {
        requirement: "subscriptions.doc-jsonld",
        keeps: "the data are a JSON object",
        shows: any,
        holds: |seen| seen.told.document.is_some(),
    },
    Statement {
        requirement: "subscriptions.doc-context",
        keeps: "`@context` is `https://mercure.rocks/`",
        shows: any,
        holds: |seen| seen.told.text("@context") == Some("https://mercure.rocks/"),
    },
    Statement {
        requirement: "subscriptions.doc-type",
        keeps: "`type` is `Subscription`",
        shows: any,
        holds: |seen| seen.told.text("type") == Some("Subscription"),
    },
    Statement {
        requirement: "subscriptions.doc-topic",
        keeps: "`topic` is the selector as it was given",
        shows: any,
        holds: |seen| seen.told.text("topic") == Some(&seen.matcher.text),
    },
    Statement {
        requirement: "subscriptions.doc-subscriber",
        keeps: "`subscriber` is what the last segment of `id` encodes",
        shows: any,
        holds: names_subscriber,
    },
    Statement {
        requirement: "subscriptions.doc-active",
        keeps: "`active` is true, and false when it is over",
        shows: any,
        holds: |seen| seen.told.member("active") == Some(&seen.active.into()),
    },
    Statement {
        requirement: "subscriptions.doc-id",
        keeps: "`id` is the topic, the same in both events",
        shows: plain,
        holds: |seen| {
            let list = format!("{}/{}/", seen.root, seen.matcher.text);
            seen.told.text("id").is_some_and(|id| id.starts_with(&list))
                && seen.told.text("id") == seen.first_id
        },
    },
    Statement {
        requirement: "subscriptions.same-subscriber-id",
        keeps: "all subscriptions of a connection have one `subscriber`",
        shows: any,
        holds: |seen| seen.told.subscriber() == seen.first_subscriber,
    },
    Statement {
        requirement: "subscriptions.subscriber-iri",
        keeps: "`subscriber` has the scheme of an IRI",
        shows: any,
        holds: has_iri,
    },
];

const ENCODING: &[Statement] = &[Statement {
    requirement: "subscriptions.percent-encoding",
    keeps: "the topic names the selector encoded as RFC 6570 does",
    shows: any,
    holds: is_expanded,
}];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let document = SECTION.probe("0.x/subscriptions/document", |lab| Box::pin(document(lab)));
    let encoding = SECTION.probe("0.x/subscriptions/encoding", |lab| Box::pin(encoding(lab)));
    vec![judged(document, DOCUMENT), judged(encoding, ENCODING)]
}

async fn document(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let marked = [
        Marked::plain(),
        Marked::url(),
        Marked::new(Kind::Pattern, "https://example.com/assay/", "/{id}"),
    ];
    let (findings, _) = hold(lab, DOCUMENT, &marked.each_ref(), Missing::Stops).await?;
    Ok(Findings::Each(findings))
}

async fn encoding(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let marked = [
        Marked::plain(),
        Marked::url(),
        Marked::new(Kind::Pattern, "https://example.com/assay/", "/{sel}"),
        Marked::new(Kind::Exact, "https://example.com/", "a b?c=d&e#f"),
        Marked::new(Kind::Exact, "a/", "/b"),
    ];
    let (findings, _) = hold(lab, ENCODING, &marked.each_ref(), Missing::Breaks).await?;
    Ok(Findings::Each(findings))
}
