//! What a run shall keep, and whether it did. Not for what is wrong whatever anybody wants: lost and leaked deliveries fail a run without
//! being named here.
//!
//! ```text
//! event_last.p99 < 1s      a metric, a quantile (p50 p90 p95 p99 p99.9 max), a bound
//! late < 0.1%              a count of the ledger, or of subscribers or publishes, alone or as a share
//! ```

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::load::LoadRecord;
use crate::load::metric::Metric;
use crate::quantile::{Quantile, events_needed};

/// An objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// What it is called.
    pub name: String,
    /// What shall hold.
    pub expect: SloExpression,
    /// What a miss means.
    pub level: SloLevel,
}

/// What a missed objective means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SloLevel {
    /// The run fails.
    Must,
    /// It is told.
    Should,
}

/// Something of a run, held against a bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SloExpression {
    subject: Subject,
    comparison: Comparison,
    /// In µs, deliveries or percent, by the subject.
    bound: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Latency(Metric, SloQuantile),
    Count(Counted),
    Share(Counted),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SloQuantile {
    P50,
    P90,
    P95,
    P99,
    P999,
    Max,
}

impl SloQuantile {
    /// The quantile whose events decide it: the largest value stands for itself alone, and is decided where a p99 is.
    const fn decided_by(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P90 => 0.9,
            Self::P95 => 0.95,
            Self::P99 | Self::Max => 0.99,
            Self::P999 => 0.999,
        }
    }
}

const QUANTILES: [(&str, SloQuantile); 6] = [
    ("p50", SloQuantile::P50),
    ("p90", SloQuantile::P90),
    ("p95", SloQuantile::P95),
    ("p99", SloQuantile::P99),
    ("p99.9", SloQuantile::P999),
    ("max", SloQuantile::Max),
];

/// What is counted, each of its own whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Late,
    Replayed,
    Lost,
    Duplicate,
    Reordered,
    Leaked,
    Corrupt,
    Unconnected,
    Refused,
    Failed,
}

const COUNTED: [(&str, Counted); 10] = [
    ("late", Counted::Late),
    ("replayed", Counted::Replayed),
    ("lost", Counted::Lost),
    ("duplicate", Counted::Duplicate),
    ("reordered", Counted::Reordered),
    ("leaked", Counted::Leaked),
    ("corrupt", Counted::Corrupt),
    ("unconnected", Counted::Unconnected),
    ("refused", Counted::Refused),
    ("failed", Counted::Failed),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Equal,
}

const COMPARISONS: [(&str, Comparison); 3] = [
    ("<=", Comparison::LessOrEqual),
    ("<", Comparison::Less),
    ("=", Comparison::Equal),
];

/// A text that is no objective, and what would be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no objective: {problem}")]
pub struct SloError {
    text: String,
    problem: String,
}

impl FromStr for SloExpression {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let refuse = |problem: String| SloError {
            text: text.to_owned(),
            problem,
        };
        let found = COMPARISONS
            .iter()
            .filter_map(|(sign, comparison)| {
                let (left, right) = text.split_once(sign)?;
                Some((left.trim(), *comparison, right.trim()))
            })
            .min_by_key(|(left, ..)| left.len());
        let (subject, comparison, bound) = found.ok_or_else(|| {
            refuse(
                "write it like \"event_last.p99 < 1s\" or \"lost = 0\", with <, <= or =".to_owned(),
            )
        })?;
        if let Some((_, counted)) = COUNTED.iter().find(|(name, _)| *name == subject) {
            let (subject, bound) = count_bound(*counted, bound).map_err(refuse)?;
            return Ok(Self {
                subject,
                comparison,
                bound,
            });
        }
        let subject = latency(subject).map_err(refuse)?;
        if comparison == Comparison::Equal {
            return Err(refuse(
                "a latency is never just that: use < or <=".to_owned(),
            ));
        }
        let bound = microseconds(bound).ok_or_else(|| {
            refuse(format!(
                "{bound:?} is no latency: write a number with us, ms or s, such as 250ms"
            ))
        })?;
        Ok(Self {
            subject,
            comparison,
            bound,
        })
    }
}

fn latency(subject: &str) -> Result<Subject, String> {
    let (metric, quantile) = subject.split_once('.').unwrap_or((subject, ""));
    let metric = Metric::ALL
        .into_iter()
        .find(|known| known.as_str() == metric)
        .ok_or_else(|| {
            let metrics = Metric::ALL.map(Metric::as_str);
            let counted = COUNTED.map(|(name, _)| name);
            format!(
                "there is no metric `{metric}`: known are {}, and the counts {}",
                metrics.join(", "),
                counted.join(", ")
            )
        })?;
    let quantile = QUANTILES.iter().find(|(name, _)| *name == quantile);
    let (_, quantile) = quantile.ok_or_else(|| {
        let known = QUANTILES.map(|(name, _)| name).join(", ");
        format!("`{metric}` wants a quantile, such as {metric}.p99: known are {known}")
    })?;
    Ok(Subject::Latency(metric, *quantile))
}

