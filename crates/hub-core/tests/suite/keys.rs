//! What keys can be written as, which of them serve, and whose tokens they verify.

use assay_hub_core::access_token::{
    Algorithm, KeyError, KeySet, RoleKeys, TokenError, TrustedIssuer, TrustedKeys, VerifiedTokens,
    verify,
};
use assay_hub_core::{Dialects, HubUrl, Limits, Role, TokenContext};
use serde_json::{Value, json};

use crate::mint::{AUDIENCE, ISSUER, NOW, SECRET, Signer, claims_v1, detail, with, without};

const PSS: &str = include_str!("fixtures/rsa-pss-public.pem");
const CERTIFICATE: &str = include_str!("fixtures/p256-certificate.pem");

fn issuer(identifier: &str, keys: RoleKeys) -> TrustedIssuer {
    TrustedIssuer {
        identifier: identifier.to_owned(),
        publisher: RoleKeys::None,
        subscriber: keys,
    }
}

fn keys(written: &Value, algorithms: &[Algorithm]) -> RoleKeys {
    let (keys, _) = KeySet::parse(&written.to_string(), algorithms).expect("good keys");
    RoleKeys::Known(keys)
}

/// What comes of a token, in a word.
fn outcome(token: &str, default: TrustedIssuer, others: Vec<TrustedIssuer>) -> &'static str {
    let keys = TrustedKeys::new(default, others, 0);
    let context = TokenContext {
        keys: &keys,
        audiences: &[AUDIENCE.to_owned()],
        dialects: Dialects::Both,
        hub_url: &HubUrl::parse(AUDIENCE).expect("a hub URL"),
        limits: &Limits::DEFAULT,
        now_unix_s: NOW,
    };
    let outcome = verify(token, Role::Subscriber, &context);
    outcome
        .as_ref()
        .map_or_else(TokenError::code, |_| "accepted")
}

fn header(alg: &str, kid: Option<&str>) -> Value {
    json!({"alg": alg, "typ": "at+jwt", "kid": kid})
}

#[test]
fn each_key_can_be_a_jwk_that_says_what_it_is_for() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::generate(algorithm);
        let name = algorithm.as_str();
        let token = signer.mint(&header(name, Some("a")), &claims_v1(&json!([])));
        let jwk =
            signer.jwk(&json!({"alg": name, "kid": "a", "use": "sig", "key_ops": ["verify"]}));
        let bare = signer.jwk(&json!({}));
        for (written, algorithms) in [
            (jwk.clone(), &[][..]),
            (jwk.clone(), &[algorithm][..]),
            (json!({"keys": [jwk]}), &Algorithm::ALL[..]),
            (bare.clone(), &[algorithm][..]),
            (json!({"keys": [bare]}), &Algorithm::ALL[..]),
        ] {
            let trusted = issuer(ISSUER, keys(&written, algorithms));
            assert_eq!(
                outcome(&token, trusted, Vec::new()),
                "accepted",
                "{written}"
            );
        }
    }
}

#[test]
fn a_key_without_alg_serves_the_usual_one_alone() {
    let check = |algorithm: Algorithm, expected: &str| {
        let signer = Signer::generate(algorithm);
        let token = signer.mint(&header(algorithm.as_str(), None), &claims_v1(&json!([])));
        let trusted = issuer(ISSUER, keys(&signer.jwk(&json!({})), &[]));
        assert_eq!(
            outcome(&token, trusted, Vec::new()),
            expected,
            "{algorithm}"
        );
    };
    check(Algorithm::RS256, "accepted");
    check(Algorithm::RS512, "token-algorithm");
    check(Algorithm::PS256, "token-algorithm");
    check(Algorithm::ES512, "accepted");
    check(Algorithm::HS384, "token-algorithm");
}

