//! The areas of the protocol, as a report groups them.

/// The areas that people ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Area {
    Discovery,
    Subscription,
    Matching,
    Publication,
    EventStream,
    Authorization,
    PrivateUpdates,
    Cookie,
    Errors,
    Cors,
    Anonymous,
    Reconnection,
    Subscriptions,
}

impl Area {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Subscription => "subscription",
            Self::Matching => "matching",
            Self::Publication => "publication",
            Self::EventStream => "event stream",
            Self::Authorization => "authorization",
            Self::PrivateUpdates => "private updates",
            Self::Cookie => "cookie",
            Self::Errors => "errors",
            Self::Cors => "cors",
            Self::Anonymous => "anonymous mode",
            Self::Reconnection => "reconnection",
            Self::Subscriptions => "active subscriptions",
        }
    }
}
