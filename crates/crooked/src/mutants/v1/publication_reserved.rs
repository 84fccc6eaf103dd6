//! The namespace that is reserved for the hub: spellings of its path that pass, and others that are refused.

use super::publication::{is_accepted, replace_topics, topics};
use crate::message::Answer;
use crate::mutant::{Exchange, Mutant, Needs};
use crate::scene::Scene;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "hub-path-published",
        "publish.reserved-namespace.hub-path",
        "the hub's path itself is accepted as a topic",
    )
    .request(|request, scene| replace_topics(request, scene, |topic| topic == scene.path)),
    Mutant::v1(
        "subscriptions-reserved-only",
        "publish.reserved-namespace.subpath",
        "below the hub's path only the subscriptions are protected",
    )
    .request(|request, scene| {
        replace_topics(request, scene, |topic| {
            below(topic, scene).is_some_and(|rest| !rest.starts_with("subscriptions"))
        });
    }),
    Mutant::v1(
        "reserved-by-beginning",
        "publish.reserved-namespace.lookalike-accepted",
        "whatever begins with the characters of the hub's path is refused",
    )
    .answer(|answer, exchange| {
        refuse_topics(answer, exchange, |topic| {
            topic.starts_with(&exchange.scene.path)
        });
    }),
    Mutant::v1(
        "reserved-when-relative",
        "publish.reserved-namespace.own-authority",
        "absolute topics of the hub's own origin pass",
    )
    .request(|request, scene| {
        let origin = origin(scene);
        replace_topics(request, scene, |topic| topic.starts_with(origin));
    }),
    Mutant::v1(
        "reserved-on-own-host",
        "publish.reserved-namespace.other-authority",
        "topics of another host pass",
    )
    .request(|request, scene| {
        let origin = origin(scene);
        replace_topics(request, scene, |topic| {
            topic.contains("//other.example") && !topic.starts_with(origin)
                || topic.contains("@other.example")
        });
    }),
    Mutant::v1(
        "reserved-in-http",
        "publish.reserved-namespace.other-scheme",
        "topics of a scheme other than `http` and `https` pass",
    )
    .request(|request, scene| {
        replace_topics(request, scene, |topic| {
            let scheme = topic.split_once(':').map(|(scheme, _)| scheme);
            scheme.is_some_and(|scheme| scheme != "http" && scheme != "https")
        });
    }),
    Mutant::v1(
        "reserved-undecoded",
        "publish.reserved-namespace.percent-encoded",
        "the path is compared without decoding",
    )
    .request(|request, scene| replace_topics(request, scene, |topic| topic.contains('%'))),
    Mutant::v1(
        "reserved-decoded-wholly",
        "publish.reserved-namespace.decode-scope",
        "encoded slashes are decoded too",
    )
    .answer(|answer, exchange| refuse_topics(answer, exchange, |topic| topic.contains("%2F"))),
    Mutant::v1(
        "reserved-with-dots",
        "publish.reserved-namespace.dot-segments",
        "dot segments are not removed",
    )
    .request(|request, scene| {
        replace_topics(request, scene, |topic| {
            topic.contains("/../") || topic.contains("/./")
        });
    }),
    Mutant::v1(
        "reserved-with-encoded-dots",
        "publish.reserved-namespace.encoded-dot-segments",
        "encoded dot segments are not removed",
    )
    .request(|request, scene| {
        replace_topics(request, scene, |topic| {
            topic.to_ascii_lowercase().contains("%2e")
        });
    }),
    Mutant::v1(
        "reserved-by-the-rfc",
        "publish.reserved-namespace.url-parser",
        "backslashes and spaces around a topic hide its path",
    )
    .request(|request, scene| {
        replace_topics(request, scene, |topic| {
            topic.contains('\\') || topic.trim() != topic
        });
    }),
    Mutant::v1(
        "reserved-when-absolute",
        "publish.reserved-namespace.relative-resolution",
        "only topics with a scheme or a slash before are resolved",
    )
    .request(|request, scene| {
        replace_topics(request, scene, |topic| {
            !topic.starts_with('/') && !topic.contains(':')
        });
    }),
    Mutant::v1(
        "reserved-without-query",
        "publish.reserved-namespace.query-fragment",
        "query and fragment are compared with the path",
    )
    .request(|request, scene| {
        replace_topics(request, scene, |topic| topic.contains(['?', '#']));
    }),
    Mutant::v1(
        "reserved-canonical-only",
        "publish.reserved-namespace.alternates",
        "only the canonical topic is looked at",
    )
    .request(|request, scene| {
        let canonical = topics(request).into_iter().next().unwrap_or_default();
        replace_topics(request, scene, |topic| {
            topic != canonical && !topic.starts_with("https://example.com/")
        });
    }),
    Mutant::v1(
        "unparseable-refused",
        "publish.reserved-namespace.unparseable",
        "a topic that is no URL is refused",
    )
    .answer(|answer, exchange| {
        refuse_topics(answer, exchange, |topic| topic.starts_with("https://["));
    }),
    Mutant::v1(
        "reserved-told-403",
        "publish.reserved-namespace.any-token",
        "a reserved topic is refused with 403",
    )
    .answer(|answer, exchange| {
        let Exchange { request, scene } = exchange;
        let reserved = |topic: &String| below(topic, scene).is_some();
        let refused = request.is_publication(&scene.path) && answer.status == 400;
        if refused && topics(request).iter().any(reserved) {
            answer.refuse(403);
        }
    }),
    Mutant::v1(
        "reserved-path-hard-coded",
        "publish.reserved-namespace.custom-path",
        "the default path is reserved wherever the hub is",
    )
    .on(Needs::CustomPath)
    .answer(|answer, exchange| {
        refuse_topics(answer, exchange, |topic| {
            topic.starts_with("/.well-known/mercure")
        });
    }),
];

/// What follows the hub's path and a slash.
fn below<'t>(topic: &'t str, scene: &Scene) -> Option<&'t str> {
    topic.strip_prefix(&scene.path)?.strip_prefix('/')
}

fn origin(scene: &Scene) -> &str {
    scene.url.strip_suffix(&scene.path).unwrap_or(&scene.url)
}

/// Refuses an accepted update that has such a topic.
fn refuse_topics(answer: &mut Answer, exchange: &Exchange<'_>, unwanted: impl Fn(&str) -> bool) {
    let mut topics = topics(exchange.request).into_iter();
    if is_accepted(answer, exchange) && topics.any(|topic| unwanted(&topic)) {
        answer.refuse(400);
    }
}
