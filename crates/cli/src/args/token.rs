//! `assay token`.

use clap::{Args, ValueEnum};

use crate::secret::Secret;

/// Mint a token.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay token --jwt-key @key --publish '*'
  assay token --jwt-key @key --subscribe-pattern 'https://example.com/users/42/*' --audience URL
  assay token --dialect 0.x --jwt-key @key --subscribe 'https://example.com/books/{id}'")]
pub(crate) struct TokenArgs {
    /// Protocol revision of the token: 1.0 or 0.x
    #[arg(long, value_enum, default_value_t = TokenDialect::V1, hide_possible_values = true)]
    pub(crate) dialect: TokenDialect,
    /// Secret, PEM or @FILE; or ASSAY_JWT_KEY in the environment
    #[arg(
        long,
        value_name = "KEY",
        env = "ASSAY_JWT_KEY",
        hide_env = true,
        allow_hyphen_values = true
    )]
    pub(crate) jwt_key: Secret,
    /// Its algorithm
    #[arg(
        long,
        value_name = "ALG",
        env = "ASSAY_JWT_ALGORITHM",
        hide_env = true,
        default_value = "HS256"
    )]
    pub(crate) jwt_algorithm: String,
    /// Topic that may be published; `*` is any (repeat)
    #[arg(long, value_name = "TOPIC")]
    pub(crate) publish: Vec<String>,
    /// URL pattern that may be published, 1.0 only (repeat)
    #[arg(long, value_name = "PATTERN")]
    pub(crate) publish_pattern: Vec<String>,
    /// Topic whose private updates may be received; `*` is any (repeat)
    #[arg(long, value_name = "TOPIC")]
    pub(crate) subscribe: Vec<String>,
    /// URL pattern of such topics, 1.0 only (repeat)
    #[arg(long, value_name = "PATTERN")]
    pub(crate) subscribe_pattern: Vec<String>,
    /// Issuer
    #[arg(long, value_name = "URL", default_value = "https://localhost")]
    pub(crate) issuer: String,
    /// Audience: the hub's URL or resource identifier (1.0)
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:3000/.well-known/mercure"
    )]
    pub(crate) audience: String,
    /// Subject
    #[arg(long, default_value = "assay")]
    pub(crate) subject: String,
    /// How long it is valid, such as 1h
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    pub(crate) lifetime: String,
    /// Data about the subscription, a JSON object
    #[arg(long, value_name = "JSON")]
    pub(crate) payload: Option<String>,
}

/// The dialect of a token, as typed.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenDialect {
    /// An access token (RFC 9068) with authorization details
    #[value(name = "1.0")]
    V1,
    /// A JWT with the `mercure` claim
    #[value(name = "0.x")]
    V0,
}
