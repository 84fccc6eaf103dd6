//! Tokens that were verified a moment ago, so that a publisher who sends the same one with each update, and a crowd that comes
//! back, costs a hash each instead of a signature.
//!
//! Only what was accepted is remembered, under a hash of the token and of all that it was accepted for; a stranger fills
//! nothing. An entry is used while its token is valid; keys that change make it unreachable.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};

use super::{AccessToken, Role, TokenContext, TokenError, verify};
use crate::limits::{COMPILED_PATTERN_BYTES, VERIFIED_TOKENS, VERIFIED_TOKENS_BYTES};
use crate::topic_matcher::TopicMatcher;

/// Remembers verified tokens, within bounds. One for each set of dialects and limits: the other parts of a [`TokenContext`]
/// may differ from call to call.
#[derive(Debug)]
pub struct VerifiedTokens {
    /// Each half may hold half of what is allowed.
    halves: Mutex<Halves>,
    tokens: usize,
    bytes: usize,
}

type Key = [u8; 32];

/// New entries go to the young ones; once those are as many as they may be, they are the old ones, and the old ones are gone.
/// So every entry is verified anew now and then, however often it is used.
#[derive(Debug, Default)]
struct Halves {
    young: HashMap<Key, AccessToken>,
    young_bytes: usize,
    old: HashMap<Key, AccessToken>,
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self::bounded(VERIFIED_TOKENS, VERIFIED_TOKENS_BYTES)
    }
}

impl VerifiedTokens {
    /// Remembers at most so many tokens, which take at most so many bytes.
    pub fn bounded(tokens: usize, bytes: usize) -> Self {
        Self {
            halves: Mutex::default(),
            tokens,
            bytes,
        }
    }

    /// As [`verify`], or from memory.
    pub fn verify(
        &self,
        token: &str,
        role: Role,
        context: &TokenContext<'_>,
    ) -> Result<AccessToken, TokenError> {
        if token.len() > context.limits.token_bytes {
            return verify(token, role, context);
        }
        let key = key(token, role, context);
        if let Some(known) = self.recall(&key, context.now_unix_s) {
            return Ok(known);
        }
        let verified = verify(token, role, context)?;
        self.remember(key, verified.clone(), cost_bytes(token, &verified));
        Ok(verified)
    }

    /// How many tokens are remembered.
    pub fn len(&self) -> usize {
        let halves = self.lock();
        halves.young.len() + halves.old.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, key: &Key, now_unix_s: u64) -> Option<AccessToken> {
        let halves = self.lock();
        let known = halves.young.get(key).or_else(|| halves.old.get(key))?;
        // `nbf` has passed. What has expired is looked at in full, for the sake of the reason. token.exp.enforced
        let is_valid = known.expires_at_unix_s.is_none_or(|exp| now_unix_s < exp);
        is_valid.then(|| known.clone())
    }

    fn remember(&self, key: Key, token: AccessToken, bytes: usize) {
        let (tokens, most_bytes) = (self.tokens / 2, self.bytes / 2);
        if bytes > most_bytes || tokens == 0 {
            return;
        }
        let mut halves = self.lock();
        let is_full = halves.young.len() >= tokens || halves.young_bytes + bytes > most_bytes;
        let gone = is_full.then(|| {
            halves.young_bytes = 0;
            let young = mem::take(&mut halves.young);
            mem::replace(&mut halves.old, young)
        });
        if halves.young.insert(key, token).is_none() {
            halves.young_bytes += bytes;
        }
        // Freed once nobody waits for the lock.
        drop(halves);
        drop(gone);
    }
}

/// Of the token, and of what it was accepted for: no other token, role, key or audience has the same.
fn key(token: &str, role: Role, context: &TokenContext<'_>) -> Key {
    let mut hash = Context::new(&SHA256);
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(match role {
        Role::Publisher => b"publisher",
        Role::Subscriber => b"subscriber",
    });
    part(&context.keys.generation().to_be_bytes());
    part(context.hub_url.as_str().as_bytes());
    part(&(context.audiences.len() as u64).to_be_bytes());
    for audience in context.audiences {
        part(audience.as_bytes());
    }
    part(token.as_bytes());
    let mut key = Key::default();
    key.copy_from_slice(hash.finish().as_ref());
    key
}

/// About what an entry takes at most: its texts are in the token, and its patterns are bounded.
fn cost_bytes(token: &str, verified: &AccessToken) -> usize {
    let grants = &verified.grants;
    let matchers = grants.publish.iter().chain(grants.subscribe.iter());
    let patterns = matchers
        .filter(|matcher| {
            matches!(
                matcher,
                TopicMatcher::UrlPattern(_) | TopicMatcher::UriTemplate(_)
            )
        })
        .count();
    let matchers = grants.publish.len() + grants.subscribe.len();
    size_of::<(Key, AccessToken)>()
        + token.len()
        + matchers * 2 * size_of::<TopicMatcher>()
        + patterns * COMPILED_PATTERN_BYTES
}
