//! What comes to the hub by its public URL: pages and their streams (curl, from another address than the proxy's), an application that
//! publishes, and `assay doctor`.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::process::{Lines, Running};
use super::site::{HUB_HOST, HUB_URL, PAGE_ORIGIN, Site};
use crate::step::capture;

/// Whence visitors come: this machine too, but not the address that the hub trusts.
pub(super) const ADDRESS: &str = "127.0.0.2";

/// Everything that goes to `https://hub.example.com` goes to this proxy.
pub(super) struct Visitor<'s> {
    pub(super) site: &'s Site,
    pub(super) proxy: SocketAddr,
}

impl Visitor<'_> {
    /// curl, with the site's authority trusted.
    fn curl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("curl");
        command
            .args([
                "--silent",
                "--show-error",
                "--include",
                "--interface",
                ADDRESS,
            ])
            .arg("--connect-to")
            .arg(format!("{HUB_HOST}:443:{}", self.proxy))
            .arg("--cacert")
            .arg(self.site.file("ca.pem"))
            .args(arguments);
        command
    }

    /// Head and body of an answer.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<String> {
        capture(&mut self.curl(arguments))
    }

    /// Opens a stream as a page of the site does, with the cookie of a user; its head has come.
    pub(super) fn stream(&self, query: &str, more: &[&str]) -> Result<Stream> {
        let token = self.site.token(&["--subscribe", "*"])?;
        let origin = format!("Origin: {PAGE_ORIGIN}");
        let cookie = format!("Cookie: mercureAuthorization={token}");
        let url = format!("{HUB_URL}?{query}");
        let base = [
            "--no-buffer",
            "--compressed",
            "--header",
            &origin,
            "--header",
            &cookie,
        ];
        let mut command = self.curl(&[base.as_slice(), more, &[&url]].concat());
        let mut process = Running::start(command.stdout(Stdio::piped()))?;
        let lines = process.stdout()?;
        let head = lines.head()?.join("\n").to_lowercase();
        Ok(Stream {
            head,
            lines,
            _process: process,
        })
    }

    /// Publishes as an application does: one POST with a token of 0.x; the id of the update.
    pub(super) fn publish(&self, topic: &str, data: &str) -> Result<String> {
        self.post(topic, &format!("data={data}"))
    }

    /// Publishes what is in a file of the site.
    pub(super) fn publish_file(&self, topic: &str, name: &str) -> Result<String> {
        self.post(topic, &format!("data@{}", self.site.file(name).display()))
    }

    fn post(&self, topic: &str, data: &str) -> Result<String> {
        let token = self.site.token(&["--publish", "*"])?;
        let answer = self.ask(&[
            "--header",
            &format!("Authorization: Bearer {token}"),
            "--data-urlencode",
            &format!("topic={topic}"),
            "--data-urlencode",
            data,
            "--data",
            "private=on",
            HUB_URL,
        ])?;
        let id = answer.lines().last().unwrap_or_default();
        ensure!(id.starts_with("urn:uuid:"), "not published: {answer}");
        Ok(id.to_owned())
    }

    /// `assay` at the public URL.
    fn assay(&self, arguments: &[&str]) -> Command {
        let mut command = self.site.assay(arguments);
        command
            .arg("--cacert")
            .arg(self.site.file("ca.pem"))
            .arg("--connect-to")
            .arg(self.proxy.to_string());
        command
    }

    /// Whether a token of 1.0 for this audience publishes.
    pub(super) fn opens(&self, audience: &str) -> Result<bool> {
        let arguments = [
            "publish",
            HUB_URL,
            "https://example.com/books/1",
            "--dialect",
            "1.0",
            "--audience",
            audience,
        ];
        let output = self.assay(&arguments).output()?;
        Ok(output.status.success())
    }

    /// What `assay doctor` says of this setup, and its exit code.
    pub(super) fn doctor(&self, more: &[&str]) -> Result<(i32, String)> {
        let base = ["doctor", HUB_URL, "--origin", PAGE_ORIGIN, "--by-cookie"];
        let output = self.assay(&[base.as_slice(), more].concat()).output()?;
        let said = [output.stdout, output.stderr].concat();
        let code = output.status.code().context("the doctor was killed")?;
        Ok((code, String::from_utf8_lossy(&said).into_owned()))
    }
}

/// A stream that a visitor has open.
pub(super) struct Stream {
    head: String,
    lines: Lines,
    _process: Running,
}

impl Stream {
    /// Fails unless the head has all of these, which are lower case.
    pub(super) fn has(&self, fields: &[&str]) -> Result<()> {
        for field in fields {
            if !self.head.contains(field) {
                bail!("no {field:?} in\n{}", self.head);
            }
        }
        Ok(())
    }

    /// Waits for an event with these data; the stream is still open then.
    pub(super) fn receives(&self, data: &str) -> Result<Vec<String>> {
        self.lines.until(&format!("data: {data}"))
    }

    /// Waits for so many comments of silence.
    pub(super) fn hears_heartbeats(&self, count: u32) -> Result<()> {
        (0..count).try_for_each(|_| self.lines.until_line(":").map(drop))
    }
}
