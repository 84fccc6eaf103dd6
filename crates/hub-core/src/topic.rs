//! Topics: what updates are about.
//!
//! Not here: matching, see [`crate::topic_matcher`].

use std::borrow::Cow;
use std::fmt;

use url::Url;

use crate::hub_url::NamespacePlace;
use crate::text::{self, TextFault};
use crate::{Dialect, HubUrl, Limits};

/// The identifier of a resource: any string that its dialect allows, with the URL that it resolves to, if any.
#[derive(Clone, PartialEq, Eq)]
pub struct Topic {
    name: Box<str>,
    address: Address,
}

/// What URL a topic stands for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// None: it is no URL reference.
    Nowhere,
    /// Resolved once, since both the reserved namespace and each URL pattern need it.
    At(Box<Url>),
    /// A reference that the hub itself makes. A hub may be known under several URLs, and this is below each of them.
    OnAnyHubUrl,
}

impl Topic {
    /// Takes a topic that a publisher supplied. publish.topic.*, publish.reserved-namespace.*
    ///
    /// 0.x lets `*` and any character pass, since topics are not part of the SSE event. As both dialects share one space of
    /// updates, what lies below the hub's path is reserved in both: otherwise 0.x could forge subscription events of 1.0.
    pub fn supplied(
        name: &str,
        dialect: Dialect,
        hub_url: &HubUrl,
        limits: &Limits,
    ) -> Result<Self, TopicError> {
        if name.len() > limits.topic_bytes {
            return Err(TopicError::TooLong {
                limit_bytes: limits.topic_bytes,
            });
        }
        if dialect == Dialect::V1 {
            text::check_v1(name)?;
            if name == "*" {
                return Err(TopicError::Wildcard);
            }
        }
        let url = hub_url.resolve(name);
        let place = url
            .as_ref()
            .map_or(NamespacePlace::Outside, |url| hub_url.place(url));
        match (place, dialect) {
            (NamespacePlace::Below, _) | (NamespacePlace::HubPath, Dialect::V1) => {
                Err(TopicError::ReservedNamespace)
            }
            // The empty topic of 0.x resolves to the hub's path; no hub-made update has that very path.
            (NamespacePlace::HubPath, Dialect::V0) | (NamespacePlace::Outside, _) => Ok(Self {
                name: name.into(),
                address: url.map_or(Address::Nowhere, |url| Address::At(Box::new(url))),
            }),
        }
    }

    /// A topic as a durable history kept it.
    pub(crate) fn stored(name: &str, address: Address) -> Self {
        Self {
            name: name.into(),
            address,
        }
    }

    /// A topic of the hub's own: a reference below its URL, whichever one a matcher knows it under.
    pub(crate) fn of_hub(reference: &str) -> Self {
        Self {
            name: reference.into(),
            address: Address::OnAnyHubUrl,
        }
    }

    /// The topic as it was published.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// What it stands for.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The URL that the topic resolves to for a matcher that knows the hub under `hub_url`; none if it is no URL reference.
    pub(crate) fn url(&self, hub_url: &HubUrl) -> Option<Cow<'_, Url>> {
        match &self.address {
            Address::Nowhere => None,
            Address::At(url) => Some(Cow::Borrowed(url)),
            Address::OnAnyHubUrl => hub_url.resolve(&self.name).map(Cow::Owned),
        }
    }

    /// Memory that the topic takes in the history.
    pub(crate) fn size_bytes(&self) -> usize {
        let url = match &self.address {
            Address::Nowhere | Address::OnAnyHubUrl => 0,
            Address::At(url) => size_of::<Url>() + url.as_str().len(),
        };
        size_of::<Self>() + self.name.len() + url
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({:?})", &*self.name)
    }
}

/// Why a supplied topic is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Longer than [`Limits::topic_bytes`].
    #[error("topic longer than {limit_bytes} bytes")]
    TooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// publish.topic.wildcard
    #[error("topic is `*`, which is reserved for the wildcard matcher")]
    Wildcard,
    /// publish.topic.c0, .del, .c1, .cf
    #[error("topic contains {0}")]
    Text(#[from] TextFault),
    /// publish.reserved-namespace.*
    #[error("topic addresses the namespace that is reserved for the hub")]
    ReservedNamespace,
}

#[cfg(test)]
mod tests;