/// token.key.kid-hint
#[test]
fn kid_chooses_among_trusted_keys() {
    let [old, new] = [0, 1].map(|_| Signer::generate(Algorithm::ES256));
    let set = json!({"keys": [old.jwk(&json!({"kid": "old"})), new.jwk(&json!({"kid": "new"}))]});
    let nameless = json!({"keys": [old.jwk(&json!({})), new.jwk(&json!({"kid": "new"}))]});
    let check = |set: &Value, signer: &Signer, kid: Option<&str>, expected: &str| {
        let token = signer.mint(&header("ES256", kid), &claims_v1(&json!([])));
        let trusted = issuer(ISSUER, keys(set, &[]));
        assert_eq!(
            outcome(&token, trusted, Vec::new()),
            expected,
            "{kid:?} {set}"
        );
    };
    check(&set, &old, Some("old"), "accepted");
    check(&set, &new, Some("new"), "accepted");
    check(&set, &old, None, "accepted");
    check(&set, &new, None, "accepted");
    check(&set, &old, Some("new"), "token-signature");
    check(&set, &old, Some("../../dev/null"), "token-unknown-key");
    check(&set, &old, Some(""), "token-unknown-key");
    check(&nameless, &old, Some("any"), "accepted");
    check(&nameless, &new, Some("any"), "token-signature");
    let stranger = Signer::generate(Algorithm::ES256);
    check(&set, &stranger, Some("old"), "token-signature");
    check(&set, &stranger, None, "token-signature");
}

/// token.key.cross-issuer, token.key.issuer-binding
#[test]
fn each_issuer_has_its_own_keys() {
    let [a, b] = [0, 1].map(|_| Signer::generate(Algorithm::ES256));
    let check = |token: &str, expected: &str| {
        let trusted = |name: &str, signer: &Signer, kid: &str| {
            issuer(name, keys(&signer.jwk(&json!({"kid": kid})), &[]))
        };
        let (default, other) = (
            trusted(ISSUER, &a, "a"),
            trusted("https://b.example", &b, "b"),
        );
        assert_eq!(outcome(token, default, vec![other]), expected, "{token}");
    };
    let of_a = claims_v1(&json!([]));
    let of_b = with(&of_a, "iss", json!("https://b.example"));
    for (signer, kid, claims, expected) in [
        (&a, Some("a"), &of_a, "accepted"),
        (&b, Some("b"), &of_b, "accepted"),
        (&b, None, &of_b, "accepted"),
        (&a, Some("a"), &of_b, "token-unknown-key"),
        (&b, Some("b"), &of_a, "token-unknown-key"),
        (&a, Some("b"), &of_b, "token-signature"),
        (&a, None, &of_b, "token-signature"),
        (&b, None, &of_a, "token-signature"),
        (
            &a,
            None,
            &with(&of_a, "iss", json!("https://c.example")),
            "token-issuer",
        ),
        (
            &a,
            None,
            &with(&of_a, "iss", json!("https://b.example/")),
            "token-issuer",
        ),
        (&a, None, &without(&of_a, "iss"), "token-issuer"),
    ] {
        check(&signer.mint(&header("ES256", kid), claims), expected);
    }
    // Tokens of 0.x are the default issuer's, whatever `iss` they have.
    let old = json!({"mercure": {"subscribe": ["*"]}, "iss": "https://b.example"});
    for (signer, claims, expected) in [
        (&a, &old, "accepted"),
        (&a, &without(&old, "iss"), "accepted"),
        (&b, &old, "token-signature"),
        (&b, &without(&old, "iss"), "token-signature"),
    ] {
        check(
            &signer.mint(&json!({"alg": "ES256", "typ": "JWT"}), claims),
            expected,
        );
    }
}

#[test]
fn keys_that_have_not_come_yet_are_no_reason_to_call_a_token_wrong() {
    let signer = Signer::generate(Algorithm::ES256);
    let token = signer.mint(&header("ES256", None), &claims_v1(&json!([])));
    let trusted = issuer(ISSUER, RoleKeys::Awaited);
    assert_eq!(outcome(&token, trusted, Vec::new()), "token-keys-awaited");
}

