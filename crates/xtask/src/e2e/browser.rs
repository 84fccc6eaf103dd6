//! A report in Chromium, as it looks on a phone and on a laptop. Not for what the page says in detail: its crate has tests.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Widths that the pages must fit: a phone and a laptop, in CSS pixels.
const WIDTHS_PX: [u32; 2] = [390, 1280];

/// The page renders, says what it found, and never scrolls sideways.
pub(super) fn fits(report: &Path, expected_word: &str) -> Result<()> {
    let page = fs::read_to_string(report.join("index.html"))?;
    let probe = "<script>document.title = 'width ' + document.documentElement.scrollWidth \
                 + ' of ' + window.innerWidth</script>";
    let probed = report.join("probed.html");
    let page = without_policy(&page)?.replace("</body>", &format!("{probe}</body>"));
    fs::write(&probed, page)?;
    for width_px in WIDTHS_PX {
        let dom = dump_dom(&probed, width_px)?;
        ensure!(
            dom.to_lowercase().contains(expected_word),
            "the page does not say {expected_word:?}"
        );
        let (content_px, window_px) =
            widths(&dom).context("the page did not render: no title was set")?;
        ensure!(
            content_px <= window_px,
            "at {width_px} px the page is {content_px} px wide and scrolls sideways"
        );
    }
    Ok(())
}

/// The page without its Content-Security-Policy, which forbids the script that measures it.
fn without_policy(page: &str) -> Result<String> {
    let (before, rest) = page
        .split_once("<meta http-equiv=\"Content-Security-Policy\"")
        .context("the page has no Content-Security-Policy")?;
    let (_, after) = rest
        .split_once('>')
        .context("the page's Content-Security-Policy does not end")?;
    Ok(format!("{before}{after}"))
}

fn dump_dom(page: &Path, width_px: u32) -> Result<String> {
    let profile = tempfile::tempdir()?;
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width_px},900"))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output()
        .context("failed to start chromium")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn widths(dom: &str) -> Option<(u32, u32)> {
    let (_, rest) = dom.split_once("<title>width ")?;
    let (content, rest) = rest.split_once(" of ")?;
    let (window, _) = rest.split_once('<')?;
    Some((content.parse().ok()?, window.parse().ok()?))
}
