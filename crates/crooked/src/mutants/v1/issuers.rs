//! Several issuers and their keys: whose key verifies what, and which kinds of key are taken.

use crate::credential;
use crate::mutant::{Deed, Mutant, Needs};
use crate::token::Token;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "keys-pooled",
        "token.key.cross-issuer",
        "a key of any trusted issuer verifies the tokens of each",
    )
    .on(Needs::Issuers)
    .forge(|token, deed| {
        let scene = deed.scene;
        let mut pool = scene.issuers.iter();
        token.claim("iss") == scene.issuer.as_str()
            && pool.any(|(_, secret)| token.is_signed_with(secret))
    }),
    Mutant::v1(
        "two-issuers",
        "token.key.cross-issuer",
        "of several issuers only the first two are trusted",
    )
    .on(Needs::Issuers)
    .request(|request, scene| {
        let second = scene.issuers.first().map_or("", |(issuer, _)| issuer);
        let is_trusted = |token: &Token| {
            token.claim("iss") == scene.issuer.as_str() || token.claim("iss") == second
        };
        if !credential::token(request).is_some_and(|token| is_trusted(&token)) {
            credential::drop_bearer(request);
        }
    }),
    Mutant::v1(
        "no-eddsa",
        "token.alg.baseline",
        "tokens signed with EdDSA are refused",
    )
    .on(Needs::Issuers)
    .request(|request, _| {
        if credential::token(request).is_some_and(|token| token.algorithm() == "EdDSA") {
            credential::drop_bearer(request);
        }
    }),
    Mutant::v1(
        "short-secret",
        "token.alg.weak",
        "a secret of a few bytes is as good as any",
    )
    .on(Needs::Issuers)
    .forge(of_a_short_secret),
];

/// The digest of HS256, in bytes.
const LONG_ENOUGH: usize = 32;

fn of_a_short_secret(token: &mut Token, deed: &Deed<'_>) -> bool {
    let mut short = deed.scene.issuers.iter();
    let is_it = short.any(|(issuer, secret)| {
        secret.len() < LONG_ENOUGH
            && token.claim("iss") == issuer.as_str()
            && token.is_signed_with(secret)
    });
    if is_it {
        token.set("iss", deed.scene.issuer.clone());
    }
    is_it
}