#[test]
fn keys_that_cannot_be_used_are_skipped_in_a_set_and_refused_alone() {
    let [rsa, ec, ed] =
        [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA].map(Signer::generate);
    let check = |jwk: Value, algorithms: &[Algorithm], expected: &str| {
        let error = KeySet::parse(&jwk.to_string(), algorithms)
            .expect_err(expected)
            .to_string();
        assert!(error.contains(expected), "{error} {jwk}");
        let set = json!({"keys": [jwk, ec.jwk(&json!({}))]}).to_string();
        let (keys, skipped) = KeySet::from_fetched(&set, algorithms).expect("one good key");
        assert_eq!(keys.keys().len(), 1);
        assert_eq!(skipped.len(), 1, "{set}");
        assert_eq!(skipped[0].number, 1);
        assert!(
            skipped[0].reason.to_string().contains(expected),
            "{skipped:?}"
        );
    };
    check(ec.jwk(&json!({"use": "enc"})), &[], "`use`");
    check(ec.jwk(&json!({"key_ops": ["sign"]})), &[], "`key_ops`");
    check(ec.jwk(&json!({"alg": "ES384"})), &[], "`alg`");
    check(ec.jwk(&json!({"alg": "HS256"})), &[], "`alg`");
    check(ec.jwk(&json!({"alg": "none"})), &[], "`alg`");
    check(rsa.jwk(&json!({"alg": "RSA-OAEP"})), &[], "`alg`");
    check(
        rsa.jwk(&json!({"alg": "RS256"})),
        &[Algorithm::ES256],
        "configured algorithms",
    );
    check(
        ed.jwk(&json!({})),
        &[Algorithm::ES256],
        "configured algorithms",
    );
    check(ec.jwk(&json!({"crv": "secp256k1"})), &[], "not supported");
    check(ed.jwk(&json!({"crv": "X25519"})), &[], "not supported");
    check(ec.jwk(&json!({"kty": "AKP"})), &[], "not supported");
    check(ec.jwk(&json!({"y": null})), &[], "`y`");
    check(ec.jwk(&json!({"x": "AAAA"})), &[], "`x`");
    check(ec.jwk(&json!({"crv": "P-384"})), &[], "`x`");
    check(
        ec.jwk(&json!({"x": ec.jwk(&json!({}))["y"]})),
        &[],
        "type or curve, or broken",
    );
    check(ec.jwk(&json!({"kid": 7})), &[], "wrong type");
    check(ec.jwk(&json!({"d": "AAAA"})), &[], "private key");
    check(rsa.jwk(&json!({"p": "AAAA"})), &[], "private key");
    let weak = "AQAB".repeat(42);
    check(rsa.jwk(&json!({"n": weak})), &[], "too weak");
    check(rsa.jwk(&json!({"e": ""})), &[], "`e`");
}

#[test]
fn what_everybody_can_fetch_is_no_secret() {
    let secret =
        json!({"keys": [Signer::generate(Algorithm::HS256).jwk(&json!({"alg": "HS256"}))]});
    let error = KeySet::from_fetched(&secret.to_string(), &[]).expect_err("no secret");
    assert!(error.to_string().contains("shared secret"), "{error}");
    assert!(!error.to_string().contains(SECRET));
    KeySet::parse(&secret.to_string(), &[]).expect("an operator may write a secret so");
}

