//! Whom a request to the API is from: tokens that grant one of its paths, or none, in the words of both dialects. Not for what
//! is due to them: that is [`super::access`].

use assay_client::TopicMatcher::{self, Any, Exact};

use super::access::Paths;
use crate::{lab::Lab, stop::Stop, token::Token};

/// A token, if there is one, or why none could be made.
pub(in crate::check) type Granted = Result<Option<Token>, Stop>;

/// May receive what this matches.
pub(in crate::check) fn subscriber(lab: &Lab<'_>, grant: TopicMatcher) -> Granted {
    lab.subscriber(&[grant]).map(Some)
}

/// Shows no token.
#[allow(
    clippy::unnecessary_wraps,
    reason = "a row of the table calls it as it calls those that mint"
)]
pub(in crate::check) fn nobody(_: &Lab<'_>, _: &Paths) -> Granted {
    Ok(None)
}

/// May publish everything, and receive nothing.
pub(in crate::check) fn publisher(lab: &Lab<'_>, _: &Paths) -> Granted {
    lab.publisher(&[Any]).map(Some)
}

/// May receive a topic that is none of the API's.
pub(in crate::check) fn another(lab: &Lab<'_>, _: &Paths) -> Granted {
    subscriber(lab, Exact(lab.topic("other")))
}

/// May see the list of all.
pub(in crate::check) fn all(lab: &Lab<'_>, paths: &Paths) -> Granted {
    subscriber(lab, Exact(paths.all.clone()))
}
