//! `assay hub`.

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use crate::secret::Secret;

/// Run the reference hub
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  assay hub --jwt-key @key --anonymous                    on http://127.0.0.1:3000/.well-known/mercure
  assay hub --jwt-key @key --dialects 1.0,0.x             speaks to old clients too
  assay hub --publisher-jwt-key @pub.pem --publisher-jwt-algorithm ES256 --anonymous
  assay hub --jwt-key @key --listen 0.0.0.0:80 --resource-identifier https://example.com/.well-known/mercure
                                                          behind a proxy that speaks TLS

The first line on stdout is the hub's URL, once it accepts; the log goes to stderr. SIGINT and SIGTERM end it.
Each flag can be written in the environment: --jwt-key is ASSAY_HUB_JWT_KEY.")]
pub(crate) struct HubArgs {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:3000]
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "ASSAY_HUB_LISTEN",
        hide_env = true
    )]
    pub(crate) listen: Option<String>,
    /// Path of the hub [default: /.well-known/mercure]
    #[arg(long, value_name = "PATH", env = "ASSAY_HUB_PATH", hide_env = true)]
    pub(crate) path: Option<String>,
    /// Protocol revisions: 1.0, 0.x or both with a comma [default: 1.0]
    #[arg(long, value_name = "LIST", env = "ASSAY_HUB_DIALECTS", hide_env = true)]
    pub(crate) dialects: Option<String>,
    /// Let subscribers without a token read public updates
    #[arg(long, env = "ASSAY_HUB_ANONYMOUS", hide_env = true, value_parser = FalseyValueParser::new())]
    pub(crate) anonymous: bool,

    /// Key of both roles
    #[arg(long, value_name = "KEY", env = "ASSAY_HUB_JWT_KEY", hide_env = true, allow_hyphen_values = true, help_heading = KEYS)]
    pub(crate) jwt_key: Option<Secret>,
    /// Its algorithm [default: HS256]
    #[arg(long, value_name = "ALG", env = "ASSAY_HUB_JWT_ALGORITHM", hide_env = true, help_heading = KEYS)]
    pub(crate) jwt_algorithm: Option<String>,
    /// Key of publishers
    #[arg(long, value_name = "KEY", env = "ASSAY_HUB_PUBLISHER_JWT_KEY", hide_env = true, allow_hyphen_values = true, help_heading = KEYS)]
    pub(crate) publisher_jwt_key: Option<Secret>,
    /// Its algorithm [default: that of --jwt-algorithm]
    #[arg(long, value_name = "ALG", env = "ASSAY_HUB_PUBLISHER_JWT_ALGORITHM", hide_env = true, help_heading = KEYS)]
    pub(crate) publisher_jwt_algorithm: Option<String>,
    /// Key of subscribers
    #[arg(long, value_name = "KEY", env = "ASSAY_HUB_SUBSCRIBER_JWT_KEY", hide_env = true, allow_hyphen_values = true, help_heading = KEYS)]
    pub(crate) subscriber_jwt_key: Option<Secret>,
    /// Its algorithm [default: that of --jwt-algorithm]
    #[arg(long, value_name = "ALG", env = "ASSAY_HUB_SUBSCRIBER_JWT_ALGORITHM", hide_env = true, help_heading = KEYS)]
    pub(crate) subscriber_jwt_algorithm: Option<String>,
    /// The issuer that 1.0 tokens have to name [default: https://localhost]
    #[arg(long, value_name = "URL", env = "ASSAY_HUB_ISSUER", hide_env = true, help_heading = KEYS)]
    pub(crate) issuer: Option<String>,
    /// It is an authorization server: name it in the hub's metadata
    #[arg(long, env = "ASSAY_HUB_AUTHORIZATION_SERVER", hide_env = true, value_parser = FalseyValueParser::new(), help_heading = KEYS)]
    pub(crate) authorization_server: bool,
    /// The audience that 1.0 tokens have to name [default: the URL of the request]
    #[arg(long, value_name = "URL", env = "ASSAY_HUB_RESOURCE_IDENTIFIER", hide_env = true, help_heading = KEYS)]
    pub(crate) resource_identifier: Option<String>,

    /// Origin whose pages may read (repeat, or a comma list), or * alone
    #[arg(long = "cors-origin", value_name = "ORIGIN", env = "ASSAY_HUB_CORS_ORIGIN", hide_env = true, help_heading = BROWSERS)]
    pub(crate) cors_origins: Vec<String>,
    /// Origin whose pages may publish with a cookie, besides the hub's own
    #[arg(long = "publish-origin", value_name = "ORIGIN", env = "ASSAY_HUB_PUBLISH_ORIGIN", hide_env = true, help_heading = BROWSERS)]
    pub(crate) publish_origins: Vec<String>,
    /// Name of the token cookie [default: that of the draft]
    #[arg(long, value_name = "NAME", env = "ASSAY_HUB_COOKIE_NAME", hide_env = true, help_heading = BROWSERS)]
    pub(crate) cookie_name: Option<String>,

    /// Updates kept for subscribers that come back [default: 10000]
    #[arg(long, value_name = "N", env = "ASSAY_HUB_HISTORY_SIZE", hide_env = true, help_heading = STREAMS)]
    pub(crate) history_size: Option<String>,
    /// Longest silence on a stream before a comment, 0 for any [default: 15s]
    #[arg(long, value_name = "TIME", env = "ASSAY_HUB_HEARTBEAT", hide_env = true, help_heading = STREAMS)]
    pub(crate) heartbeat: Option<String>,
    /// Longest wait for a peer that does not read, 0 for ever [default: 30s]
    #[arg(long, value_name = "TIME", env = "ASSAY_HUB_WRITE_TIMEOUT", hide_env = true, help_heading = STREAMS)]
    pub(crate) write_timeout: Option<String>,
    /// Longest life of a stream, 0 for any [default: 12h]
    #[arg(long, value_name = "TIME", env = "ASSAY_HUB_MAX_LIFETIME", hide_env = true, help_heading = STREAMS)]
    pub(crate) max_lifetime: Option<String>,
    /// Most streams at once [default: 100000]
    #[arg(long, value_name = "N", env = "ASSAY_HUB_MAX_SUBSCRIBERS", hide_env = true, help_heading = STREAMS)]
    pub(crate) max_subscribers: Option<String>,
    /// Most connections, or HTTP/2 streams, of one client address, 0 for any [default: 0]
    #[arg(long, value_name = "N", env = "ASSAY_HUB_MAX_PER_ADDRESS", hide_env = true, help_heading = STREAMS)]
    pub(crate) max_per_address: Option<String>,
    /// Threads that write streams over HTTP/1.1 [default: one for each CPU]
    #[arg(long, value_name = "N", env = "ASSAY_HUB_STREAM_THREADS", hide_env = true, help_heading = STREAMS)]
    pub(crate) stream_threads: Option<String>,

    /// What is logged: a level, or a filter such as info,assay_hub=debug
    #[arg(
        long,
        value_name = "FILTER",
        env = "ASSAY_HUB_LOG",
        hide_env = true,
        default_value = "info"
    )]
    pub(crate) log: String,
    /// Form of log lines: text, or json for machines
    #[arg(long, value_enum, hide_possible_values = true, env = "ASSAY_HUB_LOG_FORMAT", hide_env = true, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// End when standard input closes: for a parent that must not leave a hub behind
    #[arg(long, hide = true)]
    pub(crate) exit_with_parent: bool,
}

const KEYS: &str = "Tokens (a key is a secret, a public key in PEM, or @FILE)";
const BROWSERS: &str = "Browsers";
const STREAMS: &str = "Streams";

/// The form of log lines.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// For machines, an object a line
    Json,
}