#[test]
fn a_document_is_a_set_or_a_key() {
    let check = |written: &str, expected: &str| {
        let error = KeySet::parse(written, &[]).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}: {written}");
        KeySet::from_fetched(written, &[]).expect_err(expected);
    };
    check(r#"{"keys": []}"#, "no usable key");
    check(r#"{"keys": {}}"#, "broken JSON");
    check(r#"{"keys": ["#, "broken JSON");
    check(r#"{"keys": [1]}"#, "no key in it");
    check(r#"{"kty": 1}"#, "broken JSON");
    let many = vec![Signer::generate(Algorithm::ES256).jwk(&json!({})); 101];
    check(&json!({ "keys": many }).to_string(), "too many keys");
    for text in ["", "<html>", "[]", "{}", "null"] {
        KeySet::from_fetched(text, &[]).expect_err(text);
    }
    // A secret may look like anything but a key.
    for secret in ["{", "{a secret of thirty-two bytes or more}", "[]"] {
        KeySet::parse(secret, &[]).expect(secret);
    }
}

#[test]
fn pem_can_be_a_certificate_and_a_pss_key_stays_one() {
    let public = include_str!("fixtures/p256-certificate-public.pem");
    for pem in [CERTIFICATE, public] {
        KeySet::parse(pem, &[Algorithm::ES256]).expect("a public key");
        assert!(KeySet::parse(pem, &[Algorithm::RS256]).is_err());
        assert_eq!(
            KeySet::parse(pem, &[]).expect_err("an algorithm is needed"),
            KeyError::PemWithHmac(Algorithm::HS256)
        );
    }
    KeySet::parse(PSS, &[Algorithm::PS256, Algorithm::PS512]).expect("a PSS key");
    let error = KeySet::parse(PSS, &[Algorithm::RS256]).expect_err("for PSS alone");
    assert!(error.to_string().contains("PS256"), "{error}");
}

/// A token is remembered for its role, its audience, these keys, and no longer than it is valid.
#[test]
fn a_verified_token_is_verified_once() {
    let signer = Signer::generate(Algorithm::HS256);
    let known = RoleKeys::from(signer.verification_key(Algorithm::HS256));
    let token = signer.mint(&header("HS256", None), &claims_v1(&json!([])));
    let remembered = VerifiedTokens::default();
    // With keys that cannot have verified it, only memory accepts it.
    let check = |keys: &RoleKeys, generation, role, audience: &str, now_unix_s, expected: &str| {
        let keys = TrustedKeys::new(issuer(ISSUER, keys.clone()), Vec::new(), generation);
        let context = TokenContext {
            keys: &keys,
            audiences: &[audience.to_owned()],
            dialects: Dialects::OnlyV1,
            hub_url: &HubUrl::parse(AUDIENCE).expect("a hub URL"),
            limits: &Limits::DEFAULT,
            now_unix_s,
        };
        let outcome = remembered.verify(&token, role, &context);
        let outcome = outcome
            .as_ref()
            .map_or_else(TokenError::code, |_| "accepted");
        assert_eq!(
            outcome, expected,
            "{generation} {role:?} {audience} {now_unix_s}"
        );
    };
    let (none, sub) = (RoleKeys::None, Role::Subscriber);
    check(&none, 7, sub, AUDIENCE, NOW, "token-no-key");
    assert!(remembered.is_empty());
    check(&known, 7, sub, AUDIENCE, NOW, "accepted");
    assert_eq!(remembered.len(), 1);
    check(&none, 7, sub, AUDIENCE, NOW, "accepted");
    check(&none, 7, sub, AUDIENCE, NOW + 299, "accepted");
    check(&none, 8, sub, AUDIENCE, NOW, "token-no-key");
    check(&none, 7, Role::Publisher, AUDIENCE, NOW, "token-no-key");
    check(&none, 7, sub, "https://other.example", NOW, "token-no-key");
    check(&known, 7, sub, AUDIENCE, NOW + 300, "token-expired");
}

#[test]
fn memory_of_tokens_is_bounded() {
    let signer = Signer::generate(Algorithm::HS256);
    let known = RoleKeys::from(signer.verification_key(Algorithm::HS256));
    let keys = TrustedKeys::new(issuer(ISSUER, known), Vec::new(), 0);
    let check = |remembered: VerifiedTokens, details: &Value, most: usize| {
        for number in 0..100 {
            let claims = with(&claims_v1(details), "jti", json!(number));
            let token = signer.mint(&header("HS256", None), &claims);
            let context = TokenContext {
                keys: &keys,
                audiences: &[AUDIENCE.to_owned()],
                dialects: Dialects::OnlyV1,
                hub_url: &HubUrl::parse(AUDIENCE).expect("a hub URL"),
                limits: &Limits::DEFAULT,
                now_unix_s: NOW,
            };
            let outcome = remembered.verify(&token, Role::Subscriber, &context);
            outcome.expect("a good token");
            assert!(remembered.len() <= most, "{}", remembered.len());
        }
        assert_eq!(remembered.is_empty(), most == 0);
    };
    let none = json!([]);
    check(VerifiedTokens::bounded(10, usize::MAX), &none, 10);
    check(VerifiedTokens::bounded(1000, 20_000), &none, 44);
    check(VerifiedTokens::bounded(1000, 100), &none, 0);
    check(VerifiedTokens::bounded(0, usize::MAX), &none, 0);
    let pattern = json!({"match": "https://example.com/:id", "match_type": "urlpattern"});
    let patterns = json!([detail(&json!(["subscribe"]), &json!([pattern]))]);
    check(VerifiedTokens::bounded(1000, 1_000_000), &patterns, 16);
}

proptest::proptest! {
    #[test]
    fn no_key_text_panics(text in "\\PC{0,60}", cut in 0..CERTIFICATE.len()) {
        let _ = KeySet::parse(&text, &Algorithm::ALL);
        let _ = KeySet::from_fetched(&text, &[]);
        let _ = KeySet::parse(&format!("{}-----END CERTIFICATE-----", &CERTIFICATE[..cut]), &[Algorithm::ES256]);
    }
}
