//! A Mercure hub without a socket: reading of forms and queries, tokens, matching, authorization, history and fan-out.
//!
//! What flows through it, in this order: a form becomes a [`Publication`], that an [`Update`] in the [`history`], whose
//! committed updates alone drive the fan-out to the queue of each [`Subscriber`]. [`Hub`] is the façade over all of it.
//!
//! Not here: HTTP, sockets, timers, a runtime or a clock. Time and randomness come in as arguments, so that a hub can
//! be simulated from a seed.

pub mod access_token;
mod admission;
mod audiences;
pub mod authorization;
pub mod dialect;
pub mod event_id;
mod fan_out;
mod form;
pub mod history;
pub mod hub;
pub mod hub_url;
pub mod lane;
pub mod limits;
pub mod publication;
mod publishing;
mod registry;
mod sign;
mod sse;
pub mod subscribe_query;
pub mod subscriber;
pub mod subscriptions;
#[cfg(test)]
mod test_support;
pub mod text;
pub mod topic;
pub mod topic_matcher;
pub mod update;

pub use access_token::{AccessToken, Role, TokenContext, TokenError, TrustedKeys};
pub use authorization::{Decision, Denial, Grants};
pub use dialect::{Dialect, Dialects};
pub use event_id::{EventId, EventIdSource, LastEventId, RandomEventIds, ResponseCursor};
pub use hub::{Counts, Hub, HubSettings, PublishError, Subscribe, SubscribeError};
pub use hub_url::HubUrl;
pub use lane::{Advance, Arrival, Join, Lane, LaneDoor, LaneSubscriber};
pub use limits::Limits;
pub use publication::{Publication, PublicationError};
pub use publishing::Publishing;
pub use sign::{Probing, Sign};
pub use subscribe_query::{SubscribeQuery, SubscribeQueryError};
pub use subscriber::{CloseReason, Next, Subscriber};
pub use subscriptions::{ActiveSubscriptions, SubscriptionSettings};
pub use topic::Topic;
pub use topic_matcher::TopicMatcher;
pub use update::Update;
