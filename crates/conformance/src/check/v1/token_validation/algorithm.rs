//! With which algorithms a token may be signed.

use assay_client::{Algorithm, SigningKey};
use serde_json::json;

use super::SECTION;
use crate::{
    check::{
        Check, Issuers, Need, Shape,
        v1::{
            datum::{header, no_header, role},
            refusal::invalid_token,
            right::{publication, subscription},
        },
    },
    lab::Lab,
    shape::{Change, sandwich::Sandwich},
    stop::Stop,
    token::{Role, Signing, TokenDraft},
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal(
                "token/alg-not-allowed",
                Sandwich::table(publication, not_allowed()),
            )
            .judges("token.alg.not-allowed", invalid_token()),
        SECTION
            .refusal("token/alg-none", Sandwich::table(publication, none()))
            .also(Shape::Sandwich(Sandwich::table(subscription, none())))
            .judges("token.alg.none", invalid_token()),
        SECTION
            .refusal(
                "token/alg-key-type",
                Sandwich::table(publication, confused()),
            )
            .judges("token.alg.key-compat", invalid_token())
            // With a secret there is nothing public to sign with.
            .prefers(Need::Issuers(Issuers::KeyPair)),
    ]
}

fn not_allowed() -> Vec<Change> {
    vec![
        Change::new(
            "the key signs with another algorithm of its family, or where there is none claims to",
            |request, lab| another_algorithm(request.draft()?, lab, 0),
        ),
        Change::new(
            "the key signs with a second other algorithm of its family, or where there is none claims to",
            |request, lab| another_algorithm(request.draft()?, lab, 1),
        ),
        header("`alg` is `XX`", "alg", json!("XX")),
        Change::new("`alg` is in the other letter case", |request, _| {
            let alg = &mut request.draft()?.header["alg"];
            let text = alg.as_str().unwrap_or_default();
            let lower = text.to_ascii_lowercase();
            *alg = json!(if lower == text {
                text.to_ascii_uppercase()
            } else {
                lower
            });
            Ok(())
        }),
        no_header("the header has no `alg`", "alg"),
    ]
}

fn another_algorithm(draft: &mut TokenDraft, lab: &Lab<'_>, nth: usize) -> Result<(), Stop> {
    let key = key(lab, role(draft)?)?;
    let others = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| *algorithm != key.algorithm());
    let mut siblings = others
        .clone()
        .filter_map(|algorithm| key.with_algorithm(algorithm));
    if let Some(sibling) = siblings.nth(nth) {
        draft.header["alg"] = json!(sibling.algorithm().as_str());
        draft.signing = Signing::Key(sibling);
    } else {
        let claimed = others.map(Algorithm::as_str).nth(nth);
        draft.header["alg"] = json!(claimed);
    }
    Ok(())
}

fn none() -> Vec<Change> {
    const SPELLINGS: [(&str, &str, &str); 4] = [
        (
            "none",
            "`alg` is `none` and the signature empty",
            "`alg` is `none` and the signature still there",
        ),
        (
            "None",
            "`alg` is `None` and the signature empty",
            "`alg` is `None` and the signature still there",
        ),
        (
            "NONE",
            "`alg` is `NONE` and the signature empty",
            "`alg` is `NONE` and the signature still there",
        ),
        (
            "nOnE",
            "`alg` is `nOnE` and the signature empty",
            "`alg` is `nOnE` and the signature still there",
        ),
    ];
    let rows = SPELLINGS.map(|(spelling, empty, kept)| {
        let unsigned = Change::new(empty, move |request, _| {
            let draft = request.draft()?;
            draft.header["alg"] = json!(spelling);
            draft.signing = Signing::Unsigned;
            Ok(())
        });
        [unsigned, header(kept, "alg", json!(spelling))]
    });
    rows.into_iter().flatten().collect()
}

// Where the key is public, a forger signs with it as if it were a secret; where it is secret, another family is claimed.
fn confused() -> Vec<Change> {
    let claimed = |says, alg: &'static str| {
        Change::new(says, move |request, lab| {
            confuse(request.draft()?, lab, alg, |key| {
                key.public_key_pem().map(String::into_bytes)
            })
        })
    };
    vec![
        claimed(
            "`alg` is of another kind of key: RS256, or HS256 over the public key in PEM",
            "RS256",
        ),
        claimed(
            "`alg` is of another kind of key: PS256, or HS256 over the public key in PEM",
            "PS256",
        ),
        claimed(
            "`alg` is of another kind of key: EdDSA, or HS256 over the public key in PEM",
            "EdDSA",
        ),
        Change::new(
            "`alg` is of another kind of key: ES256, or HS256 over the public key in DER",
            |request, lab| confuse(request.draft()?, lab, "ES256", SigningKey::public_key_der),
        ),
    ]
}

fn confuse(
    draft: &mut TokenDraft,
    lab: &Lab<'_>,
    alg: &str,
    as_secret: fn(&SigningKey) -> Option<Vec<u8>>,
) -> Result<(), Stop> {
    let Some(public) = as_secret(key(lab, role(draft)?)?) else {
        draft.header["alg"] = json!(alg);
        return Ok(());
    };
    let forger = SigningKey::from_secret(Algorithm::Hs256, &public)
        .map_err(|error| Stop::Defect(error.to_string()))?;
    draft.header["alg"] = json!("HS256");
    draft.signing = Signing::Key(forger);
    Ok(())
}

fn key<'l>(lab: &'l Lab<'_>, role: Role) -> Result<&'l SigningKey, Stop> {
    lab.hub()
        .credential(role)
        .key()
        .ok_or_else(|| Stop::NotMeasurable(format!("needs a {role:?} key")))
}
