//! The table of all settings: name, kind, default and meaning of each.
//!
//! The flags, the variables, the keys of the configuration file, `--print-config` and the operator's page are made of it
//! (or held against it), so that a new setting is one row here and its field in [`HubOptions`].

use super::options::HubOptions;
use super::written::{self, Written};

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The flag, without dashes in front.
    pub name: &'static str,
    /// Among what it is listed.
    pub group: Group,
    /// What it takes.
    pub kind: Kind,
    /// What holds where nobody writes it.
    pub default: Fallback,
    /// What it says, in a line.
    pub doc: &'static str,
    pub(super) field: Field,
}

/// What settings are listed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What the hub is.
    Hub,
    /// By which certificate it is known.
    Tls,
    /// Who is believed.
    Tokens,
    /// What pages of other origins may.
    Browsers,
    /// How streams are kept.
    Streams,
    /// What is logged.
    Log,
}

impl Group {
    /// Its heading; the first group has none in a list of flags.
    pub fn heading(self) -> Option<&'static str> {
        match self {
            Self::Hub | Self::Log => None,
            Self::Tls => Some("TLS"),
            Self::Tokens => Some(
                "Tokens (a key is a secret, a public key or certificate in PEM, a JWK, a JWK set, or @FILE)",
            ),
            Self::Browsers => Some("Browsers"),
            Self::Streams => Some("Streams"),
        }
    }
}

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text; in a list of flags it goes by this name.
    Text(&'static str),
    /// A key, or `@FILE`; never shown.
    Secret,
    /// A URL, or `@FILE` with what would be there; in a list of flags it goes by this name.
    Document(&'static str),
    /// The name of a file, whose content counts; never shown.
    File,
    /// A whole number.
    Number,
    /// A number with a unit, such as `15s`, or `0`.
    Duration,
    /// Yes or no.
    Switch,
    /// Several texts; one of them goes by this name.
    List(&'static str),
}

impl Kind {
    /// What stands for its value in a list of flags.
    pub fn value_name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::List(name) | Self::Document(name) => name,
            Self::Secret => "KEY",
            Self::File => "FILE",
            Self::Number => "N",
            Self::Duration => "TIME",
            Self::Switch => "BOOL",
        }
    }
}

/// What holds where nobody writes a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// This text, as somebody would write it.
    Value(&'static str),
    /// What these words say.
    Words(&'static str),
    /// Nothing: off, none, empty.
    None,
}

/// Where in the options it goes.
#[derive(Debug)]
pub(super) enum Field {
    One(fn(&mut HubOptions) -> &mut Option<Written>),
    Many(fn(&mut HubOptions) -> &mut Vec<Written>),
    Switch(fn(&mut HubOptions) -> &mut bool),
    /// Nowhere: it is for the program around the hub.
    Program,
}

impl Setting {
    /// The setting of this name, as the flag is spelled.
    pub fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|it| it.name == name)
    }

    /// The setting whose key is most like `unknown`, if one is near enough to be meant.
    pub fn nearest(unknown: &str) -> Option<&'static Self> {
        let meant = written::key(unknown).to_lowercase();
        let near = SETTINGS
            .iter()
            .map(|it| (strsim::jaro_winkler(&meant, &it.key()), it));
        let (likeness, setting) = near.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (likeness > 0.8).then_some(setting)
    }

    /// Its variable: `ASSAY_HUB_JWT_KEY`.
    pub fn variable(&self) -> String {
        written::variable(self.name)
    }

    /// Its key in the configuration file: `jwt_key`.
    pub fn key(&self) -> String {
        written::key(self.name)
    }
}

use Fallback::{None as Off, Value, Words};
use Field::{Many, One, Program, Switch};
use Group::{Browsers, Hub, Log, Streams, Tls, Tokens};

const fn row(
    name: &'static str,
    group: Group,
    kind: Kind,
    default: Fallback,
    doc: &'static str,
    field: Field,
) -> Setting {
    Setting {
        name,
        group,
        kind,
        default,
        doc,
        field,
    }
}

