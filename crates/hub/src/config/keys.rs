//! The keys of one role: which key and which algorithms apply, and whether they fit.

use assay_hub_core::access_token::{Algorithm, JwkError, KeyError, KeySet, VerificationKey};
use assay_hub_core::{Dialect, Dialects};
use url::Url;

use super::configured_keys::KeySource;

use super::error::{ConfigError, ConfigWarning};
use super::options::{HubOptions, KeyOptions};
use super::written::{Place, Written};
use super::{invalid, items};

/// What one role may have.
pub(super) struct RoleKey<'a> {
    pub(super) role: &'static str,
    key: Option<&'a Written>,
    jwks: Option<&'a Written>,
    algorithms: Vec<&'a Written>,
}

fn is_url(written: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        let start = written.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

fn is_quoted(key: &str) -> bool {
    ['"', '\'']
        .iter()
        .any(|quote| key.len() > 1 && key.starts_with(*quote) && key.ends_with(*quote))
}

/// The place of the URL among the `sets`: one that several roles name is fetched once.
fn set_at(written: &Written, sets: &mut Vec<Url>) -> Result<usize, ConfigError> {
    let url = Url::parse(written.value()).ok().filter(Url::has_host);
    let url = url.ok_or_else(|| {
        invalid(
            written,
            "is not a URL: write such as https://auth.example.com/.well-known/jwks.json",
        )
    })?;
    let known = sets.iter().position(|set| *set == url);
    Ok(known.unwrap_or_else(|| {
        sets.push(url);
        sets.len() - 1
    }))
}

impl<'a> RoleKey<'a> {
    /// Of the publishers of the issuer that flags describe.
    pub(super) fn publisher(options: &'a HubOptions) -> Self {
        Self {
            role: "publisher",
            // A set for one role stands above a key of both.
            key: options.publisher_jwt_key.as_ref().or(options
                .jwt_key
                .as_ref()
                .filter(|_| options.publisher_jwks.is_none())),
            jwks: options.publisher_jwks.as_ref(),
            algorithms: options
                .publisher_jwt_algorithm
                .as_ref()
                .or(options.jwt_algorithm.as_ref())
                .into_iter()
                .collect(),
        }
    }

    /// Of its subscribers.
    pub(super) fn subscriber(options: &'a HubOptions) -> Self {
        Self {
            role: "subscriber",
            key: options.subscriber_jwt_key.as_ref().or(options
                .jwt_key
                .as_ref()
                .filter(|_| options.subscriber_jwks.is_none())),
            jwks: options.subscriber_jwks.as_ref(),
            algorithms: options
                .subscriber_jwt_algorithm
                .as_ref()
                .or(options.jwt_algorithm.as_ref())
                .into_iter()
                .collect(),
        }
    }

    /// Of a further issuer.
    pub(super) fn of(role: &'static str, options: &'a KeyOptions) -> Self {
        Self {
            role,
            key: options.key.as_ref(),
            jwks: options.jwks.as_ref(),
            algorithms: options.algorithms.iter().collect(),
        }
    }

    /// The keys, if any were written.
    pub(super) fn check(
        &self,
        dialects: Dialects,
        sets: &mut Vec<Url>,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<KeySource, ConfigError> {
        match (self.key, self.jwks) {
            (None, None) => Ok(KeySource::None),
            (Some(key), Some(jwks)) => Err(ConfigError::KeyTwice {
                role: self.role,
                jwks: jwks.place(),
                key: key.place(),
            }),
            (None, Some(written)) if is_url(written.value()) => Ok(KeySource::Fetched {
                set: set_at(written, sets)?,
                algorithms: self.public_algorithms()?,
            }),
            (Some(written), None) | (None, Some(written)) => self
                .read(written, dialects, warnings)
                .map(KeySource::Written),
        }
    }

    fn read(
        &self,
        written: &Written,
        dialects: Dialects,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<KeySet, ConfigError> {
        let algorithms = self.algorithms()?;
        let place = written.place();
        if written.value().contains("PRIVATE KEY-----") {
            return Err(ConfigError::PrivateKey { place });
        }
        // Never a secret by mistake.
        if self.jwks.is_some() && !written.value().trim_start().starts_with('{') {
            return Err(invalid(
                written,
                "is no JWK set: write its https URL, or @file with its JSON",
            ));
        }
        let (keys, skipped) = KeySet::parse(written.value(), &algorithms)
            .map_err(|error| self.explain(written, &error))?;
        let mut warn = |warning| {
            // One key may serve both roles; one word about it is enough.
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        };
        if is_quoted(written.value()) {
            warn(ConfigWarning::QuotedKey {
                place: place.clone(),
            });
        }
        for skipped in skipped {
            warn(ConfigWarning::KeySkipped {
                place: place.clone(),
                number: skipped.number,
                reason: skipped.reason.to_string(),
            });
        }
        let short = keys.keys().iter().find(|key| !key.serves(Dialect::V1));
        if let Some(bytes) = short.and_then(VerificationKey::secret_bytes) {
            if dialects == Dialects::OnlyV1 {
                return Err(ConfigError::SecretTooShort { place, bytes });
            }
            warn(ConfigWarning::ShortSecret { place, bytes });
        }
        Ok(keys)
    }

    fn algorithms(&self) -> Result<Vec<Algorithm>, ConfigError> {
        items(self.algorithms.iter().copied())
            .map(|(written, item)| item.parse().map_err(|error| self.explain(written, &error)))
            .collect()
    }

    /// A set that others can fetch too holds no secrets.
    fn public_algorithms(&self) -> Result<Vec<Algorithm>, ConfigError> {
        let algorithms = self.algorithms()?;
        let listed = self
            .algorithms
            .first()
            .zip(algorithms.iter().find(|it| it.is_hmac()));
        match listed {
            Some((written, _)) => Err(invalid(
                written,
                "has an algorithm for secrets, which a JWK set from a URL never gives: write such as ES256,RS256, or nothing for what its keys say",
            )),
            None => Ok(algorithms),
        }
    }

    fn algorithm_place(&self, key: &Written) -> Place {
        let beside = key.place().beside();
        self.algorithms
            .first()
            .map_or(beside, |it| Written::place(it))
    }

    fn explain(&self, written: &Written, error: &KeyError) -> ConfigError {
        let place = written.place();
        match error {
            KeyError::PemWithHmac(algorithm) => ConfigError::PemWithHmac {
                place,
                algorithm: algorithm.to_string(),
                algorithm_place: self.algorithm_place(written),
            },
            KeyError::SecretWithPublicKeyAlgorithm(algorithm) => {
                ConfigError::SecretWithPublicKeyAlgorithm {
                    place,
                    algorithm: algorithm.to_string(),
                    algorithm_place: self.algorithm_place(written),
                }
            }
            KeyError::EmptySecret => ConfigError::KeyEmpty { place },
            KeyError::Jwk(JwkError::PrivateKey) => ConfigError::PrivateKey { place },
            KeyError::UnusableKey { .. }
            | KeyError::Pem { .. }
            | KeyError::Jwk(_)
            | KeyError::NoUsableKey { .. } => ConfigError::KeyUnusable {
                place,
                reason: error.to_string(),
            },
            KeyError::UnknownAlgorithm(written) => ConfigError::UnknownAlgorithm {
                place,
                written: written.clone(),
            },
        }
    }
}
