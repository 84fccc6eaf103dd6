//! The run a second at a time, one thing a picture: streams, deliveries, and what the hub used meanwhile. All on the same time axis, with the
//! phases and faults of the run.

use assay_results::{LoadRun, PhaseKind, Second};

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::data::Data;
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::{bytes, grouped};

/// Something that has a value each second.
struct Quantity {
    name: &'static str,
    /// What the chart says of this run.
    title: fn(&LoadRun, &[(f64, f64)]) -> String,
    /// How to read it.
    caption: &'static str,
    axis: &'static str,
    /// The name of its column in the data, with its unit.
    column: &'static str,
    of: fn(&Second) -> Option<f64>,
    /// In which unit its ticks are round, where this is the most.
    scale: fn(f64) -> f64,
    unit: fn(f64) -> String,
}

const QUANTITIES: [Quantity; 5] = [
    Quantity {
        name: "streams",
        title: streams_title,
        caption: "Streams open at the end of each second. After a fault, how steeply they come back is the herd that the hub meets.",
        axis: "streams open",
        column: "streams",
        of: |second| Some(second.connections as f64),
        scale: |_| 1.0,
        unit: number,
    },
    Quantity {
        name: "deliveries",
        title: deliveries_title,
        caption: "Events received in each second by all subscribers together, repeats included.",
        axis: "events a second",
        column: "events",
        of: |second| Some(second.delivered as f64),
        scale: |_| 1.0,
        unit: number,
    },
    Quantity {
        name: "hub-cpu",
        title: cpu_title,
        caption: "CPUs that the hub's process, or its control group, used in each second; 1 is one of them all the time.",
        axis: "CPUs",
        column: "cpus",
        of: |second| second.hub_cpu,
        scale: |_| 1.0,
        unit: |cpus| format!("{cpus:.2}"),
    },
    Quantity {
        name: "hub-memory",
        title: memory_title,
        caption: "Resident memory of the hub's process, or what is charged to its control group, at the end of each second.",
        axis: "memory",
        column: "bytes",
        of: |second| second.hub_memory_bytes.map(|bytes| bytes as f64),
        scale: |most| 1_024_f64.powf(most.max(1.0).log(1_024.0).floor()),
        unit: |value| bytes(value as u64),
    },
    Quantity {
        name: "hub-files",
        title: files_title,
        caption: "File descriptors of the hub's process at the end of each second. They follow the streams; what stays behind leaks.",
        axis: "file descriptors",
        column: "file_descriptors",
        of: |second| second.hub_open_files.map(|files| files as f64),
        scale: |_| 1.0,
        unit: number,
    },
];

/// Those that the run has values of, for at least two seconds.
pub(super) fn charts(run: &LoadRun) -> Vec<Result<Option<Chart>, RenderError>> {
    QUANTITIES.iter().map(|one| chart(run, one)).collect()
}

fn chart(run: &LoadRun, quantity: &Quantity) -> Result<Option<Chart>, RenderError> {
    // The last second is cut off where the run ended.
    let seconds = run
        .record()
        .seconds
        .split_last()
        .map_or(&[][..], |(_, whole)| whole);
    let points: Vec<(f64, f64)> = seconds
        .iter()
        .filter_map(|second| Some((f64::from(second.at_s) + 1.0, (quantity.of)(second)?)))
        .collect();
    let most = points
        .iter()
        .fold(0.0_f64, |most, (_, value)| most.max(*value));
    if points.len() < 2 || most <= 0.0 {
        return Ok(None);
    }
    let mut data = Data::of(&["second", quantity.column]);
    for (at, value) in &points {
        data.row(&[at, value]);
    }
    Sketch {
        data,
        name: quantity.name,
        title: (quantity.title)(run, &points),
        caption: quantity.caption.to_owned(),
        draw: |size: Size| {
            let end = points.last().map_or(1.0, |(at, _)| *at);
            let x = Axis::seconds(0.0, end, "seconds since the run began");
            let y = Axis::from_zero(most, (quantity.scale)(most), quantity.axis, quantity.unit);
            plot((size, 240), Margins::AXES, &x, &y, |canvas| {
                draw(canvas, run, &points, &y)
            })
        },
    }
    .chart()
    .map(Some)
}

