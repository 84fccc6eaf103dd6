//! The keys of both roles: which key and which algorithm apply, and whether they fit.

use assay_hub_core::access_token::{Algorithm, KeyError, VerificationKey};
use assay_hub_core::{Dialect, Dialects, TrustedKeys};

use super::error::{ConfigError, ConfigWarning};
use super::options::HubOptions;
use super::written::{Place, Written};

/// What one role may have of its own.
struct RoleKey<'a> {
    role: &'static str,
    key: Option<&'a Written>,
    algorithm: Option<&'a Written>,
}

/// The keys that `options` ask for. Subscribers may do without one where all of them may be anonymous.
pub(super) fn check(
    options: &HubOptions,
    issuer: String,
    dialects: Dialects,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<TrustedKeys, ConfigError> {
    let publisher = RoleKey {
        role: "publisher",
        key: options
            .publisher_jwt_key
            .as_ref()
            .or(options.jwt_key.as_ref()),
        algorithm: options
            .publisher_jwt_algorithm
            .as_ref()
            .or(options.jwt_algorithm.as_ref()),
    };
    let subscriber = RoleKey {
        role: "subscriber",
        key: options
            .subscriber_jwt_key
            .as_ref()
            .or(options.jwt_key.as_ref()),
        algorithm: options
            .subscriber_jwt_algorithm
            .as_ref()
            .or(options.jwt_algorithm.as_ref()),
    };
    let publisher = Some(publisher.check(dialects, warnings)?);
    let subscriber = match subscriber.check(dialects, warnings) {
        Err(ConfigError::KeyMissing { .. }) if options.anonymous => None,
        checked => Some(checked?),
    };
    Ok(TrustedKeys {
        issuer,
        publisher,
        subscriber,
    })
}

impl RoleKey<'_> {
    fn check(
        &self,
        dialects: Dialects,
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<VerificationKey, ConfigError> {
        let written = self
            .key
            .ok_or(ConfigError::KeyMissing { role: self.role })?;
        let algorithm = self.algorithm()?;
        if written.value().contains("PRIVATE KEY-----") {
            return Err(ConfigError::PrivateKey {
                place: written.place(),
            });
        }
        let key = VerificationKey::parse(algorithm, written.value())
            .map_err(|error| self.explain(written, &error))?;
        if !key.serves(Dialect::V1) {
            let (place, bytes) = (written.place(), written.value().len());
            if dialects == Dialects::OnlyV1 {
                return Err(ConfigError::SecretTooShort { place, bytes });
            }
            let warning = ConfigWarning::ShortSecret { place, bytes };
            // One key may serve both roles; one word about it is enough.
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        Ok(key)
    }

    fn algorithm(&self) -> Result<Algorithm, ConfigError> {
        self.algorithm.map_or(Ok(Algorithm::HS256), |written| {
            let algorithm = written.value().parse();
            algorithm.map_err(|error| self.explain(written, &error))
        })
    }

    fn algorithm_place(&self, key: &Written) -> Place {
        let beside = key.place().beside();
        self.algorithm.map_or(beside, Written::place)
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
            KeyError::UnusableKey { .. } | KeyError::Pem { .. } => ConfigError::KeyUnusable {
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
