//! One order: an account, the proof that each host is ours, a certificate. When to order is the keeper's.

use std::fmt;

use instant_acme::{
    Account, AccountCredentials, AuthorizationHandle, AuthorizationStatus, ChallengeHandle,
    ChallengeType, Error, Identifier, NewAccount, NewOrder, Order, OrderStatus, Problem,
    RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use tokio::time::timeout;

use super::Plan;
use super::cache::{self, Cache, CertificateCacheError};
use super::client::Client;
use crate::certificate::{Certificate, Offer};
use crate::limits::{
    ACME_ORDER_TIMEOUT, ACME_POLL_FIRST, ACME_POLL_TIMEOUT, ACME_PROBLEM_CHARACTERS,
};

/// What a directory says when it does not know an account, as one that was emptied does.
const ACCOUNT_UNKNOWN: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// How it is proved that a host is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text over plain HTTP.
    Http01,
    /// A certificate in a handshake.
    TlsAlpn01,
}

impl Kind {
    /// The kind to try first in this attempt: the text, where somebody listens for whoever asks for it, and after a failure the
    /// other one in turns, since it may be one port alone that strangers do not reach.
    pub(super) fn of_attempt(attempt: usize, has_http01: bool) -> Self {
        if has_http01 && attempt.is_multiple_of(2) {
            Self::Http01
        } else {
            Self::TlsAlpn01
        }
    }

    fn name(self) -> ChallengeType {
        match self {
            Self::Http01 => ChallengeType::Http01,
            Self::TlsAlpn01 => ChallengeType::TlsAlpn01,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http01 => "http-01",
            Self::TlsAlpn01 => "tls-alpn-01",
        })
    }
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrderError {
    /// No answer, or none of a directory.
    #[error("{0}")]
    Directory(String),
    /// The directory says no.
    #[error("the directory refuses: {0}")]
    Refused(String),
    /// A host was not proved to be ours.
    #[error("{host} was not proved to be this hub's by {kind}: {detail}")]
    Challenge {
        host: String,
        kind: Kind,
        detail: String,
    },
    /// A host can only be proved to be ours by what the hub cannot do.
    #[error("for {host} the directory offers {offered} alone, which the hub does not do here")]
    NoChallenge { host: String, offered: String },
    /// What was issued is of no use.
    #[error("what the directory issued cannot be used: {0}")]
    Unusable(String),
    /// The account cannot be kept, and without it each start would make another one.
    #[error(transparent)]
    Cache(#[from] CertificateCacheError),
    /// Too slow.
    #[error("the order took longer than {} s", ACME_ORDER_TIMEOUT.as_secs())]
    Timeout,
}

impl OrderError {
    /// The code of it, for logs and numbers.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Directory(_) => "directory",
            Self::Refused(_) => "refused",
            Self::Challenge { .. } => "challenge",
            Self::NoChallenge { .. } => "no-challenge",
            Self::Unusable(_) => "unusable",
            Self::Cache(_) => "cache",
            Self::Timeout => "timeout",
        }
    }
}

impl From<Error> for OrderError {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => Self::Refused(shown(&problem)),
            Error::Timeout(_) => Self::Timeout,
            Error::Json(error) => {
                Self::Directory(format!("an answer is none of an ACME directory: {error}"))
            }
            error => Self::Directory(bounded(&error.to_string())),
        }
    }
}

/// What a directory says is wrong, on one line of bounded length: it is of others, and goes into the log.
fn shown(problem: &Problem) -> String {
    let detail = problem.detail.as_deref().unwrap_or("without a word");
    let subproblems = problem.subproblems.iter().map(|it| format!("; {it}"));
    let kind = problem.r#type.as_deref().unwrap_or_default();
    let kind = kind.rsplit(':').next().unwrap_or_default();
    bounded(&format!(
        "{detail} ({kind}){}",
        subproblems.collect::<String>()
    ))
}

fn bounded(text: &str) -> String {
    let characters = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it });
    characters.take(ACME_PROBLEM_CHARACTERS).collect()
}

/// A certificate as it came.
pub(super) struct Issued {
    key: String,
    chain: String,
}

impl Issued {
    /// Key and chain, one behind the other.
    pub(super) fn pem(&self) -> String {
        format!("{}{}", self.key, self.chain)
    }

    pub(super) fn certificate(&self) -> Result<Certificate, OrderError> {
        cache::from_pem(&self.pem()).map_err(OrderError::Unusable)
    }
}

/// Orders a certificate for the hosts of `plan`, proved by challenges of this kind where they are offered.
pub(super) async fn once(
    plan: &Plan,
    client: &Client,
    cache: &Cache,
    kind: Kind,
) -> Result<Issued, OrderError> {
    timeout(ACME_ORDER_TIMEOUT, attempt(plan, client, cache, kind))
        .await
        .map_err(|_| OrderError::Timeout)?
}

async fn attempt(
    plan: &Plan,
    client: &Client,
    cache: &Cache,
    kind: Kind,
) -> Result<Issued, OrderError> {
    let account = account(plan, client, cache).await?;
    let hosts: Vec<_> = plan.hosts.iter().cloned().map(Identifier::Dns).collect();
    let ordered = account.new_order(&NewOrder::new(&hosts)).await;
    if let Err(Error::Api(problem)) = &ordered
        && problem.r#type.as_deref() == Some(ACCOUNT_UNKNOWN)
    {
        cache.forget_account();
    }
    let mut order = ordered?;
    // Until this ends, however it does.
    let offer = Offer::new(&plan.shelf);
    prove(plan, &mut order, kind, &offer).await?;
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&patience()).await?;
    Ok(Issued { key, chain })
}

