//! What docs/hub.md writes as settings without a proxy around it: the environment of its compose file, the command of its
//! container, and its example of a migration. Taken by `assay hub --print-config`; no container is run.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::page::Page;
use super::site::Site;
use crate::step::capture;

const SECRET: &str = "a secret of the test of docs/hub.md, long enough for 1.0";

/// Container and migration.
pub(super) fn check(page: &Page, site: &Site) -> Result<()> {
    container(page, site)?;
    migration(page, site)
}

/// Every variable of the compose file is taken, beside the command of the image.
fn container(page: &Page, site: &Site) -> Result<()> {
    let dockerfile = page.snippet("dockerfile", "ENTRYPOINT")?;
    let words = |line: &str| -> Result<Vec<String>> {
        let found = dockerfile
            .text()
            .lines()
            .find_map(|it| it.strip_prefix(line));
        let list = found.with_context(|| format!("no {line}in the snippet"))?;
        serde_json::from_str(list).with_context(|| format!("{line}is no list"))
    };
    let command = [words("ENTRYPOINT ")?, words("CMD ")?].concat();
    ensure!(command[0] == "assay", "the image runs {:?}", command[0]);

    let compose = page.snippet("yaml", "# compose.yaml")?;
    let (_, environment) = compose
        .text()
        .split_once("environment:\n")
        .context("no environment")?;
    let variables: Vec<_> = environment
        .lines()
        .map_while(|line| line.strip_prefix("      ")?.split_once(": "))
        .collect();
    ensure!(variables.len() > 3, "few variables: {variables:?}");
    let mut hub = site.bare(&command[1..]);
    hub.arg("--print-config");
    for (name, value) in &variables {
        // What compose would take from its own environment.
        let value = if value.starts_with("${") {
            SECRET
        } else {
            value
        };
        hub.env(name, value);
    }
    let printed = capture(&mut hub)?;
    for (name, _) in &variables {
        ensure!(
            printed.contains(&format!("# {name}")),
            "{name} is not used:\n{printed}"
        );
    }
    // Of a setting that works, though not as its author thinks.
    ensure!(!printed.contains("# warning"), "{printed}");
    Ok(())
}

/// The block of the Caddyfile becomes the file that the page shows.
fn migration(page: &Page, site: &Site) -> Result<()> {
    let before = page.snippet("caddyfile", "mercure {")?;
    let (_, block) = before
        .text()
        .split_once("mercure {\n")
        .context("no block")?;
    let (block, _) = block.rsplit_once('}').context("the block does not end")?;
    let mut hub = site.bare(&["hub".to_owned(), "--print-config".to_owned()]);
    hub.env("MERCURE_EXTRA_DIRECTIVES", block)
        .env("MERCURE_PUBLISHER_JWT_KEY", SECRET)
        .env("MERCURE_SUBSCRIBER_JWT_KEY", SECRET)
        .env("SERVER_NAME", ":80");
    let printed = capture(&mut hub)?;
    let after = page.snippet("toml", "# after the change")?;
    let settings = after.text().lines().skip(1);
    for setting in settings.filter(|line| !line.contains("_key = \"@")) {
        ensure!(
            printed
                .lines()
                .any(|line| line.starts_with(&format!("{setting} #"))),
            "not in what becomes of it: {setting}\n{printed}"
        );
    }
    Ok(())
}

impl Site {
    /// `assay` with these arguments, and nothing of ours in its environment.
    fn bare(&self, arguments: &[String]) -> Command {
        let mut command = self.program();
        command.args(arguments).env_clear();
        command
    }
}
