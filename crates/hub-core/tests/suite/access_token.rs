//! Access tokens through the public interface: what each refusal of the catalogue looks like, in both dialects.

use crate::mint::{
    AUDIENCE, ISSUER, NOW, SECRET, Signer, claims_v1, detail, encode, header_v1, with, without,
};
use assay_hub_core::access_token::{
    Algorithm, KeyError, RoleKeys, TrustedIssuer, TrustedKeys, VerificationKey, verify,
};
use assay_hub_core::{
    AccessToken, Decision, Denial, Dialect, Dialects, HubUrl, Limits, Role, TokenContext,
    TokenError, Topic,
};
use aws_lc_rs::hmac::HMAC_SHA256;
use serde_json::{Value, json};

/// A hub that trusts one key, and the other half of that key.
struct Setting {
    signer: Signer,
    algorithm: Algorithm,
    keys: TrustedKeys,
    dialects: Dialects,
    limits: Limits,
}

impl Setting {
    fn new(algorithm: Algorithm, dialects: Dialects) -> Self {
        let signer = Signer::generate(algorithm);
        let key = signer.verification_key(algorithm);
        Self {
            signer,
            algorithm,
            keys: trust(RoleKeys::from(key)),
            dialects,
            limits: Limits::DEFAULT,
        }
    }

    fn hs256() -> Self {
        Self::new(Algorithm::HS256, Dialects::OnlyV1)
    }

    fn verify(&self, token: &str) -> Result<AccessToken, TokenError> {
        verify(
            token,
            Role::Publisher,
            &TokenContext {
                keys: &self.keys,
                audiences: &[AUDIENCE.to_owned()],
                dialects: self.dialects,
                hub_url: &hub_url(),
                limits: &self.limits,
                now_unix_s: NOW,
            },
        )
    }

    fn code(&self, token: &str) -> &'static str {
        self.verify(token)
            .map_or_else(|error| error.code(), |_| "accepted")
    }

    /// The outcome for claims of 1.0.
    fn code_of_claims(&self, claims: &Value) -> &'static str {
        self.code(&self.signer.mint(&header_v1(self.algorithm), claims))
    }
}

/// A hub that trusts one issuer, with these keys for publishers.
fn trust(publisher: RoleKeys) -> TrustedKeys {
    let issuer = TrustedIssuer {
        identifier: ISSUER.to_owned(),
        publisher,
        subscriber: RoleKeys::None,
    };
    TrustedKeys::new(issuer, Vec::new(), 0)
}

fn hub_url() -> HubUrl {
    HubUrl::parse(AUDIENCE).expect("a hub URL")
}

fn topics(names: &[&str]) -> Vec<Topic> {
    names
        .iter()
        .map(|name| {
            Topic::supplied(name, Dialect::V0, &hub_url(), &Limits::DEFAULT).expect("a good topic")
        })
        .collect()
}

fn publish_all() -> Value {
    json!([detail(&json!(["publish"]), &json!([{"match": "*"}]))])
}

#[test]
fn each_algorithm_is_accepted_under_its_key_and_no_other() {
    for algorithm in Algorithm::ALL {
        let setting = Setting::new(algorithm, Dialects::OnlyV1);
        let token = setting
            .signer
            .mint(&header_v1(algorithm), &claims_v1(&publish_all()));
        assert_eq!(setting.code(&token), "accepted", "{algorithm}");

        let stranger = if algorithm.is_hmac() {
            Signer::hmac(HMAC_SHA256, b"another secret")
        } else {
            Signer::generate(algorithm)
        };
        let stranger = stranger.mint(&header_v1(algorithm), &claims_v1(&publish_all()));
        assert_eq!(setting.code(&stranger), "token-signature", "{algorithm}");

        // The payload of another token under this signature. token.signature
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        let (header, _) = message.split_once('.').expect("three parts");
        let forged = format!(
            "{header}.{}.{signature}",
            encode(&claims_v1(&json!([])).to_string())
        );
        assert_eq!(setting.code(&forged), "token-signature", "{algorithm}");
        for signature in ["", "AAAA", &signature[..signature.len() / 4 * 4 - 4]] {
            assert_eq!(
                setting.code(&format!("{message}.{signature}")),
                "token-signature",
                "{algorithm}"
            );
        }
    }
}

