//! The variables of versions 0.1 to 0.7, which versions 0.8 to 0.10 and the legacy server up to 0.24 have as parameters.

use super::super::error::ConfigError;
use super::translation::{Rule, Translation};
use super::{transport, value};

/// Those that only such a hub has, and that it cannot do without.
pub(super) const KEYS: [&str; 3] = ["JWT_KEY", "PUBLISHER_JWT_KEY", "SUBSCRIBER_JWT_KEY"];

const CACHE: &str = "matching needs no cache here";
const BUFFER: &str =
    "no version of that hub read it; what waits for a subscriber is bounded anyway";

/// All of them. What reads its own name only is a rule; what others bear on is done in [`translate`].
pub(super) const NAMES: [(&str, Rule); 43] = [
    ("ACME_CERT_DIR", Rule::Apart),
    ("ACME_HOSTS", Rule::Apart),
    ("ACME_HTTP01_ADDR", Rule::Apart),
    ("ADDR", Rule::Apart),
    ("ALLOW_ANONYMOUS", Rule::Switch("anonymous")),
    ("CERT_FILE", Rule::File("tls-cert")),
    ("CERT_KEY", Rule::Apart),
    ("KEY_FILE", Rule::File("tls-key")),
    (
        "COMPRESS",
        Rule::Ignored("events are small and sent one by one; a proxy can compress other answers"),
    ),
    ("CORS_ALLOWED_ORIGINS", Rule::List("cors-origin")),
    ("DB_PATH", Rule::Apart),
    ("DEBUG", Rule::Apart),
    ("DEMO", Rule::Apart),
    ("DISPATCH_SUBSCRIPTIONS", Rule::Switch("subscriptions")),
    ("DISPATCH_TIMEOUT", Rule::Duration("write-timeout")),
    ("HEARTBEAT_INTERVAL", Rule::Duration("heartbeat")),
    (
        "HISTORY_CLEANUP_FREQUENCY",
        Rule::Ignored("the history is kept within its bounds at each update"),
    ),
    ("HISTORY_SIZE", Rule::Apart),
    ("JWT_ALGORITHM", Rule::Text("jwt-algorithm")),
    ("JWT_KEY", Rule::Key("jwt-key")),
    (
        "LICENSE",
        Rule::Ignored("nothing here asks for a licence key"),
    ),
    ("LOG_FORMAT", Rule::Apart),
    (
        "METRICS",
        Rule::RefusedIfOn(
            "metrics are not on the port that strangers reach: write --metrics-listen 127.0.0.1:9764",
        ),
    ),
    ("METRICS_ADDR", Rule::Apart),
    ("METRICS_ENABLED", Rule::Apart),
    (
        "METRICS_LOGIN",
        Rule::Refused(
            "metrics are behind no password, but on a listener of their own, for which this machine alone is the right reader: write --metrics-listen 127.0.0.1:9764",
        ),
    ),
    (
        "METRICS_PASSWORD",
        Rule::Refused(
            "metrics are behind no password, but on a listener of their own, for which this machine alone is the right reader: write --metrics-listen 127.0.0.1:9764",
        ),
    ),
    ("PUBLISH_ALLOWED_ORIGINS", Rule::List("publish-origin")),
    (
        "PUBLISHER_JWT_ALGORITHM",
        Rule::Text("publisher-jwt-algorithm"),
    ),
    ("PUBLISHER_JWT_KEY", Rule::Key("publisher-jwt-key")),
    (
        "READ_HEADER_TIMEOUT",
        Rule::Ignored("a head has 30 s to arrive"),
    ),
    (
        "READ_TIMEOUT",
        Rule::Ignored("a head has 30 s to arrive, and a body another 30 s"),
    ),
    (
        "SUBSCRIBER_JWT_ALGORITHM",
        Rule::Text("subscriber-jwt-algorithm"),
    ),
    ("SUBSCRIBER_JWT_KEY", Rule::Key("subscriber-jwt-key")),
    ("SUBSCRIPTIONS", Rule::Switch("subscriptions")),
    (
        "SUBSCRIPTIONS_INCLUDE_IP",
        Rule::RefusedIfOn(
            "addresses of subscribers are told to nobody: put what others may know into the payload of their tokens",
        ),
    ),
    ("TCSZ", Rule::Ignored(CACHE)),
    ("TRANSPORT_URL", Rule::Apart),
    ("UPDATE_BUFFER_FULL_TIMEOUT", Rule::Ignored(BUFFER)),
    ("UPDATE_BUFFER_SIZE", Rule::Ignored(BUFFER)),
    ("USE_FORWARDED_HEADERS", Rule::Apart),
    ("WRITE_TIMEOUT", Rule::Duration("max-lifetime")),
    ("XDG_CONFIG_HOME", Rule::Apart),
];

