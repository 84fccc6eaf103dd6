//! Every endpoint validates every token, and says so in the same way.

use serde_json::json;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Findings, Shape,
        v1::{
            datum::{claim, header, signed, time_claim},
            refusal::invalid_token,
            right::{publication, subscription, subscription_api},
        },
    },
    features::OptionalFeature,
    lab::Lab,
    request::{Credential, Request},
    shape::{Change, sandwich::Sandwich},
    stop::Stop,
    token::Signing,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        everywhere("token/validated")
            .judges("token.validated", AcceptSet::pass(Outcome::ClientError)),
        everywhere("token/failure-status").judges("token.failure-reporting", invalid_token()),
    ]
}

// On publications, subscriptions, and where the hub has them in cookies and on the subscription API.
fn everywhere(id: &'static str) -> Check {
    SECTION
        .refusal(id, Sandwich::table(publication, wrong_tokens()))
        .also(Shape::Sandwich(Sandwich::table(
            subscription,
            wrong_tokens(),
        )))
        .also(Shape::Probe(|lab| Box::pin(in_cookie(lab))))
        .also(Shape::Probe(|lab| Box::pin(on_subscription_api(lab))))
}

/// One for each rule of the section that a token can break.
pub(in crate::check::v1) fn wrong_tokens() -> Vec<Change> {
    vec![
        signed("one bit of the signature is turned", |_, role| {
            Ok(Signing::Flipped(role))
        }),
        signed("the token is signed with another key", |lab, role| {
            lab.forged(role)
        }),
        time_claim("`exp` was an hour ago", "exp", -3_600),
        time_claim("`nbf` is in an hour", "nbf", 3_600),
        claim(
            "`aud` names another resource",
            "aud",
            json!("https://other.example/"),
        ),
        claim("`iss` is unknown", "iss", json!("https://issuer.example")),
        header("`typ` is `JWT`", "typ", json!("JWT")),
        Change::new("`alg` is `none` and the signature empty", |request, _| {
            let draft = request.draft()?;
            draft.header["alg"] = json!("none");
            draft.signing = Signing::Unsigned;
            Ok(())
        }),
    ]
}

async fn in_cookie(lab: &Lab<'_>) -> Result<Findings, Stop> {
    if !lab.hub().features.has(OptionalFeature::Cookie) {
        return Ok(Findings::Cases(Vec::new()));
    }
    Sandwich::table(subscription_by_cookie, wrong_tokens())
        .run(lab)
        .await
}

/// A subscription whose token comes in the cookie.
pub(in crate::check::v1) fn subscription_by_cookie(lab: &Lab<'_>) -> Result<Request, Stop> {
    let mut request = subscription(lab)?;
    for credential in &mut request.credentials {
        let token = credential.token().clone();
        *credential = Credential::Cookie(lab.cookie_name().to_owned(), token);
    }
    Ok(request)
}

async fn on_subscription_api(lab: &Lab<'_>) -> Result<Findings, Stop> {
    if !lab.hub().features.has(OptionalFeature::Subscriptions) {
        return Ok(Findings::Cases(Vec::new()));
    }
    Sandwich::table(subscription_api, wrong_tokens())
        .run(lab)
        .await
}
