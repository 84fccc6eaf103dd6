//! Section "Subscribers", last paragraph: a stream ends with the token that opened it.

use std::time::Duration;

use assay_client::{Dialect, TopicMatcher};
use serde_json::json;

use crate::{
    accept::{AcceptSet, Observation},
    check::{Area, Check, Findings, Section},
    features::OptionalFeature,
    lab::Lab,
    request::{Credential, Proof, Request},
    stop::Stop,
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

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("private/expiry-ends-stream", |lab| {
                Box::pin(expiry_ends_stream(lab))
            })
            .judges("private.exp-closes-connection", AcceptSet::fact(ENDED))
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
    let expiring = |grants: &[TopicMatcher]| -> Result<Token, Stop> {
        let mut token = lab.subscriber(grants)?;
        let draft = token.draft_mut().ok_or_else(|| {
            Stop::NotMeasurable("needs a key to mint tokens with, not a ready token".to_owned())
        })?;
        draft.claims["exp"] = json!(expires_s);
        Ok(token)
    };
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
