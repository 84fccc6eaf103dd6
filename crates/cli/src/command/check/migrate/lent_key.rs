//! The key of the site, lent to the hubs that are started, so that its tokens can be presented as they are. Not for keys that a
//! hub cannot be started with: the claims are then signed anew.

use assay_client::{SigningKey, TokenSource};
use assay_conformance::Places;

use crate::args::target::CredentialArgs;
use crate::credentials::credentials;
use crate::embedded_hub::throw_away_key;
use crate::failure::{Failure, OrFail};

/// A secret that both roles of a hub can be started with.
pub(super) struct LentKey {
    /// The secret.
    pub(super) secret: String,
    /// Its algorithm.
    pub(super) algorithm: &'static str,
    /// Whether it is the site's.
    pub(super) is_the_sites: bool,
    /// Why it is not, if the site gave one.
    pub(super) note: Option<String>,
}

impl LentKey {
    /// The key that was typed, where it can be lent; else one of this run.
    ///
    /// # Errors
    /// What was typed cannot be read.
    pub(super) fn of(args: &CredentialArgs) -> Result<Self, Failure> {
        let typed = credentials(args).or_usage()?;
        let (TokenSource::Key(publisher), TokenSource::Key(subscriber)) =
            (&typed.publisher, &typed.subscriber)
        else {
            return Ok(Self::of_the_run(None));
        };
        Ok(match lendable(publisher, subscriber) {
            Ok(secret) => Self {
                secret,
                algorithm: publisher.algorithm().as_str(),
                is_the_sites: true,
                note: None,
            },
            Err(reason) => Self::of_the_run(Some(format!(
                "the hubs that were started have a key of this run, not the one given: {reason}; tokens were signed anew"
            ))),
        })
    }

    fn of_the_run(note: Option<String>) -> Self {
        Self {
            secret: throw_away_key(),
            algorithm: "HS256",
            is_the_sites: false,
            note,
        }
    }

    /// A target whose keys name the algorithm of this one.
    pub(super) fn fitted(&self, target: &str) -> String {
        target.replace("HS256", self.algorithm)
    }

    /// The same places with this key.
    pub(super) fn in_places(&self, places: Places) -> Places {
        Places {
            key: self.secret.clone(),
            ..places
        }
    }
}

/// What a hub of 1.0 takes as a secret on its command line's environment.
fn lendable(publisher: &SigningKey, subscriber: &SigningKey) -> Result<String, String> {
    let secret = |key: &SigningKey| key.secret().map(<[u8]>::to_vec);
    let (Some(bytes), Some(other)) = (secret(publisher), secret(subscriber)) else {
        return Err("it is a private key, of which a hub needs the public one".to_owned());
    };
    if bytes != other || publisher.algorithm() != subscriber.algorithm() {
        return Err("publishers and subscribers have different ones".to_owned());
    }
    let needed = match publisher.algorithm().as_str() {
        "HS512" => 64,
        "HS384" => 48,
        _ => 32,
    };
    if bytes.len() < needed {
        return Err(format!(
            "it has {} bytes, and 1.0 takes {needed} or more (token.rfc9068-rfc8725): a new key is the first thing to change",
            bytes.len()
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.starts_with('@') && !text.contains(['\n', '\0']) => Ok(text),
        _ => Err("it is no plain text".to_owned()),
    }
}
