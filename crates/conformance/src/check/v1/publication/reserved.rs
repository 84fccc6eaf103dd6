//! The namespace that is reserved for the hub: the path of its URL and all below, in whatever spelling. A table. Not for what
//! the hub itself publishes there.
//!
//! In a topic of the table `{path}` stands for the hub's path, `{dir}` and `{name}` for what is before and behind its last slash,
//! `{origin}`, `{scheme}` for those of the hub URL. The others are the path spelled otherwise: `{first}`, `{lower}` with the
//! first character of each segment percent-encoded, in capital and in small digits, `{every}` with all of them, `{twice}` with
//! the percent signs encoded again, `{back}` with backslashes, `{case}` with its letters in the other case.

use serde_json::json;

use super::{SECTION, only_bad_request, publication};
use crate::check::v1::right::{
    exact, granted_publication, hub_origin, hub_path, publication_with, publish,
};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Check, Findings, Need, Shape},
    lab::Lab,
    request::Request,
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
    stop::Stop,
};

/// Topics in words and as the table spells them.
type Topics = &'static [(&'static str, &'static str)];

macro_rules! topics {
    ($($topic:literal),* $(,)?) => { &[$((concat!("`", $topic, "` is a topic"), $topic)),*] };
}

/// One row: topics that lie in the namespace, and others that only look like it.
struct Row {
    id: &'static str,
    requirement: &'static str,
    inside: Topics,
    outside: Topics,
}

const ROWS: &[Row] = &[
    Row {
        id: "publish/reserved-path",
        requirement: "publish.reserved-namespace.hub-path",
        inside: topics!["{path}"],
        outside: &[],
    },
    Row {
        id: "publish/reserved-below",
        requirement: "publish.reserved-namespace.subpath",
        inside: topics![
            "{path}/",
            "{path}/x",
            "{path}/subscriptions/exact/foo/bar",
            "{path}//x",
            "{path}/.",
        ],
        outside: &[],
    },
    Row {
        id: "publish/reserved-own-authority",
        requirement: "publish.reserved-namespace.own-authority",
        inside: topics![
            "{origin}{path}",
            "{origin}{path}/subscriptions/exact/foo/bar",
        ],
        outside: &[],
    },
    Row {
        id: "publish/reserved-other-authority",
        requirement: "publish.reserved-namespace.other-authority",
        inside: topics![
            "https://other.example{path}/x",
            "//other.example{path}",
            "https://user:pw@other.example:8443{path}",
        ],
        outside: &[],
    },
    Row {
        id: "publish/reserved-other-scheme",
        requirement: "publish.reserved-namespace.other-scheme",
        inside: topics![
            "ftp://other.example{path}",
            "ws://other.example{path}/a",
            "foo://other.example{path}",
            "foo:{path}",
            "data:{path}",
        ],
        outside: topics!["urn:.well-known/mercure"],
    },
    Row {
        id: "publish/reserved-percent-encoded",
        requirement: "publish.reserved-namespace.percent-encoded",
        inside: topics![
            "{first}/x",
            "{first}",
            "{lower}",
            "{every}/subscriptions",
            "{origin}{first}",
        ],
        outside: &[],
    },
    Row {
        id: "publish/reserved-decoded-once",
        requirement: "publish.reserved-namespace.decode-scope",
        inside: &[],
        outside: topics!["{path}%2Fx", "{dir}%2F{name}", "{twice}"],
    },
    Row {
        id: "publish/reserved-dot-segments",
        requirement: "publish.reserved-namespace.dot-segments",
        inside: topics![
            "{path}/../{name}/x",
            "/a/..{path}",
            "{dir}/./{name}",
            "{origin}/a/b/../..{path}/x",
        ],
        outside: topics!["{path}/../other", "{path}/.."],
    },
    Row {
        id: "publish/reserved-encoded-dot-segments",
        requirement: "publish.reserved-namespace.encoded-dot-segments",
        inside: topics![
            "/a/%2e%2e{path}",
            "/a/%2E.{path}/x",
            "/a/.%2e{path}",
            "{dir}/%2e/{name}",
            "{path}/%2e%2e/{name}",
        ],
        outside: topics!["{path}/%2e%2e/other"],
    },
    Row {
        id: "publish/reserved-relative",
        requirement: "publish.reserved-namespace.relative-resolution",
        inside: topics![
            "{name}",
            "{name}/x",
            "./{name}",
            "../../../../../../../..{path}",
            "",
            "?a=b",
            "#fragment",
        ],
        outside: topics!["foo", "foo/{name}", "{name}x"],
    },
    Row {
        id: "publish/reserved-query",
        requirement: "publish.reserved-namespace.query-fragment",
        inside: topics!["{path}?x=y", "{path}#f", "{origin}{path}?x"],
        outside: topics!["/a?p={path}", "/a#{path}"],
    },
    Row {
        id: "publish/reserved-unparseable",
        requirement: "publish.reserved-namespace.unparseable",
        inside: &[],
        outside: topics![
            "https://[",
            "http://example.com:99999{path}/x",
            "https://[::1{path}",
        ],
    },
    Row {
        id: "publish/reserved-lookalikes",
        requirement: "publish.reserved-namespace.lookalike-accepted",
        inside: &[],
        outside: topics![
            "{path}x",
            "{path}-2/a",
            "{path};v=1",
            "{case}",
            "/x{path}",
            "{dir}//{name}",
            "https://example.com/?u={path}",
        ],
    },
];

