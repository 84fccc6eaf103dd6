//! The frontier: how often may be published for how many subscribers. Every step of every search at its load.

use assay_results::{CapacityRun, CapacityStep, LoadLevel};

use super::axis::Axis;
use super::canvas::{Canvas, Error, Margins, Size, plot};
use super::data::Data;
use super::palette::Role;
use super::step_mark::{legend, legend_height, mark};
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::grouped;
use crate::sentence::capacity::{objectives, rate, sentence, step_verdict};

pub(super) fn chart(run: &CapacityRun) -> Result<Option<Chart>, RenderError> {
    let record = run.record();
    if record.searches.len() < 2 {
        return Ok(None);
    }
    let searches = record.searches.iter();
    let steps: Vec<&CapacityStep> = searches.flat_map(|search| &search.steps).collect();
    let answers = run.summary().answers.iter();
    let held: Vec<LoadLevel> = answers.filter_map(|answer| answer.passed).collect();
    let bounds = |of: fn(&LoadLevel) -> f64| {
        let values = steps.iter().map(|step| of(&step.load));
        values.fold((f64::MAX, 0.0_f64), |(least, most), value| {
            (least.min(value), most.max(value))
        })
    };
    if steps.is_empty() {
        return Ok(None);
    }
    let across = bounds(|load| load.subscribers as f64);
    let up = bounds(|load| load.updates_per_second);
    Sketch {
        data: data(&steps),
        name: "frontier",
        title: sentence(run),
        caption: format!(
            "Each mark is a step at its number of subscribers and its publish rate, both on logarithmic axes. The line goes through \
             the highest rates that kept {}, and kept it again.",
            objectives(&record.question)
        ),
        draw: |size: Size| {
            let x = Axis::magnitude(across.0, across.1, "subscribers (log)", |count| grouped(count as u64));
            let x = x.thinned(size.label_distance());
            let y = Axis::magnitude(up.0, up.1, "updates a second (log)", rate);
            let margins = Margins { top: legend_height(size) + 28, ..Margins::AXES };
            plot((size, 340 + legend_height(size)), margins, &x, &y, |canvas| {
                draw(canvas, &steps, &held)?;
                let occurs = |verdict| steps.iter().any(|step| step.verdict == verdict);
                legend(canvas, size, (x.from, y.to), occurs)
            })
        },
    }
    .chart()
    .map(Some)
}

fn data(steps: &[&CapacityStep]) -> Data {
    let mut data = Data::of(&["step", "subscribers", "updates_per_second", "verdict"]);
    for step in steps {
        data.row(&[
            &step.number,
            &step.load.subscribers,
            &step.load.updates_per_second,
            &step_verdict(step.verdict),
        ]);
    }
    data
}

fn draw(
    canvas: &mut Canvas<'_, '_>,
    steps: &[&CapacityStep],
    held: &[LoadLevel],
) -> Result<(), Error> {
    let at = |load: &LoadLevel| {
        (
            (load.subscribers as f64).log10(),
            load.updates_per_second.log10(),
        )
    };
    let line: Vec<(f64, f64)> = held.iter().map(at).collect();
    if line.len() > 1 {
        canvas.line(&line, Role::Blue, 2.5)?;
    }
    for step in steps {
        mark(canvas, at(&step.load), step.verdict)?;
    }
    Ok(())
}
