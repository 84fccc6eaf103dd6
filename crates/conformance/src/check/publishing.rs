//! Probes of publication that the dialects share. Not for rows: they stand in the files of their section.

use url::Url;

use super::Findings;
use crate::{
    accept::Observation,
    answer::Answer,
    lab::Lab,
    request::{Proof, Request},
    shape::accepted::WORKS,
    stop::Stop,
    wire::event_stream::Event,
};

/// Every subscriber to one of the topics received the update.
pub(super) const ALL: &str = "all subscribers receive the event, with one id";
/// Whichever id the hub chose.
pub(super) const AGREE: &str = "the id in the answer is that of the event";
/// What the hub generates.
pub(super) const IRIS: &str = "the updates have different ids, each an IRI or a fragment";
/// The whole body.
pub(super) const EXACT_BODY: &str =
    "the body of the answer is the id of the event, and nothing else";

/// Publishes to an open stream; gives the body of the answer and the only event that came of it.
pub(super) async fn published(
    lab: &Lab<'_>,
    edit: impl Fn(Request) -> Request,
) -> Result<(String, Event), Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let body = lab
        .published(&edit(lab.publish(&topic, &lab.marker())?))
        .await?;
    let mut events = stream.fence(&topic, Proof::Public).await?;
    match (events.pop(), events.len()) {
        (Some(event), 0) => Ok((body, event)),
        (last, others) => Err(Stop::Control(format!(
            "of one update {} events came",
            others + usize::from(last.is_some())
        ))),
    }
}

/// Whether an update arrives on the stream that is open: one that only the next connection gets has not been published.
pub(super) async fn post(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.opened(&lab.subscribe(&topic)?).await?;
    let answer = lab.ask(&lab.publish(&topic, &lab.marker())?).await?;
    if !(200..300).contains(&answer.status) {
        return Ok(Findings::answer(answer));
    }
    Ok(match stream.fence(&topic, Proof::Public).await {
        Ok(_) => Findings::fact(WORKS),
        Err(Stop::Control(reason)) => Findings::other(reason),
        Err(stop) => return Err(stop),
    })
}

/// The answer to a publication whose update arrived, whatever that answer is.
pub(super) async fn arrived(lab: &Lab<'_>) -> Result<Answer, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.any_stream(&lab.subscribe(&topic)?).await?;
    let data = lab.marker();
    stream.arrived(&lab.publish(&topic, &data)?, &data).await
}

/// Whether one update on all topics reaches the subscriber to each of them.
pub(super) async fn any_topic(
    lab: &Lab<'_>,
    subscribers: &[(String, Request)],
) -> Result<Findings, Stop> {
    let Some(((canonical, _), alternates)) = subscribers.split_first() else {
        return Err(Stop::Defect("an update has a topic".to_owned()));
    };
    let mut streams = Vec::new();
    for (topic, request) in subscribers {
        streams.push((topic, lab.subscribed(request).await?));
    }
    let update = lab.publish(canonical, &lab.marker())?;
    let update = alternates
        .iter()
        .fold(update, |update, (topic, _)| update.field("topic", topic));
    lab.published(&update).await?;
    let mut received = Vec::new();
    for (topic, stream) in &mut streams {
        received.push(stream.fence(topic, Proof::Public).await?);
    }
    let same = received.windows(2).all(|pair| pair[0] == pair[1]);
    Ok(if same && received[0].len() == 1 {
        Findings::fact(ALL)
    } else {
        let counts: Vec<_> = received
            .iter()
            .map(|events| events.len().to_string())
            .collect();
        Findings::other(format!(
            "the subscribers, that of the canonical topic first, received {} events",
            counts.join(", ")
        ))
    })
}

/// Whether answer and event agree about the id when the publisher chose one.
pub(super) async fn chosen_id(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let chosen = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    let (body, event) = published(lab, |request| request.field("id", chosen.clone())).await?;
    Ok(if body == event.id() {
        Findings::fact(AGREE)
    } else {
        Findings::other(format!(
            "asked for {chosen:?}, the answer was {body:?}, the event {event}"
        ))
    })
}

/// The ids of so many updates whose publisher chose none.
pub(super) async fn generated_ids(lab: &Lab<'_>, count: usize) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    for _ in 0..count {
        lab.published(&lab.publish(&topic, &lab.marker())?).await?;
    }
    let events = stream.fence(&topic, Proof::Public).await?;
    let mut ids: Vec<_> = events.iter().map(Event::id).collect();
    if ids.len() != count {
        return Err(Stop::Control(format!(
            "of {count} updates {} events came",
            ids.len()
        )));
    }
    if let Some(id) = ids.iter().find(|id| !is_iri_or_fragment(id)) {
        return Ok(Findings::other(format!("the id {id:?}")));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(if ids.len() == count {
        Findings::fact(IRIS)
    } else {
        Findings::other(format!("{count} updates have {} ids", ids.len()))
    })
}

fn is_iri_or_fragment(id: &str) -> bool {
    id.starts_with('#') || Url::parse(id).is_ok()
}

/// Whether the answer to a publication like this one is the id of its event, byte for byte.
pub(super) async fn body_is_id(
    lab: &Lab<'_>,
    edit: impl Fn(Request) -> Request,
) -> Result<Observation, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.entitled_to(&[&topic])?).await?;
    let data = lab.marker();
    let answer = lab.ask(&edit(lab.publish(&topic, &data)?)).await?;
    let (_, event) = stream.until_event(&data).await?;
    Ok(
        if answer.body == event.id().as_bytes() && !answer.body.is_empty() {
            Observation::Fact(EXACT_BODY)
        } else {
            Observation::Other(format!(
                "the answer was {:?}, the event {event}",
                answer.text()
            ))
        },
    )
}
