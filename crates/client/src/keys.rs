//! Keys that sign tokens. Not for verifying them: only a hub does.

use std::{fmt, str::FromStr, sync::Arc};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::{self, KeySize},
    signature::{
        self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaEncoding,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use uuid::Uuid;

/// A JWS signature algorithm (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each name is the registered one")]
pub enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
}

/// What an algorithm asks of its key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Hmac(hmac::Algorithm),
    Rsa,
    Ecdsa,
    Ed25519,
}

impl Algorithm {
    /// Every algorithm that can sign here.
    pub const ALL: [Self; 13] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// The registered `alg` value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    fn family(self) -> Family {
        match self {
            Self::Hs256 => Family::Hmac(hmac::HMAC_SHA256),
            Self::Hs384 => Family::Hmac(hmac::HMAC_SHA384),
            Self::Hs512 => Family::Hmac(hmac::HMAC_SHA512),
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Family::Rsa
            }
            Self::Es256 | Self::Es384 | Self::Es512 => Family::Ecdsa,
            Self::EdDsa => Family::Ed25519,
        }
    }

    fn rsa_encoding(self) -> &'static dyn RsaEncoding {
        match self {
            Self::Rs384 => &signature::RSA_PKCS1_SHA384,
            Self::Rs512 => &signature::RSA_PKCS1_SHA512,
            Self::Ps256 => &signature::RSA_PSS_SHA256,
            Self::Ps384 => &signature::RSA_PSS_SHA384,
            Self::Ps512 => &signature::RSA_PSS_SHA512,
            _ => &signature::RSA_PKCS1_SHA256,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| KeyError::UnknownAlgorithm(shown(text)))
    }
}

/// A name as errors repeat it: one that is far too long may be a key that stands in the wrong place.
fn shown(name: &str) -> String {
    if name.len() <= 12 { name } else { "…" }.to_owned()
}

/// Why a key cannot sign. No message repeats key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not one of [`Algorithm::ALL`].
    #[error("unknown algorithm {0:?}: use HS, RS, PS or ES with 256, 384 or 512, or EdDSA")]
    UnknownAlgorithm(String),
    /// The secret or the file is empty.
    #[error("the key is empty")]
    Empty,
    /// A PEM was given where the algorithm wants a secret, or one of another kind.
    #[error("{article} {kind} PEM cannot sign {algorithm}: pass --jwt-algorithm {fits}")]
    WrongKind {
        /// `an` or `a`.
        article: &'static str,
        /// What the PEM holds, such as `RSA` or `P-384`.
        kind: &'static str,
        /// What was asked for.
        algorithm: Algorithm,
        /// An algorithm that this key can sign.
        fits: Algorithm,
    },
    /// A secret was given where the algorithm wants a private key.
    #[error(
        "{0} signs with a private key in PEM, not with a secret: pass the PEM (or @file), or --jwt-algorithm HS256"
    )]
    NotPem(Algorithm),
    /// Signing wants the private half.
    #[error("this PEM holds a public key or a certificate: tokens are signed with the private key")]
    Public,
    /// No password is asked for.
    #[error("this PEM is encrypted: decrypt it first (openssl pkey -in FILE -out PLAIN)")]
    Encrypted,
    /// Broken PEM, broken DER, or a key too short or of an unknown kind.
    #[error(
        "this PEM holds no private key that can sign {0}: expected PKCS#8, PKCS#1 (RSA) or SEC1 (EC)"
    )]
    Unusable(Algorithm),
    /// The crypto library refused, for example since an RSA key is too small for the digest.
    #[error("the key is valid but failed to sign {0}: is it too short for this algorithm?")]
    Signing(Algorithm),
}

enum Material {
    // The secret is kept beside the key, so that the same one can sign with another digest.
    Hmac(Box<hmac::Key>, Box<[u8]>),
    Rsa(rsa::KeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key together with the algorithm it signs with; cheap to clone, and silent in `Debug`.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    material: Arc<Material>,
}

impl SigningKey {
    /// Takes a secret (HS256–512) or a private key in PEM (all others), as the algorithm wants.
    ///
    /// A PEM with an HMAC algorithm is refused: it is nearly always a private key whose algorithm was forgotten.
    pub fn new(algorithm: Algorithm, material: &[u8]) -> Result<Self, KeyError> {
        let pem = material.trim_ascii_start().starts_with(b"-----BEGIN");
        match algorithm.family() {
            _ if material.trim_ascii().is_empty() => Err(KeyError::Empty),
            Family::Hmac(_) if pem => Err(pem_kind(material).map_or_else(
                || pem_defect(material, algorithm),
                |kind| kind.cannot_sign(algorithm),
            )),
            Family::Hmac(_) => Self::from_secret(algorithm, material),
            _ if !pem => Err(KeyError::NotPem(algorithm)),
            _ => Self::from_pem(algorithm, material),
        }
    }

