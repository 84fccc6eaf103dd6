//! Section 5, "Publication": what a publisher sends and gets.

use assay_client::Dialect;

use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Area, Check, Findings, Need, Section,
        publishing::{
            AGREE, ALL, EXACT_BODY, IRIS, any_topic, arrived, body_is_id, chosen_id, generated_ids,
            post, published,
        },
    },
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
const ID_KEPT: &str = "the chosen id is that of the answer and of the event";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("0.x/publish/post", |lab| Box::pin(post(lab)))
            .judges("publish.post", AcceptSet::fact(WORKS)),
        SECTION
            .probe("0.x/publish/success-status", |lab| {
                Box::pin(async { Ok(Findings::answer(arrived(lab).await?)) })
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
            .judges("publish.alternate-topics", AcceptSet::fact(ALL)),
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
                Box::pin(generated_ids(lab, 2))
            })
            .judges("publish.id-generated", AcceptSet::fact(IRIS))
            .judges("replay.event-id-iri", AcceptSet::fact(IRIS)),
        SECTION
            .probe("0.x/publish/body", |lab| {
                Box::pin(async { Ok(Findings::All(body_is_id(lab, |request| request).await?)) })
            })
            .judges("publish.response-body-id", AcceptSet::fact(EXACT_BODY)),
    ]
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

async fn alternate_topics(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topics = [lab.topic("canonical"), lab.topic("alternate")];
    let mut subscribers = Vec::new();
    for topic in topics {
        let request = lab.subscribe(&topic)?;
        subscribers.push((topic, request));
    }
    any_topic(lab, &subscribers).await
}
