//! Numbers as people read them: grouped, with a unit, no more digits than they bear.

use assay_results::{ConfidenceInterval, Quantile, events_needed};

/// `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `850 µs`, `6.1 ms`, `118 ms`, `1.25 s`. The space does not break a line.
pub(crate) fn duration(us: u64) -> String {
    let ms = us as f64 / 1e3;
    match us {
        0..1_000 => format!("{us}\u{a0}µs"),
        1_000..99_950 => format!("{ms:.1}\u{a0}ms"),
        99_950..999_500 => format!("{ms:.0}\u{a0}ms"),
        _ => format!("{:.2}\u{a0}s", us as f64 / 1e6),
    }
}

/// A duration, `lost`, or `too few`.
pub(crate) fn quantile(quantile: Quantile) -> String {
    match quantile {
        Quantile::Value(us) => duration(us),
        Quantile::Lost => "lost".to_owned(),
        Quantile::TooFew => "too\u{a0}few".to_owned(),
    }
}

/// `5.9–6.4 ms`, `940 µs–1.2 ms`, `≥ 5.9 ms` where only one end is known. The spaces do not break a line.
pub(crate) fn interval(interval: ConfidenceInterval) -> String {
    let ConfidenceInterval { low, high } = interval;
    match (low, high) {
        (Quantile::TooFew, _) => format!("≤\u{a0}{}", quantile(high)),
        (_, Quantile::TooFew) => format!("≥\u{a0}{}", quantile(low)),
        (low, high) if low == high => quantile(high),
        _ => {
            let (low, high) = (quantile(low), quantile(high));
            // The unit once, where it is the same.
            match (low.split_once('\u{a0}'), high.split_once('\u{a0}')) {
                (Some((number, unit)), Some((_, of_high))) if unit == of_high => {
                    format!("{number}–{high}")
                }
                _ => format!("{low}–{high}"),
            }
        }
    }
}

/// A quantile of what came, when so many events stand behind it: a duration, `too few`, or `–` when nothing came.
pub(crate) fn received(q: f64, us: Option<u64>, events: u64) -> String {
    match us {
        None => "–".to_owned(),
        Some(_) if events < events_needed(q) => quantile(Quantile::TooFew),
        Some(us) => duration(us),
    }
}

/// `99.6 %`; what is not all is never rounded up to all, and what is not none never down to none.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "none".to_owned();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    let shown = if part == whole || part == 0 {
        format!("{percent:.0}")
    } else {
        format!("{:.2}", percent.clamp(0.01, 99.99))
    };
    format!("{shown}\u{a0}%")
}

/// `24.0 GiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut units = ["B", "KiB", "MiB", "GiB", "TiB"].into_iter();
    let mut unit = "B";
    for next in &mut units {
        unit = next;
        if size < 1024.0 || unit == "TiB" {
            break;
        }
        size /= 1024.0;
    }
    if unit == "B" {
        format!("{bytes}\u{a0}B")
    } else {
        format!("{size:.1}\u{a0}{unit}")
    }
}

/// `1 goal`, `12 goals`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration, grouped, share};

    #[test]
    fn numbers_as_people_read_them() {
        let grouping = [0, 999, 1_000, 12_345_678].map(grouped);
        assert_eq!(grouping, ["0", "999", "1,000", "12,345,678"]);
        let durations = [
            0, 999, 1_000, 6_149, 99_949, 99_950, 999_499, 999_500, 61_000_000,
        ]
        .map(duration);
        let expected = [
            "0 µs", "999 µs", "1.0 ms", "6.1 ms", "99.9 ms", "100 ms", "999 ms", "1.00 s",
            "61.00 s",
        ];
        assert_eq!(durations.map(|text| text.replace('\u{a0}', " ")), expected);
        let shares = [
            (3, 3),
            (0, 3),
            (2, 3),
            (99_999, 100_000),
            (1, 1_000_000),
            (0, 0),
        ];
        let expected = ["100 %", "0 %", "66.67 %", "99.99 %", "0.01 %", "none"];
        assert_eq!(
            shares.map(|(part, whole)| share(part, whole).replace('\u{a0}', " ")),
            expected
        );
        let sizes = [512, 2_048, 24 << 30].map(|size| bytes(size).replace('\u{a0}', " "));
        assert_eq!(sizes, ["512 B", "2.0 KiB", "24.0 GiB"]);
    }
}
