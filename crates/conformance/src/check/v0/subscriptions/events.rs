//! Section 8.1, "Subscription Events": which events come, under which topic, to whom, and about whom.

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{
        Check,
        subscriptions::{delivery, lifecycle, subscribers},
    },
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("0.x/subscriptions/created", |lab| {
                Box::pin(lifecycle::created(lab))
            })
            .judges(
                "subscriptions.event-on-create",
                AcceptSet::fact(lifecycle::CREATED),
            ),
        SECTION
            .probe("0.x/subscriptions/terminated", |lab| {
                Box::pin(lifecycle::terminated(lab))
            })
            .judges(
                "subscriptions.event-on-terminate",
                AcceptSet::fact(lifecycle::TERMINATED),
            ),
        SECTION
            .probe("0.x/subscriptions/topic", |lab| {
                Box::pin(delivery::topic(lab))
            })
            .judges(
                "subscriptions.event-topic",
                AcceptSet::fact(delivery::UNDER_TOPIC),
            ),
        SECTION
            .probe("0.x/subscriptions/private", |lab| {
                Box::pin(delivery::private(lab))
            })
            .judges(
                "subscriptions.event-private",
                AcceptSet::fact(delivery::WITHHELD),
            ),
        SECTION
            .probe("0.x/subscriptions/subscriber-unique", |lab| {
                Box::pin(subscribers::distinct(lab))
            })
            .judges(
                "subscriptions.subscriber-unique",
                AcceptSet::fact(subscribers::DISTINCT),
            ),
    ]
}
