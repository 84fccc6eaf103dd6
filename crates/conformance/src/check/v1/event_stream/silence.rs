//! Section "Subscription": what a stream does when little is said on it.

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{Check, Findings},
    lab::Lab,
    stop::Stop,
};

const AT_ONCE: &str = "a single small update comes without anything behind it";
const HELD: &str = "a single small update comes only when another one follows it";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("sse/no-buffering", |lab| Box::pin(no_buffering(lab)))
            .judges("sse.no-buffering", AcceptSet::fact(AT_ONCE)),
    ]
}

// How long is long is told by the preflight: what is slow but not held back comes within its patience.
async fn no_buffering(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let (first, second) = (lab.marker(), lab.marker());
    lab.published(&lab.publish(&topic, &first)?).await?;
    match stream.until(&first).await {
        Ok(_) => return Ok(Findings::fact(AT_ONCE)),
        Err(Stop::Control(_)) => {}
        Err(stop) => return Err(stop),
    }
    lab.published(&lab.publish(&topic, &second)?).await?;
    stream.until(&first).await?;
    Ok(Findings::other(HELD))
}
