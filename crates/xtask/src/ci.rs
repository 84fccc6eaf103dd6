//! The parts of continuous integration that need nothing but the toolchain.

use anyhow::{Result, bail};

use crate::step::{cargo, cargo_doc, timed};
use crate::{layers, licences, tidy};

type Part = (&'static str, fn() -> Result<()>);

const PARTS: [Part; 7] = [
    ("fmt", || cargo(&["fmt", "--all", "--", "--check"])),
    ("layers", layers::check),
    ("tidy", tidy::check),
    ("licences", licences::check),
    ("clippy", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
    }),
    ("test", || cargo(&["test", "--workspace"])),
    ("doc", cargo_doc),
];

/// Runs every part that `except` does not name; stops at the first that fails.
pub(crate) fn run(except: &[String]) -> Result<()> {
    if let Some(unknown) = except
        .iter()
        .find(|name| !PARTS.iter().any(|(part, _)| part == name))
    {
        let known = PARTS.map(|(name, _)| name).join(", ");
        bail!("no part is called `{unknown}`; the parts are {known}");
    }
    for (name, work) in PARTS {
        if !except.iter().any(|left_out| left_out == name) {
            timed(name, work)?;
        }
    }
    Ok(())
}
