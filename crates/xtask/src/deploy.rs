//! docs/hub.md as an operator follows it: its configurations of systemd, nginx, Apache and Caddy are taken out of the page and run
//! before the release hub. What a site does with its hub has to work through each of them, and `assay doctor` has to name what is
//! set up wrongly. Not for what the hub answers in detail: that are its own tests and the conformance suite.

mod browser;
mod page;
mod process;
mod proxy;
mod service;
mod settings;
mod site;
mod visitor;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use self::page::Page;
use self::proxy::{Kind, Proxy};
use self::site::{ANYWHERE, HUB_URL, Hub, PAGE_ORIGIN, Site};
use self::visitor::{ADDRESS, Visitor};
use crate::package::require;
use crate::step::timed;

/// Silence after which the proxies of this test cut a stream, in seconds.
const CUT_S: u32 = 3;
/// More silence than that, in heartbeats of a second, which come a quarter of it early at most.
const HEARTBEATS: u32 = 5;

const TOPIC: &str = "https://example.com/books/1";

/// Runs all of it on this `assay`.
pub(crate) fn check(assay: &Path) -> Result<()> {
    for (name, package) in [("openssl", "openssl"), ("curl", "curl")] {
        require(name, package)?;
    }
    let page = Page::read()?;
    let site = Site::new(assay)?;
    timed("deploy: systemd", || service::verify(&page, assay, &site))?;
    timed("deploy: container, migration", || {
        settings::check(&page, &site)
    })?;
    for kind in Kind::ALL {
        timed(&format!("deploy: {kind:?}"), || {
            kind.install()?;
            behind(&page, &site, kind).with_context(|| format!("{kind:?} of docs/hub.md"))
        })?;
    }
    timed("deploy: a page and a restart", || {
        require("chromium", "chromium")?;
        browser::stays(&page, &site)
    })?;
    timed("deploy: set up wrongly", || wrongly(&page, &site))
}

/// What a site does with its hub, through the proxy of the page.
fn behind(page: &Page, site: &Site, kind: Kind) -> Result<()> {
    let hub = site.hub(page, ANYWHERE, "1s")?;
    let snippet = kind.impatient(&kind.snippet(page)?, CUT_S)?;
    let proxy = Proxy::start(site, kind, &snippet, hub.address)?;
    let visitor = Visitor {
        site,
        proxy: proxy.address,
    };
    is_known_by_its_public_url(&visitor)?;
    let inside = format!("http://{}/.well-known/mercure", hub.address);
    ensure!(visitor.opens(HUB_URL)?, "a token for {HUB_URL} is refused");
    ensure!(!visitor.opens(&inside)?, "a token for {inside} is taken");
    streams_flow(&visitor)?;
    bounds_are_those_of_the_hub(&visitor)?;

    is_taken_for_nobody_else(&visitor, &hub)?;
    for dialect in ["1.0", "0.x"] {
        let (code, said) = visitor.doctor(&["--dialect", dialect])?;
        ensure!(code == 0, "the doctor is not content ({code}):\n{said}");
    }
    Ok(())
}

/// A visitor who writes into the proxy's fields is not believed, and no proxy passes on what would make the hub refuse it.
fn is_taken_for_nobody_else(visitor: &Visitor<'_>, hub: &Hub) -> Result<()> {
    let fields = [
        "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-Host: evil.example",
        "Forwarded: for=192.0.2.1;host=evil.example",
    ];
    let headers = fields.iter().flat_map(|field| ["--header", *field]);
    // What nobody else does here, so that its line in the log is known.
    let request = ["--request", "PUT", HUB_URL].into_iter().chain(headers);
    let answer = visitor.ask(&request.collect::<Vec<_>>())?;
    let first = answer.lines().next().unwrap_or_default();
    ensure!(
        first.contains(" 405"),
        "it is refused for something else: {answer}"
    );
    let log = hub.log.until("request.unknown-method")?;
    let line = log.last().context("no line")?;
    ensure!(
        line.contains(&format!("peer={ADDRESS} ")),
        "the hub takes another for the visitor: {line}"
    );
    Ok(())
}

/// Discovery, metadata and challenges name the URL outside, not that of the listener.
fn is_known_by_its_public_url(visitor: &Visitor<'_>) -> Result<()> {
    let metadata =
        "https://hub.example.com/.well-known/oauth-protected-resource/.well-known/mercure";
    for (url, expected) in [
        (
            "https://hub.example.com/",
            "</.well-known/mercure>; rel=\"mercure\"".to_owned(),
        ),
        (metadata, format!("\"resource\":\"{HUB_URL}\"")),
        (HUB_URL, format!("resource_metadata=\"{metadata}\"")),
    ] {
        let answer = visitor.ask(&[
            "--data",
            "topic=a",
            "--get",
            "--header",
            "Authorization: Bearer a",
            url,
        ])?;
        ensure!(
            answer.contains(&expected),
            "{url}: no {expected} in\n{answer}"
        );
    }
    Ok(())
}

/// Events come while the stream stays open, after silence too, and those that were missed come later.
fn streams_flow(visitor: &Visitor<'_>) -> Result<()> {
    let origin = format!("access-control-allow-origin: {PAGE_ORIGIN}");
    let query = format!("topic={TOPIC}");
    let stream = visitor.stream(&query, &[])?;
    stream.has(&[
        " 200",
        "content-type: text/event-stream",
        &origin,
        "access-control-allow-credentials: true",
    ])?;
    let first = visitor.publish(TOPIC, "first")?;
    stream.receives("first")?;
    stream.hears_heartbeats(HEARTBEATS)?;
    visitor.publish(TOPIC, "second")?;
    stream.receives("second")?;

    let again = visitor.stream(&query, &["--header", &format!("Last-Event-ID: {first}")])?;
    let seen = again.receives("second")?;
    ensure!(
        !seen.iter().any(|line| line.contains("first")),
        "what was seen came again: {seen:?}"
    );
    Ok(())
}

/// A head and a body that the hub takes pass the proxy.
fn bounds_are_those_of_the_hub(visitor: &Visitor<'_>) -> Result<()> {
    let topics = (0..90).map(|number| format!("topic={TOPIC}/{number}/{}", "x".repeat(300)));
    let query = topics.collect::<Vec<_>>().join("&");
    visitor.stream(&query, &[])?.has(&[" 200"])?;
    fs::write(visitor.site.file("large"), "x".repeat(1 << 20))?;
    visitor.publish_file(TOPIC, "large")?;
    Ok(())
}

/// The doctor names what holds streams back, and what cuts them.
fn wrongly(page: &Page, site: &Site) -> Result<()> {
    let right = Kind::Nginx.snippet(page)?;
    let compressed = right
        .with(
            "gzip off",
            "gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any",
        )?
        .with(
            "proxy_buffering off",
            "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering",
        )?;
    let cut = Kind::Nginx.impatient(&right, 2)?;
    for (snippet, idle_s, named) in [
        (compressed, "1", "no compression of text/event-stream"),
        (cut, "5", "proxy_read_timeout"),
    ] {
        let hub = site.hub(page, ANYWHERE, "15s")?;
        let proxy = Proxy::start(site, Kind::Nginx, &snippet, hub.address)?;
        let visitor = Visitor {
            site,
            proxy: proxy.address,
        };
        let (code, said) = visitor.doctor(&["--dialect", "0.x", "--idle", idle_s])?;
        ensure!(
            code == 1 && said.contains(named),
            "the doctor does not name {named:?} ({code}):\n{said}"
        );
    }
    Ok(())
}
