//! Token validation: serialization, signature, type, algorithm and key, each taken too lightly or too hard.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::challenge;
use crate::credential;
use crate::message::Request;
use crate::mutant::Mutant;
use crate::scene::{Scene, later, now};
use crate::token::Token;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "other-serializations",
        "token.compact",
        "what is not quite the compact serialization is unwrapped and accepted",
    )
    .request(unwrap_serialization),
    Mutant::v1(
        "unvalidated-on-get",
        "token.validated",
        "the claims are decoded without validation on GET requests",
    )
    .forge(|token, deed| {
        let subscribes = deed.request.method == "GET";
        if subscribes {
            repair(token, deed.scene);
        }
        subscribes
    }),
    Mutant::v1(
        "self-issued-refused",
        "token.self-issued",
        "publication fails unless metadata of the issuer can be fetched",
    )
    .answer(|answer, exchange| {
        if exchange.request.is_publication(&exchange.scene.path) {
            answer.refuse(503);
        }
    }),
    Mutant::v1(
        "crit-ignored",
        "token.crit",
        "critical header parameters are ignored",
    )
    .launder(|token, _| {
        if let Some(header) = token.header.as_object_mut() {
            header.remove("crit");
        }
    }),
    Mutant::v1(
        "unsigned-claims",
        "token.signature",
        "the signature is not verified",
    )
    .forge(|token, _| is_hmac(token)),
    Mutant::v1(
        "typ-unchecked",
        "token.typ.required",
        "`typ` is not checked",
    )
    .launder(|token, _| token.header["typ"] = "at+jwt".into()),
    Mutant::v1(
        "typ-if-present",
        "token.typ.absent",
        "`typ` is checked only when it is there",
    )
    .launder(|token, _| {
        if token.header.get("typ").is_none() {
            token.header["typ"] = "at+jwt".into();
        }
    }),
    Mutant::v1(
        "typ-short-only",
        "token.typ.prefix",
        "`application/at+jwt` is refused",
    )
    .refuse(|token, _| typ(token).to_ascii_lowercase().starts_with("application/")),
    Mutant::v1(
        "typ-case-sensitive",
        "token.typ.case",
        "other letter cases of `typ` are refused",
    )
    .refuse(|token, _| typ(token) != typ(token).to_ascii_lowercase()),
    Mutant::v1(
        "any-algorithm",
        "token.alg.not-allowed",
        "any algorithm of the key's family is accepted",
    )
    .forge(|token, deed| {
        let listed = matches!(token.algorithm(), "HS256" | "" | "none");
        let family = token.is_signed_with(&deed.scene.secret) && !listed;
        let odd = !listed && token.algorithm().to_ascii_uppercase().starts_with("HS");
        set_algorithm_if(token, family || odd)
    }),
    Mutant::v1("alg-none", "token.alg.none", "`alg` none is accepted").forge(|token, _| {
        let none = token.algorithm().eq_ignore_ascii_case("none");
        set_algorithm_if(token, none)
    }),
    Mutant::v1(
        "algorithm-of-another-key",
        "token.alg.key-compat",
        "an algorithm that does not fit the key is not refused",
    )
    .forge(|token, _| {
        let family = token.algorithm().get(..2).unwrap_or_default();
        let other = matches!(family, "RS" | "PS" | "ES" | "Ed");
        set_algorithm_if(token, other)
    }),
    Mutant::v1(
        "unknown-key-trusted",
        "token.key.preconfigured",
        "a token of an unknown key is accepted without verification",
    )
    .forge(|token, _| is_hmac(token)),
    Mutant::v1(
        "jwk-trusted",
        "token.key.no-jwk",
        "the key in the header is trusted",
    )
    .forge(|token, _| take_header(token, &["jwk", "x5c"])),
    Mutant::v1(
        "jku-trusted",
        "token.key.no-jku",
        "the key set that the header names is trusted",
    )
    .forge(|token, _| take_header(token, &["jku"])),
    Mutant::v1(
        "x5u-trusted",
        "token.key.no-x5u",
        "the certificate that the header names is trusted",
    )
    .forge(|token, _| take_header(token, &["x5u"])),
    Mutant::v1(
        "kid-breaks",
        "token.key.kid-hint",
        "a `kid` makes the hub answer 500",
    )
    .answer(|answer, exchange| {
        let token = credential::token(exchange.request);
        if token.is_some_and(|token| token.header.get("kid").is_some()) {
            answer.refuse(500);
        }
    }),
    Mutant::v1(
        "failure-told-differently",
        "token.failure-reporting",
        "one endpoint answers 403 for an invalid token",
    )
    .answer(|answer, exchange| {
        if exchange.request.method == "GET" && challenge::is_invalid_token(answer) {
            answer.status = 403;
        }
    }),
];

/// Makes all but the authorization details right.
fn repair(token: &mut Token, scene: &Scene) {
    token.header = serde_json::json!({"alg": "HS256", "typ": "at+jwt"});
    let expired = token.claim("exp").as_u64().is_none_or(|exp| exp <= now());
    if expired {
        token.set("exp", later());
    }
    token.set("iss", scene.issuer.as_str());
    token.set("aud", scene.url.as_str());
    token.set("nbf", now() - 1);
}

fn typ(token: &Token) -> &str {
    token.header["typ"].as_str().unwrap_or_default()
}

fn is_hmac(token: &Token) -> bool {
    matches!(token.algorithm(), "HS256" | "HS384" | "HS512")
}

fn set_algorithm_if(token: &mut Token, wanted: bool) -> bool {
    if wanted {
        token.header["alg"] = "HS256".into();
    }
    wanted
}

fn take_header(token: &mut Token, names: &[&str]) -> bool {
    let header = token.header.as_object_mut();
    let taken = header.is_some_and(|header| {
        names
            .iter()
            .filter(|name| header.remove(**name).is_some())
            .count()
            > 0
    });
    set_algorithm_if(token, taken)
}

/// Turns near misses of the compact serialization into a compact token of the same claims.
fn unwrap_serialization(request: &mut Request, scene: &Scene) {
    let Some(presented) = credential::bearer(request) else {
        return;
    };
    if presented.split('.').count() == 3 && !presented.contains(['=', '{']) {
        return;
    }
    let parts: Vec<String> = match serde_json::from_str::<Value>(&presented) {
        Ok(json) => vec![string(&json, "protected"), string(&json, "payload")],
        Err(_) => presented
            .split('.')
            .map(|part| part.replace('=', ""))
            .collect(),
    };
    let decode = |part: Option<&String>| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part?).ok()?).ok()
    };
    let token = match (decode(parts.first()), decode(parts.get(1))) {
        (Some(header), Some(claims)) => Token::new(header, claims).sign(&scene.secret),
        // An encrypted token, whose claims nobody but its author knows.
        _ => scene.token(&["*"]),
    };
    credential::present(request, &token);
}

fn string(json: &Value, member: &str) -> String {
    json[member].as_str().unwrap_or_default().to_owned()
}
