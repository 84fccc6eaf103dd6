//! The settings of automatic certificates: hosts, and the directory that is asked for their certificate.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::Notify;
use url::{Host, Url};

use super::check::{self, invalid, items};
use super::error::{ConfigError, ConfigWarning};
use super::options::HubOptions;
use super::written::Written;
use crate::acme::Plan;
use crate::limits::ACME_HOSTS;

/// The directory that most of the world asks.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";
const FOLDER: &str = "acme-cache";

/// What is to be asked for; none for a hub without automatic certificates.
pub(super) fn check(
    options: &HubOptions,
    warnings: &mut Vec<ConfigWarning>,
) -> Result<Option<Plan>, ConfigError> {
    let hosts = hosts(&options.acme_hosts)?;
    let Some(host) = options.acme_hosts.first().filter(|_| !hosts.is_empty()) else {
        return match first_beside(options) {
            Some(written) => Err(ConfigError::AcmeWithoutHost {
                place: written.place(),
            }),
            None => Ok(None),
        };
    };
    if let Some(file) = options.tls_cert.as_ref().or(options.tls_key.as_ref()) {
        return Err(ConfigError::TlsTwice {
            acme: host.place(),
            file: file.place(),
        });
    }
    let http01_listen = options.acme_http01_listen.as_ref();
    let plan = Plan {
        hosts,
        contacts: contacts(&options.acme_contacts)?,
        directory: directory(options.acme_directory.as_ref())?,
        roots: options.acme_ca_file.as_ref().map(roots).transpose()?,
        folder: folder(options.acme_cache.as_ref())?,
        http01_listen: http01_listen
            .map(|written| check::listen(Some(written)))
            .transpose()?,
        shelf: Arc::default(),
        hurry: Notify::new(),
    };
    let listen = check::listen(options.listen.as_ref())?;
    let http01_port = plan.http01_listen.map(|it| it.port());
    if listen.port() != 443 && http01_port != Some(80) {
        warnings.push(ConfigWarning::AcmePorts {
            place: host.place(),
        });
    }
    Ok(Some(plan))
}

/// The first setting that means something beside a host alone, and is not what holds anyway: all settings can be printed, and
/// given back.
fn first_beside(options: &HubOptions) -> Option<&Written> {
    let with_default = [
        (&options.acme_cache, FOLDER),
        (&options.acme_directory, DIRECTORY),
    ];
    let written = with_default.into_iter().find_map(|(written, default)| {
        written
            .as_ref()
            .filter(|written| written.value() != default)
    });
    options
        .acme_contacts
        .first()
        .or(written)
        .or(options.acme_ca_file.as_ref())
        .or(options.acme_http01_listen.as_ref())
}

fn hosts(written: &[Written]) -> Result<Vec<String>, ConfigError> {
    let mut hosts = Vec::new();
    for (written, item) in items(written) {
        let host = host(item).map_err(|reason| ConfigError::AcmeHost {
            place: written.place(),
            written: item.to_owned(),
            reason,
        })?;
        if !hosts.contains(&host) {
            hosts.push(host);
        }
        if hosts.len() > ACME_HOSTS {
            return Err(invalid(
                written,
                "is one host too many: a certificate has 100 at most",
            ));
        }
    }
    Ok(hosts)
}

/// The name as DNS has it, or what is wrong with it.
fn host(written: &str) -> Result<String, &'static str> {
    if written.contains("://") || written.contains('/') {
        return Err("is a URL: write the host alone, such as hub.example.com");
    }
    if written.contains('*') {
        return Err(
            "has a wildcard, which can be proved over DNS alone: list the hosts, such as hub.example.com",
        );
    }
    let bare = written.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return Err("is an address: write the name that it has, such as hub.example.com");
    }
    if written.contains(':') {
        return Err("has a port, which no certificate has: write the host alone");
    }
    let wrong = "is no name of a host: write such as hub.example.com";
    let Ok(Host::Domain(host)) = Host::parse(written) else {
        return Err(wrong);
    };
    let is_label = |label: &str| {
        let within = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(within)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err(wrong);
    }
    Ok(host)
}

fn contacts(written: &[Written]) -> Result<Vec<String>, ConfigError> {
    let contacts = items(written).map(|(written, item)| {
        let address = item.strip_prefix("mailto:").unwrap_or(item);
        let is_address = address.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@')
        });
        // Of a URL of that kind, which has more to it.
        if is_address && address.bytes().all(|b| b.is_ascii_graphic() && b != b'?') {
            Ok(format!("mailto:{address}"))
        } else {
            Err(invalid(
                written,
                "is no mail address: write such as ops@example.com",
            ))
        }
    });
    contacts.collect()
}

fn directory(written: Option<&Written>) -> Result<String, ConfigError> {
    let Some(written) = written else {
        return Ok(DIRECTORY.to_owned());
    };
    let url = Url::parse(written.value()).ok().filter(|url| {
        url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
    });
    url.map(Into::into).ok_or_else(|| {
        invalid(
            written,
            "is not the URL of an ACME directory: write such as https://acme-staging-v02.api.letsencrypt.org/directory, with https",
        )
    })
}

fn roots(written: &Written) -> Result<String, ConfigError> {
    let unusable = |reason: String| ConfigError::TlsUnusable {
        place: written.place(),
        reason,
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(written.value().as_bytes()) {
        let certificate =
            certificate.map_err(|error| unusable(format!("it is no whole PEM: {error}")))?;
        store
            .add(certificate)
            .map_err(|error| unusable(format!("a certificate in it cannot be used: {error}")))?;
    }
    if store.is_empty() {
        return Err(unusable(
            "there is no certificate in it: pass the file with `-----BEGIN CERTIFICATE-----` of whoever vouches for the directory".to_owned(),
        ));
    }
    Ok(written.value().to_owned())
}

fn folder(written: Option<&Written>) -> Result<PathBuf, ConfigError> {
    match written {
        None => Ok(PathBuf::from(FOLDER)),
        Some(written) if written.value().is_empty() => Err(invalid(
            written,
            "names no folder: write such as /var/lib/assay/acme",
        )),
        Some(written) => Ok(PathBuf::from(written.value())),
    }
}
