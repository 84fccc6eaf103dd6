//! Section 5, "Publication": what a publisher sends and gets.

use assay_client::Dialect;
use url::Url;

use super::event_stream::published;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Findings, Need, Section},
    lab::Lab,
    request::Proof,
    shape::accepted::WORKS,
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Publication,
};

const EMPTY_DATA: &str = "accepted, and the event has an id and empty data";
const BOTH: &str = "both subscribers receive the event, with one id";
const AGREE: &str = "the id in the answer is that of the event";
const ID_KEPT: &str = "the chosen id is that of the answer and of the event";
const IRIS: &str = "two updates have two ids, each an IRI or a fragment";
const EXACT_BODY: &str = "the body of the answer is the id of the event, and nothing else";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("0.x/publish/post", |lab| Box::pin(post(lab)))
            .judges("publish.post", AcceptSet::fact(WORKS)),
        SECTION
            .probe("0.x/publish/success-status", |lab| {
                Box::pin(success_status(lab))
            })
            .judges(
                "publish.success-status",
                AcceptSet::pass(Outcome::Status(&[200, 201, 202, 203])).or_warn(Outcome::Success),
            ),
        SECTION
            .probe("0.x/publish/fields-optional", |lab| {
                Box::pin(fields_optional(lab))
            })
            .judges("publish.fields-optional", AcceptSet::fact(EMPTY_DATA)),
        SECTION
            .probe("0.x/publish/alternate-topics", |lab| {
                Box::pin(alternate_topics(lab))
            })
            .judges("publish.alternate-topics", AcceptSet::fact(BOTH)),
        SECTION
            .probe("0.x/publish/chosen-id", |lab| Box::pin(chosen_id(lab)))
            .judges("publish.id-may-be-ignored", AcceptSet::fact(AGREE)),
        SECTION
            .probe("0.x/publish/chosen-id-used", |lab| {
                Box::pin(chosen_id_used(lab))
            })
            .judges("publish.id-used", AcceptSet::fact(ID_KEPT))
            .needs(Need::CustomId),
        SECTION
            .probe("0.x/publish/generated-id", |lab| {
                Box::pin(generated_id(lab))
            })
            .judges("publish.id-generated", AcceptSet::fact(IRIS))
            .judges("replay.event-id-iri", AcceptSet::fact(IRIS)),
        SECTION
            .probe("0.x/publish/body", |lab| Box::pin(body(lab)))
            .judges("publish.response-body-id", AcceptSet::fact(EXACT_BODY)),
    ]
}

// On the stream that is open: an update that only the next connection gets has not been published.
async fn post(lab: &Lab<'_>) -> Result<Findings, Stop> {
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

async fn success_status(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.any_stream(&lab.subscribe(&topic)?).await?;
    let data = lab.marker();
    let answer = stream.arrived(&lab.publish(&topic, &data)?, &data).await?;
    Ok(Findings::answer(answer))
}

async fn fields_optional(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let mut request = lab.publish(&topic, "")?;
    request.remove_field("data");
    let answer = lab.ask(&request).await?;
    if !(200..300).contains(&answer.status) {
        return Ok(Findings::answer(answer));
    }
    let events = stream.fence(&topic, Proof::Public).await?;
    Ok(match events.as_slice() {
        [event] if !event.id().is_empty() && event.data().as_deref() == Some("") => {
            Findings::fact(EMPTY_DATA)
        }
        [event] => Findings::other(format!("accepted, and the event is {event}")),
        events => Findings::other(format!("accepted, and {} events came", events.len())),
    })
}

async fn alternate_topics(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (canonical, alternate) = (lab.topic("canonical"), lab.topic("alternate"));
    let mut first = lab.subscribed(&lab.subscribe(&canonical)?).await?;
    let mut second = lab.subscribed(&lab.subscribe(&alternate)?).await?;
    lab.published(
        &lab.publish(&canonical, &lab.marker())?
            .field("topic", alternate.clone()),
    )
    .await?;
    let first = first.fence(&canonical, Proof::Public).await?;
    let second = second.fence(&alternate, Proof::Public).await?;
    Ok(match (first.as_slice(), second.as_slice()) {
        ([first], [second]) if first == second => Findings::fact(BOTH),
        (first, second) => Findings::other(format!(
            "the subscriber of the canonical topic received {} events, that of the alternate one {}",
            first.len(),
            second.len()
        )),
    })
}

async fn chosen_id(lab: &Lab<'_>) -> Result<Findings, Stop> {
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

async fn chosen_id_used(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let chosen = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    let (body, event) = published(lab, |request| request.field("id", chosen.clone())).await?;
    Ok(if body == chosen && event.id() == chosen {
        Findings::fact(ID_KEPT)
    } else {
        Findings::other(format!(
            "asked for {chosen:?}, the answer was {body:?}, the event {event}"
        ))
    })
}

async fn generated_id(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (_, first) = published(lab, |request| request).await?;
    let (_, second) = published(lab, |request| request).await?;
    let is_iri = |id: &str| id.starts_with('#') || Url::parse(id).is_ok();
    Ok(
        if first.id() != second.id() && is_iri(first.id()) && is_iri(second.id()) {
            Findings::fact(IRIS)
        } else {
            Findings::other(format!("the ids {:?} and {:?}", first.id(), second.id()))
        },
    )
}

async fn body(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let data = lab.marker();
    let answer = lab.ask(&lab.publish(&topic, &data)?).await?;
    let (_, event) = stream.until_event(&data).await?;
    Ok(
        if answer.body == event.id().as_bytes() && !answer.body.is_empty() {
            Findings::fact(EXACT_BODY)
        } else {
            Findings::other(format!(
                "the answer was {:?}, the event {event}",
                answer.text()
            ))
        },
    )
}
