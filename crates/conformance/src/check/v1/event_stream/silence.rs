//! Section "Subscription": what a stream does when little is said on it.

use std::time::Duration;

use super::SECTION;
use crate::{
    accept::AcceptSet,
    check::{Check, Findings, Need},
    lab::Lab,
    request::Proof,
    stop::Stop,
    target::Limit,
    wire::Deadline,
};

const COMMENT: &str = "a comment line, and no event, comes within the silence that the target says";
/// The longest silence that a check waits for: it would hold up the run.
const SILENCE_S_AT_MOST: u64 = 8;
/// Timers are late on a busy machine.
const GRACE: Duration = Duration::from_millis(1_500);

const AT_ONCE: &str = "a single small update comes without anything behind it";
const HELD: &str = "a single small update comes only when another one follows it";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("sse/no-buffering", |lab| Box::pin(no_buffering(lab)))
            .judges("sse.no-buffering", AcceptSet::fact(AT_ONCE)),
        SECTION
            .probe("sse/keep-alive", |lab| Box::pin(keep_alive(lab)))
            .judges("sse.keep-alive", AcceptSet::fact(COMMENT))
            .needs(Need::Limit(Limit::KeepAliveS))
            .early(),
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

// sse.keep-alive
async fn keep_alive(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let silence_s = lab.limit(Limit::KeepAliveS)?;
    if silence_s > SILENCE_S_AT_MOST {
        return Err(Stop::NotMeasurable(format!(
            "the target says a silence of {silence_s} s, and a check waits for {SILENCE_S_AT_MOST} s at most"
        )));
    }
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let deadline = Deadline::after(Duration::from_secs(silence_s) + GRACE);
    let comment = stream.comments_by(deadline).await?;
    let events = stream.parsed();
    // The stream is still the one that was alive.
    stream.fence(&topic, Proof::Public).await?;
    Ok(
        match (comment, events.iter().find(|event| event.data().is_some())) {
            (true, None) => Findings::fact(COMMENT),
            (_, Some(event)) => Findings::other(format!("on an idle stream comes {event}")),
            (false, None) => Findings::other(format!(
                "nothing comes on an idle stream within {silence_s} s, and {} ms more",
                GRACE.as_millis()
            )),
        },
    )
}