fn count_bound(counted: Counted, bound: &str) -> Result<(Subject, f64), String> {
    let problem = || format!("{bound:?} is neither a count nor a share: write 0 or 0.1%");
    let Some(percent) = bound.strip_suffix('%') else {
        let count: u32 = bound.parse().map_err(|_| problem())?;
        return Ok((Subject::Count(counted), f64::from(count)));
    };
    let percent: f64 = percent.trim().parse().map_err(|_| problem())?;
    if (0.0..=100.0).contains(&percent) {
        Ok((Subject::Share(counted), percent))
    } else {
        Err(problem())
    }
}

fn microseconds(text: &str) -> Option<f64> {
    let end = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(end);
    let scale = match unit {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    (number.is_finite() && number > 0.0).then_some(number * scale)
}

impl fmt::Display for SloExpression {
    /// As it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = COMPARISONS.iter().find(|(_, one)| *one == self.comparison);
        let sign = sign.map_or("", |(sign, _)| *sign);
        let counted = |counted: Counted| {
            COUNTED
                .iter()
                .find(|(_, one)| *one == counted)
                .map_or("", |(name, _)| *name)
        };
        match self.subject {
            Subject::Latency(metric, quantile) => {
                let name = QUANTILES.iter().find(|(_, one)| *one == quantile);
                let name = name.map_or("", |(name, _)| *name);
                let bound = latency_text(self.bound);
                write!(f, "{metric}.{name} {sign} {bound}")
            }
            Subject::Count(one) => write!(f, "{} {sign} {}", counted(one), self.bound),
            Subject::Share(one) => write!(f, "{} {sign} {}%", counted(one), self.bound),
        }
    }
}

fn latency_text(us: f64) -> String {
    for (unit, scale) in [("s", 1e6), ("ms", 1e3)] {
        if us >= scale && (us / scale * 1e3).fract() == 0.0 {
            return format!("{}{unit}", us / scale);
        }
    }
    format!("{us}us")
}

/// An objective, and what the run says to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SloRow {
    /// What it is called.
    pub name: String,
    /// What shall hold.
    pub expect: String,
    /// What a miss means.
    pub level: SloLevel,
    /// Whether it held.
    pub verdict: SloVerdict,
    /// What was seen.
    pub observed: SloObserved,
}

/// Whether an objective was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SloVerdict {
    /// It was.
    Met,
    /// It was not.
    Missed,
    /// Too few events stand behind it.
    Undecided,
}

/// What an objective was held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SloObserved {
    /// A quantile, in µs.
    LatencyUs(Quantile),
    /// A count.
    Count(u64),
    /// A share, in percent; null of nothing.
    Percent(Option<f64>),
}

impl Slo {
    /// Holds it against a run.
    pub fn judge(&self, record: &LoadRecord) -> SloRow {
        let (verdict, observed) = self.expect.judge(record);
        SloRow {
            name: self.name.clone(),
            expect: self.expect.to_string(),
            level: self.level,
            verdict,
            observed,
        }
    }
}

impl SloExpression {
    /// Its bound, when it is one of a latency, in µs.
    pub fn latency_bound_us(&self) -> Option<f64> {
        matches!(self.subject, Subject::Latency(..)).then_some(self.bound)
    }

    /// How many independent events it takes to say that it is met.
    pub fn events_needed(&self) -> u64 {
        match self.subject {
            Subject::Latency(_, quantile) => events_needed(quantile.decided_by()),
            Subject::Count(_) | Subject::Share(_) => 1,
        }
    }

    fn judge(&self, record: &LoadRecord) -> (SloVerdict, SloObserved) {
        match self.subject {
            Subject::Latency(metric, quantile) => {
                let (verdict, value) = self.judge_latency(record, metric, quantile);
                (verdict, SloObserved::LatencyUs(value))
            }
            Subject::Count(counted) => {
                let (count, whole) = counted.of(record);
                let verdict = if whole == 0 {
                    SloVerdict::Undecided
                } else {
                    self.holds(count as f64)
                };
                (verdict, SloObserved::Count(count))
            }
            Subject::Share(counted) => {
                let (count, whole) = counted.of(record);
                let percent = (whole > 0).then(|| count as f64 * 100.0 / whole as f64);
                let verdict = percent.map_or(SloVerdict::Undecided, |percent| self.holds(percent));
                (verdict, SloObserved::Percent(percent))
            }
        }
    }

