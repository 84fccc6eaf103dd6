//! The variables of the Caddy build, from 0.11 on.

use super::super::error::ConfigError;
use super::ROLES;
use super::directives::{self, Said};
use super::global::Global;
use super::translation::{Rule, Translation, refuse};
use super::transport;

/// Those beside which names that other programs have too are the hub's.
pub(super) const KEYS: [&str; 3] = [
    "MERCURE_PUBLISHER_JWT_KEY",
    "MERCURE_SUBSCRIBER_JWT_KEY",
    "MERCURE_EXTRA_DIRECTIVES",
];

/// Those that are nobody else's.
pub(super) const NAMES: [(&str, Rule); 8] = [
    ("MERCURE_PUBLISHER_JWT_KEY", Rule::Key("publisher-jwt-key")),
    (
        "MERCURE_PUBLISHER_JWT_ALG",
        Rule::Text("publisher-jwt-algorithm"),
    ),
    (
        "MERCURE_SUBSCRIBER_JWT_KEY",
        Rule::Key("subscriber-jwt-key"),
    ),
    (
        "MERCURE_SUBSCRIBER_JWT_ALG",
        Rule::Text("subscriber-jwt-algorithm"),
    ),
    ("MERCURE_TRUSTED_ISSUERS", Rule::Text("issuer")),
    ("MERCURE_TRANSPORT_URL", Rule::Apart),
    ("MERCURE_EXTRA_DIRECTIVES", Rule::Apart),
    (
        "MERCURE_LICENSE",
        Rule::Ignored("nothing here asks for a licence key"),
    ),
];

const CADDY: &str =
    "this is text for a Caddyfile, which is not read here: put a proxy before the hub for it";

/// Those that count beside [`KEYS`] only.
pub(super) const GENERIC_NAMES: [(&str, Rule); 6] = [
    ("SERVER_NAME", Rule::Apart),
    ("GLOBAL_OPTIONS", Rule::Apart),
    ("DEBUG", Rule::Apart),
    ("CADDY_EXTRA_CONFIG", Rule::Refused(CADDY)),
    ("CADDY_SERVER_EXTRA_DIRECTIVES", Rule::Refused(CADDY)),
    ("EXTRA_DIRECTIVES", Rule::Refused(CADDY)),
];

/// Translates what is there, and of the names that others have too only if `generic`.
pub(super) fn translate(
    translation: &mut Translation<'_>,
    generic: bool,
) -> Result<(), ConfigError> {
    for (name, rule) in NAMES {
        if let Some(value) = translation.variable(name) {
            translation.apply(name, &value, rule)?;
        }
    }
    let said = match translation.variable("MERCURE_EXTRA_DIRECTIVES") {
        Some(text) => directives::translate(translation, &text)?,
        None => Said::default(),
    };
    // As there: a set wins over a key.
    for role in ROLES {
        if translation.settings().has(role[2]) {
            translation.forget(&role[..2]);
        }
    }
    dialects(translation, said)?;
    if !said.transport {
        match translation.variable("MERCURE_TRANSPORT_URL") {
            Some(url) => transport::url(translation, "MERCURE_TRANSPORT_URL", url.trim())?,
            None => transport::unnamed(translation, "MERCURE_TRANSPORT_URL", "mercure.db"),
        }
    }
    if !generic {
        return Ok(());
    }
    for (name, rule) in GENERIC_NAMES {
        if let Some(value) = translation.variable(name) {
            translation.apply(name, &value, rule)?;
        }
    }
    let mut global = Global::default();
    for name in ["GLOBAL_OPTIONS", "DEBUG"] {
        if let Some(text) = translation.variable(name) {
            global.read(translation, name, &text)?;
        }
    }
    if translation.is_covered("listen") {
        global.leave(translation);
        return Ok(());
    }
    if let Some(addresses) = translation.variable("SERVER_NAME") {
        return listen(translation, &addresses, global);
    }
    global.leave(translation);
    translation.note(
        "SERVER_NAME",
        "is not there: that hub listens on https://localhost then, with a certificate of its own making, and this one on http://127.0.0.1:3000; write SERVER_NAME=:80, or --listen",
    );
    Ok(())
}

