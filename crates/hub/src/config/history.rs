//! Where the history is, and how much it keeps.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assay_hub_core::history::{
    Clock, History, HistoryBounds, MemoryHistory, OpenError, RedbHistory,
};

use super::check::{invalid, number, optional_duration};
use super::error::ConfigError;
use super::options::HubOptions;
use super::written::Written;

/// The most updates that may be asked for: their index alone then takes gigabytes.
const MOST_UPDATES: usize = 100_000_000;
/// The most bytes that may be asked for.
const MOST_BYTES: u64 = 1 << 40;

/// A history to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HistoryConfig {
    /// The file; none for memory.
    file: Option<PathBuf>,
    bounds: HistoryBounds,
}

impl HistoryConfig {
    pub(crate) fn open(&self) -> Result<Box<dyn History>, OpenError> {
        let clock = Clock::new(since_epoch);
        Ok(match &self.file {
            None => Box::new(MemoryHistory::new(self.bounds, clock)),
            Some(path) => Box::new(RedbHistory::open(path, self.bounds, clock)?),
        })
    }
}

/// A clock before 1970 makes everything young.
fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

pub(super) fn check(options: &HubOptions) -> Result<HistoryConfig, ConfigError> {
    let file = options.history.as_ref().map_or(Ok(None), file)?;
    let defaults = if file.is_some() {
        HistoryBounds::DURABLE
    } else {
        HistoryBounds::MEMORY
    };
    // The defaults are far below what a number here can be.
    let updates = usize::try_from(defaults.updates).unwrap_or(MOST_UPDATES);
    let updates = number(options.history_size.as_ref(), updates, 0..=MOST_UPDATES)?;
    let bytes = options.history_bytes.as_ref();
    let age = optional_duration(options.history_age.as_ref(), Duration::ZERO)?;
    let bounds = HistoryBounds {
        updates: updates as u64,
        bytes: bytes.map_or(Ok(defaults.bytes), size_bytes)?,
        age,
    };
    Ok(HistoryConfig { file, bounds })
}

fn file(written: &Written) -> Result<Option<PathBuf>, ConfigError> {
    match written.value().split_once(':') {
        None if written.value() == "memory" => Ok(None),
        Some(("redb", path)) if !path.is_empty() => Ok(Some(path.into())),
        _ => Err(invalid(
            written,
            "is no place for a history: write memory, or redb: and a file, such as redb:/var/lib/assay/history.redb",
        )),
    }
}

fn size_bytes(written: &Written) -> Result<u64, ConfigError> {
    parse_size(written.value())
        .filter(|bytes| *bytes <= MOST_BYTES)
        .ok_or_else(|| {
            invalid(
                written,
                "is not a number of bytes in range: write such as 64MiB, 500MB, 1GiB or 1000000",
            )
        })
}

/// A whole number of bytes, with or without a unit.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let unit_bytes = match unit {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1000", Some(1000)),
            ("7B", Some(7)),
            ("2kB", Some(2000)),
            ("64MiB", Some(67_108_864)),
            ("500MB", Some(500_000_000)),
            ("1GiB", Some(1_073_741_824)),
            ("", None),
            ("MiB", None),
            ("1.5GiB", None),
            ("1 GiB", None),
            ("-1", None),
            ("1gib", None),
            ("18446744073709551615GiB", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse_size(text), expected, "{text:?}");
        }
    }
}
