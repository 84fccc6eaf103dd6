//! Section 6, "Authorization": which tokens are refused, with which status, and when a stream ends.

use std::time::Duration;

use assay_client::{Dialect, TopicMatcher};
use serde_json::json;

use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Findings, Need, Section, Shape},
    lab::Lab,
    request::{Credential, Request},
    shape::{Change, sandwich::Sandwich},
    stop::Stop,
    token::{Role, Signing, Token},
    wire::Deadline,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Authorization,
};
const ANONYMOUS: Section = Section {
    dialect: Dialect::V0,
    area: Area::Anonymous,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal("0.x/token/missing", Sandwich::new(publication, no_token()))
            .judges("auth.publisher-authorized", refused()),
        ANONYMOUS
            .refusal(
                "0.x/anonymous/refused",
                Sandwich::new(subscription, no_token()),
            )
            .judges("auth.may-require-authentication", refused())
            .needs(Need::NoAnonymous),
        forged(),
        SECTION
            .refusal("0.x/token/alg-none", Sandwich::new(publication, alg_none()))
            .also(Shape::Sandwich(Sandwich::new(subscription, alg_none())))
            .judges("auth.jws-alg-none", refused()),
        SECTION
            .refusal(
                "0.x/token/malformed",
                Sandwich::new(subscription, malformed()),
            )
            .also(Shape::Sandwich(Sandwich::new(publication, malformed())))
            .judges(
                "auth.jws-malformed",
                AcceptSet::pass(Outcome::Status(&[401, 403, 400])),
            ),
        SECTION
            .refusal("0.x/token/expired", Sandwich::new(publication, expired()))
            .also(Shape::Sandwich(Sandwich::new(subscription, expired())))
            .judges("auth.exp-expired-refused", refused()),
        SECTION
            .refusal(
                "0.x/token/forbidden-status",
                Sandwich::new(granted_publication, other_topic()),
            )
            .judges(
                "auth.forbidden-403",
                AcceptSet::pass(Outcome::Status(&[403])).or_warn(Outcome::Status(&[401])),
            ),
        SECTION
            .probe("0.x/token/expiry-ends-stream", |lab| {
                Box::pin(expiry_ends_stream(lab))
            })
            .judges("auth.exp-closes-connection", AcceptSet::fact(ENDED))
            .early(),
    ]
}

/// 401 or 403: the draft has no rule for a missing or invalid token.
pub(super) fn refused() -> AcceptSet {
    AcceptSet::pass(Outcome::Status(&[401, 403]))
}

/// A publication by a publisher who may publish everything.
pub(super) fn publication(lab: &Lab<'_>) -> Result<Request, Stop> {
    lab.publish(&lab.topic("a"), "")
}

fn subscription(lab: &Lab<'_>) -> Result<Request, Stop> {
    lab.subscribe_private(&lab.topic("a"))
}

fn granted_publication(lab: &Lab<'_>) -> Result<Request, Stop> {
    let topic = lab.topic("a");
    let token = lab.publisher(&[TopicMatcher::Exact(topic.clone())])?;
    Ok(lab.publish(&topic, "")?.bearer(token))
}

fn no_token() -> Change {
    Change::new("there is no token", |request, _| {
        request.credentials.clear();
        Ok(())
    })
}

fn alg_none() -> Change {
    Change::new(
        "the token has `alg: none` and no signature",
        |request, _| {
            let draft = request.draft()?;
            draft.header["alg"] = json!("none");
            draft.signing = Signing::Unsigned;
            Ok(())
        },
    )
}

fn malformed() -> Change {
    Change::new("the token is sixty times the letter x", |request, _| {
        request.credentials = vec![Credential::Bearer(Token::Text("x".repeat(60)))];
        Ok(())
    })
}

fn expired() -> Change {
    Change::new("`exp` was a minute ago", |request, lab| {
        request.draft()?.claims["exp"] = json!(lab.now_unix_s() - 60);
        Ok(())
    })
}

fn other_topic() -> Change {
    Change::new("the token grants another topic", |request, lab| {
        request.draft()?.claims["mercure"] = json!({ "publish": [lab.topic("other")] });
        Ok(())
    })
}

fn forged() -> Check {
    let flipped = |role| {
        Change::new(
            "one character of the signature is another",
            move |request: &mut Request, _: &Lab<'_>| {
                request.draft()?.signing = Signing::Flipped(role);
                Ok(())
            },
        )
    };
    let foreign = |role| {
        Change::new(
            "the token is signed with another key",
            move |request: &mut Request, lab: &Lab<'_>| {
                request.draft()?.signing = lab.forged(role)?;
                Ok(())
            },
        )
    };
    let (publisher, subscriber) = (Role::Publisher, Role::Subscriber);
    SECTION
        .refusal(
            "0.x/token/signature",
            Sandwich::new(publication, flipped(publisher)).or(foreign(publisher)),
        )
        .also(Shape::Sandwich(
            Sandwich::new(subscription, flipped(subscriber)).or(foreign(subscriber)),
        ))
        .judges("auth.jws-signature", refused())
}

const ENDED: &str = "the hub ends the stream by the expiry of its token";

/// Short, so that the run stays short; a hub that ends streams some seconds early (which is allowed) ends this one at once.
const LIFE_S: u64 = 3;
/// After `exp`: the clocks count whole seconds, and timers are late.
const GRACE: Duration = Duration::from_millis(1_500);

// auth.exp-closes-connection
async fn expiry_ends_stream(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut lasting = lab.subscribed(&lab.subscribe_private(&topic)?).await?;
    let mut request = lab.subscribe_private(&topic)?;
    request.draft()?.claims["exp"] = json!(lab.now_unix_s() + LIFE_S);
    let mut stream = lab.opened(&request).await?;
    let ended = stream
        .ended_by(Deadline::after(Duration::from_secs(LIFE_S) + GRACE))
        .await;
    // The other stream outlives it, so the token was the reason.
    let (topic, proof) = request.proof()?;
    lasting.fence(topic, proof).await?;
    Ok(if ended {
        Findings::fact(ENDED)
    } else {
        Findings::other("the stream goes on after the expiry of its token")
    })
}
