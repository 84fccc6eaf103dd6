//! Who may issue tokens: `iss`, and what it stands for.

use serde_json::{Value, json};

use super::{SECTION, metadata::document};
use crate::{
    accept::AcceptSet,
    check::{
        Check, Findings,
        v1::{
            datum::{altered_claim, claim, no_claim},
            refusal::invalid_token,
            right::publication,
        },
    },
    lab::Lab,
    request::Proof,
    shape::{Change, accepted::WORKS, sandwich::Sandwich},
    stop::Stop,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal(
                "token/iss-missing",
                Sandwich::table(publication, no_issuer()),
            )
            .judges("token.iss.present", invalid_token()),
        SECTION
            .refusal(
                "token/iss-untrusted",
                Sandwich::table(publication, other_issuers()),
            )
            .judges("token.iss.trusted", invalid_token()),
        SECTION
            .refusal(
                "token/issuer-binding",
                Sandwich::new(
                    publication,
                    claim(
                        "the trusted key signs for another issuer",
                        "iss",
                        json!("https://issuer.example"),
                    ),
                ),
            )
            .judges("token.key.issuer-binding", invalid_token()),
        SECTION
            .probe("token/self-issued", |lab| Box::pin(self_issued(lab)))
            .judges("token.self-issued", AcceptSet::fact(WORKS)),
        SECTION
            .probe("token/iss-unadvertised", |lab| Box::pin(unadvertised(lab)))
            .judges("token.iss.unadvertised-issuer", AcceptSet::fact(WORKS)),
    ]
}

fn no_issuer() -> Vec<Change> {
    vec![
        no_claim("there is no `iss`", "iss"),
        claim("`iss` is null", "iss", json!(null)),
        claim("`iss` is empty", "iss", json!("")),
        claim("`iss` is a number", "iss", json!(1)),
        altered_claim("`iss` is an array", "iss", |iss| json!([iss])),
    ]
}

fn other_issuers() -> Vec<Change> {
    let iss = |says, alter| altered_claim(says, "iss", alter);
    vec![
        claim("`iss` is unknown", "iss", json!("https://issuer.example")),
        iss("`iss` has a slash more", |iss| {
            json!(format!("{}/", text(iss)))
        }),
        iss("`iss` has a suffix", |iss| json!(format!("{}2", text(iss)))),
        iss("`iss` is only the beginning of the identifier", |iss| {
            let text = text(iss);
            json!(text.get(..text.len() / 2))
        }),
        iss("`iss` is in the other letter case", |iss| {
            let upper = text(iss).to_uppercase();
            json!(if upper == text(iss) {
                upper.to_lowercase()
            } else {
                upper
            })
        }),
        iss("`iss` names the port that its scheme implies", |iss| {
            json!(format!("{}:443", text(iss)))
        }),
        iss("`iss` has another scheme", |iss| {
            let rest = text(iss).split_once(':').map_or("", |(_, rest)| rest);
            let scheme = if text(iss).starts_with("https:") {
                "http"
            } else {
                "https"
            };
            json!(format!("{scheme}:{rest}"))
        }),
    ]
}

// Without the controls of an allowance, since a hub that refuses all publications breaks this very rule.
async fn self_issued(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.opened(&lab.subscribe(&topic)?).await?;
    let answer = lab.ask(&publication(lab)?).await?;
    if !(200..300).contains(&answer.status) {
        return Ok(Findings::answer(answer));
    }
    Ok(match stream.fence(&topic, Proof::Public).await {
        Ok(_) => Findings::fact(WORKS),
        Err(Stop::Control(reason)) => Findings::other(reason),
        Err(stop) => return Err(stop),
    })
}

async fn unadvertised(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let document = document(lab).await?.unwrap_or_default();
    let advertised = document["authorization_servers"].as_array();
    let issuer = &lab.hub().target.issuer;
    let is_ours = |server: &Value| server == issuer.as_str();
    if advertised.is_some_and(|servers| servers.iter().any(is_ours)) {
        return Err(Stop::Unsupported(format!(
            "the metadata advertises {issuer}: an issuer that it does not is needed"
        )));
    }
    self_issued(lab).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
