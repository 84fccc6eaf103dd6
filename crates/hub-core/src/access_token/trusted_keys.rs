//! Whom the hub trusts: each issuer with its own keys, never pooled. token.key.issuer-binding, token.key.cross-issuer
//!
//! What is here is a snapshot: a hub whose keys come from elsewhere makes a new one whenever they change.

use super::Role;
use super::key_set::KeySet;
use super::keys::VerificationKey;

/// The keys of one role of one issuer.
#[derive(Clone, Debug, Default)]
pub enum RoleKeys {
    /// There are none: no token of this issuer has this role.
    #[default]
    None,
    /// They come from elsewhere, and have not come yet.
    Awaited,
    /// These.
    Known(KeySet),
}

impl From<VerificationKey> for RoleKeys {
    fn from(key: VerificationKey) -> Self {
        Self::Known(KeySet::from(key))
    }
}

/// An issuer that the hub trusts.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// What `iss` must be in its tokens of 1.0, to the byte. token.iss.trusted
    pub identifier: String,
    /// The keys of its tokens that publish.
    pub publisher: RoleKeys,
    /// The keys of its tokens that subscribe.
    pub subscriber: RoleKeys,
}

impl TrustedIssuer {
    /// The keys for a role.
    pub fn keys(&self, role: Role) -> &RoleKeys {
        match role {
            Role::Publisher => &self.publisher,
            Role::Subscriber => &self.subscriber,
        }
    }
}

/// All issuers that the hub trusts, as of some moment.
#[derive(Clone, Debug)]
pub struct TrustedKeys {
    issuers: Vec<TrustedIssuer>,
    generation: u64,
}

impl TrustedKeys {
    /// The issuers; the first one's keys are those of 0.x too, whose tokens name no issuer. `generation` tells this snapshot
    /// from those before it.
    pub fn new(default: TrustedIssuer, others: Vec<TrustedIssuer>, generation: u64) -> Self {
        let mut issuers = vec![default];
        issuers.extend(others);
        Self {
            issuers,
            generation,
        }
    }

    /// The issuer of tokens of 0.x.
    pub fn default_issuer(&self) -> &TrustedIssuer {
        &self.issuers[0]
    }

    /// The issuer with this identifier.
    pub fn issuer(&self, identifier: &str) -> Option<&TrustedIssuer> {
        self.issuers
            .iter()
            .find(|issuer| issuer.identifier == identifier)
    }

    /// What tells this snapshot from others of the same hub.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}
