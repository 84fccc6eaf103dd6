//! Durations, rates, sizes and shares with their units, as scenarios and flags spell them. Not for showing figures in reports.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not a duration.
    #[error(
        "{0:?} is not a duration: write a number and ms, s, m or h, such as \"500ms\" or \"15s\""
    )]
    Duration(String),
    /// Not a rate.
    #[error("{0:?} is not a rate: write a number and /s or /min, such as \"10/s\"")]
    Rate(String),
    /// Not a size.
    #[error("{0:?} is not a size: write a whole number and B, kB or KiB, such as \"200 B\"")]
    Bytes(String),
    /// Not a percentage.
    #[error("{0:?} is not a share: write a percentage from 0% to 100%, such as \"1%\"")]
    Percent(String),
}

const DURATION_UNITS: [(&str, f64); 5] = [
    ("us", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
];
const BYTE_UNITS: [(&str, u64); 5] = [
    ("B", 1),
    ("kB", 1_000),
    ("KiB", 1_024),
    ("MB", 1_000_000),
    ("MiB", 1_048_576),
];

/// Longer than any run; keeps every sum of durations within range.
const LONGEST_S: f64 = 30.0 * 24.0 * 3_600.0;

/// Reads `15s`, `500ms`, `1.5m`, `2h`, `250us`: to the microsecond, 30 days at most.
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    let refuse = || QuantityError::Duration(text.to_owned());
    let (number, unit) = number_and_unit(text).ok_or_else(refuse)?;
    let scale = DURATION_UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(refuse)?
        .1;
    let seconds = number * scale;
    if seconds > LONGEST_S {
        return Err(refuse());
    }
    Ok(Duration::from_micros((seconds * 1e6).round() as u64))
}

/// The shortest spelling that [`parse_duration`] reads back as the same.
pub(super) fn duration_text(duration: Duration) -> String {
    let micros = duration.as_micros();
    match micros {
        0 => "0s".to_owned(),
        _ if micros.is_multiple_of(3_600_000_000) => format!("{}h", micros / 3_600_000_000),
        _ if micros.is_multiple_of(60_000_000) => format!("{}m", micros / 60_000_000),
        _ if micros.is_multiple_of(1_000_000) => format!("{}s", micros / 1_000_000),
        _ if micros.is_multiple_of(1_000) => format!("{}ms", micros / 1_000),
        _ => format!("{micros}us"),
    }
}

/// How often something happens. Reads `10/s`, `0.5/s`, `600/min`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// Per second; greater than 0.
    pub fn per_second(self) -> f64 {
        self.0
    }

    /// A rate of so many per second; none of 0 or less.
    pub fn new(per_second: f64) -> Option<Self> {
        (per_second > 0.0 && per_second.is_finite()).then_some(Self(per_second))
    }

    /// A rate so many times as high; 0 or less becomes the lowest rate that there is.
    pub(super) fn times(self, factor: f64) -> Self {
        Self((self.0 * factor).max(f64::MIN_POSITIVE))
    }
}

impl FromStr for Rate {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || QuantityError::Rate(text.to_owned());
        let (number, unit) = number_and_unit(text).ok_or_else(refuse)?;
        let per_second = match unit {
            "/s" => number,
            "/min" => number / 60.0,
            _ => return Err(refuse()),
        };
        if per_second > 0.0 {
            Ok(Self(per_second))
        } else {
            Err(refuse())
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// Reads `200 B`, `1kB`, `1 KiB`.
pub(super) fn parse_bytes(text: &str) -> Result<u64, QuantityError> {
    let refuse = || QuantityError::Bytes(text.to_owned());
    let (number, unit) = number_and_unit(text).ok_or_else(refuse)?;
    let scale = BYTE_UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(refuse)?
        .1;
    let bytes = number * scale as f64;
    if bytes.fract() == 0.0 && bytes < 1e15 {
        Ok(bytes as u64)
    } else {
        Err(refuse())
    }
}

/// Reads `1%` as 1.0; 0 to 100.
pub fn parse_percent(text: &str) -> Result<f64, QuantityError> {
    match number_and_unit(text) {
        Some((percent, "%")) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err(QuantityError::Percent(text.to_owned())),
    }
}

/// A finite number of digits and at most one point, then its unit; blanks between them do not matter.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let number: f64 = digits.parse().ok()?;
    number.is_finite().then(|| (number, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_have_units() {
        for (text, micros) in [
            ("15s", Some(15_000_000)),
            ("500ms", Some(500_000)),
            ("1.5 m", Some(90_000_000)),
            ("2h", Some(7_200_000_000)),
            ("250us", Some(250)),
            ("0s", Some(0)),
            ("15", None),
            ("s", None),
            ("", None),
            ("-1s", None),
            ("1.2.3s", None),
            ("15 sec", None),
            ("800h", None),
            ("1e3s", None),
        ] {
            let read = parse_duration(text)
                .ok()
                .map(|duration| duration.as_micros());
            assert_eq!(read, micros, "{text:?}");
        }
    }

    #[test]
    fn rates_sizes_and_shares_have_units() {
        for (text, per_second) in [
            ("10/s", Some(10.0)),
            ("600/min", Some(10.0)),
            ("0/s", None),
            ("10", None),
            ("10/h", None),
        ] {
            assert_eq!(
                text.parse::<Rate>().ok().map(Rate::per_second),
                per_second,
                "{text:?}"
            );
        }
        for (text, bytes) in [
            ("200 B", Some(200)),
            ("1kB", Some(1_000)),
            ("1.5 KiB", Some(1_536)),
            ("0.5B", None),
            ("200", None),
        ] {
            assert_eq!(parse_bytes(text).ok(), bytes, "{text:?}");
        }
        for (text, percent) in [
            ("1%", Some(1.0)),
            ("100%", Some(100.0)),
            ("101%", None),
            ("0.01", None),
        ] {
            assert_eq!(parse_percent(text).ok(), percent, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn durations_read_back_as_the_same(micros in 0_u64..2_000_000_000_000) {
            let duration = Duration::from_micros(micros);
            prop_assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
        }
    }
}
