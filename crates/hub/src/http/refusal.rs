//! Every way in which a request is refused: its status, its challenge, its reason code for the log and what the peer is
//! told. The one place where an error becomes a status.

use assay_hub_core::access_token::TokenFault;
use assay_hub_core::authorization::Denial;
use assay_hub_core::history::{ArchiveError, HistoryError};
use assay_hub_core::publication::StatusClass;
use assay_hub_core::subscribe_query::MixedDialects;
use assay_hub_core::{
    Dialect, PublicationError, PublishError, SubscribeError, SubscribeQueryError, TokenError,
};
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::forgery::ForgeryError;
use super::presented_token::PresentationError;
use super::response_body::ResponseBody;
use crate::limits::LOGGED_PATH_BYTES;
use crate::peer::Peer;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// No endpoint has this path.
    #[error("there is nothing at this path")]
    UnknownPath,
    /// No such subscription is active, and no list has this path. subscriptions.api.not-found
    #[error("there is no such subscription, and no list of subscriptions at this path")]
    NoSubscription,
    /// The endpoint does not have this method.
    #[error("this endpoint does not have this method")]
    UnknownMethod {
        /// Those that it has.
        allow: &'static str,
    },
    /// Nothing tells under which URL the peer knows the hub.
    #[error("the Host field is missing, repeated or not a host")]
    Host,
    /// The request names a host that is none of the hub's (RFC 9110, section 15.5.20).
    #[error("this hub is not known under that host; use one of its public URLs")]
    Misdirected,
    /// A trusted proxy passes on two stories about its client.
    #[error("Forwarded and X-Forwarded-For name different clients")]
    Forwarded,
    /// The connection is one of those that are kept back for publishers.
    #[error("no more streams for now; come back later")]
    KeptBack,
    /// The token came in a form that cannot be understood (auth.error.invalid-request).
    #[error("{0}")]
    Presentation(#[from] PresentationError),
    /// No token, where one is needed (auth.error.missing-401).
    #[error("this needs an access token")]
    TokenMissing {
        /// The dialect in which the request would have been served.
        would_be: Dialect,
    },
    /// The token is not valid here (auth.error.invalid-token). The peer is not told why (auth.error.uniform).
    #[error("the access token is not valid for this hub; its log tells why")]
    Token(TokenError),
    /// The hub has not got the keys of the token's issuer yet: it cannot tell whether the token is valid.
    #[error("the keys that verify this token are not available; come back later")]
    KeysAwaited,
    /// The token is valid and does not allow this (auth.error.insufficient-scope).
    #[error("{0}")]
    Scope(Denial),
    /// A publication by cookie that may be forged.
    #[error("{0}")]
    Forgery(#[from] ForgeryError),
    /// Parameters of both dialects, and no token to decide.
    #[error("{0}")]
    MixedDialects(#[from] MixedDialects),
    /// The parameters of a subscription.
    #[error("{0}")]
    SubscribeQuery(#[from] SubscribeQueryError),
    /// The fields of a publication.
    #[error("{0}")]
    Publication(#[from] PublicationError),
    /// An update for the targets of hubs before 0.10, which no subscriber has any more.
    #[error(
        "targets were given up in 0.10: send private=on instead, and name topics in the tokens of subscribers"
    )]
    Targets,
    /// A body that is no form (publish.other-content-type).
    #[error("the body has to be of type application/x-www-form-urlencoded")]
    ContentType,
    /// A body above the limit (limits.publish.reject-413).
    #[error("the body is longer than {limit_bytes} bytes")]
    BodyTooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// A body that did not come in time.
    #[error("the body did not arrive in time")]
    BodyTimeout,
    /// A body that ended in the middle, or is broken otherwise.
    #[error("the body could not be read")]
    BodyBroken,
    /// As many streams as the hub bears (limits.connections.429).
    #[error("too many subscribers; come back later")]
    TooManySubscribers,
    /// No room for the patterns of a subscriber: each publication has to look at all of them.
    #[error(
        "too many distinct patterns; use one that others use, exact topics, or come back later"
    )]
    TooManyPatterns,
    /// As many streams of one address as the hub allows (limits.connections.per-client).
    #[error("too many streams from your address; close one first")]
    TooManyOfAddress,
    /// Subscribers are so far behind that more updates would only pile up.
    #[error("the hub is overloaded; publish it again later")]
    Overloaded,
    /// The disk of the history is full. The details are the operator's.
    #[error("there is no space left to store the update; publish it again later")]
    NoSpace(HistoryError),
    /// The history failed to take the update. The details are the operator's.
    #[error("the update could not be stored; publish it again")]
    NotStored(HistoryError),
    /// So much is to be read of the history that one more would wait for long.
    #[error("too many subscribers resume at once; come back later")]
    HistoryBusy,
    /// The history failed to tell where a cursor points to. The details are the operator's.
    #[error("the history cannot be read now; come back later")]
    HistoryUnavailable(ArchiveError),
    /// The hub is about to stop.
    #[error("the hub is shutting down; come back later")]
    ShuttingDown,
}

