//! The request as a whole: method, content type, where its fields stand, which of them it needs.

use super::{SECTION, only_bad_request, publication};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    answer::Answer,
    check::{Check, Findings, Shape, publishing::post},
    lab::Lab,
    request::{Content, Proof, Request},
    shape::{
        Change,
        accepted::{Accepted, WORKS},
        sandwich::Sandwich,
    },
    stop::Stop,
    wire::event_stream::Event,
};

const NO_EFFECT: &str = "it reaches the subscribers to its topic alone, without type";

/// Stands for the topic that an update is not on.
const OTHER: &str = "{other}";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("publish/post", |lab| Box::pin(post(lab)))
            .judges("publish.post-method", AcceptSet::fact(WORKS)),
        SECTION
            .refusal(
                "publish/content-type",
                Sandwich::table(publication, other_encodings()),
            )
            .also(Shape::Accepted(Accepted::table(
                publication,
                same_encoding(),
            )))
            .judges(
                "publish.other-content-type",
                // The draft names 400 for whatever is malformed, HTTP 415 for this.
                only_bad_request().or_note(Outcome::Status(&[415])),
            ),
        SECTION
            .refusal(
                "publish/body-only",
                Sandwich::new(publication, no_topic_but_in_query()),
            )
            .also(Shape::Probe(|lab| Box::pin(query_changes_nothing(lab))))
            .judges(
                "publish.body-only",
                AcceptSet::pass(Outcome::Status(&[400]))
                    .or_pass(Outcome::Fact(NO_EFFECT))
                    .or_note(Outcome::ClientError.refused()),
            ),
        SECTION
            .refusal(
                "publish/topic-required",
                Sandwich::table(publication, without_topic()),
            )
            .judges(
                "publish.topic-required",
                AcceptSet::pass(Outcome::Status(&[400])),
            ),
        SECTION
            .allowance(
                "publish/unknown-fields",
                Accepted::table(publication, unknown_fields()),
            )
            .also(Shape::Probe(|lab| Box::pin(fields_change_nothing(lab))))
            .judges(
                "publish.unknown-fields",
                AcceptSet::fact(WORKS).or_pass(Outcome::Fact(NO_EFFECT)),
            ),
    ]
}

fn text(says: &'static str, media_type: &'static str, make: fn(&str, &str) -> String) -> Change {
    Change::new(says, move |request, _| {
        let value = |name| request.form_field(name).unwrap_or_default();
        let text = make(value("topic"), value("data"));
        request.content = Content::Text(media_type, text);
        Ok(())
    })
}

fn media_type(says: &'static str, media_type: &'static str) -> Change {
    Change::new(says, move |request, _| {
        request.set_header("Content-Type", media_type);
        Ok(())
    })
}

// A form without media type is left out: it is encoded as it must be, and what a receiver takes it for is its own affair.
fn other_encodings() -> Vec<Change> {
    vec![
        text("it is JSON", "application/json", |topic, data| {
            serde_json::json!({ "topic": topic, "data": data }).to_string()
        }),
        text(
            "it is a multipart form",
            "multipart/form-data; boundary=assay",
            |topic, data| {
                let part = |name, value| {
                    format!(
                        "--assay\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
                    )
                };
                format!(
                    "{}{}--assay--\r\n",
                    part("topic", topic),
                    part("data", data)
                )
            },
        ),
        media_type("the form is called `text/plain`", "text/plain"),
    ]
}

fn same_encoding() -> Vec<Change> {
    vec![
        media_type(
            "the media type has a charset",
            "application/x-www-form-urlencoded; charset=UTF-8",
        ),
        media_type(
            "the media type is written in capitals",
            "APPLICATION/X-WWW-FORM-URLENCODED",
        ),
    ]
}

fn no_topic_but_in_query() -> Change {
    Change::new("the topic stands in the query", |request, lab| {
        request.remove_field("topic");
        *request = request.clone().param("topic", lab.topic("a"));
        Ok(())
    })
}

