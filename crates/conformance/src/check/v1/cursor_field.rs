//! Section "Reconnection, State Reconciliation, and Event Sourcing": `Mercure-Last-Event-ID` of the answer, which tells a
//! subscriber whether it lost something. Not for the replay itself: see [`super::reconnection`].

use super::{
    reconnection::{SECTION, after, history, published_on, replayed},
    right::private_update,
};
use crate::{
    accept::{AcceptSet, Observation},
    answer::Answer,
    check::{Check, Findings, Need},
    lab::Lab,
    request::Request,
    stop::Stop,
};

pub(super) const FIELD: &str = "mercure-last-event-id";
const PRESENT: &str = "the answer has a `mercure-last-event-id` field, which is not empty";
const PREDECESSOR: &str =
    "`mercure-last-event-id` is the cursor, or another event behind which the same is replayed";
const EARLIEST: &str = "`mercure-last-event-id` is `earliest`";
const REVEALS_NO_DATA: &str =
    "`mercure-last-event-id` is an event, and the private update itself is withheld";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("replay/field", |lab| Box::pin(present(lab)))
            .judges("replay.response-field.present", AcceptSet::fact(PRESENT)),
        SECTION
            .probe("replay/field-value", |lab| Box::pin(value(lab)))
            .judges(
                "replay.response-field.value-known",
                AcceptSet::fact(PREDECESSOR),
            )
            .needs(Need::History),
        SECTION
            .probe("replay/field-earliest", |lab| Box::pin(earliest(lab)))
            .judges("replay.response-field.earliest", AcceptSet::fact(EARLIEST)),
        SECTION
            .probe("replay/field-may-reveal", |lab| Box::pin(may_reveal(lab)))
            .judges(
                "replay.response-field.may-reveal",
                AcceptSet::fact(REVEALS_NO_DATA),
            )
            .needs(Need::History),
    ]
}

fn unknown_id() -> String {
    format!("urn:uuid:{}", uuid::Uuid::new_v4())
}

async fn head(lab: &Lab<'_>, request: &Request) -> Result<Answer, Stop> {
    Ok(lab.subscribed(request).await?.head().clone())
}

async fn present(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let known = published_on(lab, &topic).await?.id;
    let by_header = |cursor: &str| -> Result<Request, Stop> {
        Ok(lab.subscribe(&topic)?.header("Last-Event-ID", cursor))
    };
    let both = after(lab, &topic, &known)?.header("Last-Event-ID", unknown_id());
    let mut cases = Vec::new();
    for (says, request) in [
        ("the query names a known event", after(lab, &topic, &known)?),
        (
            "the query names an unknown event",
            after(lab, &topic, &unknown_id())?,
        ),
        ("the query says `earliest`", after(lab, &topic, "earliest")?),
        ("the header names a known event", by_header(&known)?),
        (
            "the header names an unknown event",
            by_header(&unknown_id())?,
        ),
        ("query and header name events", both),
    ] {
        let head = head(lab, &request).await?;
        let observation = match head.header(FIELD) {
            Some(value) if !value.is_empty() => Observation::Fact(PRESENT),
            _ => Observation::Answer(head),
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}

async fn value(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let history = history(lab, &topic, 4).await?;
    let mut cases = Vec::new();
    for (says, index) in [
        ("the cursor is an event of the middle", 1),
        ("the cursor is the latest event of the topic", 3),
    ] {
        let cursor = &history[index].id;
        let (seen, head) = replayed(lab, &after(lab, &topic, cursor)?, &topic).await?;
        let observation = match head.header(FIELD) {
            Some(named) if named == cursor => Observation::Fact(PREDECESSOR),
            Some(named) if names_another(lab, named, &seen).await? => {
                Observation::Fact(PREDECESSOR)
            }
            _ => Observation::Other(format!("for the cursor {cursor:?}: {head}")),
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}

// An event of another topic may stand between the cursor and the first event sent. Then it is one that the hub knows, and the same
// is replayed behind it.
async fn names_another(lab: &Lab<'_>, named: &str, due: &[String]) -> Result<bool, Stop> {
    if named.is_empty() || named == "earliest" {
        return Ok(false);
    }
    let topic = lab.topic("a");
    let (seen, head) = replayed(lab, &after(lab, &topic, named)?, &topic).await?;
    Ok(seen == due && !due.is_empty() && head.header(FIELD) != Some("earliest"))
}

async fn earliest(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    history(lab, &topic, 2).await?;
    let mut cases = Vec::new();
    for (says, request) in [
        (
            "the query names an unknown event",
            after(lab, &topic, &unknown_id())?,
        ),
        (
            "the header names an unknown event",
            lab.subscribe(&topic)?.header("Last-Event-ID", unknown_id()),
        ),
        ("the query says `earliest`", after(lab, &topic, "earliest")?),
        (
            "the header says `earliest`",
            lab.subscribe(&topic)?.header("Last-Event-ID", "earliest"),
        ),
    ] {
        let head = head(lab, &request).await?;
        let observation = match head.header(FIELD) {
            Some("earliest") => Observation::Fact(EARLIEST),
            _ => Observation::Answer(head),
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}

async fn may_reveal(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let cursor = published_on(lab, &topic).await?;
    let secret = lab.marker();
    let mut update = private_update(lab, &topic)?;
    update.set_field("data", &secret);
    lab.published(&update).await?;
    let last = published_on(lab, &topic).await?;
    let request = after(lab, &topic, &cursor.id)?.bearer(lab.subscriber(&[])?);
    let (seen, head) = replayed(lab, &request, &topic).await?;
    if !seen.contains(&last.data) {
        return Err(Stop::Control("a public update is not replayed".to_owned()));
    }
    let event = head
        .header(FIELD)
        .is_some_and(|id| !id.is_empty() && id != "earliest");
    Ok(match (event, seen.contains(&secret)) {
        (true, false) => Findings::fact(REVEALS_NO_DATA),
        (_, true) => Findings::other("the private update itself is replayed"),
        (false, false) => Findings::answer(head),
    })
}
