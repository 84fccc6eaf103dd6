//! Bytes that are no UTF-8. The parser that the draft refers to replaces them by U+FFFD, so that a hub may not even see them:
//! tolerated, with a warning. Never do they reach a subscriber.

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Check, Findings},
    lab::Lab,
    request::Proof,
    stop::Stop,
};

const REPLACED: &str = "accepted, with U+FFFD in the place of what is no UTF-8";

/// What a case is, the field that gives way, and the fields that stand instead, encoded; `~` is the right topic.
type Case = (&'static str, &'static str, &'static str);

const FIELDS: &[Case] = &[
    ("the type is the byte FF", "type", "type=%FF"),
    (
        "the type breaks off inside a character",
        "type",
        "type=%C3%28",
    ),
    ("the id is half a surrogate pair", "id", "id=a%ED%A0%80"),
    ("the id is the byte FF", "id", "id=%FF"),
];
const TOPICS: &[Case] = &[
    (
        "the canonical topic ends with the byte FF",
        "topic",
        "topic=https://example.com/%FF&topic=~",
    ),
    (
        "the canonical topic breaks off inside a character",
        "topic",
        "topic=https://example.com/%C3%28&topic=~",
    ),
    (
        "an alternate topic has half a surrogate pair",
        "topic",
        "topic=~&topic=https://example.com/%ED%A0%80",
    ),
    (
        "an alternate topic has a slash that is too long",
        "topic",
        "topic=~&topic=https://example.com/%C0%AF",
    ),
];
const DATA: &[Case] = &[
    ("the data are the byte FF", "data", "data=%FF"),
    (
        "the data break off inside a character",
        "data",
        "data=%C3%28",
    ),
    (
        "the data have half a surrogate pair",
        "data",
        "data=a%ED%A0%80",
    ),
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let accepts = || AcceptSet::pass(Outcome::Status(&[400])).or_warn(Outcome::Fact(REPLACED));
    vec![
        SECTION
            .probe("publish/utf8", |lab| Box::pin(sent(lab, FIELDS)))
            .judges("publish.utf8", accepts()),
        SECTION
            .probe("publish/topic-utf8", |lab| Box::pin(sent(lab, TOPICS)))
            .judges("publish.topic.utf8", accepts()),
        SECTION
            .probe("publish/data-utf8", |lab| Box::pin(sent(lab, DATA)))
            .judges("publish.data.utf8", accepts()),
    ]
}

async fn sent(lab: &Lab<'_>, cases: &[Case]) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let mut observations = Vec::new();
    for (says, field, raw) in cases {
        let mut update = lab.publish(&topic, &lab.marker())?;
        update.remove_field(field);
        update.raw_form = raw.replace('~', &topic);
        lab.remark(0, &format!("next: a right request, except that {says}"));
        let answer = lab.ask(&update).await?;
        observations.push((*says, Observation::Answer(answer)));
    }
    stream.fence(&topic, Proof::Public).await?;
    let clean = std::str::from_utf8(stream.raw()).is_ok();
    let judge = |(says, observation)| {
        let observation = match observation {
            Observation::Answer(answer) if answer.status == 200 && clean => {
                Observation::Fact(REPLACED)
            }
            Observation::Answer(answer) if answer.status == 200 => {
                Observation::Other("accepted, and the stream is no UTF-8".to_owned())
            }
            refused => refused,
        };
        (says, observation)
    };
    Ok(Findings::Cases(
        observations.into_iter().map(judge).collect(),
    ))
}
