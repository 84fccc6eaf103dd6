//! Delivery latency on an axis of nines: how late the unlucky were, in three families.

use std::collections::VecDeque;

use assay_results::{ConfidenceInterval, Distribution, LoadRun, Metric, Quantile, events_needed};

use super::axis::{Axis, log_us};
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::data::{Data, us};
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::duration;

struct Family<'a> {
    name: &'static str,
    role: Role,
    /// Dash and gap; solid without.
    dash: Option<(i32, i32)>,
    distribution: &'a Distribution,
}

fn data(families: &[Family<'_>]) -> Data {
    let mut data = Data::of(&["family", "quantile", "latency_us", "low_us", "high_us"]);
    for family in families {
        for point in &family.distribution.curve {
            let end = |end: fn(ConfidenceInterval) -> Quantile| {
                point.interval.map_or_else(String::new, |of| us(end(of)))
            };
            let (low, high) = (end(|of| of.low), end(|of| of.high));
            data.row(&[&family.name, &point.q, &us(point.us), &low, &high]);
        }
    }
    data
}

/// A point of a curve on the axis of nines.
#[derive(Clone, Copy)]
struct Point {
    nines: f64,
    us: Quantile,
    interval: Option<ConfidenceInterval>,
    decided: bool,
}

pub(super) fn chart(run: &LoadRun) -> Result<Option<Chart>, RenderError> {
    let metrics = &run.record().metrics;
    let families: Vec<Family<'_>> = [
        ("all deliveries", Role::Blue, None, Metric::Delivery),
        (
            "slowest of each publish",
            Role::Vermillion,
            Some((9, 4)),
            Metric::EventLast,
        ),
        (
            "p99 of each subscriber",
            Role::Green,
            Some((3, 3)),
            Metric::BySubscriberP99,
        ),
    ]
    .into_iter()
    .filter_map(|(name, role, dash, metric)| {
        let distribution = metrics
            .get(&metric)
            .filter(|distribution| distribution.max_received.is_some())?;
        Some(Family {
            name,
            role,
            dash,
            distribution,
        })
    })
    .collect();
    if families.is_empty() {
        return Ok(None);
    }
    let shortest = families
        .iter()
        .filter_map(|family| family.distribution.min)
        .min()
        .unwrap_or(1);
    let longest = families
        .iter()
        .filter_map(|family| family.distribution.max_received)
        .max()
        .unwrap_or(1);
    let nines = families
        .iter()
        .map(|family| last_nine(family.distribution))
        .fold(1.0, f64::max);
    let data = data(&families);
    Sketch {
        data,
        name: "latency",
        title: title(run),
        caption: "Latency from the planned publish to the receipt, on an axis that gives each further nine the same room: \
            all deliveries; the slowest subscriber of each publish; each subscriber's own 99th percentile. \
            Around a line, what is 95 % sure of it, as far as both ends are known. \
            Faint where too few events stand behind it; a cross where it falls on a lost delivery."
            .to_owned(),
        draw: |size| {
            let y = Axis::latency(shortest, longest, "latency (log)");
            let margins = Margins {
                top: legend_height(size) + 28,
                ..Margins::AXES
            };
            plot(
                (size, 350 + legend_height(size)),
                margins, &axis(size, nines), &y, |canvas| {
                for family in &families {
                    band(canvas, family, y.to)?;
                }
                for family in &families {
                    draw(canvas, family, y.to)?;
                }
                legend(canvas, size, &families, y.to)
            })
        },
    }
    .chart()
    .map(Some)
}

fn title(run: &LoadRun) -> String {
    let summary = run.summary();
    let event = &run.record().scenario.event.one;
    match (summary.delivery_us.p99, summary.event_last_us.p99) {
        (Quantile::Value(us), last) => {
            let slowest = match last {
                Quantile::Value(last) => format!(
                    "; in 99 % of cases the slowest subscriber of a {event} had it within {}",
                    duration(last)
                ),
                Quantile::Lost => {
                    format!("; more than one {event} in a hundred missed a subscriber")
                }
                Quantile::TooFew => String::new(),
            };
            format!(
                "99 % of all deliveries came within {}{slowest}",
                duration(us)
            )
        }
        (Quantile::Lost, _) => "More than 1 % of all deliveries never came".to_owned(),
        (Quantile::TooFew, _) => {
            let many = &run.record().scenario.event.many;
            match summary.delivery_us.p50 {
                Quantile::Value(us) => format!(
                    "Half of all deliveries came within {}; too few {many} for a 99th percentile",
                    duration(us)
                ),
                Quantile::Lost => "Half of all deliveries never came".to_owned(),
                Quantile::TooFew => format!("Too few {many} for a median"),
            }
        }
    }
}

