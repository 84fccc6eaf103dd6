//! The serialization and the signature of a token. Not for which key or algorithm made it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::SECTION;
use crate::{
    check::{
        Check, Shape,
        v1::{
            datum::{claim, role, signed},
            refusal::{coded, invalid_token},
            right::{publication, subscription},
        },
    },
    request::Credential,
    shape::{Change, sandwich::Sandwich},
    token::{Alteration, Signing, Token},
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal("token/compact", Sandwich::table(publication, near_misses()))
            // A broken token is as well a malformed request: ambiguity C3.
            .judges(
                "token.compact",
                invalid_token().or_pass(coded(&[400], "invalid_request")),
            ),
        SECTION
            .refusal("token/signature", Sandwich::table(publication, broken()))
            .also(Shape::Sandwich(Sandwich::table(subscription, broken())))
            .judges("token.signature", invalid_token()),
        SECTION
            .refusal(
                "token/best-practices",
                Sandwich::table(publication, malformed()),
            )
            .judges("token.rfc9068-rfc8725", invalid_token()),
    ]
}

// token.compact
fn near_misses() -> Vec<Change> {
    vec![
        altered(Alteration {
            says: "the token is in the flattened JSON serialization",
            apply: json_serialization,
        }),
        altered(Alteration {
            says: "the token has two parts, the signature being left out",
            apply: |token| {
                token
                    .rsplit_once('.')
                    .map_or("", |(rest, _)| rest)
                    .to_owned()
            },
        }),
        altered(Alteration {
            says: "a dot follows the token",
            apply: |token| format!("{token}."),
        }),
        altered(Alteration {
            says: "the signature is padded with `=`",
            apply: |token| format!("{token}="),
        }),
        Change::new(
            "the token has the five parts of an encrypted one",
            |request, _| {
                let encrypted = format!(
                    "{}..AAAAAAAAAAAAAAAA.AAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
                    URL_SAFE_NO_PAD.encode(r#"{"alg":"dir","enc":"A256GCM","typ":"at+jwt"}"#)
                );
                request.credentials = vec![Credential::Bearer(Token::Text(encrypted))];
                Ok(())
            },
        ),
    ]
}

// token.signature
fn broken() -> Vec<Change> {
    vec![
        signed("one bit of the signature is turned", |_, role| {
            Ok(Signing::Flipped(role))
        }),
        altered(Alteration {
            says: "the claims are others than those that were signed",
            apply: other_claims,
        }),
        altered(Alteration {
            says: "the signature is empty",
            apply: |token| {
                let end = token.rfind('.').map_or(0, |dot| dot + 1);
                token[..end].to_owned()
            },
        }),
        altered(Alteration {
            says: "the last four characters of the signature are missing",
            apply: |token| token[..token.len().saturating_sub(4)].to_owned(),
        }),
        signed("the token is signed with another key", |lab, role| {
            lab.forged(role)
        }),
    ]
}

// token.rfc9068-rfc8725
fn malformed() -> Vec<Change> {
    vec![
        Change::new("the claims are an array", |request, _| {
            let draft = request.draft()?;
            draft.claims = json!([draft.claims]);
            Ok(())
        }),
        claim("`exp` is an object", "exp", json!({})),
        claim("`exp` is a text", "exp", json!("never")),
        altered(Alteration {
            says: "the claims are not JSON",
            apply: |token| {
                let mut parts = token.split('.');
                let (header, signature) = (parts.next(), parts.nth(1));
                let claims = URL_SAFE_NO_PAD.encode("assay");
                format!(
                    "{}.{claims}.{}",
                    header.unwrap_or_default(),
                    signature.unwrap_or_default()
                )
            },
        }),
    ]
}

fn altered(alteration: Alteration) -> Change {
    Change::new(alteration.says, move |request, _| {
        let draft = request.draft()?;
        draft.signing = Signing::Altered(role(draft)?, alteration);
        Ok(())
    })
}

fn json_serialization(token: &str) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let part = |index: usize| parts.get(index).copied().unwrap_or_default();
    json!({ "protected": part(0), "payload": part(1), "signature": part(2) }).to_string()
}

fn other_claims(token: &str) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    if let Some(payload) = parts.get_mut(1) {
        let claims = URL_SAFE_NO_PAD.decode(&payload).unwrap_or_default();
        let mut claims: Value = serde_json::from_slice(&claims).unwrap_or_else(|_| json!({}));
        claims["sub"] = json!("somebody else");
        *payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    }
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::{json_serialization, other_claims};

    #[test]
    fn alterations_keep_the_rest() {
        assert_eq!(
            json_serialization("a.b.c"),
            r#"{"payload":"b","protected":"a","signature":"c"}"#
        );
        // {} and {"sub":"somebody else"}
        assert_eq!(
            other_claims("a.e30.c"),
            "a.eyJzdWIiOiJzb21lYm9keSBlbHNlIn0.c"
        );
    }
}