    /// Takes any bytes as the HMAC secret, even a PEM: what a forger does who signs HS256 with a public key.
    ///
    /// // token.alg.key-compat
    pub fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let Family::Hmac(digest) = algorithm.family() else {
            return Err(KeyError::NotPem(algorithm));
        };
        if secret.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(Self {
            algorithm,
            material: Arc::new(Material::Hmac(
                Box::new(hmac::Key::new(digest, secret)),
                secret.into(),
            )),
        })
    }

    /// A new key for this algorithm: a secret of 64 hexadecimal digits, RSA of 2,048 bits, or on the curve that the algorithm names.
    ///
    /// # Errors
    /// [`KeyError::Unusable`] if the crypto library has no randomness.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let none = |_| KeyError::Unusable(algorithm);
        let material = match algorithm.family() {
            Family::Hmac(_) => {
                let [first, second] = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::simple);
                return Self::from_secret(algorithm, format!("{first}{second}").as_bytes());
            }
            Family::Rsa => Material::Rsa(rsa::KeyPair::generate(KeySize::Rsa2048).map_err(none)?),
            Family::Ed25519 => Material::Ed25519(Ed25519KeyPair::generate().map_err(none)?),
            Family::Ecdsa => {
                let curve = PemKind::CURVES
                    .into_iter()
                    .find(|it| it.fits() == algorithm);
                let curve = curve.and_then(PemKind::ecdsa);
                let curve = curve.ok_or(KeyError::Unusable(algorithm))?;
                Material::Ecdsa(EcdsaKeyPair::generate(curve).map_err(none)?)
            }
        };
        Ok(Self {
            algorithm,
            material: Arc::new(material),
        })
    }

    fn from_pem(algorithm: Algorithm, pem: &[u8]) -> Result<Self, KeyError> {
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| pem_defect(pem, algorithm))?;
        let kind = der_kind(&der).ok_or(KeyError::Unusable(algorithm))?;
        let material = match (algorithm.family(), kind) {
            (Family::Rsa, PemKind::Rsa) => {
                Material::Rsa(rsa_key(&der).ok_or(KeyError::Unusable(algorithm))?)
            }
            (Family::Ed25519, PemKind::Ed25519) => Material::Ed25519(
                Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_der())
                    .map_err(|_| KeyError::Unusable(algorithm))?,
            ),
            (Family::Ecdsa, kind) if kind.fits() == algorithm => {
                Material::Ecdsa(ecdsa_key(&der, kind).ok_or(KeyError::Unusable(algorithm))?)
            }
            (_, kind) => return Err(kind.cannot_sign(algorithm)),
        };
        Ok(Self {
            algorithm,
            material: Arc::new(material),
        })
    }

    /// The same key signing with another algorithm of its family; `None` where there is no other one (ECDSA, Ed25519).
    ///
    /// // token.alg.not-allowed
    pub fn with_algorithm(&self, algorithm: Algorithm) -> Option<Self> {
        match (&*self.material, algorithm.family()) {
            (Material::Hmac(_, secret), Family::Hmac(_)) => {
                Self::from_secret(algorithm, secret).ok()
            }
            (Material::Rsa(_), Family::Rsa) => Some(Self {
                algorithm,
                material: Arc::clone(&self.material),
            }),
            _ => None,
        }
    }

    /// The HMAC secret, for whoever looks what is wrong with it; `None` for a private key. Never to be shown.
    pub fn secret(&self) -> Option<&[u8]> {
        match &*self.material {
            Material::Hmac(_, secret) => Some(secret),
            Material::Rsa(_) | Material::Ecdsa(_) | Material::Ed25519(_) => None,
        }
    }

    /// The algorithm that the key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The JWS signature of `message`, raw: R and S side by side for ECDSA, as RFC 7518 section 3.4 wants.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Signing(self.algorithm);
        Ok(match &*self.material {
            Material::Hmac(key, _) => hmac::sign(key, message).as_ref().to_vec(),
            Material::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    self.algorithm.rsa_encoding(),
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .map_err(failed)?;
                signature
            }
            Material::Ecdsa(key) => key
                .sign(&SystemRandom::new(), message)
                .map_err(failed)?
                .as_ref()
                .to_vec(),
            Material::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        })
    }

    /// The public half as `SubjectPublicKeyInfo` (DER); `None` for a secret.
    pub fn public_key_der(&self) -> Option<Vec<u8>> {
        use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
        fn der(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Option<Vec<u8>> {
            key.as_der()
                .ok()
                .map(|der: PublicKeyX509Der<'_>| der.as_ref().to_vec())
        }
        match &*self.material {
            Material::Hmac(..) => None,
            Material::Rsa(key) => der(key.public_key()),
            Material::Ecdsa(key) => der(key.public_key()),
            Material::Ed25519(key) => der(key.public_key()),
        }
    }

    /// The public half in PEM, as a hub is given it; `None` for a secret.
    pub fn public_key_pem(&self) -> Option<String> {
        const LINE: usize = 64;
        let text = STANDARD.encode(self.public_key_der()?);
        let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
        for line in text.as_bytes().chunks(LINE) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        Some(pem)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, [redacted])", self.algorithm)
    }
}

