//! The settings of the hub as they were written; see [`HubOptions::check`] for what becomes of them.

use super::written::Written;

/// What somebody wrote to start a hub. A field that is none (or empty) was not written, and has the default named here.
#[derive(Debug, Clone, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch that somebody writes"
)]
pub struct HubOptions {
    /// Address and port; `127.0.0.1:3000`.
    pub listen: Option<Written>,
    /// The hub's certificate and those that vouch for it, in PEM; none, for HTTP without TLS.
    pub tls_cert: Option<Written>,
    /// The private key of that certificate, in PEM.
    pub tls_key: Option<Written>,
    /// Hosts for which a certificate is asked for and renewed, in the place of one from files; none.
    pub acme_hosts: Vec<Written>,
    /// Mail addresses that the issuer of those certificates may write to; none.
    pub acme_contacts: Vec<Written>,
    /// The folder in which they are kept; `acme-cache`.
    pub acme_cache: Option<Written>,
    /// The URL of the ACME directory that issues them; that of Let's Encrypt.
    pub acme_directory: Option<Written>,
    /// Certificates to trust about that directory, in PEM; what the system trusts.
    pub acme_ca_file: Option<Written>,
    /// Address and port that answer http-01 challenges, and redirect to https; none.
    pub acme_http01_listen: Option<Written>,
    /// Proxies whose word about their clients counts: addresses, networks, `unix`; none.
    pub trusted_proxies: Vec<Written>,
    /// The time for streams and requests to end; `8s`.
    pub drain_timeout: Option<Written>,
    /// Address and port for numbers and health; none.
    pub metrics_listen: Option<Written>,
    /// Path of the hub URL; `/.well-known/mercure`.
    pub path: Option<Written>,
    /// Whether the hub is at the paths of its first versions too; no.
    pub legacy_paths: bool,
    /// Whether there is a page to try the hub with; no.
    pub demo: bool,
    /// Key of both roles: a secret, a public key or certificate in PEM, a JWK or a JWK set.
    pub jwt_key: Option<Written>,
    /// Algorithm of both roles, or several with commas; `HS256`, or what a JWK says of itself.
    pub jwt_algorithm: Option<Written>,
    /// Key of publishers; that of both roles.
    pub publisher_jwt_key: Option<Written>,
    /// Algorithm of publishers; that of both roles.
    pub publisher_jwt_algorithm: Option<Written>,
    /// Key of subscribers; that of both roles.
    pub subscriber_jwt_key: Option<Written>,
    /// Algorithm of subscribers; that of both roles.
    pub subscriber_jwt_algorithm: Option<Written>,
    /// JWK set of publishers: its URL, or its text; none.
    pub publisher_jwks: Option<Written>,
    /// JWK set of subscribers: its URL, or its text; none.
    pub subscriber_jwks: Option<Written>,
    /// Hosts and networks, not of the public Internet, that the URL of a JWK set may lead to; none.
    pub jwks_allow_internal: Vec<Written>,
    /// The issuer whose keys those are; `https://localhost`.
    pub issuer: Option<Written>,
    /// Whether that issuer is an authorization server, which the metadata then name; no.
    pub authorization_server: bool,
    /// Further issuers, each with keys of its own; none. Without any key above, the first of them takes the place of
    /// `issuer`: tokens of 0.x, which name no issuer, are verified with its keys.
    pub issuers: Vec<IssuerOptions>,
    /// URLs under which clients know the hub, each with its own origin, metadata and audience; any.
    pub public_urls: Vec<Written>,
    /// The audience of 1.0 tokens; the public URL, or the URL of the request.
    pub resource_identifier: Option<Written>,
    /// Whether subscribers may come without a token; no.
    pub anonymous: bool,
    /// Whether subscriptions are announced and listed; no.
    pub subscriptions: bool,
    /// Origins whose pages may read responses, or `*` alone; none.
    pub cors_origins: Vec<Written>,
    /// Origins whose pages may publish with a cookie, beside the hub's own; none.
    pub publish_origins: Vec<Written>,
    /// Name of the cookie; `__Secure-mercure_access_token`, and `mercureAuthorization` in 0.x.
    pub cookie_name: Option<Written>,
    /// `1.0`, `0.x` or both with a comma; `1.0`.
    pub dialects: Option<Written>,
    /// Where updates are kept for subscribers that come back, `memory` or `redb:FILE`; `memory`.
    pub history: Option<Written>,
    /// The most updates that are kept, 0 for none; 10000 in memory, 1000000 in a file.
    pub history_size: Option<Written>,
    /// The most bytes that they take; `64MiB` in memory, `1GiB` in a file.
    pub history_bytes: Option<Written>,
    /// The longest that an update is kept, 0 for any; `0`.
    pub history_age: Option<Written>,
    /// The longest silence on a stream before a comment is sent, 0 for any; `15s`.
    pub heartbeat: Option<Written>,
    /// The longest wait for a peer that does not read, 0 for ever; `30s`.
    pub write_timeout: Option<Written>,
    /// The longest life of a stream, 0 for any; `12h`.
    pub max_lifetime: Option<Written>,
    /// The most streams at once; 100000.
    pub max_subscribers: Option<Written>,
    /// The most connections, and over HTTP/2 the most streams, of one client address, 0 for any; `0`.
    pub max_per_address: Option<Written>,
    /// Threads that write streams over HTTP/1.1; one for each CPU.
    pub stream_threads: Option<Written>,
}

/// An issuer whose 1.0 tokens are trusted. At least one of its roles needs a key.
#[derive(Debug, Clone)]
pub struct IssuerOptions {
    /// The `iss` of its tokens.
    pub identifier: Written,
    /// Whether it is an authorization server, which the metadata then name.
    pub authorization_server: bool,
    /// The keys of its publishers; without one, none of its tokens publishes.
    pub publisher: KeyOptions,
    /// The keys of its subscribers.
    pub subscriber: KeyOptions,
}

/// The keys of one role of an issuer: `key` or `jwks`, not both.
#[derive(Debug, Clone, Default)]
pub struct KeyOptions {
    /// A secret, a public key or certificate in PEM, a JWK or a JWK set.
    pub key: Option<Written>,
    /// A JWK set: its URL, or its text.
    pub jwks: Option<Written>,
    /// Algorithms that tokens may name, also several with commas; HS256, or what a JWK says of itself.
    pub algorithms: Vec<Written>,
}
