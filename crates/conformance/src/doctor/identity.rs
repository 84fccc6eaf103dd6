//! Whether what answers is a Mercure hub at all: web servers, hubs of other protocols and services that answer 200 to everything
//! look well for long, until nothing arrives. Not for hubs that do something wrongly.

use std::time::Duration;

use assay_client::{
    Destination, Endpoint,
    discovery::{DiscoveryError, detect_dialect},
};

use super::Ladder;
use crate::{
    answer::Answer,
    target::HttpVersion,
    wire::{self, Deadline, Server, WireError, Written},
};

/// For one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Its name.
pub(super) const RUNG: &str = "hub";

const NOT_A_HUB: &str = "this is not a Mercure hub";
const ADVICE: &str = "does the URL lead to the hub, with its path, and for POST too?";

/// Adds the rung.
pub(super) async fn climb(endpoint: &Endpoint, ladder: &mut Ladder<'_>) {
    let seen = match strangers_publication(endpoint.publish()).await {
        Ok(Some(answer)) if (200..300).contains(&answer.status) => Err(format!(
            "{NOT_A_HUB}: it answers {} to a publication without token and topic; {ADVICE}",
            answer.status
        )),
        // What does not answer, or not in HTTP, is told by the rungs above.
        Err(_) | Ok(None) => return,
        Ok(Some(answer)) => match detect_dialect(endpoint).await {
            Err(DiscoveryError::NotAHub { evidence, .. }) => {
                Err(format!("{NOT_A_HUB}: {evidence}; {ADVICE}"))
            }
            Ok(_) | Err(_) => Ok(format!(
                "refuses a publication without token and topic ({})",
                answer.status
            )),
        },
    };
    ladder.push(RUNG, seen);
}

/// What no Mercure hub accepts, whatever its dialect and configuration; none where nothing can be sent.
async fn strangers_publication(publish: &Destination) -> Result<Option<Answer>, WireError> {
    let looked_up = publish.clone();
    let addrs = tokio::task::spawn_blocking(move || looked_up.socket_addrs());
    let Ok(Ok(addrs)) = addrs.await else {
        return Ok(None);
    };
    let server = Server {
        destination: publish.clone(),
        addrs,
    };
    let form = "application/x-www-form-urlencoded";
    let field = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let written = Written {
        method: "POST",
        target: publish.request_target(),
        fields: vec![field("Content-Type", form), field("Content-Length", "0")],
        content: Vec::new(),
        padding_bytes: 0,
    };
    let deadline = Deadline::after(ANSWER_WITHIN);
    let incoming = wire::exchange(&server, &written, HttpVersion::Http1, deadline).await?;
    Ok(Some(incoming.answer))
}
