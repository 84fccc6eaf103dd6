//! The one step from what was written to what is used.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use assay_hub_core::{Dialect, Dialects, Limits};
use url::Url;

use super::allowed_origin::AllowedOrigin;
use super::error::{ConfigError, ConfigWarning};
use super::issuers::{self, Issuers};
use super::options::HubOptions;
use super::written::Written;
use super::{
    Anonymous, CorsPolicy, HubConfig, TrustedProxies, acme, duration, history, identity, tls,
};

/// Where a hub listens unless told otherwise: only this machine can reach it.
const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 3000);
/// discovery.hub-url.default
const PATH: &str = "/.well-known/mercure";
/// Proxies give up on idle connections after 30 s or more.
const HEARTBEAT: Duration = Duration::from_secs(15);
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// A token without expiry (0.x) does not open a stream for ever (private.max-lifetime).
const MAX_LIFETIME: Duration = Duration::from_hours(12);
const MAX_SUBSCRIBERS: usize = 100_000;
/// More than the CPUs that a hub is given: each update is offered to each of them.
const MOST_STREAM_THREADS: usize = 256;
/// What supervisors usually wait before they kill, less a little.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);
/// The name that the draft recommends (auth.cookie.advertised).
const COOKIE_V1: &str = "__Secure-mercure_access_token";
/// The name of 0.x.
pub(crate) const COOKIE_V0: &str = "mercureAuthorization";

impl HubOptions {
    /// Checks everything, in the order of the fields; the first mistake is the one returned.
    pub fn check(&self) -> Result<(HubConfig, Vec<ConfigWarning>), ConfigError> {
        let mut warnings = Vec::new();
        let dialects = dialects(self.dialects.as_ref())?;
        let anonymous = if self.anonymous {
            Anonymous::Accepted
        } else {
            Anonymous::Refused
        };
        let Issuers {
            keys,
            authorization_servers,
        } = issuers::check(self, dialects, &mut warnings)?;
        let listen = listen(self.listen.as_ref())?;
        let path = path(self.path.as_ref())?;
        if let (None, Some(written)) = (&self.resource_identifier, &self.listen)
            && !listen.ip().is_loopback()
            && self.public_urls.is_empty()
            && dialects.contains(Dialect::V1)
        {
            let place = written.place();
            warnings.push(ConfigWarning::DerivedAudience { place });
        }
        let acme = acme::check(self, &mut warnings)?.map(Arc::new);
        let config = HubConfig {
            listen,
            listen_unix: listen_unix(self.listen.as_ref())?,
            metrics_listen: metrics_listen(self.metrics_listen.as_ref())?,
            tls: tls::check(self, acme.as_deref())?,
            acme,
            authorization_servers,
            legacy_paths: self.legacy_paths,
            demo: self.demo,
            dialects,
            keys: Arc::new(keys),
            identity: identity::check(self, &path)?,
            path,
            anonymous,
            subscriptions: self.subscriptions,
            cookie_names: cookie_names(self.cookie_name.as_ref(), dialects)?,
            cors: cors(&self.cors_origins, &mut warnings)?,
            publish_origins: publish_origins(&self.publish_origins, &mut warnings)?,
            history: history::check(self)?,
            heartbeat: optional_duration(self.heartbeat.as_ref(), HEARTBEAT)?,
            write_timeout: optional_duration(self.write_timeout.as_ref(), WRITE_TIMEOUT)?,
            max_lifetime: optional_duration(self.max_lifetime.as_ref(), MAX_LIFETIME)?,
            max_subscribers: number(
                self.max_subscribers.as_ref(),
                MAX_SUBSCRIBERS,
                1..=10_000_000,
            )?,
            max_per_address: match number(self.max_per_address.as_ref(), 0, 0..=10_000_000)? {
                0 => None,
                most => Some(most),
            },
            stream_threads: number(
                self.stream_threads.as_ref(),
                std::thread::available_parallelism().map_or(1, usize::from),
                1..=MOST_STREAM_THREADS,
            )?,
            drain_timeout: optional_duration(self.drain_timeout.as_ref(), DRAIN_TIMEOUT)?
                .unwrap_or_default(),
            trusted_proxies: trusted_proxies(&self.trusted_proxies)?,
            descriptors: None,
            limits: Limits::DEFAULT,
        };
        Ok((config, warnings))
    }
}

pub(super) fn invalid(written: &Written, expected: &'static str) -> ConfigError {
    ConfigError::Invalid {
        place: written.place(),
        written: written.value().to_owned(),
        expected,
    }
}

fn dialects(written: Option<&Written>) -> Result<Dialects, ConfigError> {
    written.map_or(Ok(Dialects::default()), |written| {
        written.value().parse().map_err(|_| {
            invalid(
                written,
                "is not a list of dialects: write 1.0, 0.x or 1.0,0.x",
            )
        })
    })
}

pub(super) fn listen(written: Option<&Written>) -> Result<SocketAddr, ConfigError> {
    let Some(written) = written else {
        return Ok(LISTEN);
    };
    // Then it is no address: see `listen_unix`.
    if written.value().starts_with("unix:") {
        return Ok(LISTEN);
    }
    // The two names that need no resolver.
    let text = match written.value().split_once(':') {
        Some(("localhost", port)) => format!("127.0.0.1:{port}"),
        Some(("", port)) => format!("0.0.0.0:{port}"),
        _ => written.value().to_owned(),
    };
    text.parse().map_err(|_| {
        invalid(
            written,
            "is not an address and port: write such as 127.0.0.1:3000, 0.0.0.0:80 or [::1]:0",
        )
    })
}

