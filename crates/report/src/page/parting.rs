//! Two texts that should be the same, each cut where the first byte differs, so that a page can mark it. What cannot be seen, such as
//! a line feed at the end, is written out.

use std::ops::RangeInclusive;

use assay_results::Difference;

/// Both texts around their first different character.
pub(super) struct Parting {
    /// What of the exchange it is.
    pub(super) of: String,
    /// The first byte that differs, counted from 1.
    pub(super) byte: usize,
    /// What should have come.
    pub(super) expected: Cut,
    /// What came.
    pub(super) came: Cut,
}

/// A text before, at and behind a place.
pub(super) struct Cut {
    pub(super) before: String,
    pub(super) at: String,
    pub(super) behind: String,
}

/// In the place of a character, where a text is over.
const END: &str = "(end)";
/// Blanks of other scripts, signs that change the direction or join letters, and the separators of lines: they look like nothing.
const UNSEEN: [RangeInclusive<char>; 4] = [
    '\u{a0}'..='\u{a0}',
    '\u{2000}'..='\u{200f}',
    '\u{2028}'..='\u{202f}',
    '\u{feff}'..='\u{feff}',
];

impl Parting {
    /// Of two texts.
    pub(super) fn of(difference: &Difference) -> Self {
        let common = difference.common_bytes();
        Self {
            of: difference.of.clone(),
            byte: common + 1,
            expected: Cut::at(&difference.expected, common),
            came: Cut::at(&difference.came, common),
        }
    }
}

impl Cut {
    fn at(text: &str, place: usize) -> Self {
        let (before, rest) = text.split_at(place);
        let mut behind = rest.chars();
        let at = behind
            .next()
            .map_or_else(|| END.to_owned(), |char| seen(&char.to_string()));
        Self {
            before: seen(before),
            at,
            behind: seen(behind.as_str()),
        }
    }
}

fn seen(text: &str) -> String {
    let is_unseen =
        |char: char| char.is_control() || UNSEEN.iter().any(|unseen| unseen.contains(&char));
    text.chars()
        .map(|char| match char {
            unseen if is_unseen(unseen) => unseen.escape_default().to_string(),
            seen => seen.to_string(),
        })
        .collect()
}
