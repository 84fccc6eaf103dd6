//! The arrival curve: how much of the audience an update has reached, so long after its publish.

use assay_results::{ArrivalPoint, LoadRun, Metric, events_needed};

use super::axis::{Axis, log_us};
use super::canvas::{Anchor, Canvas, Error, Margins, Size, plot};
use super::data::Data;
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::{duration, share};

/// Shares that are pointed out.
const MARKS: [(f64, &str); 3] = [(0.5, "half"), (0.9, "90 %"), (0.99, "99 %")];

pub(super) fn chart(run: &LoadRun) -> Result<Option<Chart>, RenderError> {
    let points = &run.record().arrival;
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Ok(None);
    };
    let delivery = run.record().metrics.get(&Metric::Delivery);
    let events = delivery.map_or(0, |delivery| delivery.events);
    Sketch {
        name: "arrival",
        title: title(run, points, *last),
        caption: format!(
            "Share of the {} reached, against the time since the planned publish, over all measured {}. \
            Lost deliveries and subscribers that never connected stay unreached. A share is pointed out where enough {} stand behind it.",
            run.record().scenario.audience.many,
            run.record().scenario.event.many,
            run.record().scenario.event.many
        ),
        data: data(points),
        draw: |size: Size| {
            let x = Axis::latency(first.since_us, last.since_us, "time since the publish (log)").thinned(size.label_distance());
            let y = Axis::percent("share reached");
            plot((size, 320), Margins::AXES, &x, &y, |canvas| draw(canvas, points, events, &x))
        },
    }
    .chart()
    .map(Some)
}

fn data(points: &[ArrivalPoint]) -> Data {
    let mut data = Data::of(&["since_us", "share"]);
    for point in points {
        data.row(&[&point.since_us, &point.share]);
    }
    data
}

fn title(run: &LoadRun, points: &[ArrivalPoint], last: ArrivalPoint) -> String {
    let audience = &run.record().scenario.audience.many;
    let half = reached(points, 0.5).map(|at| duration(at.since_us));
    let end = if last.share >= 1.0 {
        format!("all of them after {}", duration(last.since_us))
    } else {
        let unreached = ((1.0 - last.share) * 1e6).round() as u64;
        format!("{} were never reached", share(unreached, 1_000_000))
    };
    match half {
        Some(half) => format!("Half of the {audience} were reached after {half}, {end}"),
        None => format!("Fewer than half of the {audience} were reached; {end}"),
    }
}

fn reached(points: &[ArrivalPoint], share: f64) -> Option<ArrivalPoint> {
    points.iter().copied().find(|point| point.share >= share)
}

/// `events` stand behind it: a share that they do not bear is not pointed out.
fn draw(
    canvas: &mut Canvas<'_, '_>,
    points: &[ArrivalPoint],
    events: u64,
    x: &Axis,
) -> Result<(), Error> {
    // A share lasts until the next one comes: steps, not slopes.
    let mut steps = vec![(x.from, 0.0)];
    let mut before = 0.0;
    for point in points {
        let at = log_us(point.since_us);
        steps.push((at, before));
        steps.push((at, point.share));
        before = point.share;
    }
    steps.push((x.to, before));
    let mut under = steps.clone();
    under.push((x.to, 0.0));
    canvas.shape(&under, Role::Blue, 0.12)?;
    canvas.line(&steps, Role::Blue, 2.5)?;
    let borne = |(mark, _): &(f64, &str)| events_needed(*mark) <= events;
    for (mark, name) in MARKS.into_iter().filter(borne) {
        let Some(point) = reached(points, mark) else {
            continue;
        };
        let at = log_us(point.since_us);
        canvas.dot((at, point.share), 4.0, Role::Blue)?;
        let text = format!("{name}: {}", duration(point.since_us));
        // Below the curve nothing else is; beside its end there is no room.
        let (moved, anchor) = if (at - x.from) / (x.to - x.from) < 0.66 {
            ((9, 13), Anchor::LeftMiddle)
        } else {
            let down = if mark > 0.95 { -12 } else { 17 };
            ((-4, down), Anchor::RightMiddle)
        };
        canvas.label((at, point.share), moved, anchor, &text, Role::Ink)?;
    }
    Ok(())
}