async fn query_changes_nothing(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let cases = [
        ("`private=on` stands in the query", "private", "on"),
        ("another topic stands in the query", "topic", OTHER),
        ("`type=news` stands in the query", "type", "news"),
    ];
    without_effect(lab, &cases, Request::param).await
}

async fn fields_change_nothing(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let cases = [
        ("there is a field `Private`", "Private", "on"),
        (
            "there is a field `topics` with another topic",
            "topics",
            OTHER,
        ),
        (
            "there is a field `Topic` with another topic",
            "Topic",
            OTHER,
        ),
        (
            "there is a field `match` with another topic",
            "match",
            OTHER,
        ),
        ("there is a field `Type`", "Type", "news"),
    ];
    without_effect(lab, &cases, Request::field).await
}

/// Publishes with a name and a value more each time, which must not change who receives it, nor its type.
async fn without_effect(
    lab: &Lab<'_>,
    cases: &[(&'static str, &str, &str)],
    add: fn(Request, &str, String) -> Request,
) -> Result<Findings, Stop> {
    let (topic, other) = (lab.topic("a"), lab.topic("other"));
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let mut elsewhere = lab.subscribed(&lab.subscribe(&other)?).await?;
    let mut sent = Vec::new();
    for (says, name, value) in cases {
        let data = lab.marker();
        let update = lab.publish(&topic, &data)?;
        let answer = lab
            .ask(&add(update, name, value.replace(OTHER, &other)))
            .await?;
        sent.push((*says, data, answer));
    }
    let came = stream.fence(&topic, Proof::Public).await?;
    let strayed = elsewhere.fence(&other, Proof::Public).await?;
    let judge = |(says, data, answer): (&'static str, String, Answer)| {
        (says, effect(answer, of(&came, &data), of(&strayed, &data)))
    };
    Ok(Findings::Cases(sent.into_iter().map(judge).collect()))
}

fn of<'e>(events: &'e [Event], data: &str) -> Option<&'e Event> {
    let mut events = events.iter();
    events.find(|event| event.data().as_deref() == Some(data))
}

fn effect(answer: Answer, came: Option<&Event>, strayed: Option<&Event>) -> Observation {
    match (answer.status, came, strayed) {
        (200..300, Some(event), None) if event.field("event").is_none() => {
            Observation::Fact(NO_EFFECT)
        }
        (200..300, Some(event), None) => Observation::Other(event.to_string()),
        (200..300, None, None) => {
            Observation::Other("accepted, and a public subscriber does not see it".to_owned())
        }
        (_, _, Some(_)) => Observation::Other("it was dispatched on the other topic".to_owned()),
        (_, Some(_), None) => Observation::Other(format!("{answer}, and yet it was dispatched")),
        (_, None, None) => Observation::Refused(answer),
    }
}

fn without_topic() -> Vec<Change> {
    let named = |says, name: &'static str| {
        Change::new(says, move |request: &mut Request, lab: &Lab<'_>| {
            request.remove_field("topic");
            request.prepend_field(name, &lab.topic("a"));
            Ok(())
        })
    };
    vec![
        Change::new("there is no topic", |request, _| {
            request.remove_field("topic");
            Ok(())
        }),
        Change::new("the body is empty", |request, _| {
            request.content = Content::Form(Vec::new());
            Ok(())
        }),
        named("the only topic is named `Topic`", "Topic"),
        named("the only topic is named `topic[]`", "topic[]"),
    ]
}

fn unknown_fields() -> Vec<Change> {
    let more = |says, name: &'static str, value: &'static str| {
        Change::new(says, move |request: &mut Request, _: &Lab<'_>| {
            *request = request.clone().field(name, value);
            Ok(())
        })
    };
    vec![
        more("there is a field `foo`", "foo", "bar"),
        more("there is a field `match`", "match", "*"),
        more("there is a field `topics`", "topics", "*"),
        more("there is a field `Type`", "Type", "mercure"),
        more("there is an unknown field with a NUL", "foo", "a\0b"),
        Change::new("an unknown field stands there twice", |request, _| {
            *request = request.clone().field("foo", "a").field("foo", "b");
            Ok(())
        }),
    ]
}
