//! What came, without what differs from run to run: two failures with one signature are the same failure.

/// A word with a digit in it that is at least so long is a name, a marker, a port or an instant; a status is shorter.
const CHANCE_CHARS: usize = 5;
/// No word of a language has so many letters, all from `a` to `f`.
const HEX_CHARS: usize = 8;
/// Longest signature; what comes later in a text seldom tells failures apart.
const CHARS_AT_MOST: usize = 300;
/// Stands for what differs.
const HOLE: &str = "…";

/// The signature of an observation.
pub(super) fn signature(observed: &str) -> String {
    let mut text = String::new();
    let mut word = String::new();
    // One blank at the end, so that the last word ends like all others.
    for character in observed.chars().chain([' ']) {
        if character.is_ascii_alphanumeric() || matches!(character, '_' | '-') {
            word.push(character);
            continue;
        }
        push(&mut text, &word);
        word.clear();
        if !(character.is_whitespace() && text.ends_with(' ')) {
            text.push(if character.is_whitespace() {
                ' '
            } else {
                character
            });
        }
    }
    without_durations(text.trim())
        .chars()
        .take(CHARS_AT_MOST)
        .collect()
}

fn push(text: &mut String, word: &str) {
    let by_chance = word.len() >= CHANCE_CHARS && word.bytes().any(|byte| byte.is_ascii_digit());
    // Random hexadecimal now and then has letters only.
    let hex = word.len() >= HEX_CHARS && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let by_chance = by_chance || hex;
    text.push_str(if by_chance { HOLE } else { word });
}

// `431 ms` and `2 s` are measured.
fn without_durations(text: &str) -> String {
    let words: Vec<_> = text.split(' ').collect();
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_unit = |word: &&str| {
        let bare = word.trim_end_matches(|character: char| !character.is_alphanumeric());
        matches!(bare, "ms" | "s" | "us" | "µs")
    };
    let kept = words.iter().enumerate().map(|(index, word)| {
        if is_number(word) && words.get(index + 1).is_some_and(is_unit) {
            HOLE
        } else {
            word
        }
    });
    kept.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        let cases = [
            ("status 403", "status 403"),
            ("nothing came within 431 ms.", "nothing came within … ms."),
            (
                "the event `data: assay-3f2a91bc` on urn:uuid:018f0000-0000-7000-8000-000000000002",
                "the event `data: …` on urn:uuid:…",
            ),
            (
                "http://127.0.0.1:43121/x answered",
                "http://127.0.0.1:…/x answered",
            ),
            ("a\n  b", "a b"),
            ("", ""),
        ];
        for (observed, expected) in cases {
            assert_eq!(signature(observed), expected, "{observed}");
        }
    }

    #[test]
    fn another_status_is_another_failure() {
        assert_ne!(signature("status 403"), signature("status 401"));
    }
}
