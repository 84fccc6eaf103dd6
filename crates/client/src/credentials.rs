//! Where the tokens of a session with a hub come from: a key, a ready token, or a command for each. Not for what they say: that
//! is [`crate::token`].

use std::{fmt, time::Duration};

use crate::{
    BearerToken, Dialect, HubUrl, Metadata, SigningKey, TokenError, TokenSpec, TopicMatcher,
    token_command::{TokenCommand, TokenCommandError},
};

/// The issuer that the stock hub trusts, when the metadata names none.
pub const DEFAULT_ISSUER: &str = "https://localhost";

/// Which side of the hub a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Who posts updates.
    Publisher,
    /// Who receives them.
    Subscriber,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Publisher => "publisher",
            Self::Subscriber => "subscriber",
        })
    }
}

/// How a role comes by its token.
#[derive(Clone, Debug, Default)]
pub enum TokenSource {
    /// It goes without: anonymous.
    #[default]
    Anonymous,
    /// It mints what it needs.
    Key(SigningKey),
    /// It has one, and is limited to what that grants.
    Token(BearerToken),
    /// It asks a command, once for each token.
    Command(TokenCommand),
}

/// The tokens of both roles, and what minted ones say about their origin.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// For publications.
    pub publisher: TokenSource,
    /// For subscriptions.
    pub subscriber: TokenSource,
    /// `iss`, instead of the default.
    pub issuer: Option<String>,
    /// `aud`, instead of the default.
    pub audience: Option<String>,
}

/// The issuer and the audience that minted tokens carry, and where they come from is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuance {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// It could not be minted.
    #[error("no {role} token: {source}")]
    Mint {
        /// For whom.
        role: Role,
        /// Why.
        source: TokenError,
    },
    /// The command gave none.
    #[error("no {role} token: {source}")]
    Command {
        /// For whom.
        role: Role,
        /// Why.
        source: TokenCommandError,
    },
}

impl Credentials {
    /// The same key for both roles.
    pub fn for_key(key: &SigningKey) -> Self {
        Self {
            publisher: TokenSource::Key(key.clone()),
            subscriber: TokenSource::Key(key.clone()),
            ..Self::default()
        }
    }

    /// How a role comes by its token.
    pub fn source(&self, role: Role) -> &TokenSource {
        match role {
            Role::Publisher => &self.publisher,
            Role::Subscriber => &self.subscriber,
        }
    }

    /// Settles issuer and audience: what was given; else the metadata's only authorization server, or
    /// [`DEFAULT_ISSUER`]; and the metadata's `resource`, or the URL as given. // token.client.audience, token.iss.trusted
    pub fn issuance(&self, hub: &HubUrl, metadata: Option<&Metadata>) -> Issuance {
        let only_server = metadata.and_then(|metadata| match &metadata.authorization_servers[..] {
            [server] => Some(server.clone()),
            _ => None,
        });
        let resource = metadata.map(|metadata| metadata.resource.clone());
        Issuance {
            issuer: self
                .issuer
                .clone()
                .or(only_server)
                .unwrap_or_else(|| DEFAULT_ISSUER.to_owned()),
            audience: self
                .audience
                .clone()
                .or(resource)
                .unwrap_or_else(|| hub.as_given().to_owned()),
        }
    }

    /// A token that may publish `topics`; `None` for an anonymous publisher. Blocks while a token command runs.
    pub fn publisher_token(
        &self,
        dialect: Dialect,
        issuance: &Issuance,
        topics: &[TopicMatcher],
        now_unix_s: u64,
    ) -> Result<Option<BearerToken>, CredentialsError> {
        let mut spec = issuance.spec(dialect, now_unix_s);
        spec.publish = topics.to_vec();
        self.token(Role::Publisher, &spec)
    }

    /// A token that may receive private updates of `topics`; `None` for an anonymous subscriber. Each call makes a new one.
    /// Blocks while a token command runs.
    pub fn subscriber_token(
        &self,
        dialect: Dialect,
        issuance: &Issuance,
        topics: &[TopicMatcher],
        now_unix_s: u64,
    ) -> Result<Option<BearerToken>, CredentialsError> {
        let mut spec = issuance.spec(dialect, now_unix_s);
        spec.subscribe = topics.to_vec();
        self.token(Role::Subscriber, &spec)
    }

    /// The token of a role: minted to `spec` if there is a key, otherwise whatever there is.
    pub fn token(
        &self,
        role: Role,
        spec: &TokenSpec,
    ) -> Result<Option<BearerToken>, CredentialsError> {
        match self.source(role) {
            TokenSource::Anonymous => Ok(None),
            TokenSource::Token(token) => Ok(Some(token.clone())),
            TokenSource::Key(key) => spec
                .mint(key)
                .map(Some)
                .map_err(|source| CredentialsError::Mint { role, source }),
            TokenSource::Command(command) => command
                .run(role, TOKEN_COMMAND_TIMEOUT)
                .map(Some)
                .map_err(|source| CredentialsError::Command { role, source }),
        }
    }
}

const TOKEN_COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

impl Issuance {
    /// A spec that grants nothing yet.
    pub fn spec(&self, dialect: Dialect, now_unix_s: u64) -> TokenSpec {
        TokenSpec::new(dialect, &self.issuer, &self.audience, now_unix_s)
    }
}
