//! `*`, which selects every topic whatever the type of the matcher, and no other text with an asterisk.

use super::SECTION;
use crate::check::{
    Check,
    v1::scene::{self, Case, Scene},
};

/// As unlike as topics can be; some of them no URL pattern could select.
const UNLIKE: &[&str] = &[
    "~a/b?c",
    "$x/y",
    "foo bar",
    "urn:x:y",
    "https://[",
    "http://example.com:99999/",
];

const CASES: &[Case] = &[
    Case {
        id: "match/wildcard",
        requirement: "match.wildcard.bare",
        scenes: &[Scene::new("`match=*`", &[("match", "*")], UNLIKE, &[])],
    },
    Case {
        id: "match/wildcard-exact",
        requirement: "match.wildcard.exact-param",
        scenes: &[Scene::new(
            "`match_exact=*`",
            &[("match_exact", "*")],
            UNLIKE,
            &[],
        )],
    },
    Case {
        id: "match/wildcard-urlpattern",
        requirement: "match.wildcard.urlpattern-param",
        scenes: &[Scene::new(
            "`match_urlpattern=*`",
            &[("match_urlpattern", "*")],
            UNLIKE,
            &[],
        )],
    },
    Case {
        id: "match/lone-star",
        requirement: "match.wildcard.only-lone-star",
        scenes: &[
            Scene::new(
                "a topic that ends in `*`",
                &[("match", "~*")],
                &["~*"],
                &["~a"],
            ),
            Scene::new(
                "two asterisks, and one with a space before it",
                &[("match", "**"), ("match", " *")],
                &["**"],
                &["~a"],
            ),
        ],
    },
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    scene::checks(SECTION, CASES).collect()
}
