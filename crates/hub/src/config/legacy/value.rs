//! Values as the Mercure.rocks hub takes them.

use super::super::error::ConfigError;
use super::translation::refuse;

/// A switch: what Go reads as a boolean (before version 0.8 only `1` was on).
pub(super) fn switch(name: &str, value: &str) -> Result<bool, ConfigError> {
    match value.trim() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(refuse(name, "this is neither on nor off: write 1 or 0")),
    }
}

/// The URL of a document; one of a file is a file here.
pub(super) fn document(url: &str) -> String {
    url.strip_prefix("file://")
        .map_or_else(|| url.to_owned(), |path| format!("@{path}"))
}

/// The items of a list, between commas or white space.
pub(super) fn list(value: &str) -> impl Iterator<Item = String> {
    value
        .split([',', ' ', '\t', '\n', '\r'])
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
}

/// A duration as Go and Caddy write it (`1h30m`, `1.5s`, `0`, `1d`) as our settings do.
pub(super) fn duration(name: &str, value: &str) -> Result<String, ConfigError> {
    let milliseconds = milliseconds(value.trim())
        .ok_or_else(|| refuse(name, "this is no duration: write such as 15s, or 0 for off"))?;
    Ok(match milliseconds {
        0 => "0".to_owned(),
        whole if whole % 1000 == 0 => format!("{}s", whole / 1000),
        parts => format!("{parts}ms"),
    })
}

fn milliseconds(text: &str) -> Option<u64> {
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() || text.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, tail) = rest.split_at(number);
        let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, tail) = tail.split_at(unit.unwrap_or(tail.len()));
        let unit_ms = match unit {
            "ns" => 1e-6,
            "us" | "µs" => 1e-3,
            "ms" => 1.0,
            "s" => 1e3,
            "m" => 60e3,
            "h" => 3600e3,
            "d" => 86_400e3,
            _ => return None,
        };
        sum += digits.parse::<f64>().ok()? * unit_ms;
        rest = tail;
    }
    // Rounded up, so that a short one does not become none.
    (0.0..1e15).contains(&sum).then_some(sum.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("0", Some("0")),
            ("0s", Some("0")),
            ("15s", Some("15s")),
            ("1m30s", Some("90s")),
            ("1.5s", Some("1500ms")),
            ("1h", Some("3600s")),
            ("1d", Some("86400s")),
            ("250ms", Some("250ms")),
            ("10us", Some("1ms")),
            ("", None),
            ("15", None),
            ("s", None),
            ("-1s", None),
            ("1 s", None),
            ("1x", None),
            ("1.2.3s", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(duration("X", text).ok().as_deref(), expected, "{text:?}");
        }
    }
}
