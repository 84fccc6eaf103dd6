//! `HdrHistogram` interval logs (`*.hlog`), V2 compressed, as the Java `HistogramLogReader` and its plotters read them.
//!
//! Every time stamp is of the wall clock, in seconds of Unix time, as the reference writer has it by default: `#[StartTime: …]` and
//! each interval's own, without a `#[BaseTime: …]`, so that a plotter which knows nothing of base times shows the same.
//! What a histogram cannot hold stands in comments that those readers skip: `#[Lost: n]` and `#[Overflow: n]` before the
//! interval that they belong to.

use std::fmt::Write as _;
use std::mem;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};

use crate::error::HistogramError;
use crate::histogram::Histogram;
use crate::load::metric::Metric;

const LOST: &str = "#[Lost: ";
const OVERFLOW: &str = "#[Overflow: ";
const LEGEND: &str =
    r#""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#;

/// Without a base time, stamps that are so much earlier than the start of the log count from it (`HistogramLogReader`).
const A_YEAR: Duration = Duration::from_hours(365 * 24);

/// One metric of a run, an interval at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalLog {
    /// What was measured; the file is named after it.
    pub metric: Metric,
    /// When the run began, in ms of Unix time.
    pub started_unix_ms: u64,
    /// Ascending.
    pub intervals: Vec<Interval>,
}

/// What one interval of an [`IntervalLog`] saw. Its histogram is kept as the log writes it, some hundred bytes instead of some ten
/// thousand: an hour has 3,600 of them for each metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    start: Duration,
    length: Duration,
    max_us: u64,
    lost: u64,
    overflow: u64,
    /// Base64 of the V2 compressed counts.
    encoded: String,
}

impl IntervalLog {
    /// `delivery.hlog` and so on.
    pub fn file_name(&self) -> String {
        file_name(self.metric)
    }

    /// The log as text: pure, the same text for the same log.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "#[Histogram log format version 1.3]\n#[{} in microseconds]\n#[StartTime: {} (seconds since epoch)]\n{LEGEND}\n",
            self.metric,
            seconds(self.started()),
        );
        for interval in &self.intervals {
            interval.write(self.started(), &mut text);
        }
        text
    }

    /// Reads a log back. Lines after the last newline were cut off by a full disk and are left out.
    pub fn from_text(metric: Metric, text: &str) -> Result<Self, HistogramError> {
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let mut reader = Reader {
            log: Self {
                metric,
                started_unix_ms: 0,
                intervals: Vec::new(),
            },
            base: None,
            lost: 0,
            overflow: 0,
        };
        for (index, line) in whole.lines().enumerate() {
            reader
                .line(line)
                .ok_or(HistogramError::Line { line: index + 1 })?;
        }
        Ok(reader.log)
    }

    /// Everything of the log in one histogram.
    pub fn merged(&self) -> Histogram {
        let mut all = Histogram::new();
        for interval in &self.intervals {
            all.merge(&interval.histogram());
        }
        all
    }

    /// Since 1970.
    const fn started(&self) -> Duration {
        Duration::from_millis(self.started_unix_ms)
    }
}

/// The file of a metric's log.
pub(crate) fn file_name(metric: Metric) -> String {
    format!("{metric}.hlog")
}

impl Interval {
    /// The interval from `start` on, counted from the begin of the run, with its latencies in µs.
    pub fn new(start: Duration, length: Duration, histogram: &Histogram) -> Self {
        let mut encoded = Vec::new();
        V2DeflateSerializer::new()
            .serialize(histogram.counts(), &mut encoded)
            .expect("invariant: a histogram of 60 s fits the format, and a Vec takes every byte");
        Self {
            start,
            length,
            max_us: histogram.max_us().unwrap_or(0),
            lost: histogram.lost(),
            overflow: histogram.overflow(),
            encoded: STANDARD.encode(encoded),
        }
    }

    /// When it began, since the run began.
    pub const fn start(&self) -> Duration {
        self.start
    }

    /// How long it was.
    pub const fn length(&self) -> Duration {
        self.length
    }

    /// Its latencies in µs, as far as a log keeps them: minimum and maximum are those of their buckets.
    pub fn histogram(&self) -> Histogram {
        decoded(&self.encoded, self.lost, self.overflow)
            .expect("invariant: an interval holds what new() encoded or the log's reader decoded")
    }

    fn write(&self, started: Duration, text: &mut String) {
        for (label, count) in [(LOST, self.lost), (OVERFLOW, self.overflow)] {
            if count > 0 {
                let _ = writeln!(text, "{label}{count}]");
            }
        }
        let _ = writeln!(
            text,
            "{},{},{}.000,{}",
            seconds(started + self.start),
            seconds(self.length),
            self.max_us,
            self.encoded
        );
    }
}

/// With three decimals, exactly.
fn seconds(duration: Duration) -> String {
    format!("{}.{:03}", duration.as_secs(), duration.subsec_millis())
}

fn decoded(encoded: &str, lost: u64, overflow: u64) -> Option<Histogram> {
    let encoded = STANDARD.decode(encoded).ok()?;
    let counts = Deserializer::new()
        .deserialize(&mut encoded.as_slice())
        .ok()?;
    Histogram::from_counts(&counts, lost, overflow)
}

/// Reads line after line; the counts belong to the interval that follows them.
struct Reader {
    log: IntervalLog,
    base: Option<Duration>,
    lost: u64,
    overflow: u64,
}

impl Reader {
    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(rest) = line.strip_prefix(LOST) {
            self.lost = bracketed(rest)?;
        } else if let Some(rest) = line.strip_prefix(OVERFLOW) {
            self.overflow = bracketed(rest)?;
        } else {
            // The reader of the crate wants the end of each line.
            for entry in IntervalLogIterator::new(format!("{line}\n").as_bytes()) {
                self.entry(entry.ok()?)?;
            }
        }
        Some(())
    }

    fn entry(&mut self, entry: LogEntry<'_>) -> Option<()> {
        match entry {
            LogEntry::StartTime(at) => {
                self.log.started_unix_ms = u64::try_from(at.as_millis()).ok()?;
            }
            LogEntry::BaseTime(at) => self.base = Some(at),
            LogEntry::Interval(interval) => {
                let (lost, overflow) = (mem::take(&mut self.lost), mem::take(&mut self.overflow));
                let encoded = interval.encoded_histogram();
                decoded(encoded, lost, overflow)?;
                let start = self.since_start(interval.start_timestamp())?;
                self.log.intervals.push(Interval {
                    start,
                    length: interval.duration(),
                    max_us: interval.max() as u64,
                    lost,
                    overflow,
                    encoded: encoded.to_owned(),
                });
            }
        }
        Some(())
    }

    /// A stamp of the log, which counts from its base time, as the time since the run began.
    fn since_start(&mut self, stamp: Duration) -> Option<Duration> {
        let started = self.log.started();
        let base = *self.base.get_or_insert_with(|| {
            let is_relative = stamp.saturating_add(A_YEAR) < started;
            if is_relative { started } else { Duration::ZERO }
        });
        Some(stamp.checked_add(base)?.saturating_sub(started))
    }
}

fn bracketed(count: &str) -> Option<u64> {
    count.strip_suffix(']')?.parse().ok()
}
