//! A migration as `summary.md`: the sentence, the three hubs, what has to change. Not for whole tables.

use std::fmt::Write as _;

use assay_results::{MigrationRun, SampleRow, World};

use super::{FINDINGS_AT_MOST, block, code, escape};
use crate::number::grouped;
use crate::sentence::migration::{fates, places, sentence, wanting};

/// The text; the results of `writeln!` are dropped, since writing into a `String` does not fail.
pub(crate) fn summary(run: &MigrationRun) -> String {
    let mut text = format!(
        "## Migration to Mercure 1.0\n\n{}\n",
        escape(&sentence(run))
    );
    let summary = run.summary();
    text.push_str("\n| hub | samples that work |\n|---|---|\n");
    for (world, works) in [
        (World::Today, summary.work_today),
        (World::Compatible, summary.work_compatible),
        (World::Moved, summary.work_moved),
    ] {
        let _ = writeln!(
            text,
            "| {} | {} of {} |",
            world.as_str(),
            grouped(works),
            grouped(summary.samples)
        );
    }
    let rows = wanting(run);
    for row in rows.iter().take(FINDINGS_AT_MOST) {
        finding(&mut text, row);
    }
    if rows.len() > FINDINGS_AT_MOST {
        let _ = writeln!(text, "\n… and {} more.", rows.len() - FINDINGS_AT_MOST);
    }
    text.replace('\u{a0}', " ")
}

fn finding(text: &mut String, row: &SampleRow) {
    let silent = if row.is_silent() {
        ", fails silently"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "\n<details><summary><b>{}</b> {} ({}{silent})</summary>\n",
        row.standing().as_str(),
        row.kind.as_str(),
        escape(&places(row))
    );
    let _ = writeln!(text, "written:\n\n{}\n", block(&row.text));
    if let Some(instead) = &row.instead {
        let _ = writeln!(text, "write instead:\n\n{}\n", block(&instead.text));
    }
    for (world, fate) in fates(row) {
        let _ = writeln!(
            text,
            "- {world}: {}. {}",
            fate.as_words(),
            escape(&fate.detail)
        );
    }
    for change in &row.changes {
        let _ = writeln!(
            text,
            "- {} ({})",
            escape(&change.why),
            code(&change.requirement)
        );
    }
    for line in row.stand_ins.iter().chain(&row.differences) {
        let _ = writeln!(text, "- {}", escape(line));
    }
    text.push_str("\n</details>\n");
}
