//! Section "Reconnection, State Reconciliation, and Event Sourcing": a history that is full. Not for cursors that never were:
//! see [`super::cursor_field`].

use super::{
    cursor_field::FIELD,
    reconnection::{SECTION, after, history, published_on, replayed},
};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Check, Findings, Need},
    lab::Lab,
    stop::Stop,
    target::Limit,
};

const TOLD: &str =
    "`mercure-last-event-id` is `earliest`: the subscriber learns that events were dropped";
const KEPT: &str = "the cursor is known, and everything after it is replayed: nothing was dropped";

/// The largest history that a check fills: it publishes one update after the other.
const UPDATES_AT_MOST: u64 = 500;
/// So many more than the history keeps, for a hub that drops in steps.
const SURPLUS: u64 = 10;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("replay/discard", |lab| Box::pin(discard(lab)))
            .judges(
                "replay.discard",
                AcceptSet::fact(TOLD).or_note(Outcome::Fact(KEPT)),
            )
            .needs(Need::History)
            .needs(Need::Limit(Limit::HistoryUpdates)),
    ]
}

// replay.discard
async fn discard(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let kept = lab.limit(Limit::HistoryUpdates)?;
    if kept > UPDATES_AT_MOST {
        return Err(Stop::NotMeasurable(format!(
            "the target says a history of {kept} updates, and a check fills {UPDATES_AT_MOST} at most"
        )));
    }
    let topic = lab.topic("a");
    let cursor = published_on(lab, &topic).await?;
    let later = history(lab, &topic, (kept + SURPLUS) as usize).await?;
    let (seen, head) = replayed(lab, &after(lab, &topic, &cursor.id)?, &topic).await?;
    // A cursor that is still there is a control, lest a hub that knows none look as if it had dropped this one.
    let Some(last) = later.last() else {
        return Err(Stop::Defect("something was published".to_owned()));
    };
    let (_, known) = replayed(lab, &after(lab, &topic, &last.id)?, &topic).await?;
    if known.header(FIELD) == Some("earliest") {
        return Err(Stop::Control(
            "the cursor of the latest update is not known either".to_owned(),
        ));
    }
    let all = seen.len() == later.len();
    Ok(Findings::All(match head.header(FIELD) {
        Some("earliest") => Observation::Fact(TOLD),
        Some(_) if all => Observation::Fact(KEPT),
        _ => Observation::Other(format!(
            "{} of {} later updates are replayed, and the answer does not say that some are lost: {head}",
            seen.len(),
            later.len()
        )),
    }))
}
