//! A client that has moved by half: a token of one dialect beside a URL of the other, on a hub that speaks both.

use assay_client::Dialect;
use assay_results::{End, Fate};

use super::{
    arrival::{Arrival, of_update},
    entitled, parameter, refusal, stream,
};
use crate::{hub::Hub, lab::Lab, preflight::text, stop::Stop};

/// What becomes of a token of the hub's dialect beside the parameter of another.
pub(in crate::migration) async fn fate(hub: &Hub, url: Dialect) -> Fate {
    let lab = Lab::new(hub, "migration");
    let fate = attempt(&lab, url).await;
    fate.unwrap_or_else(|stop| Fate::open(text(&stop)))
}

async fn attempt(lab: &Lab<'_>, url: Dialect) -> Result<Fate, Stop> {
    let topic = lab.topic("mixed");
    let request = stream().param(parameter(url), &topic).with(entitled(lab)?);
    let mut stream = match lab.open(&request).await? {
        Ok(stream) => stream,
        Err(answer) => return Ok(Fate::tried(End::Refused, refusal::told(&answer))),
    };
    Ok(match of_update(&mut stream, &topic).await? {
        Arrival::Came => Fate::tried(End::Works, "200, and a private update came"),
        Arrival::Missing(what) => Fate::tried(End::Silent, format!("200, but {what}")),
        Arrival::Refused(answer) => Fate::open(refusal::told(&answer)),
    })
}
