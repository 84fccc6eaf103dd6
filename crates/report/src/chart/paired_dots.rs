//! Paired dots: for each figure the ratio of every pair, their mean and its interval, around the line of no difference.

use assay_results::{Compared, ComparisonRun, Evidence};

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::data::Data;
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::sentence::comparison::{figure, percent, sentence};

/// Height of a figure's row in the view.
const ROW: i32 = 44;

/// One figure with the ratios of its pairs.
struct Line {
    figure: Compared,
    ratios: Vec<f64>,
    mean: f64,
    interval: Option<(f64, f64)>,
}

pub(super) fn chart(run: &ComparisonRun) -> Result<Option<Chart>, RenderError> {
    let lines = lines(run);
    let all = lines.iter().flat_map(|line| {
        let interval = line
            .interval
            .into_iter()
            .flat_map(|(low, high)| [low, high]);
        line.ratios
            .iter()
            .copied()
            .chain(interval)
            .chain([line.mean])
    });
    let (least, most) = all.fold((1.0_f64, 1.0_f64), |(least, most), ratio| {
        (least.min(ratio), most.max(ratio))
    });
    if lines.is_empty() {
        return Ok(None);
    }
    Sketch {
        data: data(run, &lines),
        name: "pairs",
        title: sentence(run),
        caption: "Each small dot is a pair of runs: what b took by what a took, on a logarithmic axis; left of the line b is better. The bar is \
            the interval around their mean, the large dot: a bar that touches the line tells nothing apart."
            .to_owned(),
        draw: |size: Size| {
            let x = Axis::magnitude(least.min(0.9), most.max(1.1), "b by a (log)", percent);
            let x = x.thinned(size.label_distance() * 1.4);
            let y = Axis { from: 0.0, to: lines.len() as f64, ticks: Vec::new(), title: String::new() };
            let margins = Margins { left: 18, top: 12, ..Margins::AXES };
            let height = i32::try_from(lines.len()).unwrap_or(0) * ROW + 60;
            plot((size, height), margins, &x, &y, |canvas| draw(canvas, &lines, (&x, &y)))
        },
    }
    .chart()
    .map(Some)
}

fn lines(run: &ComparisonRun) -> Vec<Line> {
    let rows = run.summary().rows.iter();
    rows.map(|row| Line {
        figure: row.figure,
        ratios: ratios(run, row.figure),
        mean: row.ratio,
        interval: row.interval.as_ref().map(|one| (one.low, one.high)),
    })
    .collect()
}

fn ratios(run: &ComparisonRun, figure: Compared) -> Vec<f64> {
    let Evidence::Pairs { pairs, .. } = &run.record().evidence else {
        return Vec::new();
    };
    let usable = pairs.iter().filter(|pair| pair.is_usable());
    usable
        .filter_map(|pair| Some(pair.b.figures.get(&figure)? / pair.a.figures.get(&figure)?))
        .collect()
}

fn data(run: &ComparisonRun, lines: &[Line]) -> Data {
    let mut data = Data::of(&["figure", "what", "ratio"]);
    for line in lines {
        let name = figure(line.figure);
        for ratio in &line.ratios {
            data.row(&[&name, &"pair", ratio]);
        }
        data.row(&[&name, &"mean", &line.mean]);
        if let Some((low, high)) = line.interval {
            data.row(&[&name, &"low", &low]);
            data.row(&[&name, &"high", &high]);
        }
    }
    let (a, b) = (run.summary().wrong_a, run.summary().wrong_b);
    data.row(&[&"deliveries wrong", &"a", &a]);
    data.row(&[&"deliveries wrong", &"b", &b]);
    data
}

fn draw(canvas: &mut Canvas<'_, '_>, lines: &[Line], (x, y): (&Axis, &Axis)) -> Result<(), Error> {
    canvas.dashed(&[(0.0, y.from), (0.0, y.to)], (6, 4), Role::Ink, 1.5)?;
    for (place, line) in lines.iter().rev().enumerate() {
        let middle = place as f64 + 0.32;
        if let Some((low, high)) = line.interval {
            let (low, high) = (low.log10(), high.log10());
            canvas.line(&[(low, middle), (high, middle)], Role::Blue, 3.0)?;
        }
        for ratio in &line.ratios {
            canvas.dot((ratio.log10(), middle), 2.5, Role::Orange)?;
        }
        canvas.dot((line.mean.log10(), middle), 4.5, Role::Blue)?;
        let name = (x.from, place as f64 + 0.78);
        canvas.label(
            name,
            (4, 0),
            Anchor::LeftMiddle,
            figure(line.figure),
            Role::Ink,
        )?;
    }
    Ok(())
}
