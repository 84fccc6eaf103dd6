//! How a run is coming along: a screen of lines that redraws itself on a terminal, a line a second elsewhere; on stderr.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use assay_load::plan::{PhaseKind, Plan};
use assay_load::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::console;

/// Between two lines in a pipe.
const LINE_EVERY: Duration = Duration::from_secs(1);

/// Shows progress values.
pub(crate) enum Display {
    /// Redrawn in place.
    Terminal(ProgressBar),
    /// A line now and then; when the last one was.
    Pipe(Option<Instant>),
}

impl Display {
    /// For what stderr is. The bar is full when nothing more is published: what follows ends when all has arrived.
    pub(crate) fn new(plan: &Plan) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Pipe(None);
        }
        let bar = ProgressBar::new(
            plan.phase(PhaseKind::Measure)
                .map_or(1, |phase| phase.end.0),
        );
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {msg}") {
            bar.set_style(style);
        }
        Self::Terminal(bar)
    }

    /// For one of several runs: none where stderr is a pipe, in which a line a second would bury what is said of each.
    pub(crate) fn on_terminal(plan: &Plan) -> Option<Self> {
        std::io::stderr().is_terminal().then(|| Self::new(plan))
    }

    /// Shows the latest look.
    pub(crate) fn show(&mut self, progress: &Progress) {
        match self {
            Self::Terminal(bar) => {
                bar.set_position(progress.at.0.min(bar.length().unwrap_or(u64::MAX)));
                bar.set_message(lines(progress, Paint::Ansi).join("\n"));
            }
            Self::Pipe(last) if last.is_none_or(|last| last.elapsed() >= LINE_EVERY) => {
                *last = Some(Instant::now());
                console::tell(lines(progress, Paint::Plain).join(" · "));
            }
            Self::Pipe(_) => {}
        }
    }

    /// Makes room for the summary.
    pub(crate) fn end(&self) {
        if let Self::Terminal(bar) = self {
            bar.finish_and_clear();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Paint {
    Ansi,
    Plain,
}

impl Paint {
    fn red(self, text: &str) -> String {
        match self {
            Self::Ansi => format!("\x1b[1;31m{text}\x1b[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

fn lines(progress: &Progress, paint: Paint) -> [String; 5] {
    [
        phase(progress),
        connections(progress, paint),
        rates(progress),
        ledger(progress, paint),
        health(progress),
    ]
}

fn phase(progress: &Progress) -> String {
    let (at_s, ends_s) = (progress.at.0 as f64 / 1e6, progress.ends_at.0 as f64 / 1e6);
    format!("{at_s:4.1} of {ends_s:.1} s, {}", progress.phase.as_str())
}

fn connections(progress: &Progress, paint: Paint) -> String {
    let crowd = &progress.crowd;
    let mut text = format!("{} of {} connected", crowd.connected, progress.subscribers);
    for (count, what) in [
        (crowd.gave_up, "gave up"),
        (crowd.dropped_streams, "streams dropped"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {}", paint.red(&format!("{count} {what}")));
        }
    }
    if let Some(failure) = crowd
        .last_failure
        .as_ref()
        .filter(|_| crowd.gave_up + crowd.dropped_streams > 0)
    {
        let _ = write!(text, " ({failure})");
    }
    text
}

fn rates(progress: &Progress) -> String {
    let rates = &progress.rates;
    format!(
        "updates/s {:.0} planned, {:.0} sent; deliveries/s {:.0} due, {:.0} came",
        rates.planned, rates.sent, rates.deliveries_due, rates.delivered
    )
}

fn ledger(progress: &Progress, paint: Paint) -> String {
    let crowd = &progress.crowd;
    let mut text = format!(
        "{} of {} due deliveries came",
        progress.deliveries_came, progress.deliveries_due
    );
    let unpublished = progress.publishers.refused + progress.publishers.failed;
    for (count, what) in [
        (progress.deliveries_overdue, "overdue"),
        (crowd.corrupt, "corrupt"),
        (unpublished, "updates not published"),
    ] {
        if count > 0 {
            let _ = write!(text, ", {}", paint.red(&format!("{count} {what}")));
        }
    }
    if let Some((median_us, worst_us)) = progress.event_last_us {
        let (median_ms, worst_ms) = (median_us as f64 / 1e3, worst_us as f64 / 1e3);
        let _ = write!(
            text,
            "; reached everyone in {median_ms:.1} ms (median), {worst_ms:.1} ms (worst)"
        );
    }
    text
}

fn health(progress: &Progress) -> String {
    let busiest = progress.busiest_thread.as_ref().map_or_else(
        || "workbench: not known".to_owned(),
        |thread| {
            format!(
                "workbench: busiest thread {:.0} % ({})",
                thread.share * 100.0,
                thread.thread
            )
        },
    );
    match progress.hub_cpu {
        Some(cpus) => format!("{busiest}; hub: {cpus:.2} CPUs"),
        None => busiest,
    }
}