/// Translates what is there; `key` is the name that says that it is of such a hub.
pub(super) fn translate(
    translation: &mut Translation<'_>,
    key: &'static str,
) -> Result<(), ConfigError> {
    translation.note(
        key,
        "is of the Mercure.rocks hub before 0.11, or of its legacy server: its other variables count too, and the dialect is 0.x alone",
    );
    translation.set(key, "dialects", "0.x")?;
    translation.set(key, "legacy-paths", "true")?;
    for (name, rule) in NAMES {
        let Some(value) = translation.variable(name) else {
            continue;
        };
        if matches!(rule, Rule::File(_)) && translation.is_covered("acme-host") {
            translation.note(name, "is not read: --acme-host says which certificate");
            continue;
        }
        translation.apply(name, &value, rule)?;
    }
    certificate_key(translation)?;
    certificates(translation)?;
    listen(translation)?;
    log(translation)?;
    demo(translation)?;
    history(translation)?;
    metrics(translation)?;
    if translation.variable("DISPATCH_SUBSCRIPTIONS").is_some() {
        translation.note(
            "DISPATCH_SUBSCRIPTIONS",
            "is of 0.9: topics and form of what is announced are those of later versions here",
        );
    }
    if let Some(value) = translation.variable("USE_FORWARDED_HEADERS")
        && value::switch("USE_FORWARDED_HEADERS", &value)?
    {
        translation.note(
            "USE_FORWARDED_HEADERS",
            "believed everybody; here only proxies that are named are: write --trusted-proxy with the address of yours",
        );
    }
    Ok(())
}

/// The name that the documentation of the first versions announced, and none of them read.
fn certificate_key(translation: &mut Translation<'_>) -> Result<(), ConfigError> {
    let Some(path) = translation.variable("CERT_KEY") else {
        return Ok(());
    };
    if translation.variable("KEY_FILE").is_some() || translation.is_covered("acme-host") {
        translation.note(
            "CERT_KEY",
            "is not read: KEY_FILE, or --acme-host, says the same",
        );
        return Ok(());
    }
    translation.note(
        "CERT_KEY",
        "is taken for KEY_FILE, which is what that hub reads",
    );
    translation.set("CERT_KEY", "tls-key", format!("@{}", path.trim()))
}

