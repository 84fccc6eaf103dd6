//! The settings of the Mercure.rocks hub, of all its versions, as settings of ours.
//!
//! Which names count is one rule, so that a stray variable of a shell changes no hub:
//!
//! - `MERCURE_…` names belong to nothing else, and always count.
//! - Names that other programs have too count only beside a key under a name of theirs, and only where none of ours is:
//!   with `JWT_KEY`, `PUBLISHER_JWT_KEY` or `SUBSCRIBER_JWT_KEY` those of versions 0.1 to 0.10 and of the legacy server
//!   (`ADDR`, `DEMO` …), with `MERCURE_…_KEY` or `MERCURE_EXTRA_DIRECTIVES` those of the Caddy build (`SERVER_NAME` …).
//! - Beside any `MERCURE_…` name, those of the versions before never count.
//!
//! Whatever is found lies below flags, `ASSAY_HUB_…` and file, and each name is translated, left aside with a word on why,
//! or refused with what to write instead. Names that exist only in the 0.x world switch on 0.x alone; those of the Caddy
//! build both dialects, unless a trusted issuer is named, which only 1.0 knows.

mod caddy;
mod caddyfile;
mod directives;
mod global;
mod old_server;
mod translation;
mod transport;
mod value;

use super::error::{ConfigError, ConfigWarning};
use super::layer::Layer;
use translation::Translation;

/// The keys of our own: where one is written, the hub is one of ours.
const OUR_KEYS: [&str; 5] = [
    "jwt-key",
    "publisher-jwt-key",
    "subscriber-jwt-key",
    "publisher-jwks",
    "subscriber-jwks",
];

/// What gives each role its keys.
const ROLES: [[&str; 3]; 2] = [
    [
        "publisher-jwt-key",
        "publisher-jwt-algorithm",
        "publisher-jwks",
    ],
    [
        "subscriber-jwt-key",
        "subscriber-jwt-algorithm",
        "subscriber-jwks",
    ],
];

/// What the settings of another hub amount to.
#[derive(Debug)]
pub struct Legacy {
    /// The settings of ours.
    pub settings: Layer,
    /// What became of those that are none, and what is worth knowing of the others.
    pub warnings: Vec<ConfigWarning>,
}

impl Legacy {
    /// Translates what `variable` finds under the names of the Mercure.rocks hub. `ours` is what was written for this hub.
    pub fn translate(
        variable: &dyn Fn(&str) -> Option<String>,
        ours: &Layer,
    ) -> Result<Self, ConfigError> {
        let mut translation = Translation::new(variable, ours);
        let our_key = OUR_KEYS.into_iter().find_map(|name| ours.get(name));
        let our_key = our_key.or(ours.issuers.first().map(|issuer| &issuer.identifier));
        let found = |names: &[&'static str]| {
            let mut names = names.iter().copied();
            names.find(|name| translation.variable(name).is_some())
        };
        if found(&caddy::NAMES.map(|(name, _)| name)).is_some() {
            let generic = our_key.is_none() && found(&caddy::KEYS).is_some();
            caddy::translate(&mut translation, generic)?;
        } else if let Some(key) = found(&old_server::KEYS) {
            match our_key {
                Some(our_key) => translation.note(
                    key,
                    format!(
                        "is not read, nor what else may be of such a hub: {} is the key",
                        our_key.place()
                    ),
                ),
                None => old_server::translate(&mut translation, key)?,
            }
        }
        let (mut settings, warnings) = translation.end();
        yield_to_keys(&mut settings, ours);
        if our_key.is_some() {
            settings.issuers.clear();
        }
        Ok(Self { settings, warnings })
    }

    /// Every variable that is known, and every directive of `MERCURE_EXTRA_DIRECTIVES`: for the operator's page.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let variables = old_server::NAMES.iter().map(|(name, _)| *name);
        let caddy = caddy::NAMES.iter().chain(&caddy::GENERIC_NAMES);
        variables
            .chain(caddy.map(|(name, _)| *name))
            .chain(directives::NAMES.iter().map(|(name, _)| *name))
    }
}

/// A key of ours covers those of its role, with their algorithms: what was meant for the one is not meant for the other.
fn yield_to_keys(legacy: &mut Layer, ours: &Layer) {
    for role in ROLES {
        if ours.has("jwt-key") || ours.has(role[0]) || ours.has(role[2]) {
            legacy.forget(&role);
        }
    }
}