/// `unix:PATH`, whose path is from where the hub is started.
fn listen_unix(written: Option<&Written>) -> Result<Option<PathBuf>, ConfigError> {
    let path = written.and_then(|written| written.value().strip_prefix("unix:"));
    match (written, path) {
        (Some(written), Some("")) => Err(invalid(
            written,
            "names no file: write such as unix:/run/assay/hub.sock",
        )),
        (_, path) => Ok(path.map(PathBuf::from)),
    }
}

fn trusted_proxies(written: &[Written]) -> Result<TrustedProxies, ConfigError> {
    for (written, item) in items(written) {
        if TrustedProxies::parse([item]).is_err() {
            return Err(invalid(
                written,
                "is no list of addresses and networks: write such as 10.0.0.5, 10.0.0.0/8, 2001:db8::/32, or unix",
            ));
        }
    }
    Ok(TrustedProxies::parse(items(written).map(|(_, item)| item)).unwrap_or_default())
}

fn metrics_listen(written: Option<&Written>) -> Result<Option<SocketAddr>, ConfigError> {
    written.map(|written| listen(Some(written))).transpose()
}

fn path(written: Option<&Written>) -> Result<String, ConfigError> {
    let Some(written) = written else {
        return Ok(PATH.to_owned());
    };
    let text = written.value();
    // The path has to stay itself in a URL: nothing encoded, removed or split off.
    let unchanged = Url::parse("http://localhost")
        .and_then(|base| base.join(text))
        .is_ok_and(|url| url.path() == text);
    let slashes = text.starts_with('/') && !text.starts_with("//") && !text.ends_with('/');
    if unchanged && slashes {
        Ok(text.to_owned())
    } else {
        Err(invalid(
            written,
            "is not a path: write such as /.well-known/mercure, encoded, without a slash at its end",
        ))
    }
}

fn cookie_names(written: Option<&Written>, dialects: Dialects) -> Result<Vec<String>, ConfigError> {
    if let Some(written) = written {
        // RFC 6265, section 4.1.1: a token of RFC 9110
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if written.value().is_empty() || !written.value().bytes().all(is_token) {
            return Err(invalid(
                written,
                "is no cookie name: write letters, digits, - and _ such as __Secure-my_hub",
            ));
        }
        return Ok(vec![written.value().to_owned()]);
    }
    // The 1.0 cookie first: it is the newer one where a site sets both.
    let names = [(Dialect::V1, COOKIE_V1), (Dialect::V0, COOKIE_V0)];
    Ok(names
        .iter()
        .filter(|(dialect, _)| dialects.contains(*dialect))
        .map(|(_, name)| (*name).to_owned())
        .collect())
}

/// The items of a setting that can be repeated and can hold a comma list.
pub(super) fn items<'a>(
    written: impl IntoIterator<Item = &'a Written>,
) -> impl Iterator<Item = (&'a Written, &'a str)> {
    written.into_iter().flat_map(|written| {
        written
            .value()
            .split(',')
            .map(move |item| (written, item.trim()))
    })
}

fn cors(written: &[Written], warnings: &mut Vec<ConfigWarning>) -> Result<CorsPolicy, ConfigError> {
    let Some(wildcard) = items(written)
        .find(|(_, item)| *item == "*")
        .map(|(written, _)| written.place())
    else {
        let origins = origins(written)?;
        warn_of_null(written, warnings);
        return Ok(if origins.is_empty() {
            CorsPolicy::Off
        } else {
            CorsPolicy::Listed(origins)
        });
    };
    if items(written).any(|(_, item)| item != "*") {
        return Err(ConfigError::WildcardBesideOrigins { place: wildcard });
    }
    warnings.push(ConfigWarning::WildcardCors { place: wildcard });
    Ok(CorsPolicy::Any)
}

/// Who lists `null` may think of their own pages alone.
fn warn_of_null(written: &[Written], warnings: &mut Vec<ConfigWarning>) {
    if let Some((written, _)) = items(written).find(|(_, item)| *item == "null") {
        let place = written.place();
        warnings.push(ConfigWarning::NullOrigin { place });
    }
}

fn publish_origins(
    written: &[Written],
    warnings: &mut Vec<ConfigWarning>,
) -> Result<Vec<AllowedOrigin>, ConfigError> {
    if let Some((written, _)) = items(written).find(|(_, item)| *item == "*") {
        return Err(ConfigError::WildcardPublishOrigin {
            place: written.place(),
        });
    }
    warn_of_null(written, warnings);
    origins(written)
}

fn origins(written: &[Written]) -> Result<Vec<AllowedOrigin>, ConfigError> {
    items(written)
        .map(|(written, item)| {
            AllowedOrigin::parse(item).map_err(|reason| ConfigError::Origin {
                place: written.place(),
                written: item.to_owned(),
                reason,
            })
        })
        .collect()
}

pub(super) fn number(
    written: Option<&Written>,
    default: usize,
    range: std::ops::RangeInclusive<usize>,
) -> Result<usize, ConfigError> {
    written.map_or(Ok(default), |written| {
        let number = written
            .value()
            .parse()
            .ok()
            .filter(|number| range.contains(number));
        number.ok_or_else(|| {
            invalid(
                written,
                "is not a whole number in range: write such as 10000",
            )
        })
    })
}

pub(super) fn optional_duration(
    written: Option<&Written>,
    default: Duration,
) -> Result<Option<Duration>, ConfigError> {
    let duration = match written {
        None => default,
        Some(written) => duration::parse(written.value()).ok_or_else(|| {
            invalid(
                written,
                "is not a duration: write such as 15s, 500ms, 2m, 1h, or 0 for off",
            )
        })?,
    };
    Ok((!duration.is_zero()).then_some(duration))
}
