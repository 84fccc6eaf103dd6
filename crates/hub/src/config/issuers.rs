//! The issuers that the hub trusts: the one that flags describe, and further ones, each with its own keys.

use assay_hub_core::Dialects;
use url::Url;

use super::check::items;
use super::configured_keys::{ConfiguredIssuer, ConfiguredKeys, KeySource};
use super::error::{ConfigError, ConfigWarning};
use super::invalid;
use super::keys::RoleKey;
use super::options::{HubOptions, IssuerOptions};
use super::written::Written;
use crate::jwks::Internal;

/// The issuer that the stock Mercure.rocks hub trusts too.
const ISSUER: &str = "https://localhost";

/// What is known of all of them.
pub(super) struct Issuers {
    pub(super) keys: ConfiguredKeys,
    /// Those that clients can ask for tokens.
    pub(super) authorization_servers: Vec<String>,
}

/// The issuers that `options` name. Subscribers may do without a key where all of them may be anonymous.
pub(super) fn check(
    options: &HubOptions,
    dialects: Dialects,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<Issuers, ConfigError> {
    let mut trusted = Vec::new();
    let mut sets = Vec::new();
    let mut authorization_servers = Vec::new();
    if let Some(issuer) = of_flags(options, dialects, &mut sets, warnings)? {
        if options.authorization_server {
            let written = options.issuer.as_ref();
            let written = written.ok_or(ConfigError::AuthorizationServerWithoutIssuer)?;
            authorization_servers.push(authorization_server(written)?);
        }
        trusted.push(issuer);
    }
    for further in &options.issuers {
        let issuer = further_issuer(further, dialects, &mut sets, warnings)?;
        if trusted.iter().any(|it| it.identifier == issuer.identifier) {
            return Err(invalid(
                &further.identifier,
                "is there twice: give one issuer all keys that its tokens may be signed with, in a JWK set",
            ));
        }
        if further.authorization_server {
            authorization_servers.push(authorization_server(&further.identifier)?);
        }
        trusted.push(issuer);
    }
    let all = |role: fn(&ConfiguredIssuer) -> &KeySource| {
        trusted.iter().all(|it| matches!(role(it), KeySource::None))
    };
    if all(|it| &it.publisher) {
        return Err(ConfigError::KeyMissing { role: "publisher" });
    }
    if all(|it| &it.subscriber) && !options.anonymous {
        return Err(ConfigError::KeyMissing { role: "subscriber" });
    }
    Ok(Issuers {
        keys: ConfiguredKeys {
            issuers: trusted,
            sets,
            allowed_internal: allowed_internal(options)?,
        },
        authorization_servers,
    })
}

/// The issuer of the flags; none if they give no key and others are there.
fn of_flags(
    options: &HubOptions,
    dialects: Dialects,
    sets: &mut Vec<Url>,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<Option<ConfiguredIssuer>, ConfigError> {
    let identifier = match &options.issuer {
        Some(written) => identifier(written)?,
        None => ISSUER.to_owned(),
    };
    let issuer = ConfiguredIssuer {
        identifier,
        publisher: RoleKey::publisher(options).check(dialects, sets, warnings)?,
        subscriber: RoleKey::subscriber(options).check(dialects, sets, warnings)?,
    };
    if !issuer.has_no_key() || options.issuers.is_empty() {
        return Ok(Some(issuer));
    }
    match &options.issuer {
        Some(written) => Err(ConfigError::IssuerWithoutKey {
            place: written.place(),
        }),
        None => Ok(None),
    }
}

fn further_issuer(
    options: &IssuerOptions,
    dialects: Dialects,
    sets: &mut Vec<Url>,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<ConfiguredIssuer, ConfigError> {
    let issuer = ConfiguredIssuer {
        identifier: identifier(&options.identifier)?,
        publisher: RoleKey::of("publisher", &options.publisher).check(dialects, sets, warnings)?,
        subscriber: RoleKey::of("subscriber", &options.subscriber)
            .check(dialects, sets, warnings)?,
    };
    if issuer.has_no_key() {
        let place = options.identifier.place();
        return Err(ConfigError::IssuerWithoutKey { place });
    }
    Ok(issuer)
}

fn allowed_internal(options: &HubOptions) -> Result<Vec<Internal>, ConfigError> {
    items(&options.jwks_allow_internal)
        .map(|(written, item)| {
            item.parse().map_err(|()| {
                invalid(
                    written,
                    "is neither a host nor a network: write such as keycloak.internal, 10.0.0.0/8 or ::1",
                )
            })
        })
        .collect()
}

fn identifier(written: &Written) -> Result<String, ConfigError> {
    if written.value().is_empty() {
        return Err(invalid(
            written,
            "is no issuer: write the `iss` of your tokens, such as https://auth.example.com",
        ));
    }
    Ok(written.value().to_owned())
}

/// The issuer as metadata name it, where it is said to be a server: an `https` URL without query or fragment (RFC 8414,
/// section 2), from which clients fetch more.
fn authorization_server(written: &Written) -> Result<String, ConfigError> {
    let url = Url::parse(written.value()).ok();
    let is_server = url.is_some_and(|url| {
        url.scheme() == "https" && url.query().is_none() && url.fragment().is_none()
    });
    if is_server {
        Ok(written.value().to_owned())
    } else {
        Err(invalid(
            written,
            "is no authorization server: write its https URL without query and fragment, such as https://auth.example.com, or leave --authorization-server away",
        ))
    }
}
