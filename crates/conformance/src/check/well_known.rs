//! Whether a hub is where one looks for it first: at `/.well-known/mercure`, which both dialects recommend.

use super::Findings;
use crate::{
    lab::Lab,
    request::{Place, Proof, Request},
    shape::accepted::WORKS,
    stop::Stop,
};

/// The recommended path.
pub(super) const WELL_KNOWN: &str = "/.well-known/mercure";

/// Whether a hub takes a publication there, and delivers it.
pub(super) async fn served(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut publication = lab.publish(&topic, "x")?;
    publication.place = Place::Path(WELL_KNOWN.to_owned());
    let answer = lab.ask(&publication).await?;
    if !(200..300).contains(&answer.status) {
        return Ok(Findings::answer(answer));
    }
    let mut subscription = lab.subscribe(&topic)?;
    subscription.place = Place::Path(WELL_KNOWN.to_owned());
    receives(lab, &subscription, &topic).await
}

/// Whether a subscription gets what is published on its topic. No control, since this is what all controls are made of.
pub(super) async fn receives(
    lab: &Lab<'_>,
    request: &Request,
    topic: &str,
) -> Result<Findings, Stop> {
    Ok(match lab.open(request).await? {
        Err(answer) => Findings::answer(answer),
        Ok(mut stream) => {
            stream.fence(topic, Proof::Public).await?;
            Findings::fact(WORKS)
        }
    })
}
