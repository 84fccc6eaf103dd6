//! Section "Server-Sent Events Field Injection": no field of a publication adds, changes or ends fields of the stream. Whether
//! such a value is refused, and how, is for the checks of publication.

use std::collections::HashMap;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation},
    check::{Check, Findings},
    lab::{Lab, Stream},
    request::{Proof, Request},
    stop::Stop,
    wire::event_stream::Event,
};

const INERT: &str = "no event has a field that another field of its publication smuggled in";

const SEPARATORS: [&str; 4] = ["\n", "\r", "\r\n", "\0"];
const FORGED: [&str; 3] = ["data: forged", "event: mercure", "id: forged"];
/// Look like line ends, and are none.
const LOOK_ALIKES: [&str; 3] = ["\u{2028}", "\\n", "%0A"];

/// Which field of an event a publisher fills with which of the publication.
const FIELDS: [(&str, &str, &str); 4] = [
    ("`topic` has a line end or NUL", "topic", ""),
    ("`id` has a line end or NUL", "id", "id"),
    ("`type` has a line end or NUL", "type", "event"),
    ("`retry` has a line end or NUL", "retry", "retry"),
];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("sse/field-injection", |lab| Box::pin(injection(lab)))
            .judges("sse.field-injection", AcceptSet::fact(INERT)),
    ]
}

async fn injection(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let mut cases = Vec::new();
    for (says, field, property) in FIELDS {
        let mut updates = Vec::new();
        for separator in SEPARATORS.into_iter().chain(LOOK_ALIKES) {
            for forged in FORGED {
                let begin = if field == "retry" { "1" } else { "x" };
                updates.push(attempt(lab, field, &format!("{begin}{separator}{forged}"))?);
            }
        }
        let seen = smuggled(lab, &mut stream, updates, property).await?;
        cases.push((says, seen));
    }
    Ok(Findings::Cases(cases))
}

fn attempt(lab: &Lab<'_>, field: &str, value: &str) -> Result<Request, Stop> {
    let update = lab.publish(&lab.topic("a"), &lab.marker())?;
    // A second topic: the stream follows the first.
    Ok(update.field(field, value))
}

async fn smuggled(
    lab: &Lab<'_>,
    stream: &mut Stream<'_, '_>,
    updates: Vec<Request>,
    property: &str,
) -> Result<Observation, Stop> {
    let mut ids = HashMap::new();
    for update in &updates {
        let answer = lab.ask(update).await?;
        if let (200..300, Some(data)) = (answer.status, update.form_field("data")) {
            ids.insert(data.to_owned(), answer.text().trim().to_owned());
        }
    }
    let events = stream.fence(&lab.topic("a"), Proof::Public).await?;
    let wrong = events.iter().find(|event| !is_inert(event, &ids, property));
    Ok(match wrong {
        None => Observation::Fact(INERT),
        Some(event) => Observation::Other(event.to_string()),
    })
}

// The data and the id of an update that was accepted, no field twice, and no property that the publication did not ask for.
fn is_inert(event: &Event, ids: &HashMap<String, String>, property: &str) -> bool {
    let id = event.data().and_then(|data| ids.get(&data));
    let once = ["data", "id", "event", "retry"]
        .iter()
        .all(|name| event.count(name) <= 1);
    let clean = event.fields.iter().all(|(_, value)| !value.contains('\0'));
    let typed = match event.field("event") {
        None => true,
        Some(value) => property == "event" && value != "mercure",
    };
    id.is_some_and(|id| id == event.id()) && once && clean && typed
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{Event, is_inert};

    type Fields<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn each_smuggled_field_is_seen() {
        let ids = HashMap::from([("a".to_owned(), "1".to_owned())]);
        let event = |fields: Fields<'_>| Event {
            fields: fields
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        };
        let right = [("id", "1"), ("data", "a")];
        let cases: [(Fields<'_>, &str, bool); 8] = [
            (&right, "event", true),
            (
                &[("id", "1"), ("event", "x data: forged"), ("data", "a")],
                "event",
                true,
            ),
            (
                &[("id", "1"), ("event", "mercure"), ("data", "a")],
                "event",
                false,
            ),
            (&[("id", "1"), ("event", "x"), ("data", "a")], "id", false),
            (
                &[("id", "1"), ("data", "forged"), ("data", "a")],
                "event",
                false,
            ),
            (&[("id", "forged"), ("data", "a")], "event", false),
            (
                &[("id", "1"), ("event", "x\0"), ("data", "a")],
                "event",
                false,
            ),
            (&[("id", "1"), ("data", "forged")], "event", false),
        ];
        for (fields, property, expected) in cases {
            assert_eq!(
                is_inert(&event(fields), &ids, property),
                expected,
                "{fields:?}"
            );
        }
    }
}
