//! The rules of 1.0 that samples of 0.x meet, each with its requirement of the catalogue and what it means for a site. Not for
//! deciding whether a sample works: that is tried.

use assay_client::Dialect;
use assay_results::Change;

use crate::requirement::Catalogue;

/// A rule of 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// `topic` is no parameter of a subscription any more.
    MatchParameter,
    /// `lastEventID` is none either.
    CursorParameter,
    /// A template became a URL pattern.
    UrlPattern,
    /// A name that begins with `match` is reserved.
    ReservedPrefix,
    /// No token in a URL.
    NoQueryToken,
    /// The `mercure` claim grants nothing.
    AuthorizationDetails,
    /// `typ: at+jwt`.
    TokenType,
    /// Issuer, audience, expiry and the rest of RFC 9068.
    TokenClaims,
    /// The payload is one of a detail.
    Payload,
    /// The secret of HMAC is as long as its hash.
    SecretLength,
    /// A key belongs to its issuer.
    IssuerOfKey,
    /// The cookie has another name.
    CookieName,
    /// The cookie is `Secure`.
    CookieSecure,
    /// The cookie is `HttpOnly`.
    CookieHttpOnly,
    /// Nobody publishes below the path of the hub.
    ReservedNamespace,
    /// Nobody publishes to `*`.
    WildcardTopic,
    /// A topic has no invisible characters.
    TopicCharacters,
    /// The event type `mercure` is the hub's.
    ReservedType,
    /// `retry` is digits.
    RetryDigits,
    /// `id` is not `earliest`, nor has it invisible characters.
    EventId,
    /// The paths of the subscription API name the matcher type.
    SubscriptionPath,
    /// Its documents name `match` and `match_type`.
    SubscriptionDocument,
    /// Its `type` is in lower case.
    SubscriptionType,
    /// Its cursor is an attribute of `Link`.
    SubscriptionCursor,
    /// Subscription events have the type `mercure`.
    SubscriptionEvent,
    /// The answer names the cursor in another field.
    ResponseField,
}

