//! What opens the roles of a hub, from the sections of a target file: what is known before it starts, and what is made for it then.
//! Not for tokens: those are minted by each check.

use std::collections::BTreeMap;

use assay_client::{Algorithm, BearerToken, KeyError, SigningKey};

use super::{RoleCredential, section::RoleSection, words::KEY};

/// What opens one role, as far as a file says it.
#[derive(Debug, Clone)]
pub(super) enum RolePlan {
    /// It is there.
    Known(RoleCredential),
    /// A key of this algorithm, made when the hub starts.
    Generated(Algorithm),
}

/// What the hub is given to verify tokens with, by the name that stands for it in braces: a secret, or a public key in PEM.
pub(super) type Verifiers = BTreeMap<String, String>;

/// The two roles of one issuer.
#[derive(Debug, Clone)]
pub(super) struct IssuerPlan {
    /// Before the names that stand for its keys; empty for the hub's own issuer.
    pub(super) prefix: String,
    pub(super) publisher: RolePlan,
    pub(super) subscriber: RolePlan,
}

/// The same, once its keys are made.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    pub(super) publisher: RoleCredential,
    pub(super) subscriber: RoleCredential,
}

impl RolePlan {
    /// Of a section; `key_file` is what stands in the file that it names, `run_key` the secret of this run.
    ///
    /// # Errors
    /// It says too little or too much, or the key does not fit the algorithm; the message repeats no secret.
    pub(super) fn of(
        role: &RoleSection,
        key_file: Option<Vec<u8>>,
        run_key: &str,
    ) -> Result<Self, String> {
        let given = [
            role.key.is_some(),
            key_file.is_some(),
            role.token.is_some(),
            role.generate.is_some(),
        ];
        match given.into_iter().filter(|&is_given| is_given).count() {
            0 => {
                return Err("has neither `key`, `key_file`, `generate` nor `token`".to_owned());
            }
            1 => {}
            _ => {
                return Err(
                    "has several of `key`, `key_file`, `generate` and `token`: leave one"
                        .to_owned(),
                );
            }
        }
        if let Some(token) = &role.token {
            let token = BearerToken::new(token).map_err(|error| error.to_string())?;
            return Ok(Self::Known(RoleCredential::Token(token)));
        }
        if let Some(name) = &role.generate {
            if role.algorithm.is_some() {
                return Err("`generate` names the algorithm: leave `algorithm` out".to_owned());
            }
            return Ok(Self::Generated(algorithm("generate", name)?));
        }
        let material = match &role.key {
            Some(key) => key.replace(KEY, run_key).into_bytes(),
            None => key_file.unwrap_or_default(),
        };
        let algorithm = match &role.algorithm {
            None => Algorithm::Hs256,
            Some(name) => algorithm("algorithm", name)?,
        };
        let key = SigningKey::new(algorithm, &material).map_err(|error| error.to_string())?;
        Ok(Self::Known(RoleCredential::Key(key)))
    }

    fn open(&self) -> Result<RoleCredential, KeyError> {
        Ok(match self {
            Self::Known(credential) => credential.clone(),
            Self::Generated(algorithm) => RoleCredential::Key(SigningKey::generate(*algorithm)?),
        })
    }

    /// What verifies its tokens, as far as it is known while nothing runs; none where there is no key.
    fn verifier(&self) -> Option<String> {
        match self {
            Self::Known(credential) => verifier(credential),
            Self::Generated(_) => Some(String::new()),
        }
    }

    /// The algorithm of its key, if it has one.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Known(credential) => credential.key().map(SigningKey::algorithm),
            Self::Generated(algorithm) => Some(*algorithm),
        }
    }

    /// Whether its key is a secret shorter than what [`RoleCredential::is_weak`] allows.
    pub(super) fn is_weak(&self) -> bool {
        matches!(self, Self::Known(credential) if credential.is_weak())
    }
}

impl IssuerPlan {
    /// Makes what is to be made.
    pub(super) fn open(&self) -> Result<Opened, KeyError> {
        Ok(Opened {
            publisher: self.publisher.open()?,
            subscriber: self.subscriber.open()?,
        })
    }

    /// What stands for its keys in braces, as far as it is known while nothing runs.
    pub(super) fn verifiers(&self) -> Verifiers {
        self.named(self.publisher.verifier(), self.subscriber.verifier())
    }

    /// The same for keys that are made.
    pub(super) fn verifiers_of(&self, opened: &Opened) -> Verifiers {
        self.named(verifier(&opened.publisher), verifier(&opened.subscriber))
    }

    fn named(&self, publisher: Option<String>, subscriber: Option<String>) -> Verifiers {
        let name = |role: &str| format!("{}{role}", self.prefix);
        let both = [
            (name("publisher"), publisher),
            (name("subscriber"), subscriber),
        ];
        both.into_iter()
            .filter_map(|(name, verifier)| Some((name, verifier?)))
            .collect()
    }
}

fn verifier(credential: &RoleCredential) -> Option<String> {
    let key = credential.key()?;
    let secret = key.secret().map(String::from_utf8_lossy);
    let secret = secret.map(std::borrow::Cow::into_owned);
    secret.or_else(|| key.public_key_pem())
}

fn algorithm(field: &str, name: &str) -> Result<Algorithm, String> {
    name.parse()
        .map_err(|_| format!("`{field}` is none that is known, such as HS256 or ES256"))
}
