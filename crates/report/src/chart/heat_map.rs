//! The heat map: the whole distribution of latency, a column a second.

use std::collections::BTreeMap;

use assay_results::{
    LoadRun, Noun, PhaseKind, Quantile, Second, events_needed, heat_bucket_start_us,
};

use super::axis::{Axis, log_us};
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::data::Data;
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::{counted, duration, grouped};

/// Opacity of a cell with hardly anything in it: still to be seen.
const FAINTEST: f64 = 0.10;

/// Columns at most in each size; more seconds than that share one.
const fn columns(size: Size) -> usize {
    match size {
        Size::Wide => 300,
        Size::Narrow => 120,
    }
}

fn data(seconds: &[&Second]) -> Data {
    let mut data = Data::of(&["second", "from_us", "to_us", "deliveries"]);
    for second in seconds {
        for cell in &second.heat {
            let from = heat_bucket_start_us(cell.bucket).round();
            let to = heat_bucket_start_us(cell.bucket + 1).round();
            data.row(&[&second.at_s, &from, &to, &cell.count]);
        }
        if second.lost > 0 {
            data.row(&[&second.at_s, &"lost", &"lost", &second.lost]);
        }
    }
    data
}

pub(super) fn chart(run: &LoadRun) -> Result<Option<Chart>, RenderError> {
    let seconds: Vec<&Second> = run
        .record()
        .seconds
        .iter()
        .filter(|second| !second.heat.is_empty() || second.lost > 0)
        .collect();
    let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else {
        return Ok(None);
    };
    let upper = Upper::of(&seconds);
    let cells = || seconds.iter().flat_map(|second| &second.heat);
    let lowest = cells().map(|cell| cell.bucket).min().unwrap_or(0);
    let highest = cells().map(|cell| cell.bucket).max().unwrap_or(0);
    Sketch {
        data: data(&seconds),
        name: "heat-map",
        title: title(run, &seconds),
        caption: caption(&run.record().scenario.event, upper),
        draw: |size| {
            let x = Axis::seconds(
                f64::from(first.at_s),
                f64::from(last.at_s + 1),
                "seconds since the run began",
            );
            let y = Axis::latency(
                heat_bucket_start_us(lowest) as u64,
                heat_bucket_start_us(highest + 1) as u64,
                "latency (log)",
            );
            plot(
                (size, 340),
                Margins {
                    top: 50,
                    ..Margins::AXES
                },
                &x,
                &y,
                |canvas| {
                    for column in binned(&seconds, columns(size)) {
                        draw(canvas, &column, &y)?;
                    }
                    percentile_line(canvas, &seconds, |second| second.p50_us.value_us(), None)?;
                    percentile_line(canvas, &seconds, |second| upper.us(second), Some((6, 3)))?;
                    legend(canvas, size, (x.from, y.to), upper)
                },
            )
        },
    }
    .chart()
    .map(Some)
}

/// What the upper line shows: a 99th percentile may be stated only when 299 events stand behind it, which few seconds have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upper {
    P99,
    Largest,
}

impl Upper {
    /// The 99th percentile as soon as some measured second states it.
    fn of(seconds: &[&Second]) -> Self {
        let states = |second: &&&Second| {
            second.phase == PhaseKind::Measure && second.p99_us != Quantile::TooFew
        };
        if seconds.iter().any(|second| states(&second)) {
            Self::P99
        } else {
            Self::Largest
        }
    }

    fn us(self, second: &Second) -> Option<u64> {
        match self {
            Self::P99 => second.p99_us.value_us(),
            Self::Largest => second.max_us,
        }
    }

    const fn short(self) -> &'static str {
        match self {
            Self::P99 => "p99",
            Self::Largest => "largest",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::P99 => "99th percentile",
            Self::Largest => "largest latency",
        }
    }
}

fn caption(event: &Noun, upper: Upper) -> String {
    let needed = |q| grouped(events_needed(q));
    let (p50, p99) = (needed(0.5), needed(0.99));
    let (one, many) = (&event.one, &event.many);
    let upper = match upper {
        Upper::P99 => format!("99th percentile (where the second has {p99} {many} at least)"),
        Upper::Largest => format!(
            "largest latency that came (no second has the {p99} {many} that a 99th percentile needs)"
        ),
    };
    format!(
        "Each column is a second, with all deliveries of every {one} planned in it; the stronger the colour of a cell, the larger the \
         share of them with this latency. The lines are their median (where the second has {p50} {many} at least) and their {upper}; \
         lost deliveries count as the slowest. A cross on top: deliveries planned in the second were lost."
    )
}

fn title(run: &LoadRun, seconds: &[&Second]) -> String {
    let upper = Upper::of(seconds);
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
    let by_second: Vec<(u64, u32)> = measured()
        .filter_map(|second| Some((upper.us(second)?, second.at_s)))
        .collect();
    match (by_second.iter().min(), by_second.iter().max()) {
        (Some(best), Some(worst)) if worst.0 > best.0.saturating_mul(3) => format!(
            "The worst second was second {}: its {} was {}, that of the best {}",
            worst.1,
            upper.name(),
            duration(worst.0),
            duration(best.0)
        ),
        (Some(best), Some(worst)) => format!(
            "Latency stayed even: the {} of a second lay between {} and {}",
            upper.name(),
            duration(best.0),
            duration(worst.0)
        ),
        _ => format!("Latency of each second of {}", run.record().scenario.name),
    }
}

