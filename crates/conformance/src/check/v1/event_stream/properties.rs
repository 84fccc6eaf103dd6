//! Section "Subscription": the properties of an event besides `data` come from the fields of the publication.

use uuid::Uuid;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Check, Findings, Need},
    lab::Lab,
    shape::carried::{AS_PUBLISHED, Carry, Sent, listed, sent},
    stop::Stop,
    wire::event_stream::Event,
};

const ANOTHER_ID: &str = "the hub takes an id of its own instead";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let check = |id, requirement, rows| {
        SECTION
            .carried(id, rows)
            .judges(requirement, AcceptSet::fact(AS_PUBLISHED))
    };
    vec![
        check("sse/all-properties", "sse.all-properties", together()),
        check("sse/event", "sse.event-from-type", types()),
        check("sse/retry", "sse.retry-from-retry", retries()),
        SECTION
            .probe("sse/id", |lab| Box::pin(ids(lab)))
            .judges(
                "sse.id-from-id",
                AcceptSet::fact(AS_PUBLISHED).or_note(Outcome::Fact(ANOTHER_ID)),
            )
            .needs(Need::CustomId),
    ]
}

fn together() -> Vec<Carry> {
    let fields = [("type", "greeting"), ("retry", "4321")];
    let row = Carry::new(
        "`type` and `retry` are given, and the id is the hub's",
        &fields,
        |event, id| {
            event.field("event") == Some("greeting")
                && event.field("retry") == Some("4321")
                && !event.id().is_empty()
                && event.id() == id.trim()
        },
    );
    vec![row]
}

fn types() -> Vec<Carry> {
    // `message` is what a reader makes of no type.
    let is_default =
        |event: &Event, _: &str| matches!(event.field("event"), None | Some("" | "message"));
    vec![
        Carry::field(
            "`type` is `greeting`",
            &[("type", "greeting")],
            "event",
            "greeting",
        ),
        Carry::field(
            "`type` has a space, a colon and a letter beyond ASCII",
            &[("type", "a b:é")],
            "event",
            "a b:é",
        ),
        Carry::new("there is no `type`", &[], is_default),
        Carry::new("`type` is empty", &[("type", "")], is_default),
    ]
}

fn retries() -> Vec<Carry> {
    let number = |event: &Event| {
        event
            .field("retry")
            .and_then(|text| text.parse::<u64>().ok())
    };
    vec![
        Carry::new("`retry` is 1234", &[("retry", "1234")], move |event, _| {
            number(event) == Some(1234)
        }),
        Carry::new("`retry` is 0", &[("retry", "0")], move |event, _| {
            number(event) == Some(0)
        }),
    ]
}

async fn ids(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let mut cases = Vec::new();
    for (says, before) in [
        ("`id` is a UUID URN", "urn:uuid:"),
        ("`id` has a space", "a b "),
        ("`id` begins with a space", " lead "),
        ("`id` has a letter beyond ASCII", "é"),
        ("`id` has a colon", "a:b:"),
        ("`id` has percent signs", "%41%"),
    ] {
        let core = Uuid::new_v4().to_string();
        let id = format!("{before}{core}");
        let update = lab.publish(&topic, &lab.marker())?.field("id", &*id);
        let observation = match sent(lab, &mut stream, &update).await? {
            Sent::Refused(observation) => observation,
            Sent::Dispatched { body, events } => match events.as_slice() {
                [event] if event.id() == id => Observation::Fact(AS_PUBLISHED),
                // publish.id.ignored: nothing of it is left, in the event or in the answer.
                [event] if !event.id().contains(&core) && !body.contains(&core) => {
                    Observation::Fact(ANOTHER_ID)
                }
                events => Observation::Other(format!("of the id {id:?} came {}", listed(events))),
            },
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}
