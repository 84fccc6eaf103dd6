//! Section 8.2, "Subscription API": who may ask what.

use assay_client::TopicMatcher::UriTemplate;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check,
        subscriptions::{
            access::{self, AS_GRANTED, Case, Control, Paths},
            api::Shape::{All, Matcher, One},
            grants::{Granted, all, another, nobody, publisher, subscriber},
        },
    },
    lab::Lab,
    token::Token,
};

#[allow(
    clippy::unnecessary_wraps,
    reason = "a row of the table calls it as it calls those that mint"
)]
fn spoilt(_: &Lab<'_>, _: &Paths) -> Granted {
    Ok(Some(Token::Text("spoilt".to_owned())))
}

fn all_three(lab: &Lab<'_>, paths: &Paths) -> Granted {
    subscriber(
        lab,
        UriTemplate(format!("{}{{/topic}}{{/subscriber}}", paths.all)),
    )
}

fn singles(lab: &Lab<'_>, paths: &Paths) -> Granted {
    subscriber(
        lab,
        UriTemplate(format!("{}/{{topic}}/{{subscriber}}", paths.all)),
    )
}

const UNAUTHORIZED: &[Case] = &[
    Case::refused("all are asked for without token", All, nobody),
    Case::refused(
        "those of a topic are asked for without token",
        Matcher,
        nobody,
    ),
    Case::refused("one is asked for without token", One, nobody),
    Case::refused("the token is spoilt, all", All, spoilt),
    Case::refused("the token is spoilt, one", One, spoilt),
    Case::refused("the token is for publishing, all", All, publisher),
    Case::refused("the token is for publishing, one", One, publisher),
];

const CLAIMED: &[Case] = &[
    Case::served("the list of all is claimed, all", All, all),
    Case::refused("the list of all is claimed, one", One, all),
    Case::served("a template of all three is claimed, all", All, all_three),
    Case::served(
        "a template of all three is claimed, a topic",
        Matcher,
        all_three,
    ),
    Case::served("a template of all three is claimed, one", One, all_three),
    Case::served("a template of single ones is claimed, one", One, singles),
    Case::refused("a template of single ones is claimed, all", All, singles),
    Case::refused("another topic is claimed, all", All, another),
    Case::refused("another topic is claimed, one", One, another),
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("0.x/subscriptions/api-authorized", |lab| {
                Box::pin(access::answered(lab, UNAUTHORIZED))
            })
            .judges(
                "subscriptions.api-authorized",
                AcceptSet::pass(Outcome::Status(&[401, 403])),
            ),
        SECTION
            .probe("0.x/subscriptions/api-claim", |lab| {
                Box::pin(access::granted(lab, CLAIMED, Control::Beside))
            })
            .judges(
                "subscriptions.api-url-matches-claim",
                AcceptSet::fact(AS_GRANTED),
            ),
    ]
}
