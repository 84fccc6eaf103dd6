//! nginx, Apache and Caddy with their snippet of docs/hub.md: what a distribution brings around it, and ports and files of a test
//! in it. Each runs as a process of ours, in a folder of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::page::{Page, Snippet};
use super::process::{Lines, Running, free_address};
use super::site::{HUB_HOST, Site};
use crate::package::require;

/// The address of the hub in the snippets.
const HUB_ADDRESS: &str = "127.0.0.1:3000";

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Nginx,
    Apache,
    Caddy,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Nginx, Self::Apache, Self::Caddy];

    /// Sees that it is there.
    pub(super) fn install(self) -> Result<()> {
        match self {
            Self::Nginx => require("nginx", "nginx-light"),
            Self::Apache => require("apache2", "apache2"),
            Self::Caddy => require("caddy", "caddy"),
        }
    }

    /// Its snippet.
    pub(super) fn snippet(self, page: &Page) -> Result<Snippet> {
        match self {
            Self::Nginx => page.snippet("nginx", "proxy_pass"),
            Self::Apache => page.snippet("apache", "ProxyPass"),
            Self::Caddy => page.snippet("caddyfile", "reverse_proxy"),
        }
    }

    /// The snippet with so short a cut of silent streams, where it names one.
    pub(super) fn impatient(self, snippet: &Snippet, silence_s: u32) -> Result<Snippet> {
        match self {
            Self::Nginx => snippet.with(
                "proxy_read_timeout 24h",
                &format!("proxy_read_timeout {silence_s}s"),
            ),
            Self::Apache => snippet.with("timeout=86400", &format!("timeout={silence_s}")),
            Self::Caddy => Ok(snippet.clone()),
        }
    }
}

/// A proxy that runs before the hub.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    /// A line for each request that was answered; nginx alone writes them.
    pub(super) requests: Lines,
    _process: Running,
}

impl Proxy {
    /// Starts one with this snippet, and waits until it listens.
    pub(super) fn start(
        site: &Site,
        kind: Kind,
        snippet: &Snippet,
        hub: SocketAddr,
    ) -> Result<Self> {
        let address = free_address()?;
        let folder = site.folder(&format!("{kind:?}"))?;
        let snippet = snippet.with(HUB_ADDRESS, &hub.to_string())?;
        let mut command = match kind {
            Kind::Nginx => nginx(site, &folder, address, &snippet)?,
            Kind::Apache => apache(site, &folder, address, &snippet)?,
            Kind::Caddy => caddy(site, &folder, address, &snippet)?,
        };
        let log = fs::File::create(folder.join("log"))?;
        let mut process = Running::start(command.stdout(Stdio::piped()).stderr(log))?;
        let requests = process.stdout()?;
        process.listens(address).map_err(|error| {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            error.context(log)
        })?;
        Ok(Self {
            address,
            requests,
            _process: process,
        })
    }
}

fn nginx(site: &Site, folder: &Path, address: SocketAddr, snippet: &Snippet) -> Result<Command> {
    let server = snippet
        .with("listen 443 ssl", &format!("listen {address} ssl"))?
        .with(
            "/etc/ssl/hub.example.com",
            &site.file("").display().to_string(),
        )?;
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|what| format!("{what}_temp_path {}/{what};\n", folder.display()))
        .concat();
    // A second server is the site itself, so that a browser has a page to open, and a cookie with it.
    let pages = format!(
        "server {{\nlisten {address} ssl;\nserver_name www.example.com;\nssl_certificate {0}/fullchain.pem;\n\
         ssl_certificate_key {0}/privkey.pem;\nroot {0}/pages;\n{1}}}\n",
        site.file("").display(),
        site.cookie()?,
    );
    let text = format!(
        "daemon off;\nuser root;\npid {folder}/pid;\nerror_log stderr warn;\nevents {{}}\nhttp {{\naccess_log /dev/stdout combined;\n\
         {temporary}{server}{pages}}}\n",
        folder = folder.display(),
        server = server.text(),
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(file);
    Ok(command)
}

/// The modules that the snippet names, and those that Debian switches on by itself.
const APACHE_MODULES: [&str; 7] = [
    "mpm_event",
    "authz_core",
    "ssl",
    "socache_shmcb",
    "headers",
    "proxy",
    "proxy_http",
];

fn apache(site: &Site, folder: &Path, address: SocketAddr, snippet: &Snippet) -> Result<Command> {
    let host = snippet.with("*:443", &address.to_string())?.with(
        "/etc/ssl/hub.example.com",
        &site.file("").display().to_string(),
    )?;
    let modules = APACHE_MODULES
        .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
        .concat();
    let text = format!(
        "ServerName localhost\nPidFile {folder}/pid\nDefaultRuntimeDir {folder}\nMutex file:{folder}\nErrorLog /dev/stderr\n\
         User nobody\nGroup nogroup\nListen {address}\n{modules}{host}",
        folder = folder.display(),
        host = host.text(),
    );
    let file = folder.join("apache2.conf");
    fs::write(&file, text)?;
    let mut command = Command::new("apache2");
    command.arg("-d").arg(folder).arg("-f").arg(file);
    command.arg("-DFOREGROUND");
    Ok(command)
}

fn caddy(site: &Site, folder: &Path, address: SocketAddr, snippet: &Snippet) -> Result<Command> {
    // Without the certificate that it would fetch by itself.
    let files = site.file("").display().to_string();
    let host = snippet.with(
        &format!("{HUB_HOST} {{"),
        &format!(
            "https://{HUB_HOST}:{} {{\n    bind {}\n    tls {files}/fullchain.pem {files}/privkey.pem",
            address.port(),
            address.ip()
        ),
    )?;
    let text = format!("{{\nadmin off\nauto_https off\n}}\n{}", host.text());
    let file = folder.join("Caddyfile");
    fs::write(&file, text)?;
    let mut command = Command::new("caddy");
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(file)
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder);
    Ok(command)
}