/// The code that a Bearer challenge carries (RFC 6750, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Challenge {
    /// No token was presented: no code (auth.error.missing-no-code).
    Bare,
    InvalidRequest,
    InvalidToken,
    InsufficientScope,
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        match error.fault() {
            TokenFault::KeysAwaited => Self::KeysAwaited,
            _ => Self::Token(error),
        }
    }
}

impl From<PublishError> for Refusal {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Closed => Self::ShuttingDown,
            PublishError::Overloaded | PublishError::History(HistoryError::Busy) => {
                Self::Overloaded
            }
            PublishError::History(error @ HistoryError::NoSpace(_)) => Self::NoSpace(error),
            PublishError::History(error @ HistoryError::Storage(_)) => Self::NotStored(error),
        }
    }
}

impl From<SubscribeError> for Refusal {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::Closed => Self::ShuttingDown,
            SubscribeError::TooManySubscribers { .. } => Self::TooManySubscribers,
            SubscribeError::TooManyPatterns { .. } => Self::TooManyPatterns,
            SubscribeError::HistoryBusy { .. } => Self::HistoryBusy,
            SubscribeError::History(error) => Self::HistoryUnavailable(error),
        }
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownPath | Self::NoSubscription => StatusCode::NOT_FOUND,
            Self::UnknownMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            // auth.error.missing-401: another scheme presents no access token.
            Self::TokenMissing { .. }
            | Self::Presentation(PresentationError::NotBearer)
            | Self::Token(_) => StatusCode::UNAUTHORIZED,
            Self::Host
            | Self::Forwarded
            | Self::Presentation(_)
            | Self::MixedDialects(_)
            | Self::SubscribeQuery(_)
            | Self::Targets
            | Self::ContentType
            | Self::BodyBroken => StatusCode::BAD_REQUEST,
            Self::Publication(error) => match error.status_class() {
                StatusClass::BadRequest => StatusCode::BAD_REQUEST,
                StatusClass::ContentTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            },
            Self::Scope(_) | Self::Forgery(_) => StatusCode::FORBIDDEN,
            Self::BodyTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooManySubscribers | Self::TooManyPatterns | Self::TooManyOfAddress => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::NoSpace(_) => StatusCode::INSUFFICIENT_STORAGE,
            Self::KeysAwaited
            | Self::KeptBack
            | Self::Overloaded
            | Self::NotStored(_)
            | Self::HistoryBusy
            | Self::HistoryUnavailable(_)
            | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// auth.error.challenge-always, auth.error.unrelated-400-no-code
    fn challenge(&self) -> Option<Challenge> {
        match self {
            Self::TokenMissing { .. } | Self::Presentation(PresentationError::NotBearer) => {
                Some(Challenge::Bare)
            }
            Self::Presentation(_) => Some(Challenge::InvalidRequest),
            Self::Token(_) => Some(Challenge::InvalidToken),
            Self::Scope(_) => Some(Challenge::InsufficientScope),
            _ => None,
        }
    }

    /// What was refused, and why: the two halves of the reason code.
    pub(crate) fn reason(&self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownPath => ("request", "unknown-path"),
            Self::NoSubscription => ("request", "no-subscription"),
            Self::UnknownMethod { .. } => ("request", "unknown-method"),
            Self::Host => ("request", "host"),
            Self::Forwarded => ("request", "forwarded"),
            Self::KeptBack => ("subscribe", "kept-back"),
            Self::Misdirected => ("request", "misdirected"),
            Self::Presentation(error) => ("token", error.code()),
            Self::TokenMissing { .. } => ("token", "missing"),
            Self::Token(error) => ("token", error.code().trim_start_matches("token-")),
            Self::KeysAwaited => ("token", "keys-awaited"),
            Self::Scope(denial) => ("scope", denial.code()),
            Self::Forgery(error) => ("csrf", error.code()),
            Self::MixedDialects(_) => ("subscribe", "mixed-dialects"),
            Self::SubscribeQuery(error) => ("subscribe", error.code()),
            Self::Publication(error) => ("publish", error.code()),
            Self::Targets => ("publish", "targets"),
            Self::ContentType => ("body", "content-type"),
            Self::BodyTooLong { .. } => ("body", "too-long"),
            Self::BodyTimeout => ("body", "timeout"),
            Self::BodyBroken => ("body", "broken"),
            Self::TooManySubscribers => ("subscribe", "too-many-subscribers"),
            Self::TooManyPatterns => ("subscribe", "too-many-patterns"),
            Self::TooManyOfAddress => ("subscribe", "too-many-of-address"),
            Self::Overloaded => ("publish", "overloaded"),
            Self::NoSpace(_) => ("publish", "no-space"),
            Self::NotStored(_) => ("publish", "not-stored"),
            Self::HistoryBusy => ("subscribe", "history-busy"),
            Self::HistoryUnavailable(_) => ("subscribe", "history-unavailable"),
            Self::ShuttingDown => ("hub", "shutting-down"),
        }
    }

    /// The dialect that a 401 is about: the one in which the token, or the request, would have been served.
    fn would_be(&self) -> Option<Dialect> {
        match self {
            Self::TokenMissing { would_be } => Some(*would_be),
            Self::Token(error) => error.would_be_accepted_in(),
            _ => None,
        }
    }

    /// Logs the refusal with its one reason code. Nothing that the peer sent is in the line but its address and path, and of
    /// that only as much as any path of ours has.
    pub(crate) fn log(&self, peer: Peer, method: &http::Method, path: &str) {
        let (area, code) = self.reason();
        let status = self.status().as_u16();
        let would_be = self.would_be().map(tracing::field::display);
        let path = &path[..path.floor_char_boundary(LOGGED_PATH_BYTES)];
        // What the peer is not told, the log has to tell.
        let detail: &dyn std::fmt::Display = match self {
            Self::Token(error) => error,
            Self::NoSpace(error) | Self::NotStored(error) => error,
            Self::HistoryUnavailable(error) => error,
            other => other,
        };
        tracing::info!(reason = %format_args!("{area}.{code}"), status, would_be, %peer, %method, path, "refused: {detail}");
    }

    /// The response. `metadata_url` is where the metadata of the hub is, if it publishes any.
    pub(crate) fn response(&self, metadata_url: Option<&str>) -> Response<ResponseBody> {
        let status = self.status();
        let document = json!({
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": self.to_string(),
        });
        let mut response = Response::new(ResponseBody::Whole(Bytes::from(document.to_string())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        if let Some(challenge) = self.challenge() {
            headers.insert(WWW_AUTHENTICATE, challenge.field(metadata_url));
        }
        match self {
            Self::UnknownMethod { allow } => {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            Self::TooManySubscribers
            | Self::TooManyPatterns
            | Self::TooManyOfAddress
            | Self::KeptBack
            | Self::Overloaded
            | Self::NoSpace(_)
            | Self::NotStored(_)
            | Self::HistoryBusy
            | Self::HistoryUnavailable(_)
            | Self::KeysAwaited
            | Self::ShuttingDown => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}

impl Challenge {
    /// The field `WWW-Authenticate` (RFC 6750, section 3; RFC 9728, section 5.1).
    fn field(self, metadata_url: Option<&str>) -> HeaderValue {
        let error = match self {
            Self::Bare => "",
            Self::InvalidRequest => ", error=\"invalid_request\"",
            Self::InvalidToken => ", error=\"invalid_token\"",
            Self::InsufficientScope => ", error=\"insufficient_scope\"",
        };
        // The scheme needs one parameter; a hub of 0.x alone has no metadata to point to.
        let place = metadata_url.map(|url| format!("resource_metadata=\"{url}\""));
        let place = place.as_deref().unwrap_or("realm=\"mercure\"");
        HeaderValue::from_str(&format!("Bearer {place}{error}"))
            .unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What takes ten thousand subscribers to see over sockets.
    #[test]
    fn who_would_wait_for_long_is_told_to_come_back() {
        let refusal = Refusal::from(SubscribeError::HistoryBusy { limit: 1 });
        assert_eq!(refusal.reason(), ("subscribe", "history-busy"));
        let response = refusal.response(None);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
    }
}
