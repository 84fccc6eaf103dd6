//! Where the keys of each trusted issuer come from, checked, and what they are once fetched sets are there.

use std::sync::Arc;

use assay_hub_core::TrustedKeys;
use assay_hub_core::access_token::{
    Algorithm, KeyError, KeySet, Role, RoleKeys, SkippedKey, TrustedIssuer,
};
use url::Url;

use crate::jwks::Internal;

/// The issuers, the first of them the default one, and the sets that have to be fetched.
#[derive(Debug)]
pub(crate) struct ConfiguredKeys {
    pub(crate) issuers: Vec<ConfiguredIssuer>,
    /// Where each set is.
    pub(crate) sets: Vec<Url>,
    /// Inner hosts and networks that those URLs may lead to.
    pub(crate) allowed_internal: Vec<Internal>,
}

/// An issuer.
#[derive(Debug)]
pub(crate) struct ConfiguredIssuer {
    pub(crate) identifier: String,
    pub(crate) publisher: KeySource,
    pub(crate) subscriber: KeySource,
}

/// Where the keys of a role come from.
#[derive(Debug)]
pub(crate) enum KeySource {
    /// There are none.
    None,
    /// They were written.
    Written(KeySet),
    /// From a set that has to be fetched.
    Fetched {
        /// Which of the sets.
        set: usize,
        /// What its keys may be used for; empty for what they say themselves.
        algorithms: Vec<Algorithm>,
    },
}

impl ConfiguredIssuer {
    pub(crate) fn source(&self, role: Role) -> &KeySource {
        match role {
            Role::Publisher => &self.publisher,
            Role::Subscriber => &self.subscriber,
        }
    }

    /// Whether no token of it can be verified.
    pub(super) fn has_no_key(&self) -> bool {
        [&self.publisher, &self.subscriber]
            .iter()
            .all(|source| matches!(source, KeySource::None))
    }
}

impl ConfiguredKeys {
    /// What is trusted while the sets are these.
    pub(crate) fn trusted(&self, documents: &[Option<Arc<str>>], generation: u64) -> TrustedKeys {
        let mut issuers = self.issuers.iter().map(|issuer| TrustedIssuer {
            identifier: issuer.identifier.clone(),
            publisher: issuer.publisher.keys(documents),
            subscriber: issuer.subscriber.keys(documents),
        });
        let default = issuers.next().unwrap_or_else(|| TrustedIssuer {
            // Nobody, which the check of the options does not let happen.
            identifier: String::new(),
            publisher: RoleKeys::None,
            subscriber: RoleKeys::None,
        });
        TrustedKeys::new(default, issuers.collect(), generation)
    }

    /// Whether every role that has its keys from a set finds one in `document`.
    pub(crate) fn check_document(
        &self,
        set: usize,
        document: &str,
    ) -> Result<Vec<SkippedKey>, KeyError> {
        let mut all_skipped = Vec::new();
        for source in self
            .issuers
            .iter()
            .flat_map(|it| [&it.publisher, &it.subscriber])
        {
            if let KeySource::Fetched {
                set: from,
                algorithms,
            } = source
                && *from == set
            {
                let (_, skipped) = KeySet::from_fetched(document, algorithms)?;
                let new = skipped.into_iter().filter(|it| !all_skipped.contains(it));
                let new: Vec<_> = new.collect();
                all_skipped.extend(new);
            }
        }
        Ok(all_skipped)
    }

    /// The set that a role of an issuer has its keys from.
    pub(crate) fn set_of(&self, issuer: &str, role: Role) -> Option<usize> {
        let issuer = self.issuers.iter().find(|it| it.identifier == issuer)?;
        match issuer.source(role) {
            KeySource::Fetched { set, .. } => Some(*set),
            KeySource::None | KeySource::Written(_) => None,
        }
    }
}

impl KeySource {
    fn keys(&self, documents: &[Option<Arc<str>>]) -> RoleKeys {
        match self {
            Self::None => RoleKeys::None,
            Self::Written(keys) => RoleKeys::Known(keys.clone()),
            Self::Fetched { set, algorithms } => documents[*set]
                .as_deref()
                .and_then(|document| KeySet::from_fetched(document, algorithms).ok())
                .map_or(RoleKeys::Awaited, |(keys, _)| RoleKeys::Known(keys)),
        }
    }
}
