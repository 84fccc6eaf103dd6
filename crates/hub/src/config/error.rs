//! What is wrong with the settings, and what is only worth a word.

use super::file::At;
use super::origin::OriginError;
use super::written::Place;

/// A setting with which the hub does not start. Each message names the place, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A role has no key.
    #[error(
        "no key verifies the tokens of {role}s: pass --jwt-key (a secret of 32 bytes or more, or @file), or --{role}-jwt-key"
    )]
    KeyMissing {
        /// `publisher` or `subscriber`.
        role: &'static str,
    },
    /// An empty key.
    #[error(
        "{place} is empty: pass a secret of 32 bytes or more, a public key in PEM, a JWK, or @file"
    )]
    KeyEmpty {
        /// The key.
        place: Place,
    },
    /// A name that is no signature algorithm.
    #[error(
        "{place}: {written:?} is not a signature algorithm of this hub: write one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA"
    )]
    UnknownAlgorithm {
        /// The algorithm.
        place: Place,
        /// What was written.
        written: String,
    },
    /// A public key for an algorithm that takes a secret.
    #[error(
        "{place} is a key in PEM, but {algorithm} takes a secret: name the algorithm of the key too, such as {algorithm_place} RS256"
    )]
    PemWithHmac {
        /// The key.
        place: Place,
        /// The algorithm that applies.
        algorithm: String,
        /// Where to write another one.
        algorithm_place: Place,
    },
    /// A secret for an algorithm that takes a public key.
    #[error(
        "{algorithm_place} is {algorithm}, which takes a public key in PEM, but {place} is a secret: pass @file with the PEM, or write {algorithm_place} HS256"
    )]
    SecretWithPublicKeyAlgorithm {
        /// The key.
        place: Place,
        /// The algorithm that applies.
        algorithm: String,
        /// Where it was written.
        algorithm_place: Place,
    },
    /// Two sources of keys for one role.
    #[error("{jwks} and {key} both give the keys of {role}s: write one of them")]
    KeyTwice {
        /// `publisher` or `subscriber`.
        role: &'static str,
        /// The one.
        jwks: Place,
        /// The other.
        key: Place,
    },
    /// An issuer that can do nothing.
    #[error("{place}: this issuer has no key: give its publishers one, its subscribers, or both")]
    IssuerWithoutKey {
        /// The issuer.
        place: Place,
    },
    /// A private key, which the hub must not have.
    #[error(
        "{place} is a private key; the hub verifies only: pass the public key, which `openssl pkey -in key.pem -pubout` prints"
    )]
    PrivateKey {
        /// The key.
        place: Place,
    },
    /// A key that the algorithm cannot use.
    #[error("{place}: {reason}")]
    KeyUnusable {
        /// The key.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// A secret that 1.0 does not take, with nothing else enabled.
    #[error(
        "{place} has {bytes} bytes, and 1.0 needs a secret of 32 bytes or more: `openssl rand -hex 32` makes one (shorter ones serve 0.x only, with --dialects 0.x)"
    )]
    SecretTooShort {
        /// The key.
        place: Place,
        /// Its length.
        bytes: usize,
    },
    /// A certificate without its key, or a key without its certificate.
    #[error("{place} needs {missing} beside it: TLS takes a certificate and its private key")]
    TlsHalf {
        /// What is there.
        place: Place,
        /// What is not.
        missing: &'static str,
    },
    /// A certificate or a private key that cannot be used.
    #[error("{place}: {reason}")]
    TlsUnusable {
        /// The certificate or the key.
        place: Place,
        /// What is wrong with it, and what to write instead.
        reason: String,
    },
    /// A certificate from a file, and one that is asked for.
    #[error(
        "{acme} and {file} both say which certificate the hub has: write hosts, for which it gets one by itself, or files"
    )]
    TlsTwice {
        /// The one.
        acme: Place,
        /// The other.
        file: Place,
    },
    /// How to get a certificate, and not for which host.
    #[error(
        "{place} says how to get a certificate, and nothing says for which host: write --acme-host, such as hub.example.com"
    )]
    AcmeWithoutHost {
        /// What is there.
        place: Place,
    },
    /// What no certificate can be had for.
    #[error("{place}: {written:?} {reason}")]
    AcmeHost {
        /// The list.
        place: Place,
        /// The item.
        written: String,
        /// What is wrong with it, and what to write instead.
        reason: &'static str,
    },
    /// Not an origin.
    #[error("{place}: {written:?}: {reason}")]
    Origin {
        /// The list.
        place: Place,
        /// The item.
        written: String,
        /// What is wrong with it.
        reason: OriginError,
    },
    /// `*` in a list.
    #[error(
        "{place}: `*` beside listed origins: write `*` alone (never with cookies), or only the list"
    )]
    WildcardBesideOrigins {
        /// The list.
        place: Place,
    },
    /// `*` where pages could act for their visitors.
    #[error(
        "{place}: with `*`, every site could publish with the cookies of your users: list the origins that may"
    )]
    WildcardPublishOrigin {
        /// The list.
        place: Place,
    },
    /// A server, and not which.
    #[error(
        "--authorization-server says that the issuer is a server: name it with --issuer, such as https://auth.example.com"
    )]
    AuthorizationServerWithoutIssuer,
    /// A configuration file that is not TOML.
    #[error("{at}: this is no TOML: {message}")]
    FileSyntax {
        /// Where.
        at: At,
        /// What the parser says, without the line.
        message: String,
    },
    /// A key of a configuration file that is no setting.
    #[error("{at}: no setting is called `{key}`{}", did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// Where.
        at: At,
        /// The key.
        key: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// A value of a configuration file that is not of the kind of its setting.
    #[error("{at}: {key} is of the type {found}: write {expected}")]
    WrongType {
        /// Where.
        at: At,
        /// The setting.
        key: String,
        /// The type in the file.
        found: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A setting of another hub that cannot be followed.
    #[error("{name}: {instead}")]
    Legacy {
        /// Its name there, with the line where there are several.
        name: String,
        /// What to do.
        instead: String,
    },
    /// Anything else that cannot be used as written.
    #[error("{place}: {written:?} {expected}")]
    Invalid {
        /// The setting.
        place: Place,
        /// What was written.
        written: String,
        /// What it should have been.
        expected: &'static str,
    },
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || ": `assay hub --help` lists all of them, `-` is `_` here".to_owned(),
        |nearest| format!(": did you mean `{nearest}`?"),
    )
}