/// By the parser of the WHATWG alone.
const LENIENT: Topics = topics![
    "{back}",
    "https:\\\\other.example{back}\\x",
    "{scheme}:///other.example{path}",
    " {path}",
    "{path} ",
];

/// Relative for a hub that knows itself under the scheme of its URL, absolute for one behind a proxy that takes TLS off.
const OWN_SCHEME: Topics = topics!["{scheme}:{path}", "{scheme}:{name}"];
const ABSOLUTE: &str = "accepted: the hub may know itself under another scheme";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let mut checks: Vec<_> = ROWS.iter().filter_map(Row::check).collect();
    checks.push(
        SECTION
            .refusal(
                "publish/reserved-url-parser",
                Sandwich::table(publication, firsts(LENIENT)),
            )
            .also(Shape::Probe(|lab| Box::pin(own_scheme(lab))))
            .judges(
                "publish.reserved-namespace.url-parser",
                AcceptSet::pass(Outcome::Status(&[400])).or_note(Outcome::Fact(ABSOLUTE)),
            ),
    );
    checks.push(
        SECTION
            .refusal(
                "publish/reserved-alternates",
                Sandwich::table(publication, alternates()),
            )
            .judges(
                "publish.reserved-namespace.alternates",
                AcceptSet::pass(Outcome::Status(&[400])),
            ),
    );
    checks.push(
        SECTION
            .refusal(
                "publish/reserved-any-token",
                Sandwich::table(publication, firsts(ANY_TOKEN)),
            )
            .also(Shape::Sandwich(Sandwich::table(
                granted_publication,
                firsts(ANY_TOKEN),
            )))
            .also(Shape::Sandwich(Sandwich::table(
                granted_there,
                firsts(ANY_TOKEN),
            )))
            .judges(
                "publish.reserved-namespace.any-token",
                AcceptSet::pass(Outcome::Status(&[400])),
            ),
    );
    checks.push(
        SECTION
            .refusal(
                "publish/reserved-custom-path",
                Sandwich::table(publication, firsts(topics!["{path}", "{path}/x"])),
            )
            // At the default path nothing tells a hub that knows its path from one that has it built in.
            .needs(Need::OtherPath)
            .also(Shape::Accepted(Accepted::table(
                publication,
                firsts(topics![
                    "/.well-known/mercure",
                    "/.well-known/mercure/x",
                    "{origin}/.well-known/mercure/x"
                ]),
            )))
            .judges("publish.reserved-namespace.custom-path", only_bad_request()),
    );
    checks
}

const ANY_TOKEN: Topics = topics!["{path}/x"];

// A publication whose token grants its topic, and the reserved one by name.
fn granted_there(lab: &Lab<'_>) -> Result<Request, Stop> {
    let topic = lab.topic("a");
    let grants = [exact(&topic), exact(&format!("{}/x", hub_path(lab)))];
    publication_with(lab, &topic, json!([publish(json!(grants))]))
}

