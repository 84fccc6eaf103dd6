//! What every command that talks to a hub takes: where it is, and what opens it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::secret::Secret;

/// Where the hub is and how to get there.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Protocol revision to speak: 1.0, 0.x, or auto, which asks the hub and prefers 1.0
    #[arg(long, value_enum, default_value_t = DialectArg::Auto, hide_possible_values = true)]
    pub(crate) dialect: DialectArg,
    /// Where publishers post, if it is another URL
    #[arg(long, value_name = "URL")]
    pub(crate) publish_url: Option<String>,
    /// Certificates to trust besides the system's, PEM
    #[arg(long, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,
    /// Trust any certificate (the report shows it)
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Connect here instead of to the URL's host
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) connect_to: Option<String>,
    /// Send this header with each request (repeat)
    #[arg(
        long = "header",
        value_name = "NAME: VALUE",
        allow_hyphen_values = true
    )]
    pub(crate) headers: Vec<Secret>,
}

/// What the hub trusts: a key to mint tokens with, or ready tokens.
#[derive(Args, Debug, Clone)]
#[command(
    next_help_heading = "Credentials (a key is a secret, a PEM or @FILE; --jwt-key may also stand in ASSAY_JWT_KEY …)"
)]
pub(crate) struct CredentialArgs {
    /// Key of both roles
    #[arg(
        long,
        value_name = "KEY",
        env = "ASSAY_JWT_KEY",
        hide_env = true,
        allow_hyphen_values = true
    )]
    pub(crate) jwt_key: Option<Secret>,
    /// Its algorithm
    #[arg(
        long,
        value_name = "ALG",
        env = "ASSAY_JWT_ALGORITHM",
        hide_env = true,
        default_value = "HS256"
    )]
    pub(crate) jwt_algorithm: String,
    /// Key of publishers
    #[arg(
        long,
        value_name = "KEY",
        env = "ASSAY_PUBLISHER_JWT_KEY",
        hide_env = true,
        allow_hyphen_values = true
    )]
    pub(crate) publisher_jwt_key: Option<Secret>,
    /// Its algorithm [default: that of --jwt-algorithm]
    #[arg(
        long,
        value_name = "ALG",
        env = "ASSAY_PUBLISHER_JWT_ALGORITHM",
        hide_env = true
    )]
    pub(crate) publisher_jwt_algorithm: Option<String>,
    /// Key of subscribers
    #[arg(
        long,
        value_name = "KEY",
        env = "ASSAY_SUBSCRIBER_JWT_KEY",
        hide_env = true,
        allow_hyphen_values = true
    )]
    pub(crate) subscriber_jwt_key: Option<Secret>,
    /// Its algorithm [default: that of --jwt-algorithm]
    #[arg(
        long,
        value_name = "ALG",
        env = "ASSAY_SUBSCRIBER_JWT_ALGORITHM",
        hide_env = true
    )]
    pub(crate) subscriber_jwt_algorithm: Option<String>,
    /// A ready token of publishers, instead of a key
    #[arg(
        long,
        value_name = "TOKEN",
        env = "ASSAY_PUBLISHER_TOKEN",
        hide_env = true,
        allow_hyphen_values = true
    )]
    pub(crate) publisher_token: Option<Secret>,
    /// A ready token of subscribers, instead of a key
    #[arg(
        long,
        value_name = "TOKEN",
        env = "ASSAY_SUBSCRIBER_TOKEN",
        hide_env = true,
        allow_hyphen_values = true
    )]
    pub(crate) subscriber_token: Option<Secret>,
    /// Prints one token for each subscriber
    #[arg(
        long,
        value_name = "CMD",
        conflicts_with = "subscriber_token",
        allow_hyphen_values = true
    )]
    pub(crate) token_command: Option<Secret>,
    /// Issuer that tokens name [default: the hub's only one, else https://localhost]
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// Audience that tokens name [default: the hub's resource identifier, else its URL]
    #[arg(long, value_name = "URL")]
    pub(crate) audience: Option<String>,
}

impl CredentialArgs {
    /// What opens a hub that was started with this secret; what was typed of issuer and audience stays.
    pub(crate) fn opened_by(&self, key: &str) -> Self {
        Self {
            jwt_key: Some(Secret::new(key)),
            jwt_algorithm: "HS256".to_owned(),
            publisher_jwt_key: None,
            publisher_jwt_algorithm: None,
            subscriber_jwt_key: None,
            subscriber_jwt_algorithm: None,
            publisher_token: None,
            subscriber_token: None,
            token_command: None,
            ..self.clone()
        }
    }
}

/// The dialect as typed.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialectArg {
    /// Ask the hub; prefer 1.0
    Auto,
    /// draft-dunglas-mercure-08
    #[value(name = "1.0")]
    V1,
    /// draft-07, what is deployed nearly everywhere
    #[value(name = "0.x")]
    V0,
}