fn patience() -> RetryPolicy {
    RetryPolicy::new()
        .initial_delay(ACME_POLL_FIRST)
        .timeout(ACME_POLL_TIMEOUT)
}

/// The account that is kept, or else a new one, which is kept.
async fn account(plan: &Plan, client: &Client, cache: &Cache) -> Result<Account, OrderError> {
    let builder = || Account::builder_with_http(Box::new(client.clone()));
    let kept = cache.account()?;
    if let Some(credentials) = kept.and_then(|json| serde_json::from_str(&json).ok()) {
        let credentials: AccountCredentials = credentials;
        return Ok(builder().from_credentials(credentials).await?);
    }
    let contacts: Vec<_> = plan.contacts.iter().map(String::as_str).collect();
    let new = NewAccount {
        contact: &contacts,
        // Naming a host is agreeing; the operator's page says so.
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let created = builder().create(&new, plan.directory.clone(), None).await;
    let (account, credentials) = created?;
    let json = serde_json::to_string(&credentials)
        .map_err(|error| OrderError::Directory(error.to_string()))?;
    cache.keep_account(&json)?;
    Ok(account)
}

/// Answers a challenge for each host, and waits until the directory has seen all answers.
async fn prove(
    plan: &Plan,
    order: &mut Order,
    kind: Kind,
    offer: &Offer<'_>,
) -> Result<(), OrderError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let authorization = authorization?;
        match authorization.status {
            // Proved by an order before.
            AuthorizationStatus::Valid => {}
            AuthorizationStatus::Pending => {
                answer(plan, authorization, kind, offer).await?;
            }
            _ => return Err(failure(&authorization, kind)),
        }
    }
    match order.poll_ready(&patience()).await? {
        OrderStatus::Ready => Ok(()),
        _ => Err(why_not(order, kind).await),
    }
}

async fn answer(
    plan: &Plan,
    mut authorization: AuthorizationHandle<'_>,
    kind: Kind,
    offer: &Offer<'_>,
) -> Result<(), OrderError> {
    let host = authorization.identifier().to_string();
    let offered = |kind: Kind| {
        let mut challenges = authorization.challenges.iter();
        challenges.any(|it| it.r#type == kind.name())
    };
    let kind = if offered(kind) {
        kind
    } else if offered(Kind::TlsAlpn01) {
        Kind::TlsAlpn01
    } else if plan.http01_listen.is_some() && offered(Kind::Http01) {
        Kind::Http01
    } else {
        let challenges = authorization.challenges.iter();
        let names: Vec<_> = challenges.map(|it| format!("{:?}", it.r#type)).collect();
        return Err(OrderError::NoChallenge {
            host,
            offered: bounded(&names.join(", ")),
        });
    };
    let Some(mut challenge) = authorization.challenge(kind.name()) else {
        return Ok(());
    };
    let authorized = challenge.key_authorization();
    match kind {
        Kind::Http01 => offer.text(&challenge.token, authorized.as_str()),
        Kind::TlsAlpn01 => {
            let proof = proof(&host, authorized.digest().as_ref());
            let proof = proof.map_err(|error| OrderError::Unusable(error.to_string()))?;
            offer.certificate(&host, proof);
        }
    }
    set_ready(&mut challenge).await
}

async fn set_ready(challenge: &mut ChallengeHandle<'_>) -> Result<(), OrderError> {
    Ok(challenge.set_ready().await?)
}

/// The certificate that answers tls-alpn-01 (RFC 8737, section 3), signed by itself.
fn proof(host: &str, digest: &[u8]) -> Result<CertifiedKey, Box<dyn std::error::Error>> {
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // Not held against its key: what is critical about this certificate means something to a directory alone.
    Ok(CertifiedKey::new(
        vec![certificate.der().clone()],
        any_ecdsa_type(&key)?,
    ))
}

/// Why an order is not to be fulfilled: the order does not say, its authorizations do.
async fn why_not(order: &mut Order, kind: Kind) -> OrderError {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let Ok(mut authorization) = authorization else {
            continue;
        };
        if authorization.refresh().await.is_ok()
            && authorization.status != AuthorizationStatus::Valid
        {
            return failure(&authorization, kind);
        }
    }
    OrderError::Refused("the order is not valid, and nothing says why".to_owned())
}

fn failure(authorization: &AuthorizationHandle<'_>, tried: Kind) -> OrderError {
    let mut challenges = authorization.challenges.iter();
    let failed = challenges.find_map(|it| it.error.as_ref().map(|error| (&it.r#type, error)));
    let kind = match failed {
        Some((ChallengeType::Http01, _)) => Kind::Http01,
        Some((ChallengeType::TlsAlpn01, _)) => Kind::TlsAlpn01,
        _ => tried,
    };
    OrderError::Challenge {
        host: bounded(&authorization.identifier().to_string()),
        kind,
        detail: failed.map_or_else(
            || format!("the authorization is {:?}", authorization.status),
            |(_, problem)| shown(problem),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_take_turns_where_both_can_be_answered() {
        for (has_http01, kinds) in [
            (true, [Kind::Http01, Kind::TlsAlpn01, Kind::Http01]),
            (false, [Kind::TlsAlpn01; 3]),
        ] {
            for (attempt, kind) in kinds.into_iter().enumerate() {
                assert_eq!(Kind::of_attempt(attempt, has_http01), kind);
            }
        }
    }

    #[test]
    fn what_a_directory_says_stays_on_one_line() {
        let line = bounded(&format!("a\nb\u{1b}[31m{}", "x".repeat(10_000)));
        assert!(line.starts_with("a b [31mxx"), "{line}");
        assert_eq!(line.chars().count(), ACME_PROBLEM_CHARACTERS);
    }
}
