//! Section "Reconnection, State Reconciliation, and Event Sourcing": a cursor that several updates share.

use super::reconnection::{
    AFTER_CURSOR, SECTION, accepted, after, compared, judged, published_on, replayed,
};
use crate::{
    accept::{AcceptSet, Observation},
    check::{Check, Findings, Need},
    lab::Lab,
    request::Request,
    stop::Stop,
};

const FROM_OLDEST: &str = "the replay begins behind the oldest update with the id";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("replay/duplicate-id", |lab| Box::pin(duplicate_id(lab)))
            .judges(
                "replay.duplicate-id.earliest-wins",
                AcceptSet::fact(FROM_OLDEST),
            )
            .judges(
                "replay.duplicate-id.sends-rest",
                AcceptSet::fact(AFTER_CURSOR),
            )
            .needs(Need::History)
            .needs(Need::CustomId),
    ]
}

async fn duplicate_id(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let shared = format!("urn:uuid:{}", uuid::Uuid::new_v4());
    published_on(lab, &topic).await?;
    let with_id =
        || -> Result<Request, Stop> { Ok(lab.publish(&topic, "")?.field("id", shared.clone())) };
    let first = accepted(lab, with_id()?).await?;
    let between = published_on(lab, &topic).await?;
    let second = accepted(lab, with_id()?).await?;
    let last = published_on(lab, &topic).await?;
    if first.id != shared || second.id != shared {
        return Err(Stop::Unsupported(
            "the hub does not let two updates share an id".to_owned(),
        ));
    }
    let (seen, _) = replayed(lab, &after(lab, &topic, &shared)?, &topic).await?;
    let begins = if seen.first() == Some(&between.data) {
        Observation::Fact(FROM_OLDEST)
    } else {
        Observation::Other(format!(
            "the first of {} replayed updates is not the one behind the oldest",
            seen.len()
        ))
    };
    let rest = compared(&seen, &[&between.data, &second.data, &last.data]);
    Ok(Findings::Each(vec![
        ("replay.duplicate-id.earliest-wins", begins),
        ("replay.duplicate-id.sends-rest", judged(rest)),
    ]))
}
