//! The keys of one role: which key and which algorithms apply, and whether they fit.

use assay_hub_core::access_token::{
    Algorithm, JwkError, KeyError, KeySet, RoleKeys, VerificationKey,
};
use assay_hub_core::{Dialect, Dialects};

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

impl<'a> RoleKey<'a> {
    /// Of the publishers of the issuer that flags describe.
    pub(super) fn publisher(options: &'a HubOptions) -> Self {
        Self {
            role: "publisher",
            key: options
                .publisher_jwt_key
                .as_ref()
                .or(options.jwt_key.as_ref()),
            jwks: None,
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
            key: options
                .subscriber_jwt_key
                .as_ref()
                .or(options.jwt_key.as_ref()),
            jwks: None,
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
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<RoleKeys, ConfigError> {
        match (self.key, self.jwks) {
            (None, None) => Ok(RoleKeys::None),
            (Some(key), Some(jwks)) => Err(ConfigError::KeyTwice {
                role: self.role,
                jwks: jwks.place(),
                key: key.place(),
            }),
            (Some(written), None) | (None, Some(written)) => {
                self.read(written, dialects, warnings).map(RoleKeys::Known)
            }
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
            return Err(invalid(written, "is no JWK set: write @file with its JSON"));
        }
        let (keys, skipped) = KeySet::parse(written.value(), &algorithms)
            .map_err(|error| self.explain(written, &error))?;
        let mut warn = |warning| {
            // One key may serve both roles; one word about it is enough.
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        };
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
