//! `HdrHistogram` interval logs (`*.hlog`), V2 compressed, as the Java `HistogramLogReader` and its plotters read them.
//!
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

/// What one interval of an [`IntervalLog`] saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Since the run began.
    pub start: Duration,
    /// How long it was.
    pub length: Duration,
    /// Its latencies, in µs.
    pub histogram: Histogram,
}

impl IntervalLog {
    /// `delivery.hlog` and so on.
    pub fn file_name(&self) -> String {
        file_name(self.metric)
    }

    /// The log as text: pure, the same text for the same log.
    pub fn to_text(&self) -> String {
        let started = format!(
            "{}.{:03}",
            self.started_unix_ms / 1000,
            self.started_unix_ms % 1000
        );
        let mut text = format!(
            "#[Histogram log format version 1.3]\n#[{} in microseconds]\n#[StartTime: {started} (seconds since epoch)]\n#[BaseTime: {started} (seconds since epoch)]\n{LEGEND}\n",
            self.metric
        );
        for interval in &self.intervals {
            interval.write(&mut text);
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
            all.merge(&interval.histogram);
        }
        all
    }
}

/// The file of a metric's log.
pub(crate) fn file_name(metric: Metric) -> String {
    format!("{metric}.hlog")
}

impl Interval {
    fn write(&self, text: &mut String) {
        let mut encoded = Vec::new();
        V2DeflateSerializer::new()
            .serialize(self.histogram.counts(), &mut encoded)
            .expect("invariant: a histogram of 60 s fits the format, and a Vec takes every byte");
        for (label, count) in [
            (LOST, self.histogram.lost()),
            (OVERFLOW, self.histogram.overflow()),
        ] {
            if count > 0 {
                let _ = writeln!(text, "{label}{count}]");
            }
        }
        let _ = writeln!(
            text,
            "{:.3},{:.3},{:.3},{}",
            self.start.as_secs_f64(),
            self.length.as_secs_f64(),
            self.histogram.max_us().unwrap_or(0) as f64,
            STANDARD.encode(encoded)
        );
    }
}

/// Reads line after line; the counts belong to the interval that follows them.
struct Reader {
    log: IntervalLog,
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
            LogEntry::BaseTime(_) => {}
            LogEntry::Interval(interval) => {
                let encoded = STANDARD.decode(interval.encoded_histogram()).ok()?;
                let counts = Deserializer::new()
                    .deserialize(&mut encoded.as_slice())
                    .ok()?;
                let (lost, overflow) = (mem::take(&mut self.lost), mem::take(&mut self.overflow));
                self.log.intervals.push(Interval {
                    start: interval.start_timestamp(),
                    length: interval.duration(),
                    histogram: Histogram::from_counts(&counts, lost, overflow)?,
                });
            }
        }
        Some(())
    }
}

fn bracketed(count: &str) -> Option<u64> {
    count.strip_suffix(']')?.parse().ok()
}
