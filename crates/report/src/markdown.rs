//! A conformance run as `summary.md`: what a CI step shows on the page of its job. The same order as every other form of the
//! report: the sentence, the areas, what is not green. Not for whole tables: those are on the page.

pub(crate) mod capacity;
pub(crate) mod comparison;
pub(crate) mod migration;

use std::fmt::Write as _;

use assay_results::{BaselineState, ConformanceRun, Verdict, VerdictRow};

use crate::number::grouped;
use crate::sentence::conformance::{findings, sentence};

/// Longest list of findings; services cut a summary off at 1 MiB, and nobody reads further.
const FINDINGS_AT_MOST: usize = 50;

/// The text; the results of `writeln!` are dropped, since writing into a `String` does not fail.
pub(crate) fn summary(run: &ConformanceRun) -> String {
    let mut text = format!("## Mercure conformance\n\n{}\n", escape(&sentence(run)));
    areas(&mut text, run);
    baseline(&mut text, run);
    let rows = findings(run);
    for row in rows.iter().take(FINDINGS_AT_MOST) {
        finding(&mut text, row);
    }
    if rows.len() > FINDINGS_AT_MOST {
        let _ = writeln!(text, "\n… and {} more.", rows.len() - FINDINGS_AT_MOST);
    }
    text.replace('\u{a0}', " ")
}

fn areas(text: &mut String, run: &ConformanceRun) {
    if run.summary().areas.is_empty() {
        return;
    }
    text.push_str("\n| dialect | area | | verdicts |\n|---|---|---|---|\n");
    for area in &run.summary().areas {
        let counts: Vec<_> = Verdict::ALL
            .into_iter()
            .filter(|&verdict| area.counts.get(verdict) > 0)
            .map(|verdict| format!("{} {verdict}", grouped(area.counts.get(verdict))))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            area.dialect,
            area.area,
            area.status.as_str(),
            counts.join(", ")
        );
    }
}

fn baseline(text: &mut String, run: &ConformanceRun) {
    let Some(baseline) = &run.record().baseline else {
        return;
    };
    let _ = writeln!(text, "\n### Baseline {}\n", code(&baseline.file));
    let _ = writeln!(
        text,
        "{} known, nothing to do.",
        baseline.count(BaselineState::Known)
    );
    let rest = baseline.entries.iter();
    for entry in rest.filter(|entry| entry.state != BaselineState::Known) {
        let _ = writeln!(
            text,
            "- {} ({}, {}): **{}**",
            code(&entry.requirement),
            entry.dialect,
            code(&entry.check),
            entry.state.as_str()
        );
    }
}

fn finding(text: &mut String, row: &VerdictRow) {
    let _ = writeln!(
        text,
        "\n<details><summary><b>{}</b> {} {} ({})</summary>\n",
        row.verdict,
        row.level,
        escape(&row.requirement),
        row.dialect
    );
    let _ = writeln!(text, "{}\n", escape(&row.why));
    let _ = writeln!(
        text,
        "Section: {}. Check: {}\n",
        escape(&row.section),
        code(&row.check)
    );
    for (label, value) in [
        ("sent", &row.sent),
        ("expected", &row.expected),
        ("came", &row.observed),
    ] {
        let _ = writeln!(text, "{label}:\n\n{}\n", block(value));
    }
    text.push_str("</details>\n");
}

// A hub's own words must not become markup.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '>' | '@' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace(['`', '\n', '\r'], "'"))
}

// Four blanks make a block that nothing within can end.
fn block(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("    {line}")).collect();
    lines.join("\n")
}
