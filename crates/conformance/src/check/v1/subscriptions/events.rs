//! Which events come, under which topic, to whom, and about whom.

use super::{SECTION, repeated};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Need,
        subscriptions::{delivery, lifecycle, subscribers},
    },
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("subscriptions/created", |lab| {
                Box::pin(lifecycle::created(lab))
            })
            .judges(
                "subscriptions.event.created",
                AcceptSet::fact(lifecycle::CREATED),
            ),
        SECTION
            .probe("subscriptions/terminated", |lab| {
                Box::pin(lifecycle::terminated(lab))
            })
            .judges(
                "subscriptions.event.terminated",
                AcceptSet::fact(lifecycle::TERMINATED),
            ),
        SECTION
            .probe("subscriptions/topic", |lab| Box::pin(delivery::topic(lab)))
            .judges(
                "subscriptions.event.topic",
                AcceptSet::fact(delivery::UNDER_TOPIC),
            ),
        SECTION
            .probe("subscriptions/topic-other-path", |lab| {
                Box::pin(delivery::topic(lab))
            })
            .judges(
                "subscriptions.event.topic-custom-path",
                AcceptSet::fact(delivery::UNDER_TOPIC),
            )
            .needs(Need::OtherPath),
        SECTION
            .probe("subscriptions/repeated", |lab| {
                Box::pin(repeated::repeated(lab))
            })
            .judges(
                "subscriptions.dedup",
                AcceptSet::fact(repeated::ONCE).or_note(Outcome::Fact(repeated::TWICE)),
            ),
        SECTION
            .probe("subscriptions/private", |lab| {
                Box::pin(delivery::private(lab))
            })
            .judges(
                "subscriptions.event.private",
                AcceptSet::fact(delivery::WITHHELD),
            ),
        SECTION
            .probe("subscriptions/ordinary-update", |lab| {
                Box::pin(delivery::ordinary(lab))
            })
            .judges(
                "subscriptions.event.ordinary-update",
                AcceptSet::fact(delivery::ORDINARY),
            ),
        SECTION
            .probe("subscriptions/subscriber-not-supplied", |lab| {
                Box::pin(subscribers::not_supplied(lab))
            })
            .judges(
                "subscriptions.subscriber.not-client-supplied",
                AcceptSet::fact(subscribers::OWN),
            ),
        SECTION
            .probe("subscriptions/subscriber-unique", |lab| {
                Box::pin(subscribers::apart(lab))
            })
            .judges(
                "subscriptions.subscriber.unique-per-connection",
                AcceptSet::fact(subscribers::APART),
            ),
        SECTION
            .probe("subscriptions/subscriber-distinct", |lab| {
                Box::pin(subscribers::distinct(lab))
            })
            .judges(
                "subscriptions.subscriber.distinct",
                AcceptSet::fact(subscribers::DISTINCT),
            ),
        SECTION
            .probe("subscriptions/subscriber-random", |lab| {
                Box::pin(subscribers::random(lab))
            })
            .judges(
                "subscriptions.subscriber.random",
                AcceptSet::fact(subscribers::RANDOM),
            )
            .judges(
                "subscriptions.subscriber.derived",
                AcceptSet::fact(subscribers::UNDERIVED)
                    .or_note(Outcome::Fact(subscribers::DERIVED)),
            ),
    ]
}
