//! The site that is deployed: a key, certificates of its own authority, and the hub with the settings of docs/hub.md, behind
//! whatever stands before it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::page::Page;
use super::process::{Lines, Running};
use crate::step::capture;

/// Where a hub listens whose port does not matter.
pub(super) const ANYWHERE: &str = "127.0.0.1:0";
/// The host of the hub.
pub(super) const HUB_HOST: &str = "hub.example.com";
/// The hub, as everybody outside knows it.
pub(super) const HUB_URL: &str = "https://hub.example.com/.well-known/mercure";
/// A page of the site, which the hub's settings allow.
pub(super) const PAGE_ORIGIN: &str = "https://www.example.com";

/// A folder with what a site has before it has a hub.
pub(super) struct Site {
    assay: PathBuf,
    folder: TempDir,
}

impl Site {
    /// Makes the key as the page says, and certificates as an issuer would.
    pub(super) fn new(assay: &Path) -> Result<Self> {
        let folder = tempfile::tempdir().context("failed to make a folder for the site")?;
        let site = Self {
            assay: assay.to_owned(),
            folder,
        };
        let key = capture(Command::new("openssl").args(["rand", "-hex", "32"]))?;
        fs::write(site.file("key"), key)?;
        let script = "set -e
            new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
            openssl req -x509 $new -keyout ca.key -out ca.pem -days 2 -subj '/CN=the test of docs|hub.md' 2>openssl.log
            openssl req $new -keyout privkey.pem -out site.csr -subj /CN=hub.example.com 2>>openssl.log
            echo subjectAltName=DNS:hub.example.com,DNS:www.example.com >names
            openssl x509 -req -in site.csr -CA ca.pem -CAkey ca.key -days 2 -extfile names -out fullchain.pem 2>>openssl.log";
        capture(
            Command::new("sh")
                .args(["-c", script])
                .current_dir(site.folder.path()),
        )
        .context("openssl made no certificate")?;
        Ok(site)
    }

    /// A file of the site.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new folder of the site, that a server which gives up root may use too.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.file(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// `assay` with the site's key.
    pub(super) fn assay(&self, arguments: &[&str]) -> Command {
        let mut command = self.program();
        command
            .args(arguments)
            .arg("--jwt-key")
            .arg(format!("@{}", self.file("key").display()));
        command
    }

    /// `assay`, in the folder of the site.
    pub(super) fn program(&self) -> Command {
        let mut command = Command::new(&self.assay);
        command.current_dir(self.folder.path());
        command
    }

    /// A token of 0.x, as an application mints them.
    pub(super) fn token(&self, arguments: &[&str]) -> Result<String> {
        let all = [&["token", "--dialect", "0.x"], arguments].concat();
        capture(&mut self.assay(&all))
    }

    /// The line of nginx by which a page gives its user a token for the hub, as the bundle of Symfony does.
    pub(super) fn cookie(&self) -> Result<String> {
        let token = self.token(&["--subscribe", "*"])?;
        Ok(format!(
            "add_header Set-Cookie \"mercureAuthorization={token}; Domain=example.com; Path=/.well-known/mercure; Secure; \
             HttpOnly; SameSite=Strict\";\n"
        ))
    }

    /// The hub with the page's `hub.toml` and a history that outlives it, at this address, and with `heartbeat` as its longest
    /// silence.
    pub(super) fn hub(&self, page: &Page, listen: &str, heartbeat: &str) -> Result<Hub> {
        let settings = page
            .snippet("toml", "# hub.toml")?
            .with("127.0.0.1:3000", listen)?
            .with(
                "heartbeat = \"15s\"",
                &format!("heartbeat = \"{heartbeat}\""),
            )?;
        let history = self.file("history.redb");
        let history = format!("history = \"redb:{}\"\n", history.display());
        let file = self.file("hub.toml");
        fs::write(&file, format!("{}{history}", settings.text()))?;
        let mut process = Running::start(
            self.program()
                .args(["hub", "--config"])
                .arg(&file)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped()),
        )?;
        let (says, log) = (process.stdout()?, process.stderr()?);
        let first = says.until("http://");
        let first = first.map_err(|error| error.context(log.rest()))?;
        let url = first.last().context("no line")?.trim();
        let authority = url.split('/').nth(2).context("no authority in its URL")?;
        Ok(Hub {
            address: authority.parse().context("no address in its URL")?,
            log,
            _process: process,
        })
    }
}

/// The hub of the site.
pub(super) struct Hub {
    pub(super) address: SocketAddr,
    pub(super) log: Lines,
    _process: Running,
}
