use assay_client::{
    Algorithm, BearerToken, Dialect, SigningKey, TokenSpec, TopicMatcher,
    token::{mint_raw, mint_unsigned},
};
use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, Validation, decode};
use rcgen::KeyPair;
use serde_json::{Value, json};

const NOW: u64 = 4_000_000_000;

fn spec(dialect: Dialect) -> TokenSpec {
    let mut spec = TokenSpec::new(
        dialect,
        "https://issuer.example",
        "https://hub.example/hub",
        NOW,
    );
    spec.publish = vec![TopicMatcher::Any];
    spec.subscribe = vec![TopicMatcher::Exact("https://example.com/1".into())];
    spec.payload = Some(json!({ "team": "red" }).as_object().unwrap().clone());
    spec.lifetime_s = 60;
    spec
}

/// Verifies with a library that had no part in the minting.
#[track_caller]
fn verified(token: &BearerToken, algorithm: Algorithm, key: &DecodingKey) -> Value {
    let mut validation = Validation::new(algorithm.as_str().parse().unwrap());
    validation.validate_aud = false;
    decode::<Value>(token.expose(), key, &validation)
        .unwrap()
        .claims
}

fn part(token: &BearerToken, index: usize) -> Value {
    let part = token.expose().split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn secrets_verify() {
    for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
        let key = SigningKey::new(algorithm, b"a secret").unwrap();
        let token = spec(Dialect::V1).mint(&key).unwrap();
        verified(&token, algorithm, &DecodingKey::from_secret(b"a secret"));
    }
}

#[test]
fn private_keys_verify() {
    use Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
    let rsa = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let p256 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let check = |pair: &KeyPair,
                 decoding: fn(&[u8]) -> jsonwebtoken::errors::Result<DecodingKey>,
                 algorithm| {
        let key = SigningKey::new(algorithm, pair.serialize_pem().as_bytes()).unwrap();
        let token = spec(Dialect::V1).mint(&key).unwrap();
        verified(
            &token,
            algorithm,
            &decoding(pair.public_key_pem().as_bytes()).unwrap(),
        );
        assert_eq!(
            key.public_key_der().unwrap(),
            rcgen::PublicKeyData::subject_public_key_info(pair)
        );
    };
    for algorithm in [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512] {
        check(&rsa, DecodingKey::from_rsa_pem, algorithm);
    }
    check(&p256, DecodingKey::from_ec_pem, Es256);
    check(&p384, DecodingKey::from_ec_pem, Es384);
    check(&ed25519, DecodingKey::from_ed_pem, EdDsa);
}

#[test]
fn es512_verifies() {
    let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
    let key = SigningKey::new(Algorithm::Es512, pair.serialize_pem().as_bytes()).unwrap();
    let token = spec(Dialect::V1).mint(&key).unwrap();
    let (input, signature) = token.expose().rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert_eq!(signature.len(), 132);
    let public = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, pair.public_key_raw());
    public.verify(input.as_bytes(), &signature).unwrap();
}

#[test]
fn claims_of_1_0() {
    let key = SigningKey::new(Algorithm::Hs256, b"a secret").unwrap();
    let mut spec = spec(Dialect::V1);
    spec.subscribe
        .push(TopicMatcher::UrlPattern("https://example.com/:id".into()));
    let token = spec.mint(&key).unwrap();
    assert_eq!(part(&token, 0), json!({ "alg": "HS256", "typ": "at+jwt" }));
    let mut claims = part(&token, 1);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert!(jti.as_str().unwrap().starts_with("urn:uuid:"));
    assert_eq!(
        claims,
        json!({
            "iss": "https://issuer.example",
            "aud": "https://hub.example/hub",
            "sub": "assay",
            "client_id": "assay",
            "iat": NOW,
            "exp": NOW + 60,
            "authorization_details": [
                {
                    "type": "https://mercure.rocks/authorization-detail",
                    "actions": ["publish"],
                    "topics": [{ "match": "*" }],
                },
                {
                    "type": "https://mercure.rocks/authorization-detail",
                    "actions": ["subscribe"],
                    "topics": [
                        { "match": "https://example.com/1" },
                        { "match": "https://example.com/:id", "match_type": "urlpattern" },
                    ],
                    "payload": { "team": "red" },
                },
            ],
        })
    );
    assert_ne!(
        spec.mint(&key).unwrap().expose(),
        token.expose(),
        "each token has its own jti"
    );
}

#[test]
fn claims_of_0_x() {
    let key = SigningKey::new(Algorithm::Hs256, b"a secret").unwrap();
    let token = spec(Dialect::V0).mint(&key).unwrap();
    assert_eq!(part(&token, 0), json!({ "alg": "HS256", "typ": "JWT" }));
    let claims = part(&token, 1);
    assert_eq!(
        claims["mercure"],
        json!({
            "publish": ["*"],
            "subscribe": ["https://example.com/1"],
            "payload": { "team": "red" },
        })
    );
    assert_eq!(
        (&claims["iat"], &claims["exp"]),
        (&json!(NOW), &json!(NOW + 60))
    );
    assert_eq!(claims.get("aud"), None);
}

#[test]
fn what_a_dialect_cannot_say_is_an_error() {
    let key = SigningKey::new(Algorithm::Hs256, b"a secret").unwrap();
    let mut v0 = spec(Dialect::V0);
    v0.subscribe = vec![TopicMatcher::UrlPattern("/:id".into())];
    assert!(
        v0.mint(&key)
            .unwrap_err()
            .to_string()
            .contains("knows no URL Pattern")
    );
    let mut v1 = spec(Dialect::V1);
    v1.publish = vec![TopicMatcher::UriTemplate("/{id}".into())];
    assert!(
        v1.mint(&key)
            .unwrap_err()
            .to_string()
            .contains("knows no RFC 6570 template")
    );
}

#[test]
fn wrong_tokens_can_be_made() {
    let key = SigningKey::new(Algorithm::Hs256, b"a secret").unwrap();
    let header = json!({ "alg": "HS256", "typ": "JOSE" });
    let token = mint_raw(&header, &json!({ "exp": NOW }), &key).unwrap();
    assert_eq!(part(&token, 0), header);
    verified(
        &token,
        Algorithm::Hs256,
        &DecodingKey::from_secret(b"a secret"),
    );
    let none = mint_unsigned(&json!({ "alg": "none" }), &json!({}), b"");
    assert_eq!(none.expose(), "eyJhbGciOiJub25lIn0.e30.");
}

#[test]
fn ready_tokens_are_kept_secret() {
    let token = BearerToken::new(" a.b.c\n").unwrap();
    assert_eq!(token.expose(), "a.b.c");
    assert_eq!(
        format!("{token:?} {:?}", token.header_value()),
        "BearerToken([redacted]) Sensitive"
    );
    for bad in ["", " ", "a b", "a\nb", "é"] {
        assert!(BearerToken::new(bad).is_err(), "{bad:?}");
    }
}
