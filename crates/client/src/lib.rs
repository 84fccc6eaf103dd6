//! Talks to any Mercure hub, in both dialects of the protocol: checks its URL and its TLS, finds out what it speaks, mints the
//! tokens it wants, publishes, subscribes and reads its event stream.
//!
//! This crate knows the wire from the client's side only. It is *not* a hub (it shares no code with ours, so that a
//! misreading of the protocol in one half is caught by the other), it does *not* judge what a hub answers (`assay-conformance`
//! does) and it is *not* the crowd of a load test (`assay-load` opens its own lean sockets and takes [`sse::Parser`],
//! [`Endpoint`] and the tokens from here). It never prints and never reads the environment, apart from what the system's
//! certificate store is configured by.
//!
//! ```no_run
//! use assay_client::{
//!     Credentials, Cursor, Endpoint, EndpointOptions, PublishForm, Publisher, SigningKey,
//!     Subscriber, SubscriberItem, SubscriberOptions, TopicMatcher, detect_dialect,
//! };
//!
//! # async fn example(now_unix_s: u64) -> Result<(), Box<dyn std::error::Error>> {
//! let url = "https://hub.example.com/.well-known/mercure".parse()?;
//! let endpoint = Endpoint::new(EndpointOptions::for_url(url))?;
//! let detection = detect_dialect(&endpoint).await?;
//! let dialect = detection.dialect;
//!
//! let key = SigningKey::new("HS256".parse()?, b"a secret of at least thirty-two bytes")?;
//! let credentials = Credentials::for_key(&key);
//! let issuance = credentials.issuance(endpoint.hub().url(), detection.metadata.as_ref());
//! let book = "https://example.com/books/1";
//! let matchers = vec![TopicMatcher::Exact(book.to_owned())];
//! let publisher_token = credentials.publisher_token(dialect, &issuance, &matchers, now_unix_s)?;
//! let token = credentials.subscriber_token(dialect, &issuance, &matchers, now_unix_s)?;
//!
//! let mut subscriber = Subscriber::new(
//!     &endpoint,
//!     SubscriberOptions {
//!         token,
//!         cursor: Some(Cursor::header("earliest")),
//!         ..SubscriberOptions::new(dialect, matchers)
//!     },
//! )?;
//! let publisher = Publisher::new(&endpoint, publisher_token)?;
//! let id = publisher.publish(&PublishForm::new(book, "{}")).await?;
//! while let Some(item) = subscriber.next().await? {
//!     if matches!(item, SubscriberItem::Event(event) if event.id == id) {
//!         break;
//!     }
//! }
//! # Ok(())
//! # }
//! ```

pub mod credentials;
pub mod dialect;
pub mod discovery;
pub mod endpoint;
pub mod hub_url;
pub mod keys;
pub mod link;
pub mod publisher;
pub mod reconnection;
pub mod refusal;
pub mod request;
pub mod sse;
pub mod subscriber;
pub mod tls;
pub mod token;
pub mod token_command;
pub mod topic_matcher;

mod http_client;

pub use credentials::{Credentials, CredentialsError, Issuance, Role, TokenSource};
pub use dialect::Dialect;
pub use discovery::{
    Detection, Discovery, DiscoveryError, Metadata, detect_dialect, discover, fetch_metadata,
};
pub use endpoint::{Destination, Endpoint, EndpointError, EndpointOptions, HostPort};
pub use http_client::{ClientSetupError, TransportError};
pub use hub_url::{HubUrl, HubUrlError};
pub use keys::{Algorithm, KeyError, SigningKey};
pub use publisher::{PublishError, PublishForm, Publisher};
pub use reconnection::Reconnection;
pub use refusal::Refusal;
pub use request::{Cursor, CursorPlace, subscribe_target, subscribe_url};
pub use subscriber::{
    ReceivedEvent, Subscriber, SubscriberError, SubscriberItem, SubscriberOptions,
};
pub use tls::{TlsError, TlsOptions};
pub use token::{BearerToken, TokenError, TokenSpec};
pub use token_command::{TokenCommand, TokenCommandError};
pub use topic_matcher::{TopicMatcher, UnsupportedMatcher};