#[test]
fn the_header_is_checked() {
    let setting = Setting::hs256();
    let check = |header: Value, expected: &str| {
        let token = setting.signer.mint(&header, &claims_v1(&publish_all()));
        assert_eq!(setting.code(&token), expected, "{header}");
    };
    // token.typ.*
    for typ in [
        "at+jwt",
        "AT+JWT",
        "At+Jwt",
        "application/at+jwt",
        "Application/AT+JWT",
    ] {
        check(json!({"alg": "HS256", "typ": typ}), "accepted");
    }
    for typ in [
        "JWT",
        "jwt",
        "id_token",
        "at",
        "at+jwt2",
        "application/jwt",
        "text/at+jwt",
        "at+JWT;v=1",
        "",
    ] {
        check(json!({"alg": "HS256", "typ": typ}), "token-type");
    }
    check(json!({"alg": "HS256"}), "token-type");
    check(json!({"alg": "HS256", "typ": ["at+jwt"]}), "token-type");
    check(json!({"alg": "HS256", "typ": null}), "token-type");
    // token.alg.*
    for alg in ["none", "None", "HS384", "RS256", "hs256", "XX", ""] {
        check(json!({"alg": alg, "typ": "at+jwt"}), "token-algorithm");
    }
    check(json!({"typ": "at+jwt"}), "token-malformed");
    check(json!({"alg": 1, "typ": "at+jwt"}), "token-malformed");
    // token.crit
    for crit in [
        json!(["x-unknown"]),
        json!([]),
        json!(["alg"]),
        json!("exp"),
        json!(null),
    ] {
        check(
            json!({"alg": "HS256", "typ": "at+jwt", "crit": crit, "x-unknown": 1}),
            "token-critical-header",
        );
    }
    // Key material in a token is not looked at. token.key.no-jwk
    check(
        json!({"alg": "HS256", "typ": "at+jwt", "jwk": {"kty": "oct", "k": "AA"}, "kid": "x", "jku": "y"}),
        "accepted",
    );
    let twice = setting
        .signer
        .mint_raw(r#"{"alg":"none","typ":"at+jwt","alg":"HS256"}"#, "{}");
    assert_eq!(setting.code(&twice), "token-malformed");
}

#[test]
fn only_compact_tokens_are_read() {
    let setting = Setting::hs256();
    let token = setting
        .signer
        .mint(&header_v1(Algorithm::HS256), &claims_v1(&publish_all()));
    let (message, signature) = token.rsplit_once('.').expect("three parts");
    for broken in [
        "",
        ".",
        "..",
        "a.b.c",
        message,
        &format!("{token}."),
        &format!("{token}.x.y"),
        &format!(".{token}"),
        &format!("{token}="),
        &format!("{message}=.{signature}"),
        &format!(" {token}"),
        &format!("{token}\n"),
        r#"{"payload":"","signatures":[]}"#,
    ] {
        let error = setting.verify(broken).expect_err(broken);
        assert!(error.is_malformed(), "{broken:?}: {error}");
    }
    let long = format!("{token}{}", "A".repeat(Limits::DEFAULT.token_bytes));
    assert_eq!(setting.code(&long), "token-too-long");
}

#[test]
fn confusing_a_public_key_with_a_secret_is_refused() {
    let setting = Setting::new(Algorithm::RS256, Dialects::Both);
    let pem = setting.signer.configured();
    for secret in [pem.as_str(), pem.trim_end()] {
        let token = Signer::hmac(HMAC_SHA256, secret.as_bytes())
            .mint(&header_v1(Algorithm::HS256), &claims_v1(&publish_all()));
        assert_eq!(setting.code(&token), "token-algorithm");
    }
}

#[test]
fn the_claims_of_1_0_are_checked() {
    let setting = Setting::hs256();
    let good = claims_v1(&publish_all());
    let check = |name: &str, value: Value, expected: &str| {
        assert_eq!(
            setting.code_of_claims(&with(&good, name, value.clone())),
            expected,
            "{name}: {value}"
        );
    };
    // token.iss.*
    for iss in [
        json!("https://issuer.example/"),
        json!("https://ISSUER.example"),
        json!(""),
        json!(null),
        json!(1),
        json!([ISSUER]),
    ] {
        check("iss", iss, "token-issuer");
    }
    // token.aud.*
    for aud in [
        json!(AUDIENCE),
        json!([AUDIENCE]),
        json!(["a", AUDIENCE, "b"]),
    ] {
        check("aud", aud, "accepted");
    }
    for aud in [
        json!(""),
        json!("https://hub.example"),
        json!(format!("{AUDIENCE}/")),
        json!(AUDIENCE.to_uppercase()),
        json!([]),
        json!(["a"]),
        json!({"a": AUDIENCE}),
        json!(null),
        json!([AUDIENCE, 1]),
    ] {
        check("aud", aud, "token-audience");
    }
    // token.exp.*
    for exp in [json!(NOW), json!(NOW - 1), json!(0), json!(-1)] {
        check("exp", exp, "token-expired");
    }
    check("exp", json!(null), "token-expiry-missing");
    for exp in [
        json!("never"),
        json!((NOW + 9).to_string()),
        json!({}),
        json!([]),
    ] {
        check("exp", exp, "token-claims");
    }
    check("exp", json!(NOW as f64 + 1.5), "accepted");
    check("exp", json!(1e300), "accepted");
    // token.nbf
    check("nbf", json!(NOW), "accepted");
    check("nbf", json!(NOW - 60), "accepted");
    check("nbf", json!(NOW + 1), "token-not-yet-valid");
    check("nbf", json!("0"), "token-claims");
    check("nbf", json!({}), "token-claims");
    for (name, expected) in [
        ("iss", "token-issuer"),
        ("aud", "token-audience"),
        ("exp", "token-expiry-missing"),
        ("sub", "accepted"),
        ("client_id", "accepted"),
        ("iat", "accepted"),
        ("jti", "accepted"),
        ("authorization_details", "accepted"),
    ] {
        assert_eq!(
            setting.code_of_claims(&without(&good, name)),
            expected,
            "without {name}"
        );
    }
    for payload in [
        "[]",
        "1",
        "null",
        "",
        "{",
        r#"{"iss":"https://issuer.example","aud":1,"aud":2}"#,
    ] {
        let token = setting
            .signer
            .mint_raw(&header_v1(Algorithm::HS256).to_string(), payload);
        assert_eq!(setting.code(&token), "token-claims", "{payload}");
    }
}

#[test]
fn authorization_details_are_read_strictly() {
    let setting = Setting::hs256();
    let star = json!([{"match": "*"}]);
    let good = detail(&json!(["publish"]), &star);
    let check = |entry: Value, expected: &str| {
        for details in [json!([entry]), json!([good, entry]), json!([entry, good])] {
            assert_eq!(
                setting.code_of_claims(&claims_v1(&details)),
                expected,
                "{details}"
            );
        }
    };
    for entry in [
        json!(1),
        json!("x"),
        json!(null),
        json!([]),
        json!({}),
        json!({"type": 1}),
    ] {
        check(entry, "token-details");
    }
    for actions in [
        json!([]),
        json!("publish"),
        json!({"publish": true}),
        json!(null),
        json!(["publish", 1]),
        json!([["publish"]]),
    ] {
        check(detail(&actions, &star), "token-details");
    }
    for topics in [
        json!([]),
        json!("*"),
        json!({"match": "*"}),
        json!(null),
        json!(["*"]),
        json!([null]),
        json!([{}]),
        json!([{"match": 1}]),
        json!([{"match": null}]),
        json!([{"Match": "*"}]),
        json!([{"match_type": "exact"}]),
        json!([{"match": "T"}, "x"]),
        json!([{"match": "a", "match_type": "Exact"}]),
        json!([{"match": "a", "match_type": "URLPattern"}]),
        json!([{"match": "a", "match_type": "uritemplate"}]),
        json!([{"match": "a", "match_type": ""}]),
        json!([{"match": "a", "match_type": null}]),
        json!([{"match": "a", "match_type": 1}]),
        json!([{"match": "https://example.com/(", "match_type": "urlpattern"}]),
        json!([{"match": "/:id/:id", "match_type": "urlpattern"}]),
    ] {
        check(detail(&json!(["publish"]), &topics), "token-details");
        // details.invalid.irrelevant-action
        check(detail(&json!(["frobnicate"]), &topics), "token-details");
    }
    for payload in [json!("x"), json!([1]), json!(1), json!(true)] {
        check(
            with(&detail(&json!(["subscribe"]), &star), "payload", payload),
            "token-details",
        );
    }
    check(
        with(
            &detail(&json!(["subscribe"]), &star),
            "payload",
            json!({"a": {"b": [1]}}),
        ),
        "accepted",
    );
    check(
        json!({"type": "https://other.example/d", "actions": 7, "topics": "x"}),
        "accepted",
    );
    check(detail(&json!(["frobnicate"]), &star), "accepted");
    for claim in [json!({}), json!("[]"), json!(7), json!(null), json!(true)] {
        assert_eq!(
            setting.code_of_claims(&claims_v1(&claim)),
            "token-details",
            "{claim}"
        );
    }
}

#[test]
fn grants_decide_who_publishes() {
    let setting = Setting::new(Algorithm::HS256, Dialects::Both);
    let accept = |header: &Value, claims: &Value| {
        setting
            .verify(&setting.signer.mint(header, claims))
            .expect("a good token")
    };
    let v1 = |details: Value| accept(&header_v1(Algorithm::HS256), &claims_v1(&details));
    let check = |token: &AccessToken, names: &[&str], expected: Decision| {
        assert_eq!(
            token.may_publish(&topics(names)),
            expected,
            "{names:?} with {token:?}"
        );
    };
    let no_grant = Decision::Denied(Denial::NoGrant);
    let uncovered = |topic_number| Decision::Denied(Denial::TopicNotCovered { topic_number });

    let both = v1(json!([
        detail(&json!(["publish"]), &json!([{"match": "A"}])),
        detail(
            &json!(["publish", "frobnicate"]),
            &json!([{"match": "/b/:id", "match_type": "urlpattern"}])
        ),
        detail(&json!(["subscribe"]), &json!([{"match": "C"}])),
    ]));
    check(&both, &["A"], Decision::Permitted);
    check(&both, &["A", "/b/1"], Decision::Permitted);
    check(&both, &["https://hub.example/b/1"], Decision::Permitted);
    check(&both, &["https://other.example/b/1"], uncovered(1));
    check(&both, &["A", "C"], uncovered(2));
    check(&both, &["B", "A"], uncovered(1));

    let star = v1(publish_all());
    check(&star, &["https://[", "foo bar", "/x"], Decision::Permitted);
    for nothing in [
        json!([]),
        json!([detail(&json!(["subscribe"]), &json!([{"match": "*"}]))]),
        json!([detail(&json!(["Publish"]), &json!([{"match": "*"}]))]),
        json!([detail(&json!(["*"]), &json!([{"match": "*"}]))]),
        json!([{"type": "https://mercure.rocks/authorization-detail/", "actions": ["publish"], "topics": [{"match": "*"}]}]),
    ] {
        check(&v1(nothing), &["A"], no_grant);
    }
    // details.legacy-claim: an access token of 1.0 draws nothing from the claim of 0.x.
    let mut legacy = claims_v1(&json!([]));
    legacy["mercure"] = json!({"publish": ["*"], "subscribe": ["*"]});
    check(
        &accept(&header_v1(Algorithm::HS256), &legacy),
        &["A"],
        no_grant,
    );

    let v0 = |claims: Value| accept(&json!({"alg": "HS256", "typ": "JWT"}), &claims);
    let template = v0(json!({"mercure": {"publish": ["https://example.com/{id}", "A"]}}));
    assert_eq!(template.dialect(), Dialect::V0);
    check(
        &template,
        &["https://example.com/1", "A"],
        Decision::Permitted,
    );
    check(&template, &["https://example.com/1/2"], uncovered(1));
    check(
        &v0(json!({"https://mercure.rocks/": {"publish": ["*"]}})),
        &["A"],
        Decision::Permitted,
    );
    check(
        &v0(json!({"mercure": {"publish": ["*"]}, "https://mercure.rocks/": {}})),
        &["A"],
        no_grant,
    );
    check(
        &v0(json!({"mercure": {"publish": ["*"]}, "https://mercure.rocks/": null})),
        &["A"],
        Decision::Permitted,
    );
    for nothing in [
        json!({}),
        json!({"mercure": {}}),
        json!({"mercure": {"publish": []}}),
        json!({"mercure": {"publish": null}}),
    ] {
        check(&v0(nothing), &["A"], no_grant);
    }
}

#[test]
fn tokens_of_0x_are_checked() {
    let setting = Setting::new(Algorithm::HS256, Dialects::Both);
    let check = |claims: Value, expected: &str| {
        let token = setting.signer.mint(&json!({"alg": "HS256"}), &claims);
        assert_eq!(setting.code(&token), expected, "{claims}");
    };
    check(json!({}), "accepted");
    check(
        json!({"exp": NOW + 1, "aud": 7, "iss": 8, "sub": 9}),
        "accepted",
    );
    check(json!({"exp": NOW}), "token-expired");
    check(json!({"exp": "x"}), "token-claims");
    check(json!({"nbf": NOW + 1}), "token-not-yet-valid");
    check(json!({"mercure": {"subscribe": "*"}}), "token-claims");
    check(json!({"mercure": {"subscribe": [1]}}), "token-claims");
    check(json!({"mercure": "x"}), "token-claims");
    check(
        json!({"mercure": {"subscribe": vec!["a"; 1000]}}),
        "accepted",
    );
    check(
        json!({"mercure": {"subscribe": vec!["a"; 1001]}}),
        "token-too-many-matchers",
    );
}

#[test]
fn a_token_has_one_dialect_and_a_disabled_one_is_named() {
    fn check(
        dialects: Dialects,
        header: &Value,
        claims: &Value,
        expected: Result<Dialect, (&str, Option<Dialect>)>,
    ) {
        let setting = Setting::new(Algorithm::HS256, dialects);
        let outcome = setting.verify(&setting.signer.mint(header, claims));
        let outcome = outcome
            .as_ref()
            .map(AccessToken::dialect)
            .map_err(|error| (error.code(), error.would_be_accepted_in()));
        assert_eq!(outcome, expected, "{dialects}: {header} {claims}");
    }
    use Dialects::{Both, OnlyV0, OnlyV1};
    let (v0, v1) = (Dialect::V0, Dialect::V1);
    let plain = json!({"alg": "HS256", "typ": "JWT"});
    let access = header_v1(Algorithm::HS256);
    let mercure = json!({"mercure": {"publish": ["*"]}});
    let details = claims_v1(&publish_all());

    check(OnlyV1, &plain, &mercure, Err(("token-type", Some(v0))));
    check(
        OnlyV1,
        &plain,
        &json!({"exp": 1}),
        Err(("token-type", None)),
    );
    check(OnlyV0, &plain, &mercure, Ok(v0));
    check(Both, &plain, &mercure, Ok(v0));

    check(OnlyV1, &access, &details, Ok(v1));
    check(
        OnlyV0,
        &access,
        &details,
        Err(("token-dialect-disabled", Some(v1))),
    );
    check(
        OnlyV0,
        &access,
        &without(&details, "aud"),
        Err(("token-dialect-disabled", None)),
    );
    check(Both, &access, &details, Ok(v1));

    // With authorization details it means to be one of 1.0, and is held to it.
    check(Both, &plain, &details, Err(("token-type", None)));
    check(
        Both,
        &plain,
        &with(&mercure, "authorization_details", json!(null)),
        Err(("token-issuer", None)),
    );
    check(Both, &access, &mercure, Err(("token-issuer", None)));
    check(OnlyV0, &access, &mercure, Ok(v0));
}

#[test]
fn limits_of_a_token_are_kept() {
    let mut setting = Setting::hs256();
    setting.limits = Limits {
        token_details: 2,
        token_matchers: 2,
        matcher_bytes: 3,
        ..Limits::DEFAULT
    };
    let check = |details: Value, expected: &str| {
        assert_eq!(
            setting.code_of_claims(&claims_v1(&details)),
            expected,
            "{details}"
        );
    };
    let one = detail(&json!(["publish"]), &json!([{"match": "abc"}]));
    check(json!([one, one]), "accepted");
    check(json!([one, one, one]), "token-too-many-details");
    check(json!([one, one, {"type": "other"}]), "accepted");
    let matchers = |count: usize| {
        detail(
            &json!(["publish"]),
            &json!(vec![json!({"match": "a"}); count]),
        )
    };
    check(json!([matchers(2)]), "accepted");
    check(json!([matchers(3)]), "token-too-many-matchers");
    check(
        json!([detail(&json!(["publish"]), &json!([{"match": "abcd"}]))]),
        "token-matcher-too-long",
    );
}

#[test]
fn short_secrets_serve_0x_only() {
    let secret = "short";
    let mut setting = Setting::new(Algorithm::HS256, Dialects::Both);
    let key = VerificationKey::parse(Algorithm::HS256, secret).expect("a good secret");
    assert!(key.serves(Dialect::V0) && !key.serves(Dialect::V1));
    setting.keys = trust(key.into());
    setting.signer = Signer::hmac(HMAC_SHA256, secret.as_bytes());
    assert_eq!(
        setting.code_of_claims(&claims_v1(&publish_all())),
        "token-weak-secret"
    );
    let v0 = setting.signer.mint(&json!({"alg": "HS256"}), &json!({}));
    assert_eq!(setting.code(&v0), "accepted");
    setting.keys = trust(RoleKeys::None);
    assert_eq!(setting.code(&v0), "token-no-key");
}

#[test]
fn keys_that_cannot_serve_are_refused_at_start() {
    fn check(algorithm: Algorithm, written: &str, expected: &str) {
        let error = VerificationKey::parse(algorithm, written)
            .expect_err(expected)
            .to_string();
        assert!(error.contains(expected), "{algorithm}: {error}");
        assert!(
            !error.contains(written.trim()) || written.is_empty(),
            "the key is in the message"
        );
    }
    let p256 = Signer::generate(Algorithm::ES256).configured();
    let p384 = Signer::generate(Algorithm::ES384).configured();
    let rsa_1024 = include_str!("fixtures/rsa-1024-public.pem");
    check(Algorithm::HS256, &p256, "a PEM key cannot serve HS256");
    // Text in front of the PEM, as openssl and editors leave it, must not make a secret of a public key.
    for before in ["Bag Attributes: none\n", "\u{feff}", " \n"] {
        check(
            Algorithm::HS256,
            &format!("{before}{p256}"),
            "a PEM key cannot serve HS256",
        );
        VerificationKey::parse(Algorithm::ES256, &format!("{before}{p256}"))
            .expect("what stands before the PEM does not count");
    }
    check(Algorithm::RS256, SECRET, "RS256 needs a public key in PEM");
    check(Algorithm::HS256, "", "empty secret");
    check(Algorithm::ES256, &p384, "another type or curve");
    check(Algorithm::ES512, &p256, "another type or curve");
    check(Algorithm::RS256, &p256, "another type or curve");
    check(Algorithm::EdDSA, &p256, "another type or curve");
    check(Algorithm::RS256, rsa_1024, "too weak");
    check(Algorithm::PS256, rsa_1024, "too weak");
    check(
        Algorithm::ES256,
        &p256.replace("-----END PUBLIC KEY-----", ""),
        "no complete",
    );
    check(
        Algorithm::ES256,
        &p256.replace("PUBLIC KEY", "EC PRIVATE KEY"),
        "private key",
    );
    check(
        Algorithm::ES256,
        &p256.replace("PUBLIC KEY", "CERTIFICATE"),
        "certificate",
    );
    check(
        Algorithm::ES256,
        &p256.replace("PUBLIC KEY", "X509 CRL"),
        "label",
    );
    check(
        Algorithm::ES256,
        "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
        "not base64",
    );
    assert!(matches!(
        "RS1".parse::<Algorithm>(),
        Err(KeyError::UnknownAlgorithm(_))
    ));
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
    }
}

