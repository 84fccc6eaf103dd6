//! Topics of an update: how many, and that `*` is none. Not for their characters: see [`super::characters`].

use super::{SECTION, bad_request, publication, topic_before, topics_behind};
use crate::check::v1::right::granted_publication;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Findings, Shape,
        publishing::{ALL, any_topic},
    },
    lab::Lab,
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
    stop::Stop,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .allowance(
                "publish/alternate-topics",
                Accepted::table(publication, more_topics()),
            )
            .judges("publish.topic.multiple", AcceptSet::fact(WORKS)),
        SECTION
            .probe("publish/any-topic", |lab| Box::pin(dispatched(lab)))
            .judges("publish.dispatch-any-topic", AcceptSet::fact(ALL)),
        SECTION
            .refusal(
                "publish/wildcard",
                Sandwich::table(
                    publication,
                    vec![
                        topic_before("the canonical topic is `*`", "*"),
                        Change::new("the only topic is `*`", |request, _| {
                            request.set_field("topic", "*");
                            Ok(())
                        }),
                        Change::new("the only topic is `*`, percent-encoded", |request, _| {
                            request.remove_field("topic");
                            "topic=%2A".clone_into(&mut request.raw_form);
                            Ok(())
                        }),
                    ],
                ),
            )
            .also(Shape::Accepted(Accepted::table(
                publication,
                vec![
                    topic_before("the canonical topic is `**`", "**"),
                    topic_before("the canonical topic is `/*`", "/*"),
                    topic_before("the canonical topic is `a*`", "a*"),
                ],
            )))
            .judges("publish.topic.wildcard", bad_request()),
        SECTION
            .refusal(
                "publish/wildcard-alternate",
                Sandwich::new(publication, alternate()),
            )
            .also(Shape::Sandwich(Sandwich::new(
                granted_publication,
                alternate(),
            )))
            .judges(
                "publish.topic.wildcard-alternate",
                AcceptSet::pass(Outcome::Status(&[400])),
            ),
    ]
}

fn alternate() -> Change {
    topics_behind("an alternate topic is `*`", &["*"])
}

fn more_topics() -> Vec<Change> {
    vec![
        topics_behind(
            "there are three topics",
            &["https://example.com/assay/b", "https://example.com/assay/c"],
        ),
        Change::new("its topic stands there twice", |request, lab| {
            *request = request.clone().field("topic", lab.topic("a"));
            Ok(())
        }),
    ]
}

async fn dispatched(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let [canonical, alternate, selected] =
        ["canonical", "alternate", "books/1"].map(|name| lab.topic(name));
    let pattern = lab.topic("books/:id");
    let subscribers = [
        (canonical.clone(), lab.subscribe(&canonical)?),
        (alternate.clone(), lab.subscribe(&alternate)?),
        (
            selected.clone(),
            lab.stream(&selected)?.param("match_urlpattern", pattern),
        ),
    ];
    any_topic(lab, &subscribers).await
}