/// Certificates that are asked for. That hub listens for challenges wherever it is told nothing else.
fn certificates(translation: &mut Translation<'_>) -> Result<(), ConfigError> {
    let names = ["ACME_HOSTS", "ACME_CERT_DIR", "ACME_HTTP01_ADDR"];
    let [hosts, folder, http01] = names.map(|name| translation.variable(name));
    let from_file = ["tls-cert", "tls-key"].map(|it| translation.is_covered(it));
    let why = if from_file.contains(&true) {
        "is not read: the certificate comes from a file"
    } else if hosts.is_none() && !translation.is_covered("acme-host") {
        "says how to get certificates, which nothing asks for: ACME_HOSTS would"
    } else {
        ""
    };
    if !why.is_empty() {
        for (name, value) in names.into_iter().zip([hosts, folder, http01]) {
            if value.is_some() {
                translation.note(name, why);
            }
        }
        return Ok(());
    }
    if let Some(hosts) = hosts {
        translation.set_all("ACME_HOSTS", "acme-host", value::list(&hosts))?;
    }
    match folder {
        Some(folder) => translation.set("ACME_CERT_DIR", "acme-cache", folder.trim())?,
        None if translation.is_covered("acme-cache") => {}
        None => translation.note(
            "ACME_CERT_DIR",
            "is not there: that hub keeps no certificates then, and this one does in acme-cache; write --acme-cache for another folder",
        ),
    }
    let (name, address) = match http01 {
        Some(address) => ("ACME_HTTP01_ADDR", numbered(&address)),
        None => ("the default of ACME_HTTP01_ADDR", ":80".to_owned()),
    };
    translation.set(name, "acme-http01-listen", address)
}

/// An address whose port may have a name.
fn numbered(address: &str) -> String {
    match address.trim().rsplit_once(':') {
        Some((host, "http")) => format!("{host}:80"),
        Some((host, "https")) => format!("{host}:443"),
        _ => address.trim().to_owned(),
    }
}

fn listen(translation: &mut Translation<'_>) -> Result<(), ConfigError> {
    let settings = translation.settings();
    let secured = ["tls-cert", "acme-host"]
        .iter()
        .any(|it| settings.has(it) || translation.is_covered(it));
    let default = if secured { ":443" } else { ":80" };
    match translation.variable("ADDR") {
        Some(address) => translation.set("ADDR", "listen", numbered(&address)),
        None => translation.set("the default of ADDR", "listen", default),
    }
}

fn log(translation: &mut Translation<'_>) -> Result<(), ConfigError> {
    if let Some(value) = translation.variable("DEBUG")
        && value::switch("DEBUG", &value)?
    {
        translation.set("DEBUG", "log", "info,assay_hub=debug")?;
    }
    let Some(format) = translation.variable("LOG_FORMAT") else {
        return Ok(());
    };
    let format = match format.trim() {
        "JSON" => "json",
        "FLUENTD" => {
            translation.note(
                "LOG_FORMAT",
                "is FLUENTD, which is an object a line here too, though its members have other names: timestamp, level, fields",
            );
            "json"
        }
        // Anything else was text.
        _ => "text",
    };
    translation.set("LOG_FORMAT", "log-format", format)
}

/// The demo came with `DEBUG` too, up to 0.10.
fn demo(translation: &mut Translation<'_>) -> Result<(), ConfigError> {
    for name in ["DEMO", "DEBUG"] {
        if let Some(value) = translation.variable(name)
            && value::switch(name, &value)?
        {
            return translation.set(name, "demo", "true");
        }
    }
    Ok(())
}

fn history(translation: &mut Translation<'_>) -> Result<(), ConfigError> {
    if let Some(size) = translation.variable("HISTORY_SIZE") {
        transport::size(translation, "HISTORY_SIZE", size.trim())?;
    }
    if let Some(url) = translation.variable("TRANSPORT_URL") {
        return transport::url(translation, "TRANSPORT_URL", url.trim());
    }
    if let Some(path) = translation.variable("DB_PATH") {
        return transport::bolt(translation, "DB_PATH", path.trim());
    }
    transport::unnamed(translation, "TRANSPORT_URL", "updates.db");
    Ok(())
}

fn metrics(translation: &mut Translation<'_>) -> Result<(), ConfigError> {
    let Some(enabled) = translation.variable("METRICS_ENABLED") else {
        return Ok(());
    };
    if !value::switch("METRICS_ENABLED", &enabled)? {
        return Ok(());
    }
    match translation.variable("METRICS_ADDR") {
        Some(address) => translation.set("METRICS_ADDR", "metrics-listen", address.trim()),
        None => translation.set("METRICS_ENABLED", "metrics-listen", "127.0.0.1:9764"),
    }
}