fn draw(
    canvas: &mut Canvas<'_, '_>,
    run: &LoadRun,
    points: &[(f64, f64)],
    y: &Axis,
) -> Result<(), Error> {
    let mut under = vec![(points[0].0, 0.0)];
    under.extend(points);
    under.extend(points.last().map(|(at, _)| (*at, 0.0)));
    canvas.shape(&under, Role::Blue, 0.12)?;
    canvas.line(points, Role::Blue, 2.0)?;
    for fault in &run.record().faults {
        let at = fault.began_us.unwrap_or(fault.planned_us) as f64 / 1e6;
        canvas.dashed(&[(at, 0.0), (at, y.to)], (5, 4), Role::Vermillion, 1.5)?;
        canvas.label(
            (at, y.to),
            (5, 4),
            Anchor::LeftBottom,
            &fault.name,
            Role::Ink,
        )?;
    }
    Ok(())
}

fn number(value: f64) -> String {
    grouped(value as u64)
}

/// The values of the measured phase.
fn measured<'a>(run: &'a LoadRun, points: &'a [(f64, f64)]) -> impl Iterator<Item = f64> + 'a {
    let phases = run.record().phases.iter();
    let measure = phases.filter(|phase| phase.kind == PhaseKind::Measure);
    let spans: Vec<_> = measure
        .map(|phase| phase.start_us as f64 / 1e6..phase.end_us as f64 / 1e6)
        .collect();
    points
        .iter()
        .filter(move |(at, _)| spans.iter().any(|span| span.contains(&(at - 0.5))))
        .map(|(_, value)| *value)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}

fn streams_title(run: &LoadRun, points: &[(f64, f64)]) -> String {
    let most = points
        .iter()
        .fold(0.0_f64, |most, (_, value)| most.max(*value));
    let faults = run.record().faults.iter();
    let broken: u64 = faults.map(|fault| fault.broken).sum();
    let not_back: u64 = run.record().faults.iter().map(|fault| fault.not_back).sum();
    let most = number(most);
    match (broken, not_back) {
        (0, _) => format!("{most} streams at most were open at a time"),
        (broken, 0) => format!(
            "{most} streams at most were open; faults ended {} in all, and each was opened again",
            grouped(broken)
        ),
        (broken, not_back) => format!(
            "{most} streams at most were open; faults ended {} in all, and {} were not opened again",
            grouped(broken),
            grouped(not_back)
        ),
    }
}

fn deliveries_title(run: &LoadRun, points: &[(f64, f64)]) -> String {
    let most = measured(run, points).fold(0.0_f64, f64::max);
    format!(
        "{} events a second on average, {} in the busiest one",
        number(mean(measured(run, points)).round()),
        number(most)
    )
}

fn cpu_title(run: &LoadRun, points: &[(f64, f64)]) -> String {
    format!(
        "The hub used {:.2} CPUs on average",
        mean(measured(run, points))
    )
}

fn memory_title(_: &LoadRun, points: &[(f64, f64)]) -> String {
    let ends = points.first().zip(points.last());
    let (first, last) = ends.map_or((0.0, 0.0), |((_, first), (_, last))| (*first, *last));
    format!(
        "The hub's memory went from {} to {}",
        bytes(first as u64),
        bytes(last as u64)
    )
}

fn files_title(_: &LoadRun, points: &[(f64, f64)]) -> String {
    let most = points
        .iter()
        .fold(0.0_f64, |most, (_, value)| most.max(*value));
    let last = points.last().map_or(0.0, |(_, value)| *value);
    format!(
        "The hub had {} file descriptors at most, {} at the end",
        number(most),
        number(last)
    )
}
