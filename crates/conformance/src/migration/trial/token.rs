//! A token, with requests that need each of its grants: is it taken, and does it grant what it says?

use assay_client::{Dialect, SigningKey, TokenSpec};
use assay_results::{End, Fate};
use serde_json::{Value, json};

use super::{
    arrival::{Arrival, of_witness, private_update},
    parameter, refusal, stream,
};
use crate::{
    lab::Lab,
    migration::{
        claims::{Claims, Grant, Grants},
        limits::SELECTORS_TRIED_AT_MOST,
        subscription::Witness,
    },
    request::Request,
    stop::Stop,
    token::{Role, Signing, Token, TokenDraft},
};

/// Who signed what is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::migration) enum Signed {
    /// The site: it is presented as it is.
    BySite,
    /// The workbench, with the key of the hub: the claims are the site's, their times are set anew.
    Anew,
}

/// What becomes of a token of the site.
pub(super) async fn attempt(lab: &Lab<'_>, claims: &Claims, signed: Signed) -> Result<Fate, Stop> {
    let token = |role| presented(lab, claims, signed, role);
    granted(lab, &claims.grants(), token).await
}

/// What becomes of a token of 1.0 with these grants.
pub(super) async fn attempt_new(lab: &Lab<'_>, grants: &Grants) -> Result<Fate, Stop> {
    granted(lab, grants, |role| minted(lab, grants, role)).await
}

/// A subscription to everything with the token, for what it may receive.
pub(super) fn listening(lab: &Lab<'_>, claims: &Claims, signed: Signed) -> Result<Request, Stop> {
    Ok(all_topics(
        lab,
        presented(lab, claims, signed, Role::Subscriber)?,
    ))
}

/// The same with a token of 1.0.
pub(super) fn listening_new(lab: &Lab<'_>, grants: &Grants) -> Result<Request, Stop> {
    Ok(all_topics(lab, minted(lab, grants, Role::Subscriber)?))
}

fn all_topics(lab: &Lab<'_>, token: Token) -> Request {
    stream()
        .param(parameter(lab.hub().dialect), "*")
        .bearer(token)
}

async fn granted(
    lab: &Lab<'_>,
    grants: &Grants,
    token: impl Fn(Role) -> Result<Token, Stop>,
) -> Result<Fate, Stop> {
    let mut seen = Vec::new();
    if !grants.publish.is_empty() {
        let fate = publishes(lab, &grants.publish, token(Role::Publisher)?).await?;
        if fate.end != End::Works {
            return Ok(fate);
        }
        seen.push(fate.detail);
    }
    if !grants.subscribe.is_empty() {
        let fate = receives(lab, &grants.subscribe, token(Role::Subscriber)?).await?;
        if fate.end != End::Works {
            return Ok(fate);
        }
        seen.push(fate.detail);
    }
    if seen.is_empty() {
        return Err(Stop::NotMeasurable(
            "it grants nothing that could be tried".to_owned(),
        ));
    }
    Ok(Fate::tried(End::Works, seen.join("; ")))
}

async fn publishes(lab: &Lab<'_>, grants: &[Grant], token: Token) -> Result<Fate, Stop> {
    let mut last = 0;
    for grant in grants.iter().take(SELECTORS_TRIED_AT_MOST) {
        let topic = match &grant.witness {
            Witness::AnyTopic => lab.topic("any"),
            Witness::Topic(topic) => topic.clone(),
            // The hub's own topics: nobody may publish there.
            Witness::SubscriptionEvent | Witness::Unknown(_) => continue,
        };
        let update = private_update(lab, &topic, &lab.marker())?.bearer(token.clone());
        let answer = lab.ask(&update).await?;
        if !(200..300).contains(&answer.status) {
            let detail = format!(
                "an update on {topic} was answered {}",
                refusal::told(&answer)
            );
            return Ok(Fate::tried(End::Refused, detail));
        }
        last = answer.status;
    }
    if last == 0 {
        return Err(Stop::NotMeasurable(
            "it grants publishing on topics of the hub alone".to_owned(),
        ));
    }
    Ok(Fate::tried(End::Works, format!("publishing: {last}")))
}