/// What a private key in PEM turns out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PemKind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

impl PemKind {
    const CURVES: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    fn fits(self) -> Algorithm {
        match self {
            Self::Rsa => Algorithm::Rs256,
            Self::P256 => Algorithm::Es256,
            Self::P384 => Algorithm::Es384,
            Self::P521 => Algorithm::Es512,
            Self::Ed25519 => Algorithm::EdDsa,
        }
    }

    fn cannot_sign(self, algorithm: Algorithm) -> KeyError {
        let (article, kind) = match self {
            Self::Rsa => ("an", "RSA"),
            Self::P256 => ("a", "P-256"),
            Self::P384 => ("a", "P-384"),
            Self::P521 => ("a", "P-521"),
            Self::Ed25519 => ("an", "Ed25519"),
        };
        KeyError::WrongKind {
            article,
            kind,
            algorithm,
            fits: self.fits(),
        }
    }

    fn ecdsa(self) -> Option<&'static EcdsaSigningAlgorithm> {
        match self {
            Self::P256 => Some(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Self::P384 => Some(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Self::P521 => Some(&signature::ECDSA_P521_SHA512_FIXED_SIGNING),
            Self::Rsa | Self::Ed25519 => None,
        }
    }
}

fn pem_kind(pem: &[u8]) -> Option<PemKind> {
    der_kind(&PrivateKeyDer::from_pem_slice(pem).ok()?)
}

fn der_kind(der: &PrivateKeyDer<'_>) -> Option<PemKind> {
    if rsa_key(der).is_some() {
        return Some(PemKind::Rsa);
    }
    if matches!(der, PrivateKeyDer::Pkcs8(_))
        && Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_der()).is_ok()
    {
        return Some(PemKind::Ed25519);
    }
    PemKind::CURVES
        .into_iter()
        .find(|&curve| ecdsa_key(der, curve).is_some())
}

fn rsa_key(der: &PrivateKeyDer<'_>) -> Option<rsa::KeyPair> {
    match der {
        PrivateKeyDer::Pkcs1(der) => rsa::KeyPair::from_der(der.secret_pkcs1_der()).ok(),
        PrivateKeyDer::Pkcs8(der) => rsa::KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
        _ => None,
    }
}

fn ecdsa_key(der: &PrivateKeyDer<'_>, curve: PemKind) -> Option<EcdsaKeyPair> {
    EcdsaKeyPair::from_private_key_der(curve.ecdsa()?, der.secret_der()).ok()
}

fn pem_defect(pem: &[u8], algorithm: Algorithm) -> KeyError {
    let text = String::from_utf8_lossy(pem);
    if text.contains("ENCRYPTED") {
        KeyError::Encrypted
    } else if text.contains("PUBLIC KEY-----") || text.contains("CERTIFICATE-----") {
        KeyError::Public
    } else {
        KeyError::Unusable(algorithm)
    }
}
