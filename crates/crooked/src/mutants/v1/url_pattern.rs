//! URL patterns: evaluated otherwise than the standard says, or without bound.

use std::time::Duration;

use serde_json::json;

use crate::event::Event;
use crate::form;
use crate::grant;
use crate::mutant::{Delivery, Fate, Mutant};

use super::matchers::{add, edit, pattern};

/// Longer than anybody waits for an answer.
const AGES: Duration = Duration::from_mins(2);
/// So many letters of one kind cost a backtracking engine ages.
const RUN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "names-match-slashes",
        "match.urlpattern.absolute",
        "`:id` also selects what has slashes",
    )
    .request(|request, _| {
        edit(
            request,
            |name, value| name == "match_urlpattern" && value.ends_with("/:id"),
            |(_, value)| *value = value.replace("/:id", "/*"),
        );
    }),
    Mutant::v1(
        "groups-unread",
        "match.urlpattern.syntax",
        "the regular expression of a group is ignored",
    )
    .request(|request, _| {
        edit(
            request,
            |name, value| name == "match_urlpattern" && value.contains(r"(\d+)"),
            |(_, value)| *value = value.replace(r"(\d+)", ""),
        );
    }),
    Mutant::v1(
        "topics-raw",
        "match.urlpattern.canonicalization",
        "topics are not canonicalized before a pattern is evaluated",
    )
    .event(|event, delivery| {
        let odd = |topic: &String| topic.contains("/../") || topic.contains(":443/");
        drop_if_by_pattern(event, delivery, odd)
    }),
    Mutant::v1(
        "any-origin",
        "match.urlpattern.relative-pattern",
        "a relative pattern selects topics of any origin",
    )
    .request(|request, _| {
        add(request, |name, value| {
            let relative = name == "match_urlpattern" && value.starts_with('/');
            relative.then(|| pattern(format!("*://*{value}")))
        });
    }),
    Mutant::v1(
        "relative-topics-unresolved",
        "match.urlpattern.relative-topic",
        "a relative topic matches no pattern",
    )
    .event(|event, delivery| drop_if_by_pattern(event, delivery, |topic| !topic.contains("://"))),
    Mutant::v1(
        "case-ignored",
        "match.urlpattern.no-ignore-case",
        "patterns ignore case",
    )
    .request(|request, _| {
        add(request, |name, value| {
            (name == "match_urlpattern").then(|| pattern(value.to_ascii_lowercase()))
        });
    }),
    Mutant::v1(
        "host-case-compared",
        "match.urlpattern.host-case",
        "the case of a host counts",
    )
    .event(|event, delivery| {
        drop_if_by_pattern(event, delivery, |topic| topic.contains("EXAMPLE"))
    }),
    Mutant::v1(
        "unparseable-compared",
        "match.urlpattern.unparseable-topic",
        "a pattern that begins with wildcards selects what is no URL",
    )
    .request(|request, _| {
        add(request, |name, value| {
            let any = name == "match_urlpattern" && value.starts_with("*://");
            any.then(|| ("match".to_owned(), "*".to_owned()))
        });
    }),
    Mutant::v1(
        "unparseable-granted",
        "match.urlpattern.unparseable-topic-grant",
        "a pattern that begins with wildcards grants what is no URL",
    )
    .launder(|token, _| {
        for matcher in token.matchers() {
            if matcher["match"]
                .as_str()
                .is_some_and(|text| text.starts_with("*://"))
            {
                *matcher = json!({"match": "*"});
            }
        }
    }),
    Mutant::v1(
        "backtracks",
        "match.urlpattern.redos-bounded",
        "a publication waits until a backtracking engine is done",
    )
    .stall(|exchange| {
        let publishes = exchange.request.is_publication(&exchange.scene.path);
        let fields = form::body(exchange.request);
        let costly = form::all(&fields, "topic").any(|topic| topic.contains(RUN));
        if publishes && costly {
            AGES
        } else {
            Duration::ZERO
        }
    }),
    Mutant::v1(
        "limit-is-a-match",
        "match.urlpattern.limit-no-match",
        "a pattern whose evaluation is given up selects the topic",
    )
    .request(|request, _| {
        add(request, |name, value| {
            let costly = name == "match_urlpattern" && value.contains("+)+");
            costly.then(|| pattern(without_group(value)))
        });
    }),
];

/// Drops an event that the subscription asks for by a pattern only, and one of whose topics is so.
fn drop_if_by_pattern(
    event: Event,
    delivery: &Delivery<'_>,
    is_so: impl Fn(&String) -> bool,
) -> Fate {
    let asked = grant::asked(delivery.request);
    let exactly = |topic: &&String| {
        asked
            .iter()
            .any(|matcher| !matcher.is_pattern && matcher.text == **topic)
    };
    let mut others = delivery.topics().iter().filter(|topic| !exactly(topic));
    Fate::drop_if(others.any(is_so), event)
}

fn without_group(value: &str) -> String {
    let literal = value.split('(').next().unwrap_or_default();
    format!("{literal}*")
}
