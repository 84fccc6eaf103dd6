//! `assay check --list`: what a run would look at, a line a requirement.

use std::fmt::Write as _;

use assay_client::Dialect;
use assay_conformance::{Selection, requirement::Catalogue};
use assay_results::Outcome;

use crate::args::target::DialectArg;
use crate::console;
use crate::failure::{CommandResult, OrFail};

/// Prints dialect, level, area, check and requirement in columns, for `grep` and `sort`.
pub(super) fn show(dialect: DialectArg, selection: &Selection) -> CommandResult {
    let dialects = match dialect {
        DialectArg::Auto => vec![Dialect::V1, Dialect::V0],
        DialectArg::V1 => vec![Dialect::V1],
        DialectArg::V0 => vec![Dialect::V0],
    };
    let mut text = String::new();
    for check in selection.checks(&dialects).or_usage()? {
        let catalogue = Catalogue::of(check.dialect);
        for (requirement, _) in &check.judges {
            let level = catalogue
                .get(requirement)
                .map_or("", |known| known.level.as_str());
            // Writing into a String cannot fail.
            let _ = writeln!(
                text,
                "{}  {level:<10}  {:<16}  {:<44}  {requirement}",
                check.dialect, check.area, check.id
            );
        }
    }
    console::show(&text)?;
    Ok(Outcome::Passed)
}
