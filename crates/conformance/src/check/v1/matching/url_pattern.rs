//! URL patterns, as the URL Pattern standard evaluates them. Not for what is resolved against the hub URL: see
//! [`super::url_pattern_base`].

use serde_json::json;

use super::SECTION;
use crate::{
    check::{
        Check,
        v1::{
            refusal::insufficient_scope,
            right::{exact, pattern, publication_with, publish},
            scene::{self, Case, Scene},
        },
    },
    shape::{Change, sandwich::Sandwich},
};

/// No URL reference.
const UNPARSEABLE: &str = "https://[";

const CASES: &[Case] = &[
    Case {
        id: "match/urlpattern",
        requirement: "match.urlpattern.absolute",
        scenes: &[Scene::new(
            "`…/books/:id`",
            &[("match_urlpattern", "~books/:id")],
            &["~books/1", "~books/1?x=y#z"],
            &[
                "~books/1/2",
                "~books/",
                "http://example.com$books/1",
                "https://other.example$books/1",
                "https://example.com:8443$books/1",
            ],
        )],
    },
    Case {
        id: "match/urlpattern-syntax",
        requirement: "match.urlpattern.syntax",
        scenes: &[
            Scene::new(
                "`…b{ook}?s/:id`",
                &[("match_urlpattern", "~b{ook}?s/:id")],
                &["~books/1", "~bs/1"],
                &["~booooks/1", "~bs"],
            ),
            Scene::new(
                "`…a/:x+`",
                &[("match_urlpattern", "~a/:x+")],
                &["~a/1", "~a/1/2"],
                &["~a"],
            ),
            Scene::new(
                "`…a/:x*`",
                &[("match_urlpattern", "~a/:x*")],
                &["~a", "~a/1/2"],
                &["~ab"],
            ),
            Scene::new(
                r"`…n/:n(\d+)`",
                &[("match_urlpattern", r"~n/:n(\d+)")],
                &["~n/12"],
                &["~n/abc"],
            ),
            Scene::new(
                "`…w/*`",
                &[("match_urlpattern", "~w/*")],
                &["~w/", "~w/a/b"],
                &["~w"],
            ),
            Scene::new(
                "`http{s}?://…`",
                &[("match_urlpattern", "http{s}?://example.com$x")],
                &["http://example.com$x", "~x"],
                &["ftp://example.com$x"],
            ),
            Scene::new(
                "`https://*.example.com/…`",
                &[("match_urlpattern", "https://*.example.com$x")],
                &["https://a.example.com$x", "https://a.b.example.com$x"],
                &["~x"],
            ),
            Scene::new(
                "`…s?q=:q`",
                &[("match_urlpattern", "~s?q=:q")],
                &["~s?q=1"],
                &["~s?r=1", "~s"],
            ),
            Scene::new(
                "`…h#:fragment`",
                &[("match_urlpattern", "~h#:fragment")],
                &["~h#x"],
                &["~h"],
            ),
        ],
    },
    Case {
        id: "match/urlpattern-canonicalization",
        requirement: "match.urlpattern.canonicalization",
        scenes: &[
            Scene::new(
                "topics whose canonical form a pattern selects",
                &[("match_urlpattern", "~books/:id")],
                &[
                    "~x/../books/1",
                    "~x/%2e%2e/books/2",
                    "https://example.com:443$books/3",
                ],
                &["~x/books/1"],
            ),
            Scene::new(
                "an internationalized host",
                &[("match_urlpattern", "https://xn--bcher-kva.example$:id")],
                &["https://b\u{fc}cher.example$1"],
                &["https://bucher.example$1"],
            ),
        ],
    },
    Case {
        id: "match/urlpattern-case",
        requirement: "match.urlpattern.no-ignore-case",
        scenes: &[
            Scene::new(
                "a capital in the path",
                &[("match_urlpattern", "~Books/:id")],
                &["~Books/1"],
                &["~books/1"],
            ),
            Scene::new(
                "a capital in the query component",
                &[("match_urlpattern", "~q?Q=:v")],
                &["~q?Q=1"],
                &["~q?q=1"],
            ),
            Scene::new(
                "a capital in the fragment",
                &[("match_urlpattern", "~f#F:v")],
                &["~f#F1"],
                &["~f#f1"],
            ),
        ],
    },
    Case {
        id: "match/urlpattern-host-case",
        requirement: "match.urlpattern.host-case",
        scenes: &[
            Scene::new(
                "capitals in the host of the topic",
                &[("match_urlpattern", "~x/:id")],
                &["https://EXAMPLE.com$x/1"],
                &["https://EXAMPLE.com$X/1"],
            ),
            Scene::new(
                "capitals in the host of the pattern",
                &[("match_urlpattern", "https://EXAMPLE.com$x/:id")],
                &["~x/1"],
                &["~X/1"],
            ),
        ],
    },
    Case {
        id: "match/urlpattern-unparseable",
        requirement: "match.urlpattern.unparseable-topic",
        scenes: &[Scene::new(
            "patterns of almost any URL, and topics that are none",
            &[
                ("match_urlpattern", "*://*/*"),
                ("match_urlpattern", "https://*/*"),
            ],
            &["~x"],
            &[
                UNPARSEABLE,
                "http://example.com:99999$x",
                "https://exa%20mple.com$x",
            ],
        )],
    },
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let mut checks: Vec<_> = scene::checks(SECTION, CASES).collect();
    checks.push(
        SECTION
            .refusal("match/urlpattern-unparseable-grant", no_grant())
            .judges(
                "match.urlpattern.unparseable-topic-grant",
                insufficient_scope(),
            ),
    );
    checks
}

fn no_grant() -> Sandwich {
    Sandwich::new(
        |lab| {
            // Of this check alone: others publish on the bare one at the same time.
            let topic = format!("{UNPARSEABLE}{}", lab.topic("a"));
            let details = json!([publish(json!([exact(&topic)]))]);
            publication_with(lab, &topic, details)
        },
        Change::new(
            "its token grants what the URL pattern `*://*/*` selects",
            |request, _| {
                let grant = json!([publish(json!([pattern("*://*/*")]))]);
                request.draft()?.claims["authorization_details"] = grant;
                Ok(())
            },
        ),
    )
}
