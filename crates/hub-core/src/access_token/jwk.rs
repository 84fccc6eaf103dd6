//! One JSON Web Key (RFC 7517, RFC 7518 section 6, RFC 8037) as verification keys.
//!
//! The type of the key decides which algorithms it can serve, so no public key ever becomes a secret: `alg`, `use`,
//! `key_ops` and the operator's list only narrow that. token.alg.key-compat

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::PublicKeyComponents;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::algorithm::Algorithm::{self, ES256, ES384, ES512, EdDSA, HS256, HS384, HS512};
use super::algorithm::Algorithm::{PS256, PS384, PS512, RS256, RS384, RS512};
use super::keys::{KeyError, VerificationKey};

/// Who wrote a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The operator: in a setting, or a file.
    Operator,
    /// A server.
    Network,
}

/// Why a JWK is not used. Never holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not JSON, or a member of another type than RFC 7517 says.
    #[error("not a JWK or JWK set: broken JSON, or a member of the wrong type")]
    Json,
    /// No key at all.
    #[error("no key in it: write an object with `kty`, or with `keys`")]
    NotAKey,
    /// More keys than [`crate::limits::JWK_SET_KEYS`].
    #[error("too many keys in one set")]
    TooManyKeys,
    /// The private half, which a hub must not have.
    #[error(
        "this is a private key; give the hub its public members only (without d, p, q, dp, dq, qi)"
    )]
    PrivateKey,
    /// A shared secret in a document that others can fetch too.
    #[error("a shared secret (`kty` oct) from the network")]
    SecretFromNetwork,
    /// `kty`, or `crv`, that the hub does not know.
    #[error(
        "`kty` or `crv` is not supported: RSA, EC with P-256, P-384 or P-521, OKP with Ed25519, oct"
    )]
    UnknownType,
    /// A member that is needed for this `kty` is missing or no base64url of the right length.
    #[error("`{0}` is missing or not base64url of the right length")]
    Member(&'static str),
    /// `use` is not `sig`, or `key_ops` has no `verify`.
    #[error("`use` or `key_ops` keep the key from verifying signatures")]
    NotForVerifying,
    /// `alg` is unknown or not for keys of this type.
    #[error("`alg` is no signature algorithm for a key of this type")]
    Algorithm,
    /// No algorithm that the operator listed fits the key.
    #[error("none of the configured algorithms fits the key")]
    NotListed,
    /// The library refuses the key.
    #[error("{0}")]
    Unusable(Box<KeyError>),
}

/// The members that matter. What else is there is ignored (RFC 7517 section 4).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    k: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
}

/// The type of a key, which fixes what it can serve.
#[derive(Clone, Copy)]
enum Kind {
    Rsa,
    Ec(&'static str, usize),
    Ed25519,
    Secret,
}

impl Kind {
    fn of(jwk: &Jwk) -> Result<Self, JwkError> {
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => Ok(Self::Rsa),
            ("EC", Some("P-256")) => Ok(Self::Ec("P-256", 32)),
            ("EC", Some("P-384")) => Ok(Self::Ec("P-384", 48)),
            ("EC", Some("P-521")) => Ok(Self::Ec("P-521", 66)),
            ("OKP", Some("Ed25519")) => Ok(Self::Ed25519),
            ("oct", _) => Ok(Self::Secret),
            _ => Err(JwkError::UnknownType),
        }
    }

    /// What keys of this type can serve; first what one without `alg` is taken for.
    fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Rsa => &[RS256, RS384, RS512, PS256, PS384, PS512],
            Self::Ec("P-256", _) => &[ES256],
            Self::Ec("P-384", _) => &[ES384],
            Self::Ec(..) => &[ES512],
            Self::Ed25519 => &[EdDSA],
            Self::Secret => &[HS256, HS384, HS512],
        }
    }
}

