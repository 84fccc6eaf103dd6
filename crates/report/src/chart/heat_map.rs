//! The heat map: the whole distribution of latency, a column a second.

use assay_results::{LoadRun, PhaseKind, Second, heat_bucket_start_us};

use super::axis::{Axis, log_us};
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::{counted, duration};

/// Opacity of a cell with hardly anything in it: still to be seen.
const FAINTEST: f64 = 0.10;

/// Columns at most in each size; more seconds than that share one.
const fn columns(size: Size) -> usize {
    match size {
        Size::Wide => 300,
        Size::Narrow => 120,
    }
}

pub(super) fn chart(run: &LoadRun) -> Result<Option<Chart>, RenderError> {
    let seconds: Vec<&Second> = run
        .record()
        .seconds
        .iter()
        .filter(|second| !second.heat.is_empty())
        .collect();
    let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else {
        return Ok(None);
    };
    let cells = || seconds.iter().flat_map(|second| &second.heat);
    let lowest = cells().map(|cell| cell.bucket).min().unwrap_or(0);
    let highest = cells().map(|cell| cell.bucket).max().unwrap_or(0);
    Sketch {
        name: "heat-map",
        title: title(run, &seconds),
        caption: "Each column is the second in which updates were planned; the stronger the colour of a cell, the larger the share of that \
            second's deliveries with this latency. The lines are the median and the 99th percentile of the second. \
            A cross on top: deliveries planned in it were lost."
            .to_owned(),
        draw: |size| {
            let x = Axis::seconds(f64::from(first.at_s), f64::from(last.at_s + 1), "seconds since the run began");
            let y = Axis::latency(
                heat_bucket_start_us(lowest) as u64,
                heat_bucket_start_us(highest + 1) as u64,
                "latency (log)",
            );
            plot((size, 340), Margins { top: 50, ..Margins::AXES }, &x, &y, |canvas| {
                let each = seconds.len().div_ceil(columns(size)).max(1);
                for second in seconds.iter().step_by(each) {
                    column(canvas, second, each as f64, &y)?;
                }
                percentile_line(canvas, &seconds, |second| second.p50_us, None)?;
                percentile_line(canvas, &seconds, |second| second.p99_us, Some((6, 3)))?;
                legend(canvas, size, x.from, y.to)
            })
        },
    }
    .chart()
    .map(Some)
}

fn title(run: &LoadRun, seconds: &[&Second]) -> String {
    let measured = || {
        seconds
            .iter()
            .filter(|second| second.phase == PhaseKind::Measure)
    };
    let lost: u64 = measured().map(|second| second.lost).sum();
    if lost > 0 {
        let within = measured().filter(|second| second.lost > 0).count() as u64;
        return format!(
            "Deliveries were lost in {}",
            counted(within, "second", "seconds")
        );
    }
    let p99s: Vec<(u64, u32)> = measured()
        .filter_map(|second| Some((second.p99_us?, second.at_s)))
        .collect();
    match (p99s.iter().min(), p99s.iter().max()) {
        (Some(best), Some(worst)) if worst.0 > best.0.saturating_mul(3) => format!(
            "The worst second was second {}: its 99th percentile was {}, that of the best {}",
            worst.1,
            duration(worst.0),
            duration(best.0)
        ),
        (Some(best), Some(worst)) => format!(
            "Latency stayed even: the 99th percentile of a second lay between {} and {}",
            duration(best.0),
            duration(worst.0)
        ),
        _ => format!("Latency of each second of {}", run.record().scenario.name),
    }
}

fn column(canvas: &mut Canvas<'_, '_>, second: &Second, width: f64, y: &Axis) -> Result<(), Error> {
    let left = f64::from(second.at_s);
    let most = second.heat.iter().map(|cell| cell.count).max().unwrap_or(1) as f64;
    for cell in &second.heat {
        let from = heat_bucket_start_us(cell.bucket).log10().max(y.from);
        let to = heat_bucket_start_us(cell.bucket + 1).log10().min(y.to);
        let opacity = FAINTEST + (1.0 - FAINTEST) * (cell.count as f64 / most).sqrt();
        canvas.cell((left, from), (left + width, to), Role::Blue, opacity)?;
    }
    if second.lost > 0 {
        canvas.cross((left + width / 2.0, y.to), Role::Ink)?;
    }
    Ok(())
}

fn percentile_line(
    canvas: &mut Canvas<'_, '_>,
    seconds: &[&Second],
    percentile: impl Fn(&Second) -> Option<u64>,
    dash: Option<(i32, i32)>,
) -> Result<(), Error> {
    let points: Vec<(f64, f64)> = seconds
        .iter()
        .filter_map(|second| Some((f64::from(second.at_s) + 0.5, log_us(percentile(second)?))))
        .collect();
    match dash {
        _ if points.len() < 2 => Ok(()),
        None => canvas.line(&points, Role::Orange, 2.0),
        Some(dash) => canvas.dashed(&points, dash, Role::Vermillion, 2.0),
    }
}

fn legend(canvas: &mut Canvas<'_, '_>, size: Size, left: f64, top: f64) -> Result<(), Error> {
    let step = if size == Size::Wide { 130 } else { 116 };
    let names = [
        ("median", Role::Orange, None),
        ("p99", Role::Vermillion, Some((6, 3))),
    ];
    for (index, (name, role, dash)) in (0_i32..).zip(names) {
        canvas.sample((left, top), (index * step - 54, -36), dash, role)?;
        canvas.label(
            (left, top),
            (index * step - 20, -36),
            Anchor::LeftMiddle,
            name,
            Role::Ink,
        )?;
    }
    Ok(())
}
