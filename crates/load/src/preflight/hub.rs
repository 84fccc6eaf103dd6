//! One publish and one subscription before the load: does the hub take what publishers and subscribers are going to say?

use std::fmt;

use assay_client::{Destination, Dialect};

use super::exchange::{ExchangeError, Head, exchange};
use crate::crowd::request::Requests as SubscribeRequests;
use crate::plan::Plan;
use crate::publishers::PublishRequests;
use crate::target::Target;

/// What the hub said of itself on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HubAnswer {
    /// Its `Server` field.
    pub server: Option<String>,
}

/// The hub cannot be put under load as it is asked for: what it said, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{who} cannot use the hub at {url}: {what}; {next}")]
pub struct Refused {
    who: Who,
    /// The URL that was asked.
    url: String,
    /// What came instead.
    what: String,
    /// What to do next.
    next: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Publishers,
    Subscribers,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Publishers => "publishers",
            Self::Subscribers => "subscribers",
        })
    }
}

/// Subscribes once and publishes one update to the first topic of the plan, before any subscriber is there.
pub fn check_hub(plan: &Plan, target: &Target) -> Result<HubAnswer, Refused> {
    let mut request = Vec::new();
    if let Some(subscriber) = plan.subscribers.first() {
        SubscribeRequests::to(target).write(&mut request, plan, 0, subscriber, b"");
        let hub = target.endpoint.hub();
        let head = ask(Who::Subscribers, hub, &request)?;
        judge(Who::Subscribers, hub, target.dialect, &head)?;
        let media_type = head
            .content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        if !media_type.eq_ignore_ascii_case("text/event-stream") {
            let what =
                format!("it answered with content type {media_type:?} instead of an event stream");
            return Err(refused(
                Who::Subscribers,
                hub,
                what,
                "is this the URL of the hub? It usually ends in /.well-known/mercure",
            ));
        }
    }
    PublishRequests::to(target).write_unstamped(&mut request, plan);
    let publish = target.endpoint.publish();
    let head = ask(Who::Publishers, publish, &request)?;
    judge(Who::Publishers, publish, target.dialect, &head)?;
    Ok(HubAnswer {
        server: head.server,
    })
}

fn ask(who: Who, destination: &Destination, request: &[u8]) -> Result<Head, Refused> {
    exchange(destination, request).map_err(|error| {
        let next = match &error {
            ExchangeError::Connect { .. } => "is the hub running, and is the port right?",
            ExchangeError::Tls { .. } => "does the hub speak TLS there? Use http:// if not, --cacert FILE for a private authority",
            ExchangeError::Closed { .. } | ExchangeError::NotHttp { .. } => "is it a hub, and does it want https:// instead?",
            ExchangeError::Silent { .. } | ExchangeError::Broken { .. } => "look into the hub's log",
        };
        refused(who, destination, error.to_string(), next)
    })
}

fn judge(
    who: Who,
    destination: &Destination,
    dialect: Dialect,
    head: &Head,
) -> Result<(), Refused> {
    if (200..300).contains(&head.status) {
        return Ok(());
    }
    let (key, grant) = match who {
        Who::Publishers => (
            "--publisher-jwt-key (or --jwt-key, --publisher-token)",
            "publish to the topics of the scenario",
        ),
        Who::Subscribers => (
            "--subscriber-jwt-key (or --jwt-key, --subscriber-token)",
            "subscribe",
        ),
    };
    let next = match head.status {
        401 => {
            let claims = match dialect {
                Dialect::V1 => ", --issuer and --audience",
                Dialect::V0 => "",
            };
            format!(
                "check {key}{claims} against the hub's configuration, and whether it speaks dialect {dialect}"
            )
        }
        403 => format!("the token must allow to {grant}"),
        400 => format!(
            "does it speak dialect {dialect}, and http:// rather than https:// there? Try --dialect"
        ),
        404 | 405 => {
            "is this the URL of the hub? It usually ends in /.well-known/mercure".to_owned()
        }
        300..400 => "use the URL that it redirects to".to_owned(),
        429 | 503 => "it is busy: try again later, or with less".to_owned(),
        _ => "look into the hub's log".to_owned(),
    };
    let explanation = head
        .explanation
        .as_deref()
        .map(|text| format!(" ({text})"))
        .unwrap_or_default();
    Err(refused(
        who,
        destination,
        format!("it answered {}{explanation}", head.status),
        &next,
    ))
}

fn refused(who: Who, destination: &Destination, what: String, next: &str) -> Refused {
    Refused {
        who,
        url: destination.url().as_given().to_owned(),
        what,
        next: next.to_owned(),
    }
}
