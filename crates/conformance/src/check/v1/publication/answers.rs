//! What a publisher is answered: when it worked, and when it may not.

use assay_client::TopicMatcher;

use super::{SECTION, publication};
use crate::check::v1::datum::signed;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    answer::Answer,
    check::{
        Check, Findings,
        publishing::{EXACT_BODY, arrived, body_is_id},
    },
    lab::Lab,
    shape::{Change, sandwich::Sandwich},
    stop::Stop,
    token::Role,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("publish/status", |lab| Box::pin(statuses(lab)))
            .judges(
                "publish.success.200",
                AcceptSet::pass(Outcome::Status(&[200])),
            ),
        SECTION
            .probe("publish/body", |lab| Box::pin(bodies(lab)))
            .judges("publish.success.body", AcceptSet::fact(EXACT_BODY)),
        SECTION
            .probe("publish/answer", |lab| {
                Box::pin(async { Ok(Findings::answer(arrived(lab).await?)) })
            })
            .judges(
                "publish.success.content-type",
                AcceptSet::pass(Outcome::Shows(
                    "`content-type: text/plain; charset=utf-8`",
                    is_plain_utf8,
                )),
            )
            .judges(
                "publish.success.no-location",
                AcceptSet::pass(Outcome::Shows("no `location` field", |answer| {
                    answer.header("location").is_none()
                })),
            ),
        SECTION
            .refusal(
                "publish/unauthorized",
                Sandwich::table(publication, without_right()),
            )
            .judges(
                "publish.authorized",
                AcceptSet::pass(Outcome::Status(&[401, 403])),
            ),
    ]
}

// The first one is known to have arrived, so that the second, which nobody listens to, is no empty politeness.
async fn statuses(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let heard = arrived(lab).await?;
    let unheard = lab
        .ask(&lab.publish(&lab.topic("unheard"), &lab.marker())?)
        .await?;
    Ok(Findings::Cases(vec![
        ("there is a subscriber", Observation::Answer(heard)),
        ("there is none", Observation::Answer(unheard)),
    ]))
}

async fn bodies(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let alternate = lab.topic("alternate");
    Ok(Findings::Cases(vec![
        ("it is public", body_is_id(lab, |update| update).await?),
        (
            "it is private",
            body_is_id(lab, |update| update.field("private", "on")).await?,
        ),
        (
            "it has two topics",
            body_is_id(lab, |update| update.field("topic", alternate.clone())).await?,
        ),
    ]))
}

fn is_plain_utf8(answer: &Answer) -> bool {
    let charset = answer.header("content-type").and_then(|value| {
        value.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            is_charset.then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        })
    });
    answer.media_type().as_deref() == Some("text/plain") && charset.as_deref() == Some("utf-8")
}

fn without_right() -> Vec<Change> {
    let granting = |says, role, grants: fn() -> Vec<TopicMatcher>| {
        Change::new(says, move |request, lab| {
            let token = match role {
                Role::Publisher => lab.publisher(&grants())?,
                Role::Subscriber => lab.subscriber(&grants())?,
            };
            *request = request.clone().bearer(token);
            Ok(())
        })
    };
    vec![
        Change::new("there is no token", |request, _| {
            request.credentials.clear();
            Ok(())
        }),
        granting("the token grants nothing", Role::Publisher, Vec::new),
        granting(
            "the token grants subscribing alone",
            Role::Subscriber,
            || vec![TopicMatcher::Any],
        ),
        signed("the token is signed with an unknown key", |lab, role| {
            lab.forged(role)
        }),
    ]
}
