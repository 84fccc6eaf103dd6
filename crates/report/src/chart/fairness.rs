//! Fairness: each subscriber's own slow deliveries, by rank, and by the order of joining. The same few are last each time, or everyone
//! now and then.

use assay_results::{Fairness, LoadRun, Quantile};

use super::axis::{Axis, log_us};
use super::canvas::{Canvas, Error, Margins, Size, plot};
use super::data::{Data, us};
use super::palette::Role;
use super::{Chart, Sketch};
use crate::RenderError;
use crate::number::{counted, duration, grouped};

/// Of those who joined one after another, the slowest waits so much longer than in the fastest group before the title says so.
const UNEVEN: f64 = 1.5;

/// Sorted by what they waited.
pub(super) fn by_rank(run: &LoadRun) -> Result<Option<Chart>, RenderError> {
    let Some(fairness) = &run.record().fairness else {
        return Ok(None);
    };
    let (Some(shortest), Some(longest)) = bounds(fairness.by_rank.iter()) else {
        return Ok(None);
    };
    let mut data = Data::of(&["subscribers_percent", "own_p99_us"]);
    for (percent, figure) in fairness.by_rank.iter().enumerate() {
        data.row(&[&percent, &us(*figure)]);
    }
    let known = fairness.by_rank.iter().enumerate();
    let points: Vec<(f64, f64)> = known
        .filter_map(|(percent, figure)| Some((percent as f64 / 100.0, log_us(figure.value_us()?))))
        .collect();
    let first_lost = fairness
        .by_rank
        .iter()
        .position(|one| *one == Quantile::Lost);
    Sketch {
        data,
        name: "fairness",
        title: rank_title(run, fairness),
        caption: format!(
            "Subscribers sorted by the 99th percentile of their own deliveries (their slowest, where they had too few for one): flat is fair. {} \
             A cross on top: from there on one was lost.",
            behind(fairness)
        ),
        draw: |size| {
            let x = Axis::percent("share of subscribers, fastest first");
            let y = Axis::latency(shortest, longest, "own p99 (log)");
            // Room for "100 %".
            let margins = Margins {
                right: 30,
                ..Margins::AXES
            };
            plot((size, 320), margins, &x, &y, |canvas| {
                canvas.line(&points, Role::Blue, 2.0)?;
                match first_lost {
                    Some(percent) => canvas.cross((percent as f64 / 100.0, y.to), Role::Ink),
                    None => Ok(()),
                }
            })
        },
    }
    .chart()
    .map(Some)
}

/// In the order of joining.
pub(super) fn by_join(run: &LoadRun) -> Result<Option<Chart>, RenderError> {
    let Some(fairness) = &run.record().fairness else {
        return Ok(None);
    };
    let figures = fairness.by_join.iter();
    let (Some(shortest), Some(longest)) = bounds(
        figures
            .clone()
            .flat_map(|group| [&group.median, &group.slowest]),
    ) else {
        return Ok(None);
    };
    let mut data = Data::of(&[
        "first_subscriber",
        "last_subscriber",
        "median_us",
        "slowest_us",
    ]);
    for group in figures {
        data.row(&[
            &group.first,
            &group.last,
            &us(group.median),
            &us(group.slowest),
        ]);
    }
    Sketch {
        data,
        name: "join-order",
        title: join_title(fairness),
        caption: format!(
            "The same figure in the order in which subscribers joined, a hundred groups at most: a line from the median subscriber of the \
             group to its slowest. A slope is a hub that serves in the order of joining. {}",
            behind(fairness)
        ),
        draw: |size| {
            let x = Axis::from_zero(
                fairness.subscribers as f64,
                1.0,
                "order of joining",
                |number| grouped(number as u64),
            );
            let y = Axis::latency(shortest, longest, "own p99 (log)");
            plot((size, 320), Margins::AXES, &x, &y, |canvas| {
                fairness.by_join.iter().try_for_each(|group| {
                    let at = f64::midpoint(group.first as f64, group.last as f64);
                    draw(canvas, (at, y.to), group.median, group.slowest, size)
                })
            })
        },
    }
    .chart()
    .map(Some)
}

fn draw(
    canvas: &mut Canvas<'_, '_>,
    (at, top): (f64, f64),
    median: Quantile,
    slowest: Quantile,
    size: Size,
) -> Result<(), Error> {
    let Some(median_us) = median.value_us() else {
        return canvas.cross((at, top), Role::Ink);
    };
    let radius = if size == Size::Wide { 2.5 } else { 1.5 };
    if let Some(slowest_us) = slowest.value_us() {
        canvas.line(
            &[(at, log_us(median_us)), (at, log_us(slowest_us))],
            Role::Sky,
            1.0,
        )?;
        canvas.dot((at, log_us(slowest_us)), radius, Role::Vermillion)?;
    } else {
        canvas.cross((at, top), Role::Ink)?;
    }
    canvas.dot((at, log_us(median_us)), radius, Role::Blue)
}

fn bounds<'f>(figures: impl Iterator<Item = &'f Quantile> + Clone) -> (Option<u64>, Option<u64>) {
    let known = figures.filter_map(|figure| figure.value_us());
    (known.clone().min(), known.max())
}

fn behind(fairness: &Fairness) -> String {
    counted(fairness.subscribers, "subscriber", "subscribers") + "."
}

fn rank_title(run: &LoadRun, fairness: &Fairness) -> String {
    let lost = run.record().ledger.lost;
    if fairness.at(100) == Some(Quantile::Lost) && lost > 0 {
        return "Some subscribers lost what others got".to_owned();
    }
    let at = |percent| fairness.at(percent).and_then(Quantile::value_us);
    match (at(50), at(99)) {
        (Some(half), Some(slow)) if half > 0 => format!(
            "The slowest subscriber in a hundred waits {:.1} times as long as the median one ({} and {})",
            slow as f64 / half as f64,
            duration(slow),
            duration(half)
        ),
        _ => "How evenly subscribers wait".to_owned(),
    }
}

/// Compares the first and the last quarter of those who joined.
fn join_title(fairness: &Fairness) -> String {
    let medians: Vec<u64> = fairness
        .by_join
        .iter()
        .filter_map(|group| group.median.value_us())
        .collect();
    let quarter = medians.len() / 4;
    if quarter == 0 {
        return "How long subscribers wait, in the order of joining".to_owned();
    }
    let mean = |part: &[u64]| part.iter().sum::<u64>() as f64 / part.len() as f64;
    let (early, late) = (
        mean(&medians[..quarter]).max(1.0),
        mean(&medians[medians.len() - quarter..]).max(1.0),
    );
    if late / early >= UNEVEN {
        format!(
            "Who joins late waits longer: {:.1} times as long as who joined early",
            late / early
        )
    } else if early / late >= UNEVEN {
        format!(
            "Who joined early waits longer: {:.1} times as long as who joins late",
            early / late
        )
    } else {
        "It makes little difference when one joins".to_owned()
    }
}
