//! One key with the one algorithm that it is for, and the verification of signatures with it.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{PublicEncryptingKey, PublicKey as RsaPublicKey};
use aws_lc_rs::{hmac, signature};

use crate::Dialect;
use crate::access_token::algorithm::Algorithm;
use crate::access_token::der;
use crate::access_token::jwk::JwkError;
use crate::access_token::pem::{self, PemError};

/// A key and the one algorithm that it is for. Its Debug output shows no key material.
#[derive(Clone)]
pub struct VerificationKey {
    algorithm: Algorithm,
    material: Material,
    kid: Option<Box<str>>,
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
    /// Reads a public key or certificate in PEM, or takes the text itself as the secret of an HMAC algorithm.
    /// token.alg.key-compat
    pub fn parse(algorithm: Algorithm, written: &str) -> Result<Self, KeyError> {
        // Wherever it begins: after a byte order mark or a comment, a public key must not pass for a secret either.
        let is_pem = written.contains("-----BEGIN ");
        match (algorithm.is_hmac(), is_pem) {
            (true, true) => Err(KeyError::PemWithHmac(algorithm)),
            (false, false) => Err(KeyError::SecretWithPublicKeyAlgorithm(algorithm)),
            (true, false) => Self::of_secret(algorithm, written.as_bytes()),
            (false, true) => {
                let der = pem::read_public_key(written)
                    .map_err(|error| KeyError::Pem { algorithm, error })?;
                Self::of_public(algorithm, &der)
            }
        }
    }

    /// The secret of an HMAC algorithm.
    pub(super) fn of_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        read_secret(algorithm, secret).map(|material| Self::new(algorithm, material))
    }

    /// A public key in one of the encodings that the library takes.
    pub(super) fn of_public(algorithm: Algorithm, encoded: &[u8]) -> Result<Self, KeyError> {
        read_public_key(algorithm, encoded).map(|material| Self::new(algorithm, material))
    }

    fn new(algorithm: Algorithm, material: Material) -> Self {
        Self {
            algorithm,
            material,
            kid: None,
        }
    }

    /// The same key under a name.
    pub(super) fn with_kid(self, kid: Option<String>) -> Self {
        Self {
            kid: kid.map(Into::into),
            ..self
        }
    }

    /// The name that tokens may call it by. token.key.kid-hint
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The length of the secret in bytes, if it is one.
    pub fn secret_bytes(&self) -> Option<usize> {
        match &self.material {
            Material::Secret { secret_bytes, .. } => Some(*secret_bytes),
            Material::Public(_) => None,
        }
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

fn read_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Material, KeyError> {
    if secret.is_empty() {
        return Err(KeyError::EmptySecret);
    }
    let hash = match algorithm {
        Algorithm::HS384 => hmac::HMAC_SHA384,
        Algorithm::HS512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    Ok(Material::Secret {
        key: Box::new(hmac::Key::new(hash, secret)),
        secret_bytes: secret.len(),
    })
}

fn read_public_key(algorithm: Algorithm, encoded: &[u8]) -> Result<Material, KeyError> {
    let unusable = |reason: &'static str| KeyError::UnusableKey { algorithm, reason };
    let Some(verification) = verification(algorithm) else {
        return Err(KeyError::PemWithHmac(algorithm));
    };
    let key = signature::ParsedPublicKey::new(verification, encoded)
        .map_err(|_| unusable("the key is of another type or curve, or broken"))?;
    if algorithm.as_str().starts_with("RS") && der::is_pss_key(encoded) {
        return Err(unusable("this RSA key is for PS256, PS384 and PS512 only"));
    }
    let is_rsa = matches!(algorithm.as_str().as_bytes(), [b'R' | b'P', b'S', ..]);
    if is_rsa && rsa_bits(encoded).is_none_or(|bits| bits < RSA_BITS) {
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
            .field("kid", &self.kid)
            .finish_non_exhaustive()
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
    /// A JWK or a JWK set that cannot be used.
    #[error(transparent)]
    Jwk(#[from] JwkError),
    /// A JWK set none of whose keys can be used.
    #[error("no usable key in the JWK set: {first}")]
    NoUsableKey {
        /// What is wrong with the first of them.
        first: Box<JwkError>,
    },
}