/// All settings, in the order in which they are listed.
#[rustfmt::skip]
pub static SETTINGS: &[Setting] = &[
    row("listen", Hub, Kind::Text("ADDR:PORT"), Value("127.0.0.1:3000"),
        "Address and port, or unix:PATH; port 0 takes a free one", One(|it| &mut it.listen)),
    row("trusted-proxy", Hub, Kind::List("CIDR"), Off,
        "Proxy whose Forwarded and X-Forwarded-… fields count (address, network, or unix)", Many(|it| &mut it.trusted_proxies)),
    row("drain-timeout", Hub, Kind::Duration, Value("8s"),
        "Time for streams and requests to end, once it was told to", One(|it| &mut it.drain_timeout)),
    row("metrics-listen", Hub, Kind::Text("ADDR:PORT"), Off,
        "Address and port for /metrics and /health, apart from what strangers reach", One(|it| &mut it.metrics_listen)),
    row("path", Hub, Kind::Text("PATH"), Value("/.well-known/mercure"),
        "Path of the hub", One(|it| &mut it.path)),
    row("dialects", Hub, Kind::Text("LIST"), Value("1.0"),
        "Protocol revisions: 1.0, 0.x or both with a comma", One(|it| &mut it.dialects)),
    row("anonymous", Hub, Kind::Switch, Off,
        "Let subscribers without a token read public updates", Switch(|it| &mut it.anonymous)),
    row("demo", Hub, Kind::Switch, Off,
        "A page at / to try the hub with; it has no token of its own", Switch(|it| &mut it.demo)),
    row("legacy-paths", Hub, Kind::Switch, Off,
        "Be at /hub, /publish and /subscribe too, as the first hubs were", Switch(|it| &mut it.legacy_paths)),
    row("subscriptions", Hub, Kind::Switch, Off,
        "Announce who subscribes to what, and list it, to whom a token allows that", Switch(|it| &mut it.subscriptions)),

    row("tls-cert", Tls, Kind::File, Off,
        "Certificate in PEM, then those that vouch for it: the hub speaks HTTPS", One(|it| &mut it.tls_cert)),
    row("tls-key", Tls, Kind::File, Off,
        "Its private key in PEM", One(|it| &mut it.tls_key)),
    row("acme-host", Tls, Kind::List("HOST"), Off,
        "Host whose certificate the hub gets by itself (repeat, or a comma list), in the place of --tls-cert", Many(|it| &mut it.acme_hosts)),
    row("acme-contact", Tls, Kind::List("MAILTO"), Off,
        "Mail address that the issuer of certificates may write to", Many(|it| &mut it.acme_contacts)),
    row("acme-cache", Tls, Kind::Text("DIR"), Value("acme-cache"),
        "Folder of the hub's own in which they are kept over restarts", One(|it| &mut it.acme_cache)),
    row("acme-directory", Tls, Kind::Text("URL"), Value("https://acme-v02.api.letsencrypt.org/directory"),
        "ACME directory that issues them", One(|it| &mut it.acme_directory)),
    row("acme-ca-file", Tls, Kind::File, Words("what the system trusts"),
        "Certificates to trust about that directory, in PEM", One(|it| &mut it.acme_ca_file)),
    row("acme-http01-listen", Tls, Kind::Text("ADDR:PORT"), Off,
        "Address and port, such as :80, that answer http-01 challenges and redirect to https", One(|it| &mut it.acme_http01_listen)),

    row("jwt-key", Tokens, Kind::Secret, Off,
        "Key of both roles", One(|it| &mut it.jwt_key)),
    row("jwt-algorithm", Tokens, Kind::Text("ALG"), Words("HS256, or what a JWK says"),
        "Its algorithm, or several with commas", One(|it| &mut it.jwt_algorithm)),
    row("publisher-jwt-key", Tokens, Kind::Secret, Words("that of --jwt-key"),
        "Key of publishers", One(|it| &mut it.publisher_jwt_key)),
    row("publisher-jwt-algorithm", Tokens, Kind::Text("ALG"), Words("that of --jwt-algorithm"),
        "Its algorithm", One(|it| &mut it.publisher_jwt_algorithm)),
    row("subscriber-jwt-key", Tokens, Kind::Secret, Words("that of --jwt-key"),
        "Key of subscribers", One(|it| &mut it.subscriber_jwt_key)),
    row("subscriber-jwt-algorithm", Tokens, Kind::Text("ALG"), Words("that of --jwt-algorithm"),
        "Its algorithm", One(|it| &mut it.subscriber_jwt_algorithm)),
    row("publisher-jwks", Tokens, Kind::Document("URL|@FILE"), Off,
        "JWK set of publishers, fetched and kept fresh", One(|it| &mut it.publisher_jwks)),
    row("subscriber-jwks", Tokens, Kind::Document("URL|@FILE"), Off,
        "JWK set of subscribers", One(|it| &mut it.subscriber_jwks)),
    row("jwks-allow-internal", Tokens, Kind::List("HOST|CIDR"), Off,
        "Internal host or network that such a URL may lead to, over http too", Many(|it| &mut it.jwks_allow_internal)),
    row("issuer", Tokens, Kind::Text("URL"), Value("https://localhost"),
        "The issuer that 1.0 tokens have to name", One(|it| &mut it.issuer)),
    row("authorization-server", Tokens, Kind::Switch, Off,
        "It is an authorization server: name it in the hub's metadata", Switch(|it| &mut it.authorization_server)),
    row("public-url", Tokens, Kind::List("URL"), Words("that of each request"),
        "URL under which clients know the hub (repeat, or a comma list); others are refused", Many(|it| &mut it.public_urls)),
    row("resource-identifier", Tokens, Kind::Text("URL"), Words("the URL of the request"),
        "The audience that 1.0 tokens have to name", One(|it| &mut it.resource_identifier)),

    row("cors-origin", Browsers, Kind::List("ORIGIN"), Off,
        "Origin whose pages may read (repeat, or a comma list), or * alone", Many(|it| &mut it.cors_origins)),
    row("publish-origin", Browsers, Kind::List("ORIGIN"), Off,
        "Origin whose pages may publish with a cookie, besides the hub's own", Many(|it| &mut it.publish_origins)),
    row("cookie-name", Browsers, Kind::Text("NAME"), Words("that of the draft"),
        "Name of the token cookie", One(|it| &mut it.cookie_name)),

    row("history", Streams, Kind::Text("PLACE"), Value("memory"),
        "Where updates are kept for subscribers that come back: memory, or redb:FILE", One(|it| &mut it.history)),
    row("history-size", Streams, Kind::Number, Words("10000 in memory, 1000000 in a file"),
        "Most updates that are kept, 0 for none", One(|it| &mut it.history_size)),
    row("history-bytes", Streams, Kind::Text("BYTES"), Words("64MiB in memory, 1GiB in a file"),
        "Most bytes that they take", One(|it| &mut it.history_bytes)),
    row("history-age", Streams, Kind::Duration, Value("0"),
        "Longest that an update is kept, 0 for any", One(|it| &mut it.history_age)),
    row("heartbeat", Streams, Kind::Duration, Value("15s"),
        "Longest silence on a stream before a comment, 0 for any", One(|it| &mut it.heartbeat)),
    row("write-timeout", Streams, Kind::Duration, Value("30s"),
        "Longest wait for a peer that does not read, 0 for ever", One(|it| &mut it.write_timeout)),
    row("max-lifetime", Streams, Kind::Duration, Value("12h"),
        "Longest life of a stream, 0 for any", One(|it| &mut it.max_lifetime)),
    row("max-subscribers", Streams, Kind::Number, Value("100000"),
        "Most streams at once", One(|it| &mut it.max_subscribers)),
    row("max-per-address", Streams, Kind::Number, Value("0"),
        "Most connections, or HTTP/2 streams, of one client address, 0 for any", One(|it| &mut it.max_per_address)),
    row("stream-threads", Streams, Kind::Number, Words("one for each CPU"),
        "Threads that write streams over HTTP/1.1", One(|it| &mut it.stream_threads)),

    row("log", Log, Kind::Text("FILTER"), Value("info"),
        "What is logged: a level, or a filter such as info,assay_hub=debug", Program),
    row("log-format", Log, Kind::Text("FORM"), Value("text"),
        "Form of log lines: text, or json for machines", Program),
];
