//! What the events about subscriptions say: members of the documents, and how topics are spelt.

use serde_json::Value;

use crate::mutant::{Fate, Mutant};
use crate::presence::{
    expanded, matcher, rename_subscriber, retold, rewrite, rewrite_segment, text, told,
};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "type-of-matcher-unsaid",
        "subscriptions.doc.json",
        "`match_type` is missing",
    )
    .event(|event, _| {
        retold(event, |document| {
            document.remove("match_type");
        })
    }),
    Mutant::v1(
        "absolute-id",
        "subscriptions.doc.id",
        "`id` is absolute, the topic is not",
    )
    .event(|event, delivery| {
        let origin = delivery.scene.url.trim_end_matches(&delivery.scene.path);
        retold(event, |document| {
            rewrite(document, "id", |id| format!("{origin}{id}"));
        })
    }),
    Mutant::v1(
        "capital-type",
        "subscriptions.doc.type",
        "`type` is `Subscription`",
    )
    .event(|event, _| {
        retold(event, |document| {
            rewrite(document, "type", |_| "Subscription".to_owned());
        })
    }),
    Mutant::v1(
        "capital-match-type",
        "subscriptions.doc.match-type",
        "`match_type` is `URLPattern`",
    )
    .event(|event, _| {
        retold(event, |document| {
            rewrite(document, "match_type", |name| {
                name.replace("urlpattern", "URLPattern")
            });
        })
    }),
    Mutant::v1(
        "encoded-match",
        "subscriptions.doc.match",
        "`match` is percent-encoded",
    )
    .event(|event, _| retold(event, |document| rewrite(document, "match", expanded))),
    Mutant::v1(
        "encoded-subscriber",
        "subscriptions.doc.subscriber",
        "`subscriber` is percent-encoded",
    )
    .event(|event, _| retold(event, |document| rewrite(document, "subscriber", expanded))),
    Mutant::v1(
        "always-active",
        "subscriptions.doc.active",
        "`active` is true in both events",
    )
    .event(|event, _| {
        retold(event, |document| {
            document.insert("active".to_owned(), Value::Bool(true));
        })
    }),
    Mutant::v1(
        "context-of-0x",
        "subscriptions.doc.extra-members",
        "the documents have `@context`",
    )
    .event(|event, _| {
        retold(event, |document| {
            document.insert("@context".to_owned(), "https://mercure.rocks/".into());
        })
    }),
    Mutant::v1(
        "told-without-type",
        "subscriptions.event.type-mercure",
        "events about subscriptions have no type",
    )
    .event(|mut event, _| {
        if told(&event).is_some() {
            event.remove("event");
        }
        Fate::Deliver(event)
    }),
    Mutant::v1(
        "capital-type-in-topic",
        "subscriptions.event.match-type-canonical",
        "the topic of a pattern has `URLPattern` in it",
    )
    .event(|event, _| {
        retold(event, |document| {
            rewrite_segment(document, 2, |name| name.replace("urlpattern", "URLPattern"));
        })
    }),
    Mutant::v1(
        "resolved-pattern-in-topic",
        "subscriptions.event.match-segment",
        "the topic of a relative pattern has the absolute one in it",
    )
    .event(|event, delivery| {
        retold(event, |document| {
            let given = matcher(document);
            if given.starts_with('/') {
                let origin = delivery.scene.url.trim_end_matches(&delivery.scene.path);
                rewrite_segment(document, 1, |_| expanded(&format!("{origin}{given}")));
            }
        })
    }),
    Mutant::v1(
        "subscriber-for-each-matcher",
        "subscriptions.subscriber.shared-in-connection",
        "each matcher of a connection has an identifier of its own",
    )
    .event(|event, _| {
        retold(event, |document| {
            let length = text(document, "match").len();
            rename_subscriber(document, |it| format!("{it}:{length}"));
        })
    }),
    Mutant::v1(
        "bare-uuid",
        "subscriptions.subscriber.iri",
        "the identifier is a bare UUID",
    )
    .event(|event, _| {
        retold(event, |document| {
            rename_subscriber(document, |it| it.trim_start_matches("urn:uuid:").to_owned());
        })
    }),
    Mutant::v1(
        "component-encoding",
        "subscriptions.encoding.once",
        "some punctuation is not encoded, as by `encodeURIComponent`",
    )
    .event(|event, _| {
        retold(event, |document| {
            rewrite_segment(document, 1, |segment| {
                let raw = [
                    ("%21", "!"),
                    ("%27", "'"),
                    ("%28", "("),
                    ("%29", ")"),
                    ("%2A", "*"),
                ];
                raw.iter()
                    .fold(segment.to_owned(), |segment, (encoded, raw)| {
                        segment.replace(encoded, raw)
                    })
            });
        })
    }),
    Mutant::v1(
        "triplets-left",
        "subscriptions.encoding.percent",
        "percent triplets of the matcher are left as they are",
    )
    .event(|event, _| {
        retold(event, |document| {
            rewrite_segment(document, 1, |segment| segment.replace("%25", "%"));
        })
    }),
    Mutant::v1(
        "encoded-twice",
        "subscriptions.encoding.no-double",
        "the matcher is encoded twice",
    )
    .event(|event, _| {
        retold(event, |document| {
            if matcher(document).starts_with("https:") {
                rewrite_segment(document, 1, expanded);
            }
        })
    }),
];