fn dialects(translation: &mut Translation<'_>, said: Said) -> Result<(), ConfigError> {
    let issuer = said.issuer || translation.settings().has("issuer");
    let found = NAMES
        .iter()
        .find(|(name, _)| translation.variable(name).is_some());
    let name = found.map_or(KEYS[0], |(name, _)| *name);
    let (dialects, why) = if !issuer {
        (
            "1.0,0.x",
            "and no issuer is named, which only 1.0 knows: both dialects are spoken",
        )
    } else if said.old_protocol {
        (
            "1.0,0.x",
            "with an issuer and an older protocol: both dialects are spoken",
        )
    } else {
        (
            "1.0",
            "with an issuer, which only 1.0 knows: the dialect is 1.0 alone",
        )
    };
    translation.note(
        name,
        format!("is of the Mercure.rocks hub from 0.11 on, {why}"),
    );
    translation.set(name, "dialects", dialects)
}

/// The addresses of a site, as one address to listen on.
fn listen(
    translation: &mut Translation<'_>,
    addresses: &str,
    global: Global,
) -> Result<(), ConfigError> {
    let name = "SERVER_NAME";
    let mut sites = Vec::new();
    for address in super::value::list(addresses) {
        sites.push(Site::parse(&address).ok_or_else(|| {
            refuse(
                name,
                "this is no address of a site: write such as :80, or the name of a host",
            )
        })?);
    }
    let secured: Vec<_> = sites.iter().filter(|site| site.is_secured()).collect();
    let hosts: Vec<_> = secured
        .iter()
        .filter_map(|site| site.public_host())
        .collect();
    let port = one_port(name, &sites)?;
    if secured.is_empty() || translation.is_covered("tls-cert") {
        global.leave(translation);
        return translation.set(name, "listen", format!(":{port}"));
    }
    if hosts.len() < sites.len() {
        return Err(refuse(
            name,
            "no certificate can be had for a name that the world does not know: write :80 and let a proxy speak TLS, or give --listen, --tls-cert and --tls-key",
        ));
    }
    let hosts: Vec<_> = hosts.into_iter().map(str::to_owned).collect();
    translation.set_all(name, "acme-host", hosts)?;
    global.apply(translation, name)?;
    translation.set(name, "listen", format!(":{port}"))
}

/// The port that all addresses share.
fn one_port(name: &'static str, sites: &[Site]) -> Result<u16, ConfigError> {
    let port = sites.first().map_or(80, |site| site.port);
    let Some(other) = sites.iter().find(|site| site.port != port) else {
        return Ok(port);
    };
    // What FrankenPHP and API Platform bring: `localhost, php:80`.
    Err(refuse(
        name,
        format!(
            "these addresses have the ports {port} and {}, and a hub listens on one: write it, such as :80, and put a proxy before the hub for the other",
            other.port
        ),
    ))
}

/// One address of a site.
struct Site {
    host: String,
    port: u16,
    scheme: Option<Scheme>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Site {
    fn parse(address: &str) -> Option<Self> {
        let (scheme, rest) = match address.split_once("://") {
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some(("https", rest)) => (Some(Scheme::Https), rest),
            Some(_) => return None,
            None => (None, address),
        };
        if rest.contains(['/', '{', '@']) {
            return None;
        }
        let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if is_port(port) => (host, Some(port.parse().ok()?)),
            _ => (rest, None),
        };
        let default = match scheme {
            Some(Scheme::Http) => 80,
            _ if host.is_empty() => 80,
            _ => 443,
        };
        Some(Self {
            host: host.to_owned(),
            port: port.unwrap_or(default),
            scheme,
        })
    }

    /// Whether Caddy speaks TLS there: with a name, unless told otherwise by scheme or port.
    fn is_secured(&self) -> bool {
        match self.scheme {
            Some(scheme) => scheme == Scheme::Https,
            None => (!self.host.is_empty() && self.port != 80) || self.port == 443,
        }
    }

    /// The name for which the world can be asked for a certificate.
    fn public_host(&self) -> Option<&str> {
        let host = self.host.as_str();
        let local = [".localhost", ".local", ".internal", ".home.arpa", ".test"];
        let public = host.contains('.')
            && !host.contains('*')
            && host.parse::<std::net::IpAddr>().is_err()
            && !local.iter().any(|end| host.ends_with(end));
        public.then_some(host)
    }
}
