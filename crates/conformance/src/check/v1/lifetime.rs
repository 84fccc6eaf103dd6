//! Section "Subscribers", last paragraph: a stream ends with the token that opened it.

use std::time::Duration;

use assay_client::{Dialect, TopicMatcher};
use serde_json::json;

use crate::{
    accept::{AcceptSet, Observation},
    check::{Area, Check, Findings, Need, Section},
    features::OptionalFeature,
    lab::Lab,
    request::{Credential, Proof, Request},
    stop::Stop,
    target::Limit,
    token::Token,
    wire::Deadline,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Authorization,
};

const ENDED: &str = "the hub ends the stream by the expiry of its token";

/// Short, so that the run stays short; a hub that ends streams some seconds early (which is allowed) ends this one at once.
const LIFE_S: u64 = 3;
/// After `exp`: the clocks count whole seconds, and timers are late.
const GRACE: Duration = Duration::from_millis(1_500);

const LIVED: &str = "the hub ends the stream within the lifetime that the target says, and the same token opens the next";
/// The longest lifetime that a check waits for: it would hold up the run.
const LIFETIME_S_AT_MOST: u64 = 8;
/// Far from its end while the stream lives, so that the token is not what ends it.
const TOKEN_LIFE_S: u64 = 24 * 60 * 60;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("private/expiry-ends-stream", |lab| {
                Box::pin(expiry_ends_stream(lab))
            })
            .judges("private.exp-closes-connection", AcceptSet::fact(ENDED))
            .early(),
        SECTION
            .probe("private/max-lifetime", |lab| Box::pin(max_lifetime(lab)))
            .judges("private.max-lifetime", AcceptSet::fact(LIVED))
            .needs(Need::Limit(Limit::LifetimeS))
            .early(),
    ]
}

// private.exp-closes-connection
async fn expiry_ends_stream(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut lasting = lab.subscribed(&lab.subscribe_private(&topic)?).await?;
    let mut streams = Vec::new();
    for (says, request) in short_lived(lab, &topic)? {
        streams.push((says, lab.opened(&request).await?));
    }
    let deadline = Deadline::after(Duration::from_secs(LIFE_S) + GRACE);
    let mut cases = Vec::new();
    for (says, mut stream) in streams {
        let observation = if stream.ended_by(deadline).await {
            Observation::Fact(ENDED)
        } else {
            Observation::Other("the stream goes on after the expiry of its token".to_owned())
        };
        cases.push((says, observation));
    }
    // Another stream outlives them, so the token was the reason.
    lasting.fence(&topic, Proof::Private).await?;
    Ok(Findings::Cases(cases))
}

fn short_lived(lab: &Lab<'_>, topic: &str) -> Result<Vec<(&'static str, Request)>, Stop> {
    let expires_s = lab.now_unix_s() + LIFE_S;
    let expiring = |grants: &[TopicMatcher]| expiring(lab, grants, expires_s);
    let granting = [TopicMatcher::Exact(topic.to_owned())];
    let request = lab.subscribe(topic)?;
    let mut streams = vec![
        (
            "the token grants the topic",
            request.clone().bearer(expiring(&granting)?),
        ),
        (
            "the token grants nothing",
            request.clone().bearer(expiring(&[])?),
        ),
    ];
    if lab.hub().features.has(OptionalFeature::Cookie) {
        let cookie = Credential::Cookie(lab.cookie_name().to_owned(), expiring(&granting)?);
        streams.push(("the token is in the cookie", request.with(cookie)));
    }
    Ok(streams)
}

fn expiring(lab: &Lab<'_>, grants: &[TopicMatcher], expires_s: u64) -> Result<Token, Stop> {
    let mut token = lab.subscriber(grants)?;
    let draft = token.draft_mut().ok_or_else(|| {
        Stop::NotMeasurable("needs a key to mint tokens with, not a ready token".to_owned())
    })?;
    draft.claims["exp"] = json!(expires_s);
    Ok(token)
}

// private.max-lifetime
async fn max_lifetime(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let lifetime_s = lab.limit(Limit::LifetimeS)?;
    if lifetime_s > LIFETIME_S_AT_MOST {
        return Err(Stop::NotMeasurable(format!(
            "the target says a lifetime of {lifetime_s} s, and a check waits for {LIFETIME_S_AT_MOST} s at most"
        )));
    }
    let topic = lab.topic("a");
    let granting = [TopicMatcher::Exact(topic.clone())];
    let token = expiring(lab, &granting, lab.now_unix_s() + TOKEN_LIFE_S)?;
    let request = lab.subscribe_private(&topic)?.bearer(token);
    let mut stream = lab.subscribed(&request).await?;
    let deadline = Deadline::after(Duration::from_secs(lifetime_s) + GRACE);
    if !stream.ended_by(deadline).await {
        return Ok(Findings::other(format!(
            "the stream goes on after the lifetime of {lifetime_s} s"
        )));
    }
    // The token was not what ended it.
    lab.subscribed(&request).await?;
    Ok(Findings::fact(LIVED))
}