impl Row {
    fn check(&self) -> Option<Check> {
        let inside = (!self.inside.is_empty()).then(|| {
            let sandwich = Sandwich::table(publication, firsts(self.inside));
            (Shape::Sandwich(sandwich), Outcome::Status(&[400]))
        });
        let outside = (!self.outside.is_empty()).then(|| {
            let accepted = Accepted::table(publication, firsts(self.outside));
            (Shape::Accepted(accepted), Outcome::Fact(WORKS))
        });
        let mut cases = inside.into_iter().chain(outside);
        let (shape, outcome) = cases.next()?;
        let begun = (SECTION.check(self.id, shape), AcceptSet::pass(outcome));
        let (check, accept) = cases.fold(begun, |(check, accept), (shape, outcome)| {
            (check.also(shape), accept.or_pass(outcome))
        });
        Some(check.judges(self.requirement, accept))
    }
}

// Each comes first, and so is the canonical topic; behind it stands the right one, so that an observer sees what is dispatched.
fn firsts(topics: Topics) -> Vec<Change> {
    let first = |&(says, spelling)| {
        Change::new(says, move |request, lab| {
            request.prepend_field("topic", &spelled(lab, spelling)?);
            Ok(())
        })
    };
    topics.iter().map(first).collect()
}

fn alternates() -> Vec<Change> {
    let behind = |says, topics: &'static [&'static str]| {
        Change::new(says, move |request: &mut Request, lab: &Lab<'_>| {
            for topic in topics {
                *request = request.clone().field("topic", spelled(lab, topic)?);
            }
            Ok(())
        })
    };
    vec![
        behind("`{path}/x` is the second topic", &["{path}/x"]),
        behind(
            "`{first}` is the third topic",
            &["https://example.com/assay/b", "{first}"],
        ),
    ]
}

async fn own_scheme(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut cases = Vec::new();
    for (says, spelling) in OWN_SCHEME {
        let answer = lab
            .ask(&lab.publish(&spelled(lab, spelling)?, &lab.marker())?)
            .await?;
        let observation = if answer.status == 200 {
            Observation::Fact(ABSOLUTE)
        } else {
            Observation::Answer(answer)
        };
        cases.push((*says, observation));
    }
    Ok(Findings::Cases(cases))
}

/// A topic of the table, for this hub.
fn spelled(lab: &Lab<'_>, spelling: &str) -> Result<String, Stop> {
    let path = hub_path(lab);
    let origin = hub_origin(lab);
    let (dir, name) = path.rsplit_once('/').unwrap_or_default();
    if name.is_empty() {
        return Err(Stop::NotMeasurable(format!(
            "the hub's path {path:?} ends with a slash"
        )));
    }
    let scheme = origin.split(':').next().unwrap_or_default();
    let first = encoded(path, |index| index == 0, octet);
    let spellings = [
        ("{path}", path.to_owned()),
        ("{dir}", dir.to_owned()),
        ("{name}", name.to_owned()),
        ("{origin}", origin.clone()),
        ("{scheme}", scheme.to_owned()),
        ("{first}", first.clone()),
        ("{lower}", encoded(path, |index| index == 0, small_octet)),
        ("{every}", encoded(path, |_| true, octet)),
        ("{twice}", first.replace('%', "%25")),
        ("{back}", path.replace('/', "\\")),
        ("{case}", other_case(path)),
    ];
    let spell =
        |topic: String, (placeholder, text): &(&str, String)| topic.replace(placeholder, text);
    Ok(spellings.iter().fold(spelling.to_owned(), spell))
}

/// The path with those unreserved characters percent-encoded whose place in their segment says so.
fn encoded(path: &str, at: fn(usize) -> bool, octet: fn(char) -> String) -> String {
    let written = |(index, character): (usize, char)| match character {
        'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '.' | '_' | '~' if at(index) => octet(character),
        other => other.to_string(),
    };
    let segment = |segment: &str| -> String { segment.char_indices().map(written).collect() };
    let segments: Vec<_> = path.split('/').map(segment).collect();
    segments.join("/")
}

fn octet(character: char) -> String {
    format!("%{:02X}", u32::from(character))
}

fn small_octet(character: char) -> String {
    format!("%{:02x}", u32::from(character))
}

fn other_case(path: &str) -> String {
    let other = |character: char| match character {
        'a'..='z' => character.to_ascii_uppercase(),
        other => other.to_ascii_lowercase(),
    };
    path.chars().map(other).collect()
}