async fn receives(lab: &Lab<'_>, grants: &[Grant], token: Token) -> Result<Fate, Stop> {
    let request = all_topics(lab, token);
    let mut stream = match lab.open(&request).await? {
        Ok(stream) => stream,
        Err(answer) => {
            let detail = format!("a subscription was answered {}", refusal::told(&answer));
            return Ok(Fate::tried(End::Refused, detail));
        }
    };
    for grant in grants.iter().take(SELECTORS_TRIED_AT_MOST) {
        match of_witness(&mut stream, &grant.witness).await? {
            Arrival::Came => {}
            Arrival::Missing(what) => {
                let detail = format!("it is taken, but grants nothing by {}: {what}", grant.text);
                return Ok(Fate::tried(End::Silent, detail));
            }
            Arrival::Refused(answer) => {
                let detail = format!(
                    "nobody can publish on {}: {}",
                    grant.text,
                    refusal::told(&answer)
                );
                return Ok(Fate::tried(End::Silent, detail));
            }
        }
    }
    Ok(Fate::tried(
        End::Works,
        "subscribing: 200, and a private update came by each grant",
    ))
}

fn presented(lab: &Lab<'_>, claims: &Claims, signed: Signed, role: Role) -> Result<Token, Stop> {
    match (&claims.compact, signed) {
        (Some(token), Signed::BySite) => Ok(Token::Ready(token.clone())),
        _ => Ok(Token::Draft(TokenDraft {
            header: with_algorithm(&claims.header, key(lab, role)?),
            claims: renewed(&claims.said, lab.now_unix_s()),
            signing: Signing::Role(role),
        })),
    }
}

fn minted(lab: &Lab<'_>, grants: &Grants, role: Role) -> Result<Token, Stop> {
    let key = key(lab, role)?;
    let target = &lab.hub().target;
    let mut spec = TokenSpec::new(
        Dialect::V1,
        &target.issuer,
        &target.audience,
        lab.now_unix_s(),
    );
    // Both rights in each, as in the token of the site.
    spec.publish = Grants::matchers(&grants.publish);
    spec.subscribe = Grants::matchers(&grants.subscribe);
    spec.payload = grants.payload_object();
    let claims = spec
        .claims()
        .map_err(|error| Stop::Defect(error.to_string()))?;
    Ok(Token::Draft(TokenDraft {
        header: spec.header(key),
        claims,
        signing: Signing::Role(role),
    }))
}

fn key<'l>(lab: &'l Lab<'_>, role: Role) -> Result<&'l SigningKey, Stop> {
    let key = lab.hub().credential(role).key();
    key.ok_or_else(|| {
        Stop::NotMeasurable(format!(
            "needs a {role:?} key of this hub to sign the claims with"
        ))
    })
}

// The key of the hub may be of another kind than the one that the site has.
fn with_algorithm(header: &Value, key: &SigningKey) -> Value {
    let mut header = header.clone();
    if header.is_object() {
        header["alg"] = json!(key.algorithm().as_str());
        // It would name a key of the site's.
        if let Some(header) = header.as_object_mut() {
            header.remove("kid");
        }
    }
    header
}

/// The claims, as if they had been made now: what is over is not what is asked.
fn renewed(claims: &Value, now_unix_s: u64) -> Value {
    let mut claims = claims.clone();
    let lifetime_s = assay_client::token::DEFAULT_LIFETIME_S;
    for (name, value) in [
        ("iat", now_unix_s),
        ("nbf", now_unix_s),
        ("exp", now_unix_s + lifetime_s),
    ] {
        if claims.get(name).is_some() {
            claims[name] = json!(value);
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::{json, renewed};

    #[test]
    fn times_that_were_there_are_now() {
        let claims = renewed(&json!({ "exp": 1, "mercure": {} }), 100);
        assert_eq!(claims, json!({ "exp": 100 + 4 * 60 * 60, "mercure": {} }));
    }
}
