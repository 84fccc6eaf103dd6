//! What it costs to verify a token, by its algorithm: in full, and when the same one was verified a moment ago.

use std::hint::black_box;

use assay_hub_core::access_token::{
    Algorithm, KeySet, Role, RoleKeys, TrustedIssuer, TrustedKeys, VerifiedTokens, verify,
};
use assay_hub_core::{Dialects, HubUrl, Limits, TokenContext};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;

const HUB: &str = "https://hub.example/.well-known/mercure";
const ISSUER: &str = "https://issuer.example";
const SECRET: &str = "a secret of the benches, longer than thirty-two bytes";
const EC_PRIVATE: &str = include_str!("../../crates/hub/tests/hub/fixtures/issuer-a-private.pem");
const EC_PUBLIC: &str = include_str!("../../crates/hub/tests/hub/fixtures/issuer-a.jwk");
const NOW_UNIX_S: u64 = 1_800_000_000;

/// A token with the grants that a site usually gives, and the keys that verify it.
fn token(algorithm: Algorithm) -> (String, TrustedKeys) {
    let (key, written) = if algorithm.is_hmac() {
        (EncodingKey::from_secret(SECRET.as_bytes()), SECRET)
    } else {
        let key = EncodingKey::from_ec_pem(EC_PRIVATE.as_bytes()).expect("a private key");
        (key, EC_PUBLIC)
    };
    let header = Header {
        typ: Some("at+jwt".to_owned()),
        ..Header::new(algorithm.as_str().parse().expect("an algorithm"))
    };
    let detail = json!({
        "type": "https://mercure.rocks/authorization-detail",
        "actions": ["subscribe"],
        "topics": [
            { "match": "https://example.com/users/1" },
            { "match": "https://example.com/books/:id", "match_type": "urlpattern" },
        ],
    });
    let claims = json!({
        "iss": ISSUER, "aud": HUB, "sub": "1", "client_id": "site", "jti": "1",
        "iat": NOW_UNIX_S, "exp": NOW_UNIX_S + 300, "authorization_details": [detail],
    });
    let token = jsonwebtoken::encode(&header, &claims, &key).expect("claims can be signed");
    let (keys, _) = KeySet::parse(written, &[algorithm]).expect("a good key");
    let issuer = TrustedIssuer {
        identifier: ISSUER.to_owned(),
        publisher: RoleKeys::None,
        subscriber: RoleKeys::Known(keys),
    };
    (token, TrustedKeys::new(issuer, Vec::new(), 0))
}

fn verification(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("token verification");
    let hub_url = HubUrl::parse(HUB).expect("a hub URL");
    for algorithm in [Algorithm::HS256, Algorithm::ES256] {
        let (token, keys) = token(algorithm);
        let context = TokenContext {
            keys: &keys,
            audiences: &[HUB.to_owned()],
            dialects: Dialects::Both,
            hub_url: &hub_url,
            limits: &Limits::DEFAULT,
            now_unix_s: NOW_UNIX_S,
        };
        group.bench_function(BenchmarkId::new("in full", algorithm), |bencher| {
            bencher.iter(|| verify(black_box(&token), Role::Subscriber, &context));
        });
        let remembered = VerifiedTokens::default();
        group.bench_function(BenchmarkId::new("again", algorithm), |bencher| {
            bencher.iter(|| remembered.verify(black_box(&token), Role::Subscriber, &context));
        });
        assert_eq!(remembered.len(), 1, "the token is good");
    }
    group.finish();
}

criterion_group!(benches, verification);
criterion_main!(benches);
