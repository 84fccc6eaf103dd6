//! A right token in a cookie of this name: does a private update come?

use assay_client::TopicMatcher;
use assay_results::{End, Fate};

use super::{
    arrival::{Arrival, of_update},
    parameter, refusal, stream,
};
use crate::{lab::Lab, request::Credential, stop::Stop};

/// What becomes of it.
pub(super) async fn attempt(lab: &Lab<'_>, name: &str) -> Result<Fate, Stop> {
    let topic = lab.topic("cookie");
    let token = lab.subscriber(&[TopicMatcher::Any])?;
    let request = stream()
        .param(parameter(lab.hub().dialect), &topic)
        .with(Credential::Cookie(name.to_owned(), token));
    let mut stream = match lab.open(&request).await? {
        Ok(stream) => stream,
        Err(answer) => return Ok(Fate::tried(End::Refused, refusal::told(&answer))),
    };
    Ok(match of_update(&mut stream, &topic).await? {
        Arrival::Came => Fate::tried(End::Works, "200, and a private update came"),
        Arrival::Missing(_) => Fate::tried(
            End::Silent,
            "200, as to somebody without a token: a private update that an entitled subscriber received did not come",
        ),
        Arrival::Refused(answer) => Fate::open(format!(
            "nothing can be published: {}",
            refusal::told(&answer)
        )),
    })
}
