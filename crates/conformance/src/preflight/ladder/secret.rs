//! Secrets that are nearly right: what compose files, `.env` files and copying make of them. Not for PEM keys, which a library
//! reads or refuses.

use assay_client::{SigningKey, token::compact_parts};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Rung;
use crate::{target::RoleCredential, token::Signing};

/// The secret as it could have been meant, each with what follows if the hub takes it.
pub(super) fn rungs(credential: &RoleCredential) -> Vec<Rung> {
    let Some(key) = credential.key() else {
        return Vec::new();
    };
    let Some(secret) = key.secret() else {
        return Vec::new();
    };
    variants(secret)
        .into_iter()
        .filter_map(|(secret, advice)| {
            let key = SigningKey::from_secret(key.algorithm(), &secret).ok()?;
            let rung: Rung = (
                Box::new(move |draft| draft.signing = Signing::Key(key.clone())),
                advice.to_owned(),
            );
            Some(rung)
        })
        .collect()
}

/// Whether it is a signed token: three parts, the first of them a JOSE header.
pub(super) fn is_token(secret: &[u8]) -> bool {
    std::str::from_utf8(secret).is_ok_and(|text| compact_parts(text.trim()).is_some())
}

fn variants(secret: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let mut variants = Vec::new();
    let around = |mark: u8| [&[mark], secret, &[mark]].concat();
    let within = |mark: u8| {
        let inner = secret.strip_prefix(&[mark])?.strip_suffix(&[mark])?;
        (!inner.is_empty()).then(|| inner.to_vec())
    };
    for mark in [b'"', b'\''] {
        variants.push((
            around(mark),
            "The key is accepted with quotes around it: they became a part of the hub's key; write it without quotes (compose files and .env files keep them)",
        ));
        if let Some(inner) = within(mark) {
            variants.push((
                inner,
                "The key is accepted without the quotes around it: give it without them",
            ));
        }
    }
    variants.push((
        [secret, b"\n"].concat(),
        "The key is accepted with a line end behind it: the file that the hub reads ends in one; write it without (printf %s)",
    ));
    let trimmed = secret.trim_ascii();
    if trimmed != secret && !trimmed.is_empty() {
        variants.push((
            trimmed.to_vec(),
            "The key is accepted without the blanks or line ends around it: give it without them",
        ));
    }
    if let Ok(decoded) = STANDARD.decode(trimmed) {
        variants.push((
            decoded,
            "The key is accepted after decoding it from base64: give the decoded bytes (--jwt-key @FILE)",
        ));
    }
    variants.push((
        STANDARD.encode(secret).into_bytes(),
        "The key is accepted after encoding it as base64: the hub has it encoded; give the same text",
    ));
    variants
}

#[cfg(test)]
mod tests {
    use super::{is_token, variants};

    #[test]
    fn a_token_is_told_from_a_secret() {
        let cases = [
            ("eyJhbGciOiJIUzI1NiJ9.eyJtZXJjdXJlIjp7fX0.c2ln", true),
            ("!ChangeThisMercureHubJWTSecretKey!", false),
            ("a.b.c", false),
            ("", false),
        ];
        for (secret, expected) in cases {
            assert_eq!(is_token(secret.as_bytes()), expected, "{secret}");
        }
    }

    #[test]
    fn what_was_meant_is_among_the_variants() {
        let check = |given: &str, meant: &str| {
            let variants = variants(given.as_bytes());
            assert!(
                variants
                    .iter()
                    .any(|(secret, _)| secret == meant.as_bytes()),
                "{given}"
            );
        };
        check("secret", "\"secret\"");
        check("'secret'", "secret");
        check("secret\n", "secret");
        check("secret", "secret\n");
        check("c2VjcmV0", "secret");
        check("secret", "c2VjcmV0");
    }
}
