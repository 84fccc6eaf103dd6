//! Each matcher is a subscription of its own, as the subscription API tells. Not for that API.

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{Check, Findings, Need, v1::right::subscription_api},
    lab::Lab,
    request::{Content, Proof, Request},
    stop::Stop,
};

const ONE_EACH: &str =
    "the API lists one subscription for each matcher, all of them of one subscriber";

/// So often the list is asked for: a subscription is active as soon as updates come, but the list may follow.
const TRIES: usize = 3;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("subscribe/subscription-each", |lab| Box::pin(by_get(lab)))
            .judges(
                "subscribe.subscription-per-parameter",
                AcceptSet::fact(ONE_EACH),
            )
            .needs(Need::Subscriptions),
        SECTION
            .probe("subscribe/query-method-subscription-each", |lab| {
                Box::pin(by_query(lab))
            })
            .judges(
                "subscribe.query-method.subscription-per-matcher",
                AcceptSet::fact(ONE_EACH),
            )
            .needs(Need::QueryMethod)
            .needs(Need::Subscriptions),
    ]
}

async fn by_get(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (a, b, c) = (lab.topic("a"), lab.topic("b"), lab.topic("c/:id"));
    let request = lab
        .subscribe(&a)?
        .param("match", &b)
        .param("match_urlpattern", &c);
    listed(
        lab,
        &request,
        &[("exact", &a), ("exact", &b), ("urlpattern", &c)],
    )
    .await
}

async fn by_query(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (a, b) = (lab.topic("a"), lab.topic("b"));
    let mut request = lab.subscribe(&a)?;
    request.method = "QUERY";
    request.content = Content::Form(vec![("match".to_owned(), b.clone())]);
    listed(lab, &request, &[("exact", &a), ("exact", &b)]).await
}

async fn listed(
    lab: &Lab<'_>,
    request: &Request,
    expected: &[(&str, &str)],
) -> Result<Findings, Stop> {
    let (topic, _) = request.proof()?;
    let mut stream = lab.subscribed(request).await?;
    let mut seen = String::new();
    for _ in 0..TRIES {
        match compared(lab, expected).await? {
            Ok(()) => return Ok(Findings::fact(ONE_EACH)),
            Err(difference) => seen = difference,
        }
        stream.fence(topic, Proof::Public).await?;
    }
    Ok(Findings::other(seen))
}

async fn compared(lab: &Lab<'_>, expected: &[(&str, &str)]) -> Result<Result<(), String>, Stop> {
    let answer = lab.ask(&subscription_api(lab)?).await?;
    let document = answer.json().unwrap_or_default();
    let Some(all) = document["subscriptions"].as_array() else {
        return Err(Stop::Control(format!(
            "the subscription API lists nothing: {answer}"
        )));
    };
    let mut subscribers = Vec::new();
    for (kind, matcher) in expected {
        let own = all
            .iter()
            .filter(|entry| entry["match_type"] == *kind && entry["match"] == *matcher)
            // Terminated ones may be listed too.
            .filter(|entry| entry["active"] != false);
        let own: Vec<_> = own.collect();
        if own.len() != 1 {
            return Ok(Err(format!(
                "the API lists {} subscriptions of the {kind} matcher {matcher:?}",
                own.len()
            )));
        }
        subscribers.extend(own.into_iter().map(|entry| &entry["subscriber"]));
    }
    let one = subscribers.windows(2).all(|pair| pair[0] == pair[1]);
    Ok(if one {
        Ok(())
    } else {
        Err("the API lists the matchers of one request with different subscribers".to_owned())
    })
}