/// Reads one key: as one verification key for each algorithm that it serves.
pub(super) fn read(
    document: Value,
    listed: &[Algorithm],
    origin: Origin,
) -> Result<Vec<VerificationKey>, JwkError> {
    if document.get("kty").is_none() {
        return Err(JwkError::NotAKey);
    }
    let jwk: Jwk = serde_json::from_value(document).map_err(|_| JwkError::Json)?;
    let kind = Kind::of(&jwk)?;
    if jwk.d.is_some() || jwk.p.is_some() || jwk.q.is_some() {
        return Err(JwkError::PrivateKey);
    }
    if matches!(kind, Kind::Secret) && origin == Origin::Network {
        return Err(JwkError::SecretFromNetwork);
    }
    let signs = jwk.usage.as_deref().is_none_or(|usage| usage == "sig");
    let verifies = jwk
        .key_ops
        .as_ref()
        .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    if !(signs && verifies) {
        return Err(JwkError::NotForVerifying);
    }
    let material = Material::of(&jwk, kind)?;
    algorithms(&jwk, kind, listed)?
        .into_iter()
        .map(|algorithm| material.key(algorithm, jwk.kid.clone()))
        .collect()
}

fn algorithms(jwk: &Jwk, kind: Kind, listed: &[Algorithm]) -> Result<Vec<Algorithm>, JwkError> {
    let possible = kind.algorithms();
    let is_listed = |algorithm: &Algorithm| listed.is_empty() || listed.contains(algorithm);
    let chosen: Vec<Algorithm> = match &jwk.alg {
        Some(name) => {
            // RFC 9864 gives Ed25519 a name of its own.
            let name = if name == "Ed25519" { "EdDSA" } else { name };
            let found = possible.iter().find(|known| known.as_str() == name);
            vec![*found.ok_or(JwkError::Algorithm)?]
        }
        None if listed.is_empty() => vec![possible[0]],
        None => possible.to_vec(),
    };
    let chosen: Vec<Algorithm> = chosen.into_iter().filter(is_listed).collect();
    if chosen.is_empty() {
        return Err(JwkError::NotListed);
    }
    Ok(chosen)
}

/// The decoded members.
enum Material {
    /// As the library takes it: `SubjectPublicKeyInfo`, a point, or the bytes of RFC 8032.
    Public(Vec<u8>),
    Secret(Vec<u8>),
}

impl Material {
    fn of(jwk: &Jwk, kind: Kind) -> Result<Self, JwkError> {
        Ok(match kind {
            Kind::Rsa => {
                let n = integer("n", jwk.n.as_deref())?;
                let e = integer("e", jwk.e.as_deref())?;
                let components = PublicKeyComponents { n, e };
                let der: PublicKeyX509Der<'_> =
                    components.as_der().map_err(|_| JwkError::Member("n"))?;
                Self::Public(der.as_ref().to_vec())
            }
            Kind::Ec(_, bytes) => {
                // RFC 7518 section 6.2.1: both of the full length of a coordinate; X9.62 puts 4 before them.
                let mut point = vec![4];
                point.extend(octets("x", jwk.x.as_deref(), bytes)?);
                point.extend(octets("y", jwk.y.as_deref(), bytes)?);
                Self::Public(point)
            }
            Kind::Ed25519 => Self::Public(octets("x", jwk.x.as_deref(), 32)?),
            Kind::Secret => Self::Secret(decode("k", jwk.k.as_deref())?),
        })
    }

    fn key(&self, algorithm: Algorithm, kid: Option<String>) -> Result<VerificationKey, JwkError> {
        let key = match self {
            Self::Public(encoded) => VerificationKey::of_public(algorithm, encoded),
            Self::Secret(secret) => VerificationKey::of_secret(algorithm, secret),
        };
        Ok(key
            .map_err(|error| JwkError::Unusable(Box::new(error)))?
            .with_kid(kid))
    }
}

fn decode(name: &'static str, value: Option<&str>) -> Result<Vec<u8>, JwkError> {
    URL_SAFE_NO_PAD
        .decode(value.unwrap_or_default())
        .ok()
        .filter(|bytes| !bytes.is_empty())
        .ok_or(JwkError::Member(name))
}

fn octets(name: &'static str, value: Option<&str>, bytes: usize) -> Result<Vec<u8>, JwkError> {
    let decoded = decode(name, value)?;
    if decoded.len() == bytes {
        Ok(decoded)
    } else {
        Err(JwkError::Member(name))
    }
}

/// An unsigned integer; some issuers write leading zeros, which RFC 7518 section 2 forbids and which change nothing.
fn integer(name: &'static str, value: Option<&str>) -> Result<Vec<u8>, JwkError> {
    let decoded = decode(name, value)?;
    let zeros = decoded.iter().take_while(|byte| **byte == 0).count();
    Ok(decoded[zeros..].to_vec())
}
