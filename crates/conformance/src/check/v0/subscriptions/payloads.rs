//! Section 6.6, "Payload": what a token says of a subscriber stands in the documents about it.

use serde_json::{Value, json};

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings,
        subscriptions::{
            Marked,
            payloads::{AS_DUE, Case, NULL, in_api, in_events},
            subscription,
        },
    },
    lab::Lab,
    stop::Stop,
};

const EXACTLY: &str = "`payload` is that of the token, and missing where it has none";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("0.x/subscriptions/payload-exposed", |lab| {
                Box::pin(exposed(lab))
            })
            .judges("subscriptions.payload-exposed", AcceptSet::fact(AS_DUE)),
        SECTION
            .probe("0.x/subscriptions/document-payload", |lab| {
                Box::pin(optional(lab))
            })
            .judges(
                "subscriptions.doc-payload",
                AcceptSet::fact(EXACTLY).or_warn(Outcome::Fact(NULL)),
            ),
    ]
}

/// A subscriber whose token has this payload, if any.
fn case(lab: &Lab<'_>, says: &'static str, payload: Option<Value>) -> Result<Case, Stop> {
    let matcher = Marked::url();
    let mut request = subscription(lab, [&matcher])?.bearer(lab.subscriber(&[])?);
    if let Some(payload) = &payload {
        request.draft()?.claims["mercure"]["payload"] = payload.clone();
    }
    Ok(Case {
        says,
        request,
        matcher,
        due: payload,
    })
}

async fn exposed(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let with = |says| case(lab, says, Some(json!({ "foo": "bar" })));
    let mut cases = in_events(lab, vec![with("it begins and ends")?]).await?;
    cases.extend(in_api(lab, with("")?).await?);
    Ok(Findings::Cases(cases))
}

async fn optional(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let with = case(
        lab,
        "the token has a payload",
        Some(json!({ "foo": "bar" })),
    )?;
    let without = case(lab, "the token has none", None)?;
    let seen = in_events(lab, vec![with, without]).await?;
    let cases = seen.into_iter().map(|(says, observation)| {
        let observation = match observation {
            Observation::Fact(AS_DUE) => Observation::Fact(EXACTLY),
            other => other,
        };
        (says, observation)
    });
    Ok(Findings::Cases(cases.collect()))
}
