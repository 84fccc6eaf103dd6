//! Exact matchers: bytes are compared, and nothing is resolved or normalized before.

use super::SECTION;
use crate::check::{
    Check,
    v1::scene::{self, Case, Scene},
};

const CASES: &[Case] = &[
    Case {
        id: "match/exact",
        requirement: "match.exact.bytes",
        scenes: &[Scene::new(
            "a topic, and such as differ at the end",
            &[("match", "~a")],
            &["~a"],
            &["~a/", "~a?", "~a#", "~ab", "~"],
        )],
    },
    Case {
        id: "match/exact-case",
        requirement: "match.exact.case",
        scenes: &[Scene::new(
            "a topic, and such as differ in the case of path, host or scheme",
            &[("match", "~Foo")],
            &["~Foo"],
            &["~foo", "https://EXAMPLE.com$Foo", "HTTPS://example.com$Foo"],
        )],
    },
    Case {
        id: "match/exact-no-base",
        requirement: "match.exact.no-base",
        scenes: &[
            Scene::new(
                "a relative matcher, and absolute topics that it would be resolved to",
                &[("match", "$b/1"), ("match", ".$c/1")],
                &["$b/1", ".$c/1"],
                &["@$b/1", "^$c/1"],
            ),
            Scene::new(
                "an absolute matcher, and a relative topic that would be resolved to it",
                &[("match", "@$b/1")],
                &["@$b/1"],
                &["$b/1"],
            ),
        ],
    },
    Case {
        id: "match/exact-no-unicode-normalization",
        requirement: "match.exact.no-unicode-normalization",
        scenes: &[Scene::new(
            "topics that a normalization form of Unicode would make equal",
            &[
                ("match", "~caf\u{e9}"),
                ("match", "~\u{212b}"),
                ("match", "~\u{ff41}"),
            ],
            &["~caf\u{e9}", "~\u{212b}", "~\u{ff41}"],
            &["~cafe\u{301}", "~\u{c5}", "~a"],
        )],
    },
    Case {
        id: "match/exact-no-iri-normalization",
        requirement: "match.exact.no-iri-normalization",
        scenes: &[Scene::new(
            "topics that the normalization of IRIs would make equal",
            &[
                ("match", "~~u"),
                ("match", "~u"),
                ("match", "https://xn--bcher-kva.example$u"),
            ],
            &["~~u", "~u", "https://xn--bcher-kva.example$u"],
            &[
                "~%7Eu",
                "~x/../~u",
                "~./~u",
                "https://example.com:443$u",
                "https://b\u{fc}cher.example$u",
            ],
        )],
    },
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    scene::checks(SECTION, CASES).collect()
}
