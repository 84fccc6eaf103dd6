//! The fan: when the first, the median, the 99th percentile and the last subscriber had each publish, over the run.

use assay_results::{LoadRun, PhaseKind, PublicationRow, Quantile};

use super::axis::{Axis, log_us};
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::data::{Data, us};
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::{counted, duration};

/// What one column of the picture shows: one publish, or the worst of its neighbours.
#[derive(Debug, Clone, Copy)]
struct Column {
    at_s: f64,
    first_us: u64,
    median_us: u64,
    p99_us: u64,
    last_us: u64,
    lost: bool,
}

fn data(rows: &[&PublicationRow]) -> Data {
    let mut data = Data::of(&[
        "planned_us",
        "first_us",
        "median_us",
        "p99_us",
        "last_us",
        "lost",
    ]);
    for row in rows {
        let [first, median, p99, last] = [row.first, row.median, row.p99, row.last].map(us);
        data.row(&[
            &row.planned_us,
            &first,
            &median,
            &p99,
            &last,
            &row.ledger.lost,
        ]);
    }
    data
}

pub(super) fn chart(run: &LoadRun) -> Result<Option<Chart>, RenderError> {
    let rows: Vec<&PublicationRow> = run
        .record()
        .publications
        .iter()
        .filter(|row| row.phase == PhaseKind::Measure)
        .collect();
    let columns: Vec<Column> = rows.iter().filter_map(|row| column(row)).collect();
    let (Some(first), Some(last)) = (columns.first(), columns.last()) else {
        return Ok(None);
    };
    let shortest = columns
        .iter()
        .map(|column| column.first_us)
        .min()
        .unwrap_or(1);
    let longest = columns
        .iter()
        .map(|column| column.last_us)
        .max()
        .unwrap_or(1);
    Sketch {
        data: data(&rows),
        name: "fan",
        title: title(run, &rows),
        caption: format!(
            "One line for each {}, at its planned instant, from its first subscriber to its last; dots mark the median, \
            the 99th percentile and the last one. Where the picture is too small for all, neighbours share a line that \
            shows the worst of them. A cross on top: a delivery was lost.",
            run.record().scenario.event.one
        ),
        draw: |size| {
            let x = Axis::seconds(first.at_s.floor(), last.at_s.ceil(), "planned instant, seconds since the run began");
            let y = Axis::latency(shortest, longest, "latency (log)");
            let most = if size == Size::Wide { 220 } else { 90 };
            plot((size, 380), Margins { top: 50, ..Margins::AXES }, &x, &y, |canvas| {
                for column in binned(&columns, most) {
                    draw(canvas, column, y.to)?;
                }
                legend(canvas, size, x.from, y.to)
            })
        },
    }
    .chart()
    .map(Some)
}

fn title(run: &LoadRun, rows: &[&PublicationRow]) -> String {
    let event = &run.record().scenario.event;
    let lost = rows.iter().filter(|row| row.last == Quantile::Lost).count() as u64;
    if lost > 0 {
        let events = counted(lost, &event.one, &event.many);
        return format!("{events} did not reach everyone");
    }
    let slowest = rows.iter().max_by_key(|row| row.last.value_us());
    let Some((row, us)) = slowest.and_then(|row| Some((row, row.last.value_us()?))) else {
        return format!("How each {} spread", event.one);
    };
    let at = row.planned_us as f64 / 1e6;
    format!(
        "The slowest {}, {at:.1}\u{a0}s into the run, took {} to reach its last subscriber",
        event.one,
        duration(us)
    )
}

/// Nothing for a publish that nobody received.
fn column(row: &PublicationRow) -> Option<Column> {
    let first_us = row.first.value_us()?;
    // What was lost has no place on the axis: the line ends at the last one that is known to have come.
    let median_us = row.median.value_us().unwrap_or(first_us);
    let p99_us = row.p99.value_us().unwrap_or(median_us);
    Some(Column {
        at_s: row.planned_us as f64 / 1e6,
        first_us,
        median_us,
        p99_us,
        last_us: row.last.value_us().unwrap_or(p99_us),
        lost: row.last == Quantile::Lost,
    })
}

/// At most so many columns; each shows the publish with the latest last one of those that it stands for.
fn binned(columns: &[Column], most: usize) -> Vec<Column> {
    let each = columns.len().div_ceil(most).max(1);
    columns
        .chunks(each)
        .filter_map(|chunk| {
            let worst = chunk
                .iter()
                .max_by_key(|column| (column.lost, column.last_us))?;
            Some(Column {
                lost: chunk.iter().any(|column| column.lost),
                ..*worst
            })
        })
        .collect()
}

fn draw(canvas: &mut Canvas<'_, '_>, column: Column, top: f64) -> Result<(), Error> {
    let at = |us| (column.at_s, log_us(us));
    canvas.line(&[at(column.first_us), at(column.last_us)], Role::Sky, 1.0)?;
    canvas.dot(at(column.last_us), 2.0, Role::Vermillion)?;
    canvas.dot(at(column.p99_us), 1.5, Role::Green)?;
    canvas.dot(at(column.median_us), 2.0, Role::Blue)?;
    if column.lost {
        canvas.cross((column.at_s, top), Role::Ink)?;
    }
    Ok(())
}

/// Above the picture, where nothing else is.
fn legend(canvas: &mut Canvas<'_, '_>, size: Size, left: f64, top: f64) -> Result<(), Error> {
    let step = if size == Size::Wide { 110 } else { 84 };
    for (index, (name, role)) in (0_i32..).zip([
        ("median", Role::Blue),
        ("p99", Role::Green),
        ("last", Role::Vermillion),
    ]) {
        let right = index * step;
        canvas.spot((left, top), (right - 48, -36), role)?;
        canvas.label(
            (left, top),
            (right - 40, -36),
            Anchor::LeftMiddle,
            name,
            Role::Ink,
        )?;
    }
    Ok(())
}