#[test]
fn nothing_secret_is_printed() {
    let setting = Setting::hs256();
    let token = setting
        .signer
        .mint(&header_v1(Algorithm::HS256), &claims_v1(&publish_all()));
    let verified = setting.verify(&token).expect("a good token");
    let printed = format!("{:?} {verified:?}", setting.keys);
    assert!(
        !printed.contains(SECRET) && !printed.contains("urn:s"),
        "{printed}"
    );
    assert_eq!(verified.subject(), Some("urn:s"));
    assert_eq!(verified.expires_at_unix_s(), Some(NOW + 300));
}

proptest::proptest! {
    #[test]
    fn no_token_panics(token in "[A-Za-z0-9_.-]{0,80}") {
        assert_ne!(Setting::hs256().code(&token), "accepted");
    }

    #[test]
    fn no_claims_panic(
        name in "iss|aud|exp|nbf|sub|authorization_details|mercure",
        value in "[\\[\\]{}:,\"a-z0-9.e-]{0,20}",
    ) {
        let setting = Setting::new(Algorithm::HS256, Dialects::Both);
        for header in [header_v1(Algorithm::HS256), json!({"alg": "HS256"})] {
            let claims = format!("{{\"{name}\":{value}}}");
            let _ = setting.verify(&setting.signer.mint_raw(&header.to_string(), &claims));
        }
    }
}
