//! Relative patterns and relative topics: both are resolved against the hub URL. A hub has to know it: one behind a proxy that
//! was not told its URL goes red here, and rightly.

use super::SECTION;
use crate::check::{
    Check,
    v1::scene::{self, Case, Scene},
};

const CASES: &[Case] = &[
    Case {
        id: "match/relative-pattern",
        requirement: "match.urlpattern.relative-pattern",
        scenes: &[Scene::new(
            "a relative pattern, and topics of the hub's origin and of another one",
            &[("match_urlpattern", "$books/:id")],
            &["@$books/1", "$books/2"],
            &["https://other.example$books/1", "~books/1"],
        )],
    },
    Case {
        id: "match/relative-topic",
        requirement: "match.urlpattern.relative-topic",
        scenes: &[
            Scene::new(
                "a pattern of the hub's origin, and a topic that begins with a slash",
                &[("match_urlpattern", "@$books/:id")],
                &["$books/1"],
                &[".$books/1"],
            ),
            Scene::new(
                "a pattern of the hub URL's directory, and a topic that is relative to it",
                &[("match_urlpattern", "^$books/:id")],
                &[".$books/2"],
                &["$books/2"],
            ),
        ],
    },
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    scene::checks(SECTION, CASES).collect()
}
