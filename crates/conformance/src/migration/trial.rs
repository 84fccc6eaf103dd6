//! Tries one sample on one hub: sends it as the site would, and sees whether it does what it is for. Not for what that means:
//! that is [`super::run`].

mod arrival;
mod cookie;
pub(super) mod mixed;
mod publication;
mod refusal;
mod subscription;
mod subscription_api;
mod token;

use assay_client::{Dialect, TopicMatcher};
use assay_results::Fate;

use super::{
    api_path::ApiPath,
    claims::{Claims, Grants},
    sample::{Publication, Sample, Subject},
    subscription::{Subscription, Witness},
};
use crate::{
    hub::Hub,
    lab::Lab,
    preflight::text,
    request::{Credential, Place, Request},
    stop::Stop,
};

pub(super) use token::Signed;

/// What is sent.
#[derive(Debug, Clone)]
pub(super) enum Trial {
    /// A subscription with a token that may receive everything, and what it has to receive.
    Subscription(Subscription, Vec<Witness>),
    /// A token of the site, with requests that need what it grants.
    Token(Claims, Signed),
    /// A token of 1.0 with the same rights.
    NewToken(Grants),
    /// A token in a cookie of this name.
    Cookie(String),
    /// An update.
    Publication(Publication),
    /// A question to the subscription API.
    SubscriptionApi(ApiPath),
}

impl Trial {
    /// The one of a sample; none for what no exchange shows.
    pub(super) fn of(sample: &Sample, signed: Signed) -> Option<Self> {
        match &sample.subject {
            Subject::Subscription(it) => Some(Self::Subscription(it.clone(), it.witnesses())),
            Subject::Token(it) => Some(Self::Token(it.clone(), signed)),
            Subject::Cookie(it) => Some(Self::Cookie(it.name.clone())),
            Subject::Publication(it) => Some(Self::Publication(it.clone())),
            Subject::SubscriptionApi(it) => Some(Self::SubscriptionApi(it.clone())),
            Subject::Fact(_) | Subject::Setting(_) | Subject::Unread(..) => None,
        }
    }

    /// What becomes of it on a hub, in whose dialect all else is said.
    pub(super) async fn on(&self, hub: &Hub) -> Fate {
        let lab = Lab::new(hub, "migration");
        let fate = match self {
            Self::Subscription(it, witnesses) => subscription::attempt(&lab, it, witnesses).await,
            Self::Token(it, signed) => token::attempt(&lab, it, *signed).await,
            Self::NewToken(it) => token::attempt_new(&lab, it).await,
            Self::Cookie(name) => cookie::attempt(&lab, name).await,
            Self::Publication(it) => publication::attempt(&lab, it).await,
            Self::SubscriptionApi(it) => subscription_api::attempt(&lab, it).await,
        };
        let fate = fate.unwrap_or_else(|stop| Fate::open(text(&stop)));
        Fate {
            detail: lab.transcript().redact(&fate.detail),
            ..fate
        }
    }

    /// Which of these topics its subscription selects, or its token may receive; none where that cannot be seen.
    pub(super) async fn selects(
        &self,
        hub: &Hub,
        fence: &str,
        topics: &[String],
    ) -> Option<Vec<Option<bool>>> {
        let lab = Lab::new(hub, "migration");
        let request = match self {
            Self::Subscription(it, _) => subscription::request(&lab, it).ok()?,
            Self::Token(it, signed) => token::listening(&lab, it, *signed).ok()?,
            Self::NewToken(it) => token::listening_new(&lab, it).ok()?,
            Self::Cookie(_) | Self::Publication(_) | Self::SubscriptionApi(_) => return None,
        };
        arrival::selected(&lab, &request, fence, topics).await.ok()
    }
}

/// A subscription without matchers or credentials.
fn stream() -> Request {
    Request::ask("GET", Place::Hub).header("Accept", "text/event-stream")
}

/// The parameter that subscribes to a matcher of both dialects.
fn parameter(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V0 => "topic",
        Dialect::V1 => "match",
    }
}

/// A token that may receive everything, in the dialect of the lab.
fn entitled(lab: &Lab<'_>) -> Result<Credential, Stop> {
    Ok(Credential::Bearer(lab.subscriber(&[TopicMatcher::Any])?))
}