/// What one column of the picture shows: a second, or several neighbours together.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    from_s: u32,
    /// How many seconds wide.
    seconds: u32,
    /// Deliveries by bucket.
    cells: BTreeMap<u8, u64>,
    lost: u64,
}

/// At most so many columns, each with everything of its seconds.
fn binned(seconds: &[&Second], most: usize) -> Vec<Column> {
    let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else {
        return Vec::new();
    };
    let each = (last.at_s - first.at_s + 1).div_ceil(most as u32).max(1);
    let place = |second: &Second| (second.at_s - first.at_s) / each;
    seconds
        .chunk_by(|before, after| place(before) == place(after))
        .map(|bin| {
            let mut column = Column {
                from_s: first.at_s + place(bin[0]) * each,
                seconds: each,
                cells: BTreeMap::new(),
                lost: 0,
            };
            for second in bin {
                column.lost += second.lost;
                for cell in &second.heat {
                    *column.cells.entry(cell.bucket).or_default() += cell.count;
                }
            }
            column
        })
        .collect()
}

fn draw(canvas: &mut Canvas<'_, '_>, column: &Column, y: &Axis) -> Result<(), Error> {
    let (left, width) = (f64::from(column.from_s), f64::from(column.seconds));
    let most = column.cells.values().copied().max().unwrap_or(1) as f64;
    for (&bucket, &count) in &column.cells {
        let from = heat_bucket_start_us(bucket).log10().max(y.from);
        let to = heat_bucket_start_us(bucket + 1).log10().min(y.to);
        let opacity = FAINTEST + (1.0 - FAINTEST) * (count as f64 / most).sqrt();
        canvas.cell((left, from), (left + width, to), Role::Blue, opacity)?;
    }
    if column.lost > 0 {
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
    let points: Vec<(u32, f64)> = seconds
        .iter()
        .filter_map(|second| Some((second.at_s, log_us(percentile(second)?))))
        .collect();
    // Nothing is drawn across a second of which nothing is said.
    for stretch in points.chunk_by(|(before, _), (after, _)| before + 1 == *after) {
        let mut line: Vec<(f64, f64)> = stretch
            .iter()
            .map(|(at_s, latency)| (f64::from(*at_s) + 0.5, *latency))
            .collect();
        if let [(middle, latency)] = line[..] {
            line = vec![(middle - 0.5, latency), (middle + 0.5, latency)];
        }
        match dash {
            None => canvas.line(&line, Role::Orange, 2.0)?,
            Some(dash) => canvas.dashed(&line, dash, Role::Vermillion, 2.0)?,
        }
    }
    Ok(())
}

fn legend(
    canvas: &mut Canvas<'_, '_>,
    size: Size,
    (left, top): (f64, f64),
    upper: Upper,
) -> Result<(), Error> {
    let step = if size == Size::Wide { 130 } else { 116 };
    let names = [
        ("median", Role::Orange, None),
        (upper.short(), Role::Vermillion, Some((6, 3))),
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

#[cfg(test)]
mod tests {
    use assay_results::HeatCell;

    use super::*;

    fn second(at_s: u32, events: u64, lost: u64) -> Second {
        Second {
            at_s,
            phase: PhaseKind::Measure,
            planned: events,
            sent: events,
            answered: events,
            delivered: events,
            connections: 1,
            events,
            p50_us: Quantile::TooFew,
            p99_us: if events < events_needed(0.99) {
                Quantile::TooFew
            } else {
                Quantile::Value(1_000)
            },
            max_us: Some(2_000),
            lost,
            heat: vec![HeatCell {
                bucket: 24,
                count: events,
            }],
            hub_cpu: None,
            hub_memory_bytes: None,
            hub_socket_bytes: None,
            hub_open_files: None,
            hub_context_switches: None,
        }
    }

    /// An hour in 300 columns: every delivery and every loss is in one of them.
    #[test]
    fn a_column_has_everything_of_its_seconds() {
        let hour: Vec<Second> = (10..3_610)
            .map(|at_s| second(at_s, 5, u64::from(at_s == 17)))
            .collect();
        let columns = binned(&hour.iter().collect::<Vec<_>>(), 300);
        assert_eq!(columns.len(), 300);
        assert!(
            columns
                .iter()
                .all(|column| column.cells[&24] == 60 && column.seconds == 12)
        );
        let lossy: Vec<u32> = columns
            .iter()
            .filter(|column| column.lost > 0)
            .map(|column| column.from_s)
            .collect();
        assert_eq!(lossy, [10]);
    }

    #[test]
    fn a_second_that_is_not_there_leaves_its_place_empty() {
        let seconds = [second(3, 1, 0), second(7, 1, 0)];
        let columns = binned(&seconds.each_ref(), 300);
        let places: Vec<u32> = columns.iter().map(|column| column.from_s).collect();
        assert_eq!(places, [3, 7]);
    }

    #[test]
    fn the_upper_line_is_a_p99_only_where_one_may_be_stated() {
        let event = Noun::new("goal", "goals");
        for (events, upper, line, says) in [
            (
                298,
                Upper::Largest,
                Some(2_000),
                "no second has the 299 goals",
            ),
            (
                299,
                Upper::P99,
                Some(1_000),
                "where the second has 299 goals at least",
            ),
        ] {
            let seconds = [second(3, events, 0)];
            assert_eq!(Upper::of(&seconds.each_ref()), upper);
            assert_eq!(upper.us(&seconds[0]), line);
            let caption = caption(&event, upper);
            assert!(caption.contains(says), "{caption}");
        }
    }
}
