//! A request that needs a token and has none.

use url::Url;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Findings, Shape,
        v1::right::{hub_origin, publication, subscription, subscription_api},
    },
    features::OptionalFeature,
    lab::Lab,
    request::{Place, Request},
    shape::{Change, sandwich::Sandwich},
    stop::Stop,
};

const DOCUMENT: &str = "`resource_metadata` is an absolute URL at which the metadata document is";
const ELSEWHERE: &str =
    "`resource_metadata` is an absolute URL on another server, which was not asked";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        everywhere("errors/missing-token").judges(
            "auth.error.missing-401",
            AcceptSet::pass(Outcome::All(vec![
                Outcome::Status(&[401]),
                Outcome::BearerChallenge,
            ])),
        ),
        everywhere("errors/missing-token-code").judges(
            "auth.error.missing-no-code",
            AcceptSet::pass(Outcome::All(vec![
                Outcome::Status(&[401]),
                Outcome::NoChallengeParameter("error"),
            ])),
        ),
        SECTION
            .probe("errors/missing-token-metadata", |lab| {
                Box::pin(metadata(lab))
            })
            .judges(
                "auth.error.missing-resource-metadata",
                AcceptSet::fact(DOCUMENT).or_note(Outcome::Fact(ELSEWHERE)),
            ),
    ]
}

// On publications, and on subscriptions and their API where the hub demands a token there.
fn everywhere(id: &'static str) -> Check {
    SECTION
        .refusal(id, Sandwich::new(publication, no_token()))
        .also(Shape::Probe(|lab| Box::pin(on_subscription(lab))))
        .also(Shape::Probe(|lab| Box::pin(on_subscription_api(lab))))
}

fn no_token() -> Change {
    Change::new("there is no token", |request, _| {
        request.credentials.clear();
        Ok(())
    })
}

async fn on_subscription(lab: &Lab<'_>) -> Result<Findings, Stop> {
    if lab.hub().features.has(OptionalFeature::Anonymous) {
        return Ok(Findings::Cases(Vec::new()));
    }
    Sandwich::new(subscription, no_token()).run(lab).await
}

async fn on_subscription_api(lab: &Lab<'_>) -> Result<Findings, Stop> {
    if !lab.hub().features.has(OptionalFeature::Subscriptions) {
        return Ok(Findings::Cases(Vec::new()));
    }
    Sandwich::new(subscription_api, no_token()).run(lab).await
}

async fn metadata(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let answer = lab.ask(&publication(lab)?.anonymous()).await?;
    let challenge = answer.bearer_challenge();
    let Some(address) = challenge
        .as_ref()
        .and_then(|challenge| challenge.parameter("resource_metadata"))
    else {
        return Ok(Findings::answer(answer));
    };
    let Ok(url) = Url::parse(address) else {
        return Ok(Findings::other(format!(
            "`resource_metadata` is {address:?}, no absolute URL"
        )));
    };
    if url.origin().ascii_serialization() != hub_origin(lab) {
        return Ok(Findings::fact(ELSEWHERE));
    }
    let path = url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    );
    let document = lab.ask(&Request::ask("GET", Place::Path(path))).await?;
    let describes = document
        .json()
        .is_some_and(|document| document["resource"].is_string());
    Ok(if document.status == 200 && describes {
        Findings::fact(DOCUMENT)
    } else {
        Findings::other(format!("at `resource_metadata` {address} came {document}"))
    })
}
