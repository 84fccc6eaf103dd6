//! The keys that the hub trusts, and the verification of signatures with them.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{PublicEncryptingKey, PublicKey as RsaPublicKey};
use aws_lc_rs::{hmac, signature};

use crate::Dialect;
use crate::access_token::Role;
use crate::access_token::pem::{self, PemError};

/// A signature algorithm of JWS (RFC 7518, RFC 8037). `none` is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of RFC 7518 speak for themselves")]
pub enum Algorithm {
    HS256,
    HS384,
    HS512,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
}

impl Algorithm {
    /// All of them, as for a list of what may be written.
    pub const ALL: [Self; 13] = [
        Self::HS256,
        Self::HS384,
        Self::HS512,
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
    ];

    /// The name in the `alg` header parameter, which is case-sensitive.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::EdDSA => "EdDSA",
        }
    }

    /// Whether the key is a shared secret.
    pub fn is_hmac(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = KeyError;

    fn from_str(written: &str) -> Result<Self, KeyError> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == written)
            .ok_or_else(|| KeyError::UnknownAlgorithm(shown(written)))
    }
}

/// A name as errors repeat it: one that is far too long may be a key that stands in the wrong place.
fn shown(name: &str) -> String {
    if name.len() <= 12 { name } else { "…" }.to_owned()
}

/// A key and the one algorithm that it is for. Its Debug output shows no key material.
#[derive(Clone)]
pub struct VerificationKey {
    algorithm: Algorithm,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Secret {
        key: Box<hmac::Key>,
        secret_bytes: usize,
    },
    Public(signature::ParsedPublicKey),
}

/// The shortest secret that 1.0 accepts: as long as the shortest hash, as RFC 7518 section 3.2 demands. token.alg.weak
const SECRET_BYTES_V1: usize = 32;
/// RFC 7518 section 3.3.
const RSA_BITS: usize = 2048;

impl VerificationKey {
    /// Reads a public key in PEM, or takes the text itself as the secret of an HMAC algorithm. token.alg.key-compat
    pub fn parse(algorithm: Algorithm, written: &str) -> Result<Self, KeyError> {
        // Wherever it begins: after a byte order mark or a comment, a public key must not pass for a secret either.
        let is_pem = written.contains("-----BEGIN ");
        let material = match (algorithm.is_hmac(), is_pem) {
            (true, true) => return Err(KeyError::PemWithHmac(algorithm)),
            (false, false) => return Err(KeyError::SecretWithPublicKeyAlgorithm(algorithm)),
            (true, false) => read_secret(algorithm, written)?,
            (false, true) => read_public_key(algorithm, written)?,
        };
        Ok(Self {
            algorithm,
            material,
        })
    }

    /// The algorithm, the only one that tokens under this key may name. token.alg.not-allowed
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether tokens of `dialect` may be signed with it: an HMAC secret under 32 bytes serves 0.x only. token.alg.weak
    pub fn serves(&self, dialect: Dialect) -> bool {
        match (&self.material, dialect) {
            (Material::Public(_), _) | (Material::Secret { .. }, Dialect::V0) => true,
            (Material::Secret { secret_bytes, .. }, Dialect::V1) => {
                *secret_bytes >= SECRET_BYTES_V1
            }
        }
    }

    /// Whether `signature` is that of `message`; an HMAC is compared in constant time.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Secret { key, .. } => hmac::verify(key, message, signature).is_ok(),
            Material::Public(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

fn read_secret(algorithm: Algorithm, secret: &str) -> Result<Material, KeyError> {
    if secret.is_empty() {
        return Err(KeyError::EmptySecret);
    }
    let hash = match algorithm {
        Algorithm::HS384 => hmac::HMAC_SHA384,
        Algorithm::HS512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    Ok(Material::Secret {
        key: Box::new(hmac::Key::new(hash, secret.as_bytes())),
        secret_bytes: secret.len(),
    })
}

fn read_public_key(algorithm: Algorithm, written: &str) -> Result<Material, KeyError> {
    let unusable = |reason: &'static str| KeyError::UnusableKey { algorithm, reason };
    let Some(verification) = verification(algorithm) else {
        return Err(KeyError::PemWithHmac(algorithm));
    };
    let der = pem::read_public_key(written).map_err(|error| KeyError::Pem { algorithm, error })?;
    let key = signature::ParsedPublicKey::new(verification, &der)
        .map_err(|_| unusable("the key is of another type or curve, or broken"))?;
    let is_rsa = matches!(algorithm.as_str().as_bytes(), [b'R' | b'P', b'S', ..]);
    if is_rsa && rsa_bits(&der).is_none_or(|bits| bits < RSA_BITS) {
        return Err(unusable("RSA keys under 2048 bits are too weak"));
    }
    Ok(Material::Public(key))
}

/// The size of the modulus; none if the key is smaller than the library accepts at all.
fn rsa_bits(der: &[u8]) -> Option<usize> {
    let key = RsaPublicKey::from_der(der).ok()?;
    let spki: PublicKeyX509Der<'_> = key.as_der().ok()?;
    let key = PublicEncryptingKey::from_der(spki.as_ref()).ok()?;
    Some(key.key_size_bits())
}

/// How signatures of a public-key algorithm are verified; JWS has ECDSA signatures of fixed length (RFC 7518 section 3.4).
fn verification(algorithm: Algorithm) -> Option<&'static dyn signature::VerificationAlgorithm> {
    Some(match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => return None,
        Algorithm::RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::ES256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::ES512 => &signature::ECDSA_P521_SHA512_FIXED,
        Algorithm::EdDSA => &signature::ED25519,
    })
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The keys of the one issuer that the hub trusts. token.key.issuer-binding
#[derive(Clone, Debug)]
pub struct TrustedKeys {
    /// What `iss` must be in tokens of 1.0, to the byte. token.iss.trusted
    pub issuer: String,
    /// The key for tokens that publish; without one, nobody can.
    pub publisher: Option<VerificationKey>,
    /// The key for tokens that subscribe.
    pub subscriber: Option<VerificationKey>,
}

impl TrustedKeys {
    /// The key for a role.
    pub fn key(&self, role: Role) -> Option<&VerificationKey> {
        match role {
            Role::Publisher => self.publisher.as_ref(),
            Role::Subscriber => self.subscriber.as_ref(),
        }
    }
}

/// Why a key cannot be used. Never holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a name of [`Algorithm::ALL`].
    #[error(
        "unknown algorithm {0:?}: write one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, \
         ES384, ES512, EdDSA"
    )]
    UnknownAlgorithm(String),
    /// A PEM key where the algorithm needs a shared secret: the algorithm-confusion mistake.
    #[error(
        "a PEM key cannot serve {0}, which needs a shared secret: name the algorithm of the key, e.g. RS256 or ES256"
    )]
    PemWithHmac(Algorithm),
    /// Anything but PEM where the algorithm needs a public key.
    #[error("{0} needs a public key in PEM (-----BEGIN PUBLIC KEY-----), not a shared secret")]
    SecretWithPublicKeyAlgorithm(Algorithm),
    /// PEM that holds no public key.
    #[error("no public key for {algorithm}: {error}")]
    Pem {
        /// The algorithm it was to serve.
        algorithm: Algorithm,
        /// What is wrong with the PEM text.
        error: PemError,
    },
    /// A public key, but not one for this algorithm.
    #[error("not a public key for {algorithm}: {reason}")]
    UnusableKey {
        /// The algorithm it was to serve.
        algorithm: Algorithm,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No secret at all.
    #[error("empty secret")]
    EmptySecret,
}
