//! Values that no matcher may have, and such as look alike and may.

use super::{SECTION, bad_request, parameter, raw, subscription};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Check, Shape},
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
};

type Valued = (&'static str, &'static str, &'static str);

/// Rows of one form: `match` holds a character, between two letters.
macro_rules! holding {
    ($($code:literal $char:literal),+ $(,)?) => {
        &[$((concat!("a `match` holds U+", $code), "match", concat!("a", $char, "b"))),+]
    };
}

const C0: &[Valued] = holding!(
    "0000" "\0", "0001" "\u{1}", "0009" "\t", "000A" "\n", "000D" "\r", "001B" "\u{1b}", "001F" "\u{1f}",
);
const C0_ELSEWHERE: &[Valued] = &[
    ("a `match` begins with U+0009", "match", "\tb"),
    ("a `match` ends with U+000A", "match", "a\n"),
    ("a `match_exact` holds U+0000", "match_exact", "a\0b"),
    ("a `match_exact` holds U+0009", "match_exact", "a\tb"),
    (
        "a `match_urlpattern` holds U+0000",
        "match_urlpattern",
        "/a\0b",
    ),
    (
        "a `match_urlpattern` holds U+0009",
        "match_urlpattern",
        "/a\tb",
    ),
];
const SPACE: &[Valued] = holding!("0020" " ");
const DELETE: &[Valued] = holding!("007F" "\u{7f}");
const TILDE: &[Valued] = holding!("007E" "~");
const C1: &[Valued] = holding!("0080" "\u{80}", "0085" "\u{85}", "009F" "\u{9f}");
const NO_BREAK_SPACE: &[Valued] = holding!("00A0" "\u{a0}");
const FORMAT: &[Valued] = holding!(
    "00AD" "\u{ad}", "061C" "\u{61c}", "200B" "\u{200b}", "200D" "\u{200d}", "200E" "\u{200e}",
    "202E" "\u{202e}", "2060" "\u{2060}", "2066" "\u{2066}", "FEFF" "\u{feff}", "FFF9" "\u{fff9}",
    "110BD" "\u{110bd}", "E0001" "\u{e0001}", "E0041" "\u{e0041}",
);
const FORMAT_ELSEWHERE: &[Valued] = &[
    ("a `match` begins with U+FEFF", "match", "\u{feff}b"),
    ("a `match_exact` holds U+00AD", "match_exact", "a\u{ad}b"),
    (
        "a `match_urlpattern` holds U+200B",
        "match_urlpattern",
        "/a\u{200b}b",
    ),
];
// Invisible, some of them, and yet of other categories.
const NO_FORMAT: &[Valued] = holding!(
    "00A0" "\u{a0}", "034F" "\u{34f}", "2028" "\u{2028}", "3164" "\u{3164}", "FE0F" "\u{fe0f}",
    "FFFD" "\u{fffd}", "1F600" "\u{1f600}",
);

const PATTERN: &str = "match_urlpattern";
const INVALID_PATTERNS: &[Valued] = &[
    (
        "a pattern has an open bracket",
        PATTERN,
        "https://example.com/(",
    ),
    (
        "a pattern has an open brace",
        PATTERN,
        "https://example.com/{a",
    ),
    ("a pattern has a name twice", PATTERN, "/:id/:id"),
    ("a pattern has a group without name", PATTERN, "/:"),
    ("a pattern has a capture in a capture", PATTERN, "/((a))"),
    (
        "a pattern has a group that begins with a question mark",
        PATTERN,
        "/(?:a)",
    ),
    ("a pattern has a brace in a brace", PATTERN, "{{a}}"),
    (
        "a pattern has a space in its host",
        PATTERN,
        "https://exa mple.com/",
    ),
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let check = |id, requirement, bad: Vec<Change>, good: Vec<Change>| {
        SECTION
            .refusal(id, Sandwich::table(subscription, bad))
            .also(Shape::Accepted(Accepted::table(subscription, good)))
            .judges(requirement, bad_request().or_pass(Outcome::Fact(WORKS)))
    };
    vec![
        check(
            "subscribe/value-c0",
            "subscribe.value.c0",
            rows(&[C0, C0_ELSEWHERE]),
            rows(&[SPACE]),
        ),
        check(
            "subscribe/value-del",
            "subscribe.value.del",
            rows(&[DELETE]),
            rows(&[TILDE]),
        ),
        check(
            "subscribe/value-c1",
            "subscribe.value.c1",
            rows(&[C1]),
            rows(&[NO_BREAK_SPACE]),
        ),
        check(
            "subscribe/value-cf",
            "subscribe.value.cf",
            rows(&[FORMAT, FORMAT_ELSEWHERE]),
            rows(&[NO_FORMAT]),
        ),
        check(
            "subscribe/value-pattern",
            "subscribe.value.invalid-pattern",
            rows(&[INVALID_PATTERNS]),
            INVALID_PATTERNS
                .iter()
                .map(|&(_, _, text)| {
                    parameter("the text of a wrong pattern is a `match`", "match", text)
                })
                .collect(),
        ),
        SECTION
            .refusal(
                "subscribe/value-utf8",
                Sandwich::table(subscription, not_utf8()),
            )
            .judges(
                "subscribe.value.utf8",
                // The parser that the draft wants puts U+FFFD for what is no UTF-8, and then it is.
                AcceptSet::pass(Outcome::Status(&[400])).or_warn(Outcome::Success),
            ),
    ]
}

fn rows(tables: &[&[Valued]]) -> Vec<Change> {
    let rows = tables.iter().copied().flatten();
    rows.map(|&(says, name, value)| parameter(says, name, value))
        .collect()
}

fn not_utf8() -> Vec<Change> {
    vec![
        raw("a `match` is the byte FF", "match=%FF"),
        raw("a `match` has a sequence cut short", "match=a%C3%28"),
        raw("a `match` is a surrogate", "match=%ED%A0%80"),
        raw("a `match` is an overlong slash", "match=%C0%AF"),
        raw("a `match` is beyond U+10FFFF", "match=%F4%90%80%80"),
    ]
}
