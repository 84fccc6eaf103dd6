//! The capacity ladder: what each step of a search saw, against the load that it was under.

use std::collections::BTreeMap;

use assay_results::{
    CapacityObjective, CapacityRun, CapacitySearch, CapacityStep, Quantile, Raised, SloObserved,
};

use super::axis::{Axis, log_us};
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::data::{Data, us};
use super::palette::Role;
use super::step_mark::{legend, legend_height, mark};
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::{duration, grouped};
use crate::sentence::capacity::{load_text, rate, step_verdict};

/// A step with its place.
struct Rung<'a> {
    step: &'a CapacityStep,
    load: f64,
    /// Nothing where it could not begin.
    saw: Option<Quantile>,
}

pub(super) fn chart(run: &CapacityRun) -> Result<Option<Chart>, RenderError> {
    let record = run.record();
    let [search] = record.searches.as_slice() else {
        return Ok(None);
    };
    let objectives = &record.question.objectives;
    let objective = objectives.iter().find(|one| one.latency_bound_us.is_some());
    let rungs: Vec<Rung<'_>> = search
        .steps
        .iter()
        .map(|step| Rung {
            step,
            load: amount(step, search),
            saw: saw(step, objective),
        })
        .collect();
    let bound_us = objective.and_then(|one| one.latency_bound_us);
    let values = rungs.iter().filter_map(|rung| rung.saw?.value_us());
    let with_bound: Vec<u64> = values.chain(bound_us.map(|us| us as u64)).collect();
    let (Some(&shortest), Some(&longest)) = (with_bound.iter().min(), with_bound.iter().max())
    else {
        return Ok(None);
    };
    let name = objective.map_or("event_last.p99", |one| subject(&one.expect));
    Sketch {
        data: data(&rungs, name),
        name: "ladder",
        title: title(run),
        caption: format!(
            "Each mark is a step: {name} of its measured phase against its load, both on logarithmic axes; the line goes through the \
             median of each load, and the dashed one is the objective. A mark at the upper edge lost deliveries."
        ),
        draw: |size: Size| {
            let least = rungs.iter().map(|rung| rung.load).fold(f64::MAX, f64::min);
            let most = rungs.iter().map(|rung| rung.load).fold(0.0, f64::max);
            let (title, label): (_, fn(f64) -> String) = match search.raised {
                Raised::Subscribers => ("subscribers (log)", |count| grouped(count as u64)),
                Raised::Rate | Raised::Both => ("updates a second (log)", rate),
            };
            let x = Axis::magnitude(least, most, title, label).thinned(size.label_distance());
            let y = Axis::latency(shortest, longest, &format!("{name} (log)"));
            let margins = Margins { top: legend_height(size) + 28, ..Margins::AXES };
            plot((size, 320 + legend_height(size)), margins, &x, &y, |canvas| {
                draw(canvas, &rungs, bound_us, (&x, &y))?;
                let occurs = |verdict| rungs.iter().any(|rung| rung.step.verdict == verdict);
                legend(canvas, size, (x.from, y.to), occurs)
            })
        },
    }
    .chart()
    .map(Some)
}

/// `event_last.p99` of `event_last.p99 < 1s`.
fn subject(expect: &str) -> &str {
    expect.split(' ').next().unwrap_or(expect)
}

fn amount(step: &CapacityStep, search: &CapacitySearch) -> f64 {
    match search.raised {
        Raised::Subscribers => step.load.subscribers as f64,
        Raised::Rate | Raised::Both => step.load.updates_per_second,
    }
}

/// What the objective looks at, or event last where none is one of a latency.
fn saw(step: &CapacityStep, objective: Option<&CapacityObjective>) -> Option<Quantile> {
    let Some(objective) = objective else {
        return step.figures.as_ref().map(|figures| figures.event_last_p99);
    };
    let row = step
        .objectives
        .iter()
        .find(|row| row.expect == objective.expect)?;
    match row.observed {
        SloObserved::LatencyUs(value) => Some(value),
        SloObserved::Count(_) | SloObserved::Percent(_) => None,
    }
}

fn title(run: &CapacityRun) -> String {
    let question = &run.record().question;
    let Some(answer) = run.summary().answers.first() else {
        return "Nothing was tried".to_owned();
    };
    let Some(passed) = answer.passed else {
        return "No load was held, and held again".to_owned();
    };
    let held = load_text(passed, question);
    match answer.ended {
        Some(ended) => format!("{held} were held; {} were not", load_text(ended, question)),
        None => format!("{held} were held, and more was not tried"),
    }
}

fn data(rungs: &[Rung<'_>], name: &str) -> Data {
    let saw = format!("{name}_us");
    let mut data = Data::of(&[
        "step",
        "subscribers",
        "updates_per_second",
        &saw,
        "event_last_p50_us",
        "event_last_p99_us",
        "delivery_p99_us",
        "hub_cpus",
        "hub_memory_bytes",
        "verdict",
    ]);
    for rung in rungs {
        let step = rung.step;
        let figures = step.figures.as_ref();
        let quantile = |value: Option<Quantile>| us(value.unwrap_or(Quantile::TooFew));
        let cpus = figures.and_then(|one| one.hub_cpu);
        let memory = figures.and_then(|one| one.hub_memory_bytes);
        data.row(&[
            &step.number,
            &step.load.subscribers,
            &step.load.updates_per_second,
            &quantile(rung.saw),
            &quantile(figures.map(|one| one.event_last_p50)),
            &quantile(figures.map(|one| one.event_last_p99)),
            &quantile(figures.map(|one| one.delivery_p99)),
            &cpus.map_or(String::new(), |cpus| cpus.to_string()),
            &memory.map_or(String::new(), |bytes| bytes.to_string()),
            &step_verdict(step.verdict),
        ]);
    }
    data
}

fn draw(
    canvas: &mut Canvas<'_, '_>,
    rungs: &[Rung<'_>],
    bound_us: Option<f64>,
    (x, y): (&Axis, &Axis),
) -> Result<(), Error> {
    if let Some(bound_us) = bound_us {
        let at = log_us(bound_us as u64);
        canvas.dashed(&[(x.from, at), (x.to, at)], (7, 5), Role::Ink, 1.5)?;
        let text = format!("objective {}", duration(bound_us as u64));
        canvas.label((x.from, at), (6, -4), Anchor::LeftBottom, &text, Role::Ink)?;
    }
    let line = medians(rungs);
    if line.len() > 1 {
        canvas.line(&line, Role::Sky, 1.5)?;
    }
    for rung in rungs {
        let at = match rung.saw {
            Some(Quantile::Value(us)) => log_us(us),
            // Never came, or nothing could be said: at an edge, not nowhere.
            Some(Quantile::Lost) => y.to,
            Some(Quantile::TooFew) | None => y.from,
        };
        mark(canvas, (rung.load.log10(), at), rung.step.verdict)?;
    }
    Ok(())
}

/// One point a load, ascending.
fn medians(rungs: &[Rung<'_>]) -> Vec<(f64, f64)> {
    let mut by_load: BTreeMap<u64, (f64, Vec<u64>)> = BTreeMap::new();
    for rung in rungs {
        if let Some(us) = rung.saw.and_then(Quantile::value_us) {
            // In thousandths, since loads are ordered and rates are no whole numbers.
            let entry = by_load.entry((rung.load * 1e3) as u64);
            entry.or_insert((rung.load, Vec::new())).1.push(us);
        }
    }
    let median = |(load, mut values): (f64, Vec<u64>)| {
        values.sort_unstable();
        (load.log10(), log_us(values[values.len() / 2]))
    };
    by_load.into_values().map(median).collect()
}
