//! Section "Reconnection, State Reconciliation, and Event Sourcing": the ids of events, and the hub's own `retry`.

use url::Url;

use super::{
    reconnection::{SECTION, history},
    right::private_update,
};
use crate::{
    accept::AcceptSet,
    check::{Check, Findings},
    lab::Lab,
    request::{Proof, Request},
    stop::Stop,
    wire::event_stream::Event,
};

const ONE_ID: &str = "each event has exactly one `id`, which is not empty";
const IRIS: &str = "generated ids are absolute IRIs";
const OPAQUE: &str = "generated ids tell neither order nor time";
const DIGITS: &str = "the hub sends no `retry` of its own, or one of digits only";

/// How many generated ids are looked at.
const IDS: usize = 10;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("event-id/present", |lab| Box::pin(present(lab)))
            .judges("sse.event-id-present", AcceptSet::fact(ONE_ID)),
        SECTION
            .probe("event-id/generated", |lab| Box::pin(generated(lab)))
            .judges("sse.event-id-iri", AcceptSet::fact(IRIS))
            .judges("replay.opaque-ids", AcceptSet::fact(OPAQUE)),
        SECTION
            .probe("event-id/hub-retry", |lab| Box::pin(hub_retry(lab)))
            .judges("sse.hub-retry", AcceptSet::fact(DIGITS)),
    ]
}

async fn present(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.entitled_to(&[&topic])?).await?;
    let mut chosen = lab.publish(&topic, &lab.marker())?;
    chosen = chosen.field("id", format!("urn:uuid:{}", uuid::Uuid::new_v4()));
    let mut private = private_update(lab, &topic)?;
    private.set_field("data", &lab.marker());
    let updates: [Request; 4] = [
        lab.publish(&topic, &lab.marker())?,
        chosen,
        private,
        lab.publish(&topic, "")?,
    ];
    for update in &updates {
        lab.published(update).await?;
    }
    let events = stream.fence(&topic, Proof::Public).await?;
    let dispatched: Vec<_> = events
        .iter()
        .filter(|event| event.data().is_some())
        .collect();
    if dispatched.len() < updates.len() - 1 {
        return Err(Stop::Control(format!(
            "of {} updates {} events came",
            updates.len(),
            dispatched.len()
        )));
    }
    let wrong = dispatched
        .into_iter()
        .find(|event| event.count("id") != 1 || event.id().is_empty());
    Ok(match wrong {
        None => Findings::fact(ONE_ID),
        Some(event) => Findings::other(event.to_string()),
    })
}

async fn generated(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let updates = history(lab, &topic, IDS).await?;
    let events = stream.fence(&topic, Proof::Public).await?;
    let sent = events.iter().filter(|event| event.data().is_some());
    let ids: Vec<_> = sent.map(Event::id).collect();
    if ids.len() != updates.len() {
        return Err(Stop::Control(format!(
            "of {IDS} updates {} events came",
            ids.len()
        )));
    }
    let judge = |right: bool, fact| {
        use crate::accept::Observation;
        if right {
            Observation::Fact(fact)
        } else {
            Observation::Other(format!("the ids {:?}, {:?} …", ids[0], ids[1]))
        }
    };
    Ok(Findings::Each(vec![
        (
            "sse.event-id-iri",
            judge(ids.iter().all(|id| Url::parse(id).is_ok()), IRIS),
        ),
        ("replay.opaque-ids", judge(!tell_order(&ids), OPAQUE)),
    ]))
}

// UUIDs with a time in them (versions 1, 6, 7), or ids whose numbers only ever grow: counters, offsets, ULIDs. Ten random ids are
// in order by chance once in 3.6 million.
fn tell_order(ids: &[&str]) -> bool {
    let timed = ids.iter().all(|id| {
        let text = id.rsplit(':').next().unwrap_or(id);
        uuid::Uuid::try_parse(text).is_ok_and(|uuid| matches!(uuid.get_version_num(), 1 | 6 | 7))
    });
    let by_length = |id: &str| (id.len(), id.to_owned());
    let grows = ids
        .windows(2)
        .all(|pair| by_length(pair[0]) < by_length(pair[1]));
    timed || grows
}

async fn hub_retry(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    history(lab, &topic, 1).await?;
    stream.fence(&topic, Proof::Public).await?;
    let raw = String::from_utf8_lossy(stream.raw()).into_owned();
    let hints = raw
        .split(['\r', '\n'])
        .filter_map(|line| line.strip_prefix("retry:"))
        .map(|value| value.strip_prefix(' ').unwrap_or(value));
    for hint in hints {
        if hint.is_empty() || !hint.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Findings::other(format!("`retry: {hint}`")));
        }
    }
    Ok(Findings::fact(DIGITS))
}

#[cfg(test)]
mod tests {
    use super::tell_order;

    #[test]
    fn only_ids_that_tell_order_are_told() {
        let cases: [(&[&str], bool); 4] = [
            (&["urn:x:9", "urn:x:10", "urn:x:11"], true),
            (
                &[
                    "urn:uuid:018f0000-0000-7000-8000-000000000002",
                    "urn:uuid:018f0000-0000-7000-8000-000000000001",
                ],
                true,
            ),
            (
                &[
                    "urn:uuid:e0fd2c07-5b3c-4c53-9d3a-0e0a5e3c7a31",
                    "urn:uuid:2c0d8f3e-1f3d-4f3b-8f3a-5b1c9d2e7f40",
                ],
                false,
            ),
            (&["b", "a"], false),
        ];
        for (ids, expected) in cases {
            assert_eq!(tell_order(ids), expected, "{ids:?}");
        }
    }
}
