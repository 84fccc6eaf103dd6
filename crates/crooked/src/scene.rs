//! What the crooked hub knows while it runs: the straight hub behind, its key, its own URL, what was published.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::mutant::Dialect;
use crate::token::{DETAIL_TYPE, Token};

/// How long the tokens of the crooked hub itself are valid.
const TOKEN_LIFETIME: Duration = Duration::from_hours(1);

/// The straight hub that a crooked hub stands before.
#[derive(Clone)]
pub struct Straight {
    /// The hub URL: `http` and a loopback address.
    pub url: String,
    /// The HMAC secret of publishers and subscribers.
    pub secret: String,
    /// The trusted issuer (1.0).
    pub issuer: String,
    /// An origin from which the hub takes publications with a cookie.
    pub publish_origin: String,
    /// Further trusted issuers (1.0), each with the HMAC secret of its publishers and subscribers.
    pub issuers: Vec<(String, String)>,
}

/// What mutants may look at.
pub(crate) struct Scene {
    pub(crate) dialect: Dialect,
    pub(crate) secret: String,
    pub(crate) issuer: String,
    pub(crate) publish_origin: String,
    pub(crate) issuers: Vec<(String, String)>,
    /// The crooked hub's own URL, which is also the audience (1.0).
    pub(crate) url: String,
    /// The path of that URL.
    pub(crate) path: String,
    pub(crate) ledger: Ledger,
    counters: Mutex<HashMap<String, usize>>,
    memory: Mutex<HashMap<String, String>>,
}

impl Scene {
    /// Nothing happened yet.
    pub(crate) fn new(straight: &Straight, dialect: Dialect, url: String, path: String) -> Self {
        Self {
            dialect,
            secret: straight.secret.clone(),
            issuer: straight.issuer.clone(),
            publish_origin: straight.publish_origin.clone(),
            issuers: straight.issuers.clone(),
            url,
            path,
            ledger: Ledger::new(),
            counters: Mutex::default(),
            memory: Mutex::default(),
        }
    }

    /// A token that grants both actions on `topics`, matchers or selectors of the dialect.
    pub(crate) fn token(&self, topics: &[&str]) -> String {
        let token = match self.dialect {
            Dialect::V1 => {
                let matchers: Vec<Value> = topics.iter().map(|t| json!({ "match": t })).collect();
                let detail = json!({
                    "type": DETAIL_TYPE, "actions": ["publish", "subscribe"], "topics": matchers,
                });
                let details = if topics.is_empty() {
                    json!([])
                } else {
                    json!([detail])
                };
                Token::new(
                    json!({"alg": "HS256", "typ": "at+jwt"}),
                    json!({
                        "iss": self.issuer, "aud": self.url, "sub": "crooked",
                        "client_id": "crooked", "jti": "crooked", "iat": now(),
                        "exp": later(), "authorization_details": details,
                    }),
                )
            }
            Dialect::V0 => Token::new(
                json!({"alg": "HS256", "typ": "JWT"}),
                json!({"mercure": {"publish": topics, "subscribe": topics}, "exp": later()}),
            ),
        };
        token.sign(&self.secret)
    }

    /// A number for each event id, counted up in the order of first sight.
    pub(crate) fn counter(&self, id: &str) -> usize {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let next = counters.len() + 1;
        *counters.entry(id.to_owned()).or_insert(next)
    }

    /// Remembers something of a request, for an event on another stream.
    pub(crate) fn remember(&self, key: &str, value: &str) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.insert(key.to_owned(), value.to_owned());
    }

    /// What was remembered under that key.
    pub(crate) fn recall(&self, key: &str) -> Option<String> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.get(key).cloned()
    }
}

/// Seconds since the epoch.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// An expiry that a hub accepts.
pub(crate) fn later() -> u64 {
    now() + TOKEN_LIFETIME.as_secs()
}
