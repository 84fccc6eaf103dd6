//! Secrets for HMAC that 1.0 does not take, told by their length and never by their text. Not for where they stand.

use super::{
    super::{fact::Fact, rule::Rule, sample::Subject},
    finder::Found,
};

/// How a secret is used: 1.0 wants it as long as the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hmac {
    /// HS256, the default of hubs and of libraries.
    Sha256,
    /// HS384.
    Sha384,
    /// HS512.
    Sha512,
}

impl Hmac {
    /// By the name of an algorithm as hubs (`HS512`) and Symfony (`hmac.sha512`) have it; none for a key pair.
    pub(super) fn of(algorithm: &str) -> Option<Self> {
        match algorithm.to_ascii_lowercase().as_str() {
            "hs256" | "hmac.sha256" => Some(Self::Sha256),
            "hs384" | "hmac.sha384" => Some(Self::Sha384),
            "hs512" | "hmac.sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A secret that is too short; what comes from the environment or a file is not here.
pub(super) fn short(
    name: &str,
    value: &str,
    hmac: Hmac,
    start: usize,
    end: usize,
) -> Option<Found> {
    let elsewhere = ["%env(", "${", "{$", "{env.", "{file.", "-----BEGIN"];
    let is_elsewhere = value.is_empty() || elsewhere.iter().any(|it| value.contains(it));
    let needed = hmac.bytes();
    if is_elsewhere || value.len() >= needed {
        return None;
    }
    let fact = Fact {
        rule: Rule::SecretLength,
        instead: format!(
            "{name} with {needed} random bytes or more, such as `openssl rand -base64 {needed}` prints; or a key pair"
        ),
    };
    let shown = match hmac {
        Hmac::Sha256 => format!("{name}: a secret of {} bytes", value.len()),
        _ => format!("{name}: a secret of {} bytes for {hmac}", value.len()),
    };
    Some(Found::new(Subject::Fact(fact), start, end).shown(shown))
}

impl std::fmt::Display for Hmac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HS{}", self.bytes() * 8)
    }
}
