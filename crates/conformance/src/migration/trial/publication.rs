//! An update, byte for byte, by a publisher who may publish everything: is it taken, and does it reach a subscriber of all
//! topics?

use assay_results::{End, Fate};

use super::refusal;
use crate::{
    lab::Lab,
    migration::sample::Publication,
    request::{Content, Place, Request},
    stop::Stop,
    wire::WireError,
};
use assay_client::TopicMatcher;

/// What becomes of it.
pub(super) async fn attempt(lab: &Lab<'_>, publication: &Publication) -> Result<Fate, Stop> {
    let fresh = lab.topic("observer");
    let mut observer = lab.subscribed(&lab.entitled_to(&[&fresh, "*"])?).await?;
    let mut post =
        Request::ask("POST", Place::Publish).bearer(lab.publisher(&[TopicMatcher::Any])?);
    post.content = Content::Form(Vec::new());
    post.raw_form.clone_from(&publication.0);
    let answer = lab.ask(&post).await?;
    if !(200..300).contains(&answer.status) {
        return Ok(Fate::tried(End::Refused, refusal::told(&answer)));
    }
    let id = answer.text().trim().to_owned();
    let patience = lab.deadline();
    loop {
        match observer.next_by(patience).await {
            Ok(Some(event)) if event.id() == id => {
                return Ok(Fate::tried(
                    End::Works,
                    format!("{}, and it came to a subscriber", answer.status),
                ));
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(WireError::Timeout { .. }) => {
                return Ok(Fate::tried(
                    End::Silent,
                    format!(
                        "{}, but it did not come to a subscriber of all topics",
                        answer.status
                    ),
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