/// Where the last sample of a distribution lies: one in `count`.
fn last_nine(distribution: &Distribution) -> f64 {
    (distribution.count.max(2) as f64).log10()
}

fn axis(size: Size, nines: f64) -> Axis {
    let ticks = [
        (0.0, "min"),
        (std::f64::consts::LOG10_2, "50 %"),
        (1.0, "90 %"),
        (2.0, "99 %"),
        (3.0, "99.9 %"),
        (4.0, "99.99 %"),
        (5.0, "99.999 %"),
        (6.0, "99.9999 %"),
    ];
    Axis {
        from: 0.0,
        to: nines + 0.05,
        ticks: ticks
            .into_iter()
            .filter(|(at, _)| *at <= nines)
            .map(|(at, label)| (at, label.replace(' ', "\u{a0}")))
            .collect(),
        title: "share of deliveries, publishes, subscribers".to_owned(),
    }
    // As far apart as the shortest two labels in the wide picture need.
    .thinned(size.label_distance() * 0.85)
}

fn points(distribution: &Distribution) -> Vec<Point> {
    distribution
        .curve
        .iter()
        .map(|point| Point {
            nines: if point.q >= 1.0 {
                last_nine(distribution)
            } else {
                -(1.0 - point.q).log10()
            },
            us: point.us,
            interval: point.interval,
            decided: point.q < 1.0 && events_needed(point.q) <= distribution.events,
        })
        .collect()
}

/// The confidence intervals of a curve, as far as both ends are known; one that reaches lost deliveries goes to the top.
fn band(canvas: &mut Canvas<'_, '_>, family: &Family<'_>, top: f64) -> Result<(), Error> {
    let mut outline = VecDeque::new();
    for point in points(family.distribution) {
        let Some(interval) = point.interval else {
            continue;
        };
        let (Some(low_us), false) = (interval.low.value_us(), interval.high == Quantile::TooFew)
        else {
            continue;
        };
        let high = interval.high.value_us().map_or(top, log_us);
        outline.push_front((point.nines, log_us(low_us)));
        outline.push_back((point.nines, high));
    }
    if outline.len() < 4 {
        return Ok(());
    }
    canvas.shape(outline.make_contiguous(), family.role, 0.16)
}

fn draw(canvas: &mut Canvas<'_, '_>, family: &Family<'_>, top: f64) -> Result<(), Error> {
    let points = points(family.distribution);
    let placed = |wanted: &dyn Fn(&Point) -> bool| -> Vec<(f64, f64)> {
        points
            .iter()
            .filter(|point| wanted(point))
            .filter_map(|point| Some((point.nines, log_us(point.us.value_us()?))))
            .collect()
    };
    let decided = placed(&|point| point.decided);
    // From the last decided point on, so that the line does not break.
    let edge = decided.last().map_or(0.0, |(nines, _)| *nines);
    let faint = placed(&|point| point.nines >= edge);
    if faint.len() > 1 {
        canvas.line(&faint, family.role, 1.0)?;
    }
    match family.dash {
        _ if decided.len() < 2 => {}
        None => canvas.line(&decided, family.role, 2.5)?,
        Some(dash) => canvas.dashed(&decided, dash, family.role, 2.5)?,
    }
    if let Some(lost) = points.iter().find(|point| point.us == Quantile::Lost) {
        canvas.cross((lost.nines, top - 0.03), family.role)?;
    }
    if let Some(&last) = faint.last() {
        canvas.dot(last, 3.0, family.role)?;
    }
    Ok(())
}

/// Above the picture: beside each other where there is room, else below each other.
const fn legend_height(size: Size) -> i32 {
    match size {
        Size::Wide => 24,
        Size::Narrow => 66,
    }
}

fn legend(
    canvas: &mut Canvas<'_, '_>,
    size: Size,
    families: &[Family<'_>],
    top: f64,
) -> Result<(), Error> {
    for (index, family) in (0_i32..).zip(families) {
        let (right, down) = match size {
            Size::Wide => (index * 210, 0),
            Size::Narrow => (0, index * 21),
        };
        let (right, down) = (right - 54, down - legend_height(size) - 14);
        canvas.sample((0.0, top), (right, down), family.dash, family.role)?;
        canvas.label(
            (0.0, top),
            (right + 36, down),
            Anchor::LeftMiddle,
            family.name,
            Role::Ink,
        )?;
    }
    Ok(())
}
