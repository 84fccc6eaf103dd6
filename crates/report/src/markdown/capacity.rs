//! A search for a capacity as `summary.md`: the sentence, and a row a step.

use std::fmt::Write as _;

use assay_results::CapacityRun;

use super::escape;
use crate::number::{grouped, quantile};
use crate::page::capacity::how;
use crate::sentence::capacity::{rate, sentence, step_verdict};

/// The text; the results of `writeln!` are dropped, since writing into a `String` does not fail.
pub(crate) fn summary(run: &CapacityRun) -> String {
    let mut text = format!("## Capacity of a hub\n\n{}\n", escape(&sentence(run)));
    text.push_str("\n| step | subscribers | updates/s | slowest p50 | slowest p99 | wrong | hub CPUs | verdict | |\n|---:|---:|---:|---:|---:|---:|---:|---|---|\n");
    let searches = run.record().searches.iter();
    for step in searches.flat_map(|search| &search.steps) {
        let figures = step.figures.as_ref();
        let cell = |value: Option<String>| value.unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            step.number,
            grouped(step.load.subscribers),
            rate(step.load.updates_per_second),
            cell(figures.map(|one| quantile(one.event_last_p50))),
            cell(figures.map(|one| quantile(one.event_last_p99))),
            cell(figures.map(|one| grouped(one.wrong))),
            cell(figures.and_then(|one| Some(format!("{:.2}", one.hub_cpu?)))),
            step_verdict(step.verdict),
            escape(step.why.as_deref().unwrap_or_default()),
        );
    }
    let _ = writeln!(text, "\n{}", escape(&how(run)));
    text.replace('\u{a0}', " ")
}