/// A setting that works, though perhaps not as its author thinks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigWarning {
    /// A secret that is too short for 1.0.
    #[error(
        "{place} has {bytes} byte{}: it verifies tokens of 0.x only, since 1.0 needs a secret of 32 bytes or more (`openssl rand -hex 32` makes one)",
        if *bytes == 1 { "" } else { "s" }
    )]
    ShortSecret {
        /// The key.
        place: Place,
        /// Its length.
        bytes: usize,
    },
    /// Quotes that somebody has not taken away.
    #[error(
        "{place} begins and ends with a quote, which is taken as part of the key: shells and compose files take quotes away, `docker --env-file` and systemd's credentials do not"
    )]
    QuotedKey {
        /// The key.
        place: Place,
    },
    /// A key of a JWK set that is of no use here.
    #[error("{place}: key {number} of the set is left out: {reason}")]
    KeySkipped {
        /// The set.
        place: Place,
        /// The place of the key in it, from 1.
        number: usize,
        /// Why.
        reason: String,
    },
    /// An audience that each request names, where strangers send requests.
    #[error(
        "{place} is open to others, and without --resource-identifier or --public-url the audience of a 1.0 token is the URL that its request names: a token for another hub of the same issuer opens this one too, and the name that a proxy has in public is not known; write such as --resource-identifier https://hub.example.com/.well-known/mercure"
    )]
    DerivedAudience {
        /// The address.
        place: Place,
    },
    /// Ports on which nobody looks.
    #[error(
        "{place}: who issues certificates looks on port 443 of the host, or on port 80 with --acme-http01-listen, and the hub listens on neither: something has to lead from there to here, or write --listen :443"
    )]
    AcmePorts {
        /// The host.
        place: Place,
    },
    /// A setting of another hub, and what became of it.
    #[error("{name} {said}")]
    Legacy {
        /// Its name there.
        name: String,
        /// What is worth knowing.
        said: String,
    },
    /// A variable that looks like one of ours.
    #[error("{name} is no setting, and is not read{}", nearest.as_ref().map_or_else(String::new, |it| format!(": did you mean {it}?")))]
    UnknownVariable {
        /// The variable.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// An origin that any page can have.
    #[error(
        "{place} lists `null`: that is every page from a disk, and every page that another puts into a sandbox, with the cookies that browsers send along"
    )]
    NullOrigin {
        /// The list.
        place: Place,
    },
    /// `*` for reading.
    #[error(
        "{place} is `*`: pages of every origin may read, but browsers refuse `*` for requests with a cookie: list the origins whose pages use the cookie"
    )]
    WildcardCors {
        /// The setting.
        place: Place,
    },
}
