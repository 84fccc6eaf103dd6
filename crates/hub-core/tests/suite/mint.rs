//! Mints tokens as an issuer would, with keys of every algorithm.

use assay_hub_core::access_token::{Algorithm, VerificationKey};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The private half of a key.
pub(crate) enum Signer {
    Hmac(Box<hmac::Key>),
    Rsa(Box<RsaKeyPair>, &'static dyn signature::RsaEncoding),
    Ec(Box<EcdsaKeyPair>),
    Ed(Box<Ed25519KeyPair>),
}

impl Signer {
    pub(crate) fn hmac(hash: hmac::Algorithm, secret: &[u8]) -> Self {
        Self::Hmac(Box::new(hmac::Key::new(hash, secret)))
    }

    /// A fresh key pair for an algorithm; for HMAC the well-known secret.
    pub(crate) fn generate(algorithm: Algorithm) -> Self {
        let rsa = |encoding| {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
            Self::Rsa(Box::new(pair), encoding)
        };
        let ec = |curve| Self::Ec(Box::new(EcdsaKeyPair::generate(curve).expect("an EC key")));
        match algorithm {
            Algorithm::HS256 => Self::hmac(hmac::HMAC_SHA256, SECRET.as_bytes()),
            Algorithm::HS384 => Self::hmac(hmac::HMAC_SHA384, SECRET.as_bytes()),
            Algorithm::HS512 => Self::hmac(hmac::HMAC_SHA512, SECRET.as_bytes()),
            Algorithm::RS256 => rsa(&signature::RSA_PKCS1_SHA256),
            Algorithm::RS384 => rsa(&signature::RSA_PKCS1_SHA384),
            Algorithm::RS512 => rsa(&signature::RSA_PKCS1_SHA512),
            Algorithm::PS256 => rsa(&signature::RSA_PSS_SHA256),
            Algorithm::PS384 => rsa(&signature::RSA_PSS_SHA384),
            Algorithm::PS512 => rsa(&signature::RSA_PSS_SHA512),
            Algorithm::ES256 => ec(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => ec(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::ES512 => ec(&signature::ECDSA_P521_SHA512_FIXED_SIGNING),
            Algorithm::EdDSA => Self::Ed(Box::new(
                Ed25519KeyPair::generate().expect("an Ed25519 key"),
            )),
        }
    }

    /// What the hub is configured with: the secret, or the public key in PEM.
    pub(crate) fn configured(&self) -> String {
        let der = match self {
            Self::Hmac(_) => return SECRET.to_owned(),
            Self::Rsa(pair, _) => pair.public_key().as_der().expect("DER").as_ref().to_vec(),
            Self::Ec(pair) => pair.public_key().as_der().expect("DER").as_ref().to_vec(),
            Self::Ed(pair) => pair.public_key().as_der().expect("DER").as_ref().to_vec(),
        };
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        )
    }

    /// The public key as a JWK with these further members; for HMAC the secret.
    pub(crate) fn jwk(&self, more: &Value) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match self {
            Self::Hmac(_) => json!({"kty": "oct", "k": text(SECRET.as_bytes())}),
            Self::Rsa(pair, _) => {
                let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": text(&components.n), "e": text(&components.e)})
            }
            Self::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = match x.len() {
                    32 => "P-256",
                    48 => "P-384",
                    _ => "P-521",
                };
                json!({"kty": "EC", "crv": curve, "x": text(x), "y": text(y)})
            }
            Self::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())})
            }
        };
        for (name, value) in more.as_object().expect("members") {
            jwk[name] = value.clone();
        }
        jwk
    }

    pub(crate) fn verification_key(&self, algorithm: Algorithm) -> VerificationKey {
        VerificationKey::parse(algorithm, &self.configured()).expect("a good key")
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Hmac(key) => hmac::sign(key, message).as_ref().to_vec(),
            Self::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature)
                    .expect("a signature");
                signature
            }
            Self::Ec(pair) => pair
                .sign(&random, message)
                .expect("a signature")
                .as_ref()
                .to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A compact token of these very bytes.
    pub(crate) fn mint_raw(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = self.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(crate) fn mint(&self, header: &Value, claims: &Value) -> String {
        self.mint_raw(&header.to_string(), &claims.to_string())
    }
}

pub(crate) fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "https://hub.example/.well-known/mercure";

pub(crate) fn header_v1(algorithm: Algorithm) -> Value {
    json!({"alg": algorithm.as_str(), "typ": "at+jwt"})
}

/// A Mercure detail.
pub(crate) fn detail(actions: &Value, topics: &Value) -> Value {
    json!({"type": "https://mercure.rocks/authorization-detail", "actions": actions, "topics": topics})
}

/// Good claims of 1.0 with these authorization details.
pub(crate) fn claims_v1(details: &Value) -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW, "sub": "urn:s", "client_id": "c", "jti": "j",
        "authorization_details": details,
    })
}

/// `claims` with one member replaced.
pub(crate) fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut changed = claims.clone();
    changed[name] = value;
    changed
}

/// `claims` without one member.
pub(crate) fn without(claims: &Value, name: &str) -> Value {
    let mut changed = claims.clone();
    changed.as_object_mut().expect("claims").remove(name);
    changed
}