impl Rule {
    /// Each of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 26] = [
        Self::MatchParameter,
        Self::CursorParameter,
        Self::UrlPattern,
        Self::ReservedPrefix,
        Self::NoQueryToken,
        Self::AuthorizationDetails,
        Self::TokenType,
        Self::TokenClaims,
        Self::Payload,
        Self::SecretLength,
        Self::IssuerOfKey,
        Self::CookieName,
        Self::CookieSecure,
        Self::CookieHttpOnly,
        Self::ReservedNamespace,
        Self::WildcardTopic,
        Self::TopicCharacters,
        Self::ReservedType,
        Self::RetryDigits,
        Self::EventId,
        Self::SubscriptionPath,
        Self::SubscriptionDocument,
        Self::SubscriptionType,
        Self::SubscriptionCursor,
        Self::SubscriptionEvent,
        Self::ResponseField,
    ];

    /// Its requirement in the catalogue of 1.0, and what it means for a site.
    const fn says(self) -> (&'static str, &'static str) {
        match self {
            Self::MatchParameter => (
                "subscribe.match-default-exact",
                "subscriptions are made by `match` (exactly) and `match_urlpattern`; `topic` is a parameter like any other that a hub does not know",
            ),
            Self::CursorParameter => (
                "replay.query-parameter",
                "the cursor in a URL is called `last_event_id`; under any other name it is not looked at, and nothing is replayed",
            ),
            Self::UrlPattern => (
                "match.urlpattern.syntax",
                "URI templates (`{id}`) are gone; a URL pattern (`:id`) selects several topics",
            ),
            Self::ReservedPrefix => (
                "subscribe.reserved-prefix",
                "a parameter whose name begins with `match` and is no matcher type refuses the whole request",
            ),
            Self::NoQueryToken => (
                "auth.query-token.not-accepted",
                "no token is taken from a URL: send `Authorization: Bearer` (`fetch()` can, and reads the stream), or set the cookie",
            ),
            Self::AuthorizationDetails => (
                "details.legacy-claim",
                "the `mercure` claim grants nothing: rights stand in `authorization_details`",
            ),
            Self::TokenType => (
                "token.typ.required",
                "the header of a token says `typ: at+jwt`, whatever library signs it",
            ),
            Self::TokenClaims => (
                "token.required-claims",
                "a token has `iss` (an issuer that the hub trusts), `aud` (the hub's resource identifier, by default its URL), `exp`, `sub`, `client_id`, `iat` and `jti`",
            ),
            Self::Payload => (
                "subscriptions.payload.included",
                "`mercure.payload` moves into the `subscribe` detail, as an object",
            ),
            Self::SecretLength => (
                "token.rfc9068-rfc8725",
                "a secret for HMAC is at least as long as the hash: 32 bytes for HS256 (RFC 7518, section 3.2)",
            ),
            Self::IssuerOfKey => (
                "token.key.issuer-binding",
                "each key that a hub trusts belongs to an issuer, whose tokens name it as `iss`",
            ),
            Self::CookieName => (
                "auth.cookie.name",
                "the cookie is called `__Secure-mercure_access_token`, unless the hub is set to another name (`cookie_name`, `--cookie-name`)",
            ),
            Self::CookieSecure => (
                "auth.cookie.secure",
                "the cookie is `Secure`; without it a browser does not even store one whose name begins with `__Secure-`",
            ),
            Self::CookieHttpOnly => ("auth.cookie.httponly", "the cookie is `HttpOnly`"),
            Self::ReservedNamespace => (
                "publish.reserved-namespace.subpath",
                "a topic whose path is the hub's, or below it, is refused whatever its host: rename the topic",
            ),
            Self::WildcardTopic => (
                "publish.topic.wildcard",
                "`*` is no topic that can be published to: name the topics",
            ),
            Self::TopicCharacters => (
                "publish.topic.c0",
                "a topic has no control and no invisible formatting characters",
            ),
            Self::ReservedType => (
                "publish.type.mercure",
                "the event type `mercure` belongs to the hub: take another",
            ),
            Self::RetryDigits => ("publish.retry.digits", "`retry` is ASCII digits alone"),
            Self::EventId => (
                "publish.id.no-earliest",
                "an event id is not `earliest`, does not begin with `#`, and has no control characters",
            ),
            Self::SubscriptionPath => (
                "subscriptions.api.matcher-collection",
                "paths of the subscription API, and topics of its events, name the matcher type before the matcher",
            ),
            Self::SubscriptionDocument => (
                "subscriptions.doc.match",
                "subscription documents have `match` and `match_type` instead of `topic`; they are `application/json` without `@context`",
            ),
            Self::SubscriptionType => (
                "subscriptions.doc.type",
                "the `type` of subscription documents is `subscription` or `subscriptions`, in lower case",
            ),
            Self::SubscriptionCursor => (
                "subscriptions.api.cursor",
                "the cursor of the subscription API is the `last-event-id` attribute of its `Link` field, no `lastEventID` member",
            ),
            Self::SubscriptionEvent => (
                "subscriptions.event.type-mercure",
                "subscription events have the type `mercure`: `onmessage` does not see them, `addEventListener('mercure', …)` does",
            ),
            Self::ResponseField => (
                "replay.response-field.present",
                "the answer to a reconnection names its cursor in `Mercure-Last-Event-ID`, not in `Last-Event-ID`",
            ),
        }
    }

    /// As reports tell it.
    pub(crate) fn change(self) -> Change {
        let (requirement, why) = self.says();
        let section = Catalogue::of(Dialect::V1)
            .get(requirement)
            .map_or_else(String::new, |known| known.section.clone());
        Change {
            requirement: requirement.to_owned(),
            section,
            why: why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn each_rule_names_a_requirement_of_the_catalogue() {
        for rule in Rule::ALL {
            assert_ne!(rule.change().section, "", "{rule:?}");
        }
    }
}