    /// A quantile with too few events behind it decides nothing, unless a lower one of the same metric is beyond the bound already. The
    /// largest value stands for itself alone: it decides where a p99 could.
    fn judge_latency(
        &self,
        record: &LoadRecord,
        metric: Metric,
        quantile: SloQuantile,
    ) -> (SloVerdict, Quantile) {
        let Some(distribution) = record.metrics.get(&metric) else {
            return (SloVerdict::Undecided, Quantile::TooFew);
        };
        let ascending = [
            (SloQuantile::P50, distribution.p50),
            (SloQuantile::P90, distribution.p90),
            (SloQuantile::P95, distribution.p95),
            (SloQuantile::P99, distribution.p99),
            (SloQuantile::P999, distribution.p999),
            (SloQuantile::Max, distribution.max),
        ];
        let place = ascending.iter().position(|(one, _)| *one == quantile);
        let up_to = &ascending[..=place.unwrap_or(0)];
        let value = up_to.last().map_or(Quantile::TooFew, |(_, value)| *value);
        let is_beyond = |value: Quantile| match value {
            Quantile::Value(us) => self.holds(us as f64) == SloVerdict::Missed,
            Quantile::Lost => true,
            Quantile::TooFew => false,
        };
        let is_decided = match quantile {
            SloQuantile::Max => distribution.p99 != Quantile::TooFew,
            _ => value != Quantile::TooFew,
        };
        let verdict = if up_to.iter().any(|(_, value)| is_beyond(*value)) {
            SloVerdict::Missed
        } else if is_decided {
            SloVerdict::Met
        } else {
            SloVerdict::Undecided
        };
        (verdict, value)
    }

    fn holds(&self, value: f64) -> SloVerdict {
        let holds = match self.comparison {
            Comparison::Less => value < self.bound,
            Comparison::LessOrEqual => value <= self.bound,
            // A count, or a share of one: whole numbers compare exactly.
            Comparison::Equal => (value - self.bound).abs() < f64::EPSILON,
        };
        if holds {
            SloVerdict::Met
        } else {
            SloVerdict::Missed
        }
    }
}

impl Counted {
    /// How many, of how many.
    fn of(self, record: &LoadRecord) -> (u64, u64) {
        let (ledger, publishes) = (&record.ledger, &record.publishes);
        let deliveries = |count| (count, ledger.expected);
        match self {
            Self::Late => deliveries(ledger.late),
            Self::Replayed => deliveries(ledger.replayed),
            Self::Lost => deliveries(ledger.lost),
            Self::Duplicate => deliveries(ledger.duplicate),
            Self::Reordered => deliveries(ledger.reordered),
            Self::Leaked => deliveries(ledger.leaked),
            Self::Corrupt => deliveries(ledger.corrupt),
            Self::Unconnected => (record.unconnected, record.subscribers),
            Self::Refused => (publishes.refused, publishes.planned),
            Self::Failed => (publishes.failed, publishes.planned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objective_reads_back_as_it_is_written() {
        for text in [
            "event_last.p99 < 1s",
            "delivery.p99.9 <= 250ms",
            "read_lag.max < 1.5ms",
            "connect.p50 < 90us",
            "lost = 0",
            "late < 0.1%",
            "unconnected <= 12",
        ] {
            let expression: SloExpression = text.parse().unwrap();
            assert_eq!(expression.to_string(), text);
            assert_eq!(text.replace(' ', "").parse(), Ok(expression));
        }
    }

    #[test]
    fn what_is_none_is_told_what_would_be() {
        for (text, problem) in [
            ("", "write it like"),
            ("event_last.p99", "with <, <= or ="),
            (
                "event_lost.p99 < 1s",
                "there is no metric `event_lost`: known are delivery",
            ),
            (
                "event_last < 1s",
                "`event_last` wants a quantile, such as event_last.p99",
            ),
            ("event_last.p98 < 1s", "known are p50, p90"),
            ("event_last.p99 < 1", "is no latency"),
            ("event_last.p99 < 0s", "is no latency"),
            ("event_last.p99 = 1s", "never just that"),
            ("lost = 1s", "neither a count nor a share"),
            ("lost < 101%", "neither a count nor a share"),
            ("lost = -1", "neither a count nor a share"),
        ] {
            let error = text.parse::<SloExpression>().unwrap_err().to_string();
            assert!(error.contains(problem), "{text:?}: {error}");
        }
    }
}
