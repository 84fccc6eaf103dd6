//! From the credential flags to tokens for one hub: which dialect it speaks, who issues, for whom.

use anyhow::{Context, Result};
use assay_client::credentials::Issuance;
use assay_client::discovery::{detect_dialect, fetch_metadata};
use assay_client::token_command::TokenCommand;
use assay_client::{
    BearerToken, Credentials, Dialect, Endpoint, Metadata, SigningKey, TokenSource, TopicMatcher,
};

use crate::args::target::{CredentialArgs, DialectArg};
use crate::command::token::now_unix_s;
use crate::connection;
use crate::failure::{Failure, OrFail};
use crate::secret::{self, Secret};

/// One hub with the dialect spoken and the tokens at hand.
pub(crate) struct HubAccess {
    /// What is spoken.
    pub(crate) dialect: Dialect,
    /// Why.
    pub(crate) evidence: String,
    /// Issuer and audience of minted tokens.
    pub(crate) issuance: Issuance,
    credentials: Credentials,
}

impl HubAccess {
    /// Decides the dialect (asking the hub where the flag says `auto`) and what minted tokens say.
    pub(crate) async fn find(
        endpoint: &Endpoint,
        args: &CredentialArgs,
        typed: DialectArg,
    ) -> Result<Self, Failure> {
        let credentials = credentials(args).or_usage()?;
        let (dialect, evidence, metadata) = if let Some(dialect) = connection::dialect(typed) {
            (
                dialect,
                "asked for by --dialect".to_owned(),
                metadata(endpoint, dialect).await?,
            )
        } else {
            let found = detect_dialect(endpoint).await.or_not_measurable()?;
            (found.dialect, found.evidence, found.metadata)
        };
        let issuance = credentials.issuance(endpoint.hub().url(), metadata.as_ref());
        Ok(Self {
            dialect,
            evidence,
            issuance,
            credentials,
        })
    }

    /// What is typed, of a hub that did not say what it is and is judged all the same.
    pub(crate) fn assumed(
        endpoint: &Endpoint,
        args: &CredentialArgs,
        dialect: Dialect,
    ) -> Result<Self, Failure> {
        let credentials = credentials(args).or_usage()?;
        Ok(Self {
            dialect,
            evidence: "asked for by --dialect".to_owned(),
            issuance: credentials.issuance(endpoint.hub().url(), None),
            credentials,
        })
    }

    /// Where publishers' tokens come from.
    pub(crate) fn publisher_source(&self) -> &TokenSource {
        &self.credentials.publisher
    }

    /// Where subscribers' tokens come from.
    pub(crate) fn subscriber_source(&self) -> &TokenSource {
        &self.credentials.subscriber
    }

    /// A token that may publish anything, if there is a way to have one.
    pub(crate) fn publisher_token(&self) -> Result<Option<BearerToken>, Failure> {
        let now = now_unix_s().or_usage()?;
        self.credentials
            .publisher_token(self.dialect, &self.issuance, &[TopicMatcher::Any], now)
            .or_usage()
    }

    /// A token for private updates of these topics; a new one at each call.
    pub(crate) fn subscriber_token(
        &self,
        topics: &[TopicMatcher],
    ) -> Result<Option<BearerToken>, Failure> {
        let now = now_unix_s().or_usage()?;
        self.credentials
            .subscriber_token(self.dialect, &self.issuance, topics, now)
            .or_usage()
    }
}

/// 0.x has no metadata to ask for.
async fn metadata(endpoint: &Endpoint, dialect: Dialect) -> Result<Option<Metadata>, Failure> {
    match dialect {
        Dialect::V1 => fetch_metadata(endpoint).await.or_not_measurable(),
        Dialect::V0 => Ok(None),
    }
}

/// The tokens' sources, from what was typed.
///
/// # Errors
/// A key or token cannot be read or used; the message names the flag.
pub(crate) fn credentials(args: &CredentialArgs) -> Result<Credentials> {
    let publisher = TypedSource {
        flag: "--publisher-jwt-key",
        key: args.publisher_jwt_key.as_ref(),
        algorithm: args.publisher_jwt_algorithm.as_deref(),
        token: args
            .publisher_token
            .as_ref()
            .map(|token| ("--publisher-token", token)),
    };
    let subscriber = TypedSource {
        flag: "--subscriber-jwt-key",
        key: args.subscriber_jwt_key.as_ref(),
        algorithm: args.subscriber_jwt_algorithm.as_deref(),
        token: args
            .subscriber_token
            .as_ref()
            .map(|token| ("--subscriber-token", token)),
    };
    let subscriber = match &args.token_command {
        Some(command) => TokenSource::Command(TokenCommand::new(command)),
        None => subscriber.source(args)?,
    };
    Ok(Credentials {
        publisher: publisher.source(args)?,
        subscriber,
        issuer: args.issuer.clone(),
        audience: args.audience.clone(),
    })
}

/// What was typed for one role.
struct TypedSource<'a> {
    flag: &'static str,
    key: Option<&'a Secret>,
    algorithm: Option<&'a str>,
    token: Option<(&'static str, &'a Secret)>,
}

impl TypedSource<'_> {
    /// A ready token wins over a key, the role's own key over the common one.
    fn source(&self, common: &CredentialArgs) -> Result<TokenSource> {
        if let Some((flag, token)) = self.token {
            let token = secret::resolve(flag, token)?;
            return Ok(TokenSource::Token(BearerToken::new(&token).context(flag)?));
        }
        let (flag, typed) = match (self.key, &common.jwt_key) {
            (Some(key), _) => (self.flag, key),
            (None, Some(key)) => ("--jwt-key", key),
            (None, None) => return Ok(TokenSource::Anonymous),
        };
        let algorithm = self
            .algorithm
            .unwrap_or(&common.jwt_algorithm)
            .parse()
            .context("--jwt-algorithm")?;
        let material = secret::resolve(flag, typed)?;
        Ok(TokenSource::Key(
            SigningKey::new(algorithm, material.as_bytes()).context(flag)?,
        ))
    }
}
