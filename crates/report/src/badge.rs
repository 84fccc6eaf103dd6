//! `badge.json`: the run as the endpoint document of shields.io, for a README. Words, never a percentage.

use assay_results::{BaselineState, ConformanceRun, Dialect, Outcome, Verdict};

/// Each dialect judged, with how many requirements are broken in it.
pub(crate) fn badge(run: &ConformanceRun) -> String {
    let message = match run.outcome() {
        Outcome::NotMeasurable => "not measurable".to_owned(),
        Outcome::Interrupted => "interrupted".to_owned(),
        Outcome::Defect => "the suite failed".to_owned(),
        _ => by_dialect(run),
    };
    let colour = match run.outcome() {
        Outcome::Passed if is_clean(run) => "brightgreen",
        Outcome::Passed => "green",
        Outcome::Broken => "red",
        _ => "lightgrey",
    };
    // Nothing of it comes from the hub, so that nothing has to be escaped.
    format!(
        "{{\n  \"schemaVersion\": 1,\n  \"label\": \"mercure\",\n  \"message\": \"{message}\",\n  \"color\": \"{colour}\"\n}}\n"
    )
}

fn by_dialect(run: &ConformanceRun) -> String {
    let of = |dialect: Dialect| {
        let rows = run.record().verdicts.iter();
        let rows: Vec<_> = rows.filter(|row| row.dialect == dialect).collect();
        let broken = rows
            .iter()
            .filter(|row| matches!(row.verdict, Verdict::Fail | Verdict::Flaky))
            .count();
        (!rows.is_empty()).then(|| match broken {
            0 => format!("{dialect} conformant"),
            broken => format!("{dialect} {broken} broken"),
        })
    };
    let parts: Vec<_> = [Dialect::V1, Dialect::V0]
        .into_iter()
        .filter_map(of)
        .collect();
    parts.join(" · ")
}

fn is_clean(run: &ConformanceRun) -> bool {
    let known = run.record().baseline.as_ref();
    known.is_none_or(|baseline| baseline.count(BaselineState::Known) == 0)
}
