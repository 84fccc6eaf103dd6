//! A page of the site in Chromium, behind nginx and TLS, with the script of docs/hub.md: it follows private updates by its cookie, and
//! stays with the hub over a restart, although browsers give up at the 502 in between.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use super::page::Page;
use super::process::Running;
use super::proxy::{Kind, Proxy};
use super::site::{ANYWHERE, HUB_URL, PAGE_ORIGIN, Site};
use super::visitor::Visitor;

const TOPIC: &str = "https://example.com/users/42";

/// What was published before the page was opened, while it is open, and after the hub was away comes, once each.
pub(super) fn stays(page: &Page, site: &Site) -> Result<()> {
    let hub = site.hub(page, ANYWHERE, "15s")?;
    let listen = hub.address.to_string();
    write_page(page, site)?;
    let proxy = Proxy::start(site, Kind::Nginx, &Kind::Nginx.snippet(page)?, hub.address)?;
    let visitor = Visitor {
        site,
        proxy: proxy.address,
    };
    visitor.publish(TOPIC, "before")?;
    let _browser = open(site, &proxy)?;
    let mut seen = proxy.requests.until("GET /seen/before ")?;
    visitor.publish(TOPIC, "live")?;
    seen.extend(proxy.requests.until("GET /seen/live ")?);

    drop(hub);
    // The browser comes back by itself, and is told what it takes for an end.
    seen.extend(proxy.requests.until("\" 502 ")?);
    let _hub = site.hub(page, &listen, "15s")?;
    visitor.publish(TOPIC, "after")?;
    seen.extend(proxy.requests.until("GET /seen/after ")?);
    for data in ["before", "live", "after"] {
        let request = format!("GET /seen/{data} ");
        let times = seen.iter().filter(|line| line.contains(&request)).count();
        ensure!(times == 1, "the page saw {data:?} {times} times: {seen:#?}");
    }
    Ok(())
}

/// A page that tells the site what it sees.
fn write_page(page: &Page, site: &Site) -> Result<()> {
    let script = page.snippet("js", "new EventSource")?;
    let html = format!(
        "<!doctype html><script>\nconst show = (data) => fetch(`/seen/${{data}}`);\n{}\n\
         follow('{HUB_URL}?topic={TOPIC}', 'earliest');\n</script>",
        script.text()
    );
    fs::write(site.folder("pages")?.join("index.html"), html)?;
    Ok(())
}

fn open(site: &Site, proxy: &Proxy) -> Result<Running> {
    let mut command = Command::new("chromium");
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args(["--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync"])
        // Its authority is one of a test.
        .arg("--ignore-certificate-errors")
        .arg(format!(
            "--user-data-dir={}",
            site.folder("browser")?.display()
        ))
        .arg(format!(
            "--host-resolver-rules=MAP *.example.com:443 {}",
            proxy.address
        ))
        .arg(PAGE_ORIGIN)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Running::start(&mut command)
}
