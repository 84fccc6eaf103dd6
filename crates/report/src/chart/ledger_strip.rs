//! The ledger as one strip: what became of every expected delivery.

use assay_results::{LedgerCounts, LoadRun};

use super::axis::Axis;
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::data::Data;
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::{grouped, share};

/// Share of the strip that even one delivery gets: a single loss must be seen.
const LEAST: f64 = 0.012;

pub(super) fn chart(run: &LoadRun) -> Result<Option<Chart>, RenderError> {
    let ledger = run.record().ledger;
    if ledger.expected == 0 {
        return Ok(None);
    }
    let mut data = Data::of(&["on_time", "late", "replayed", "lost"]);
    data.row(&[
        &ledger.on_time,
        &ledger.late,
        &ledger.replayed,
        &ledger.lost,
    ]);
    Sketch {
        data,
        name: "ledger",
        title: title(&ledger),
        caption: "Every expected delivery of the run ends as exactly one of on time, late, replayed and lost. \
            Parts too small to be seen are drawn a little wider."
            .to_owned(),
        draw: |size| {
            let bare = Axis { from: 0.0, to: 1.0, ticks: Vec::new(), title: String::new() };
            let rows = if size == Size::Wide { 1 } else { 2 };
            let height = 46 + rows * 24;
            let margins = Margins { bottom: 8 + rows * 24, ..Margins::BARE };
            plot((size, height), margins, &bare, &bare, |canvas| draw(canvas, size, &ledger))
        },
    }
    .chart()
    .map(Some)
}

fn title(ledger: &LedgerCounts) -> String {
    let expected = grouped(ledger.expected);
    match (ledger.lost, ledger.on_time == ledger.expected) {
        (0, true) => format!("All {expected} expected deliveries came on time"),
        (0, false) => format!(
            "All {expected} expected deliveries came, {} of them on time",
            share(ledger.on_time, ledger.expected)
        ),
        (lost, _) => format!(
            "{} of {expected} expected deliveries never came",
            grouped(lost)
        ),
    }
}

fn parts(ledger: &LedgerCounts) -> [(&'static str, u64, Role); 4] {
    [
        ("on time", ledger.on_time, Role::Blue),
        ("late", ledger.late, Role::Orange),
        ("replayed", ledger.replayed, Role::Sky),
        ("lost", ledger.lost, Role::Vermillion),
    ]
}

fn draw(canvas: &mut Canvas<'_, '_>, size: Size, ledger: &LedgerCounts) -> Result<(), Error> {
    let parts = parts(ledger);
    let wide = |count: u64| {
        if count == 0 {
            0.0
        } else {
            (count as f64 / ledger.expected as f64).max(LEAST)
        }
    };
    let total: f64 = parts.iter().map(|(_, count, _)| wide(*count)).sum();
    let mut left = 0.0;
    for (_, count, role) in parts {
        let right = left + wide(count) / total;
        if count > 0 {
            canvas.cell((left, 0.0), (right, 1.0), role, 1.0)?;
        }
        left = right;
    }
    let (columns, step) = if size == Size::Wide {
        (4, 188)
    } else {
        (2, 174)
    };
    for (index, (name, count, role)) in (0_i32..).zip(parts) {
        let at = (index % columns * step + 8, 20 + index / columns * 24);
        canvas.spot((0.0, 0.0), at, role)?;
        let text = format!("{} {name}", grouped(count));
        canvas.label(
            (0.0, 0.0),
            (at.0 + 10, at.1),
            Anchor::LeftMiddle,
            &text,
            Role::Ink,
        )?;
    }
    Ok(())
}
