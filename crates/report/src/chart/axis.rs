//! Axes: where the ticks are and what they say.

use crate::number::duration;

/// An axis in its own coordinates.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) from: f64,
    pub(super) to: f64,
    /// Ascending, with their labels.
    pub(super) ticks: Vec<(f64, String)>,
    /// What it shows, with its unit.
    pub(super) title: String,
}

/// A latency on a logarithmic axis.
pub(super) fn log_us(us: u64) -> f64 {
    (us.max(1) as f64).log10()
}

impl Axis {
    /// Logarithmic latency that holds both bounds, with air of half a step.
    pub(super) fn latency(shortest_us: u64, longest_us: u64, title: &str) -> Self {
        let (mut from, mut to) = (log_us(shortest_us), log_us(longest_us));
        if to - from < 0.5 {
            let middle = f64::midpoint(from, to);
            (from, to) = (middle - 0.25, middle + 0.25);
        }
        let (from, to) = ((from - 0.06).max(0.0), to + 0.06);
        // Few decades have room for 1-2-5; many have not.
        let steps: &[u64] = match to - from {
            span if span < 1.2 => &[10, 15, 20, 30, 40, 50, 70],
            span if span < 3.2 => &[10, 20, 50],
            _ => &[10],
        };
        let mut ticks = Vec::new();
        for decade in 0..=7_u32 {
            for step in steps {
                let tenths_us = 10_u64.pow(decade) * step;
                let at = (tenths_us as f64 / 10.0).log10();
                if (from..=to).contains(&at) {
                    ticks.push((at, label(tenths_us)));
                }
            }
        }
        Self {
            from,
            to,
            ticks,
            title: title.to_owned(),
        }
    }

    /// Logarithmic amounts above 0, with a tick at 1, 2 and 5 of each decade, or of few decades at more; `label` says what an
    /// amount is called.
    pub(super) fn magnitude(least: f64, most: f64, title: &str, label: fn(f64) -> String) -> Self {
        let (mut from, mut to) = (least.max(1e-6).log10(), most.max(1e-6).log10());
        if to - from < 0.3 {
            let middle = f64::midpoint(from, to);
            (from, to) = (middle - 0.15, middle + 0.15);
        }
        let (from, to) = (from - 0.05, to + 0.05);
        let steps: &[f64] = match to - from {
            span if span < 1.2 => &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0],
            span if span < 4.2 => &[1.0, 2.0, 5.0],
            _ => &[1.0],
        };
        let mut ticks = Vec::new();
        for decade in -6..=9 {
            for step in steps {
                let amount = step * 10_f64.powi(decade);
                if (from..=to).contains(&amount.log10()) {
                    ticks.push((amount.log10(), label(amount)));
                }
            }
        }
        Self {
            from,
            to,
            ticks,
            title: title.to_owned(),
        }
    }

    /// With fewer ticks, so that labels keep a distance, given as a share of the axis.
    pub(super) fn thinned(mut self, distance: f64) -> Self {
        let least = (self.to - self.from) * distance;
        let mut before = f64::NEG_INFINITY;
        self.ticks.retain(|(at, _)| {
            let keep = at - before >= least;
            if keep {
                before = *at;
            }
            keep
        });
        self
    }

    /// Linear seconds.
    pub(super) fn seconds(from: f64, to: f64, title: &str) -> Self {
        let to = if to > from { to } else { from + 1.0 };
        let step = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1_800.0]
            .into_iter()
            .find(|step| (to - from) / step <= 8.0)
            .unwrap_or(3_600.0);
        let mut ticks = Vec::new();
        let mut at = (from / step).ceil() * step;
        while at <= to + 1e-9 && ticks.len() < 100 {
            ticks.push((at, format!("{at:.0}")));
            at += step;
        }
        Self {
            from,
            to,
            ticks,
            title: title.to_owned(),
        }
    }

    /// Linear from 0, with about five ticks that are round in units of `scale`; `label` says what a value is called.
    pub(super) fn from_zero(most: f64, scale: f64, title: &str, label: fn(f64) -> String) -> Self {
        let rough = most.max(1e-9) / 5.0;
        let decade = scale * 10_f64.powf((rough / scale).log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|part| part * decade)
            .find(|step| *step >= rough)
            .unwrap_or(10.0 * decade);
        let to = (most / step).ceil().max(1.0) * step;
        let ticks = (0..=(to / step).round() as u32)
            .map(|tick| f64::from(tick) * step)
            .map(|at| (at, label(at)))
            .collect();
        Self {
            from: 0.0,
            // Room for a label above the highest value.
            to: to * 1.08,
            ticks,
            title: title.to_owned(),
        }
    }

    /// 0 to 100 %.
    pub(super) fn percent(title: &str) -> Self {
        let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|at| (at, format!("{:.0}\u{a0}%", at * 100.0)));
        Self {
            from: 0.0,
            to: 1.0,
            ticks: ticks.into(),
            title: title.to_owned(),
        }
    }
}

/// `500 µs`, `1 ms`, `1.5 ms`: without a zero behind the point.
fn label(tenths_us: u64) -> String {
    let us = tenths_us / 10;
    let text = duration(us);
    match us {
        0..1_000 => text,
        us if us >= 1_000_000 => {
            format!("{}\u{a0}s", us as f64 / 1e6)
        }
        us => format!("{}\u{a0}ms", us as f64 / 1e3),
    }
}
