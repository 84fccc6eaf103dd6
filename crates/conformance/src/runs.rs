//! Texts with long runs of one character, which checks of limits send: found, so that they can be told in short. Not for
//! compressing anything else.

use std::fmt::Write as _;

/// From here on a run is told by its length.
const LONG: usize = 48;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    /// As it is.
    Plain(&'t str),
    /// One character, so many times.
    Run(char, usize),
}

/// The parts of a text, in order.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(char) = text[at..].chars().next() {
        let rest = &text[at..];
        let end = rest.find(|other| other != char).unwrap_or(rest.len());
        let count = end / char.len_utf8();
        if count >= LONG {
            if plain_from < at {
                parts.push(Part::Plain(&text[plain_from..at]));
            }
            parts.push(Part::Run(char, count));
            plain_from = at + end;
        }
        at += end;
    }
    if plain_from < text.len() {
        parts.push(Part::Plain(&text[plain_from..]));
    }
    parts
}

/// The text with its long runs told by their length.
pub(crate) fn shortened(text: &str) -> String {
    let mut short = String::new();
    for part in parts(text) {
        // Writing into a String cannot fail.
        let _ = match part {
            Part::Plain(plain) => write!(short, "{plain}"),
            Part::Run(char, count) => write!(short, "{char}[{count} times]"),
        };
    }
    short
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn only_long_runs_are_told_by_their_length() {
        let (short, long) = ("a".repeat(47), "a".repeat(48));
        for (text, expected) in [
            (String::new(), String::new()),
            (short.clone(), short.clone()),
            (long.clone(), "a[48 times]".to_owned()),
            (
                format!("x={long}&y={short}"),
                format!("x=a[48 times]&y={short}"),
            ),
            (
                format!("b{long}{}", "é".repeat(50)),
                "ba[48 times]é[50 times]".to_owned(),
            ),
        ] {
            assert_eq!(shortened(&text), expected);
        }
    }
}
