//! Token validation: the claims that a hub could leave unchecked, or check too hard.

use crate::credential;
use crate::mutant::{Exchange, Mutant};
use crate::scene::{later, now};
use crate::token::Token;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "claims-of-any-type",
        "token.rfc9068-rfc8725",
        "claims that are an array are accepted as a token without rights",
    )
    .forge(|token, deed| {
        let odd = token.claims.is_array() || token.claim("exp").is_string();
        if odd {
            let good = Token::parse(&deed.scene.token(&[]));
            token.claims = good.map(|good| good.claims).unwrap_or_default();
        }
        odd
    }),
    Mutant::v1(
        "issuer-unbound",
        "token.key.issuer-binding",
        "keys are not tied to an issuer",
    )
    .launder(|token, deed| token.set("iss", deed.scene.issuer.as_str())),
    Mutant::v1(
        "expired-accepted",
        "token.exp.enforced",
        "expired tokens are accepted",
    )
    .launder(|token, _| renew(token)),
    Mutant::v1(
        "expired-opens-stream",
        "token.exp.first-request",
        "an expired token opens a stream, which a timer then closes",
    )
    .launder(|token, deed| {
        if deed.request.is_subscription(&deed.scene.path) {
            renew(token);
        }
    }),
    Mutant::v1(
        "exp-optional",
        "token.exp.required",
        "a token without `exp` never expires",
    )
    .launder(|token, _| {
        if !token.claim("exp").is_number() {
            token.set("exp", later());
        }
    }),
    Mutant::v1("nbf-ignored", "token.nbf", "`nbf` is ignored").launder(|token, _| {
        if let Some(claims) = token.claims.as_object_mut() {
            claims.remove("nbf");
        }
    }),
    Mutant::v1(
        "aud-unverified",
        "token.aud.verified",
        "`aud` is not compared with the hub",
    )
    .launder(|token, deed| token.set("aud", deed.scene.url.as_str())),
    Mutant::v1(
        "aud-array-refused",
        "token.aud.forms",
        "an array of audiences is refused",
    )
    .refuse(|token, _| token.claim("aud").is_array()),
    Mutant::v1(
        "iss-optional",
        "token.iss.present",
        "a token without `iss` is accepted",
    )
    .launder(|token, deed| {
        if token.claim("iss").as_str().unwrap_or_default().is_empty() {
            token.set("iss", deed.scene.issuer.as_str());
        }
    }),
    Mutant::v1(
        "iss-unverified",
        "token.iss.trusted",
        "`iss` is not compared with the trusted issuer",
    )
    .launder(|token, deed| {
        if token
            .claim("iss")
            .as_str()
            .is_some_and(|iss| !iss.is_empty())
        {
            token.set("iss", deed.scene.issuer.as_str());
        }
    }),
    Mutant::v1(
        "advertised-issuers-only",
        "token.iss.unadvertised-issuer",
        "an issuer that the metadata does not advertise is refused",
    )
    .refuse(|_, deed| deed.request.method == "POST"),
    Mutant::v1(
        "claims-demanded",
        "token.other-claims",
        "a token without `sub` is answered 500",
    )
    .answer(|answer, exchange| {
        if lacks_claim(exchange) {
            answer.refuse(500);
        }
    }),
    Mutant::v1(
        "issuer-enrols-itself",
        "token.key.no-untrusted-discovery",
        "the key set of whatever `iss` the token names is trusted",
    )
    .forge(|token, deed| {
        let iss = token.claim("iss").as_str().unwrap_or_default();
        let unknown = iss.starts_with("http") && iss != deed.scene.issuer;
        if unknown {
            token.set("iss", deed.scene.issuer.as_str());
            token.header["alg"] = "HS256".into();
        }
        unknown
    }),
];

fn renew(token: &mut Token) {
    let past = |exp: f64| exp <= now() as f64;
    if token.claim("exp").as_f64().is_some_and(past) {
        token.set("exp", later());
    }
}

fn lacks_claim(exchange: &Exchange<'_>) -> bool {
    let token = credential::token(exchange.request);
    token.is_some_and(|token| {
        ["sub", "client_id", "iat", "jti"]
            .iter()
            .any(|name| token.claim(name).is_null())
    })
}
