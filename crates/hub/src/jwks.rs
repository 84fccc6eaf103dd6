//! Keys that issuers publish: JWK sets behind URLs, fetched, kept fresh, and given up when they are too old.
//!
//! [`KeyRing`] is what requests see: a snapshot of all trusted keys, and a way to have one more look for a key that is not in
//! it. What a URL may lead to is decided in `internal`, the HTTP of it is `fetch`'s, and when to fetch is `keeper`'s.

mod fetch;
mod freshness;
mod internal;
mod keeper;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use assay_hub_core::TrustedKeys;
use assay_hub_core::access_token::{KeyError, Role, SkippedKey, VerifiedTokens};
use tokio::task::JoinSet;
use url::Url;

use crate::config::ConfiguredKeys;
use fetch::{Edition, Fetcher};
pub(crate) use internal::Internal;
use keeper::{Asked, Keeper};

/// The keys that the hub trusts, as they change. Dropping it ends what keeps them fresh.
#[derive(Debug)]
pub(crate) struct KeyRing {
    shared: Arc<Shared>,
    sets: Vec<Asked>,
    /// Verified with these keys.
    verified: VerifiedTokens,
    _keepers: JoinSet<()>,
}

/// What is known now.
#[derive(Debug)]
struct Shared {
    configured: Arc<ConfiguredKeys>,
    /// The document of each set, as far as there is one that may still be used.
    documents: Mutex<Vec<Option<Arc<str>>>>,
    snapshot: RwLock<Arc<TrustedKeys>>,
}

impl KeyRing {
    /// Begins to fetch what has to be fetched. Needs a tokio runtime then.
    pub(crate) fn new(configured: Arc<ConfiguredKeys>) -> Self {
        let documents = vec![None; configured.sets.len()];
        Self::beginning_with(documents, configured)
    }

    /// The ring after this one: with the sets that are there, as far as they are still asked for, until they are fetched again.
    pub(crate) fn reloaded(&self, configured: Arc<ConfiguredKeys>) -> Self {
        let known = lock(&self.shared.documents);
        let document = |url: &Url| {
            let set = self
                .shared
                .configured
                .sets
                .iter()
                .position(|it| it == url)?;
            known[set].clone()
        };
        let documents = configured.sets.iter().map(document).collect();
        Self::beginning_with(documents, configured)
    }

    fn beginning_with(documents: Vec<Option<Arc<str>>>, configured: Arc<ConfiguredKeys>) -> Self {
        let fetcher = Arc::new(Fetcher::new(configured.allowed_internal.clone()));
        let known: Vec<bool> = documents.iter().map(Option::is_some).collect();
        let shared = Arc::new(Shared {
            snapshot: RwLock::new(Arc::new(configured.trusted(&documents, 0))),
            documents: Mutex::new(documents),
            configured,
        });
        let mut keepers = JoinSet::new();
        let mut sets = Vec::new();
        for (set, url) in shared.configured.sets.iter().enumerate() {
            let (keeper, asked) = Keeper::new(known[set]);
            sets.push(asked);
            let (fetcher, url) = (Arc::clone(&fetcher), url.clone());
            let store = Store {
                shared: Arc::clone(&shared),
                set,
            };
            let fetch = move |known: Option<Edition>| {
                let (fetcher, url) = (Arc::clone(&fetcher), url.clone());
                async move { fetcher.fetch(&url, known.as_ref()).await }
            };
            keepers.spawn(keeper.keep(fetch, store));
        }
        Self {
            shared,
            sets,
            verified: VerifiedTokens::default(),
            _keepers: keepers,
        }
    }

    /// All keys, as of now.
    pub(crate) fn snapshot(&self) -> Arc<TrustedKeys> {
        let snapshot = self.shared.snapshot.read();
        Arc::clone(&snapshot.unwrap_or_else(PoisonError::into_inner))
    }

    /// Tokens that were verified with a snapshot of this ring.
    pub(crate) fn verified(&self) -> &VerifiedTokens {
        &self.verified
    }

    /// Has one more look for the keys of a role of an issuer, unless there was one a moment ago, and waits for it, within
    /// bounds. Whether it is worth to look at the snapshot again.
    pub(crate) async fn look_again(&self, issuer: &str, role: Role) -> bool {
        match self.shared.configured.set_of(issuer, role) {
            Some(set) => self.sets[set].look_again().await,
            None => false,
        }
    }
}

/// Where the keeper of a set puts what it got.
struct Store {
    shared: Arc<Shared>,
    set: usize,
}

impl Store {
    fn url(&self) -> &Url {
        &self.shared.configured.sets[self.set]
    }

    /// Takes a document into use, if each role that has its keys from it finds one there.
    fn put(&self, document: &str) -> Result<(), KeyError> {
        let skipped = self.shared.configured.check_document(self.set, document)?;
        if self.replace(Some(document.into())) {
            tracing::info!(url = %shown(self.url()), "keys fetched");
            self.warn_of(&skipped);
        }
        Ok(())
    }

    /// Gives up the document that is there.
    fn drop_document(&self) {
        if self.replace(None) {
            tracing::error!(reason = %"jwks.too-old", url = %shown(self.url()), "keys given up: they are too old, and no newer ones can be fetched");
        }
    }

    fn warn_of(&self, skipped: &[SkippedKey]) {
        for SkippedKey { number, reason } in skipped {
            tracing::warn!(reason = %"jwks.key-skipped", url = %shown(self.url()), number, "key left out: {reason}");
        }
    }

    /// Whether anything changed.
    fn replace(&self, document: Option<Arc<str>>) -> bool {
        let mut documents = lock(&self.shared.documents);
        if documents[self.set] == document {
            return false;
        }
        documents[self.set] = document;
        let mut snapshot = self.shared.snapshot.write();
        let snapshot = snapshot.as_deref_mut().unwrap_or_else(|poisoned| {
            // A panic while it was held is a defect; what is there is whole, since it is replaced at once.
            poisoned.get_mut()
        });
        let generation = snapshot.generation() + 1;
        *snapshot = Arc::new(self.shared.configured.trusted(&documents, generation));
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A URL as logs have it: without user, password and query, which may be secret.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // Only URLs without a host refuse, and those are refused before.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.into()
}
