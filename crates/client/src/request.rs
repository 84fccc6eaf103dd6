//! Writes the URL of a subscription in either dialect. Not for sending it: the by-hand subscriber and the crowd both start here.

use url::Url;

use crate::{Dialect, HubUrl, TopicMatcher, UnsupportedMatcher};

/// From which event on a subscriber wants updates, and how it says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// An event id, or `earliest`.
    pub id: String,
    /// Where it is written.
    pub place: CursorPlace,
}

/// The two places for a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorPlace {
    /// The `Last-Event-ID` field, which wins when both are there.
    Header,
    /// The query: `last_event_id`, or `lastEventID` in 0.x.
    Query,
}

impl Cursor {
    /// A cursor for the `Last-Event-ID` field.
    pub fn header(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            place: CursorPlace::Header,
        }
    }

    /// A cursor for the query, as EventSource needs it on its first connection.
    #[allow(clippy::doc_markdown, reason = "EventSource is a name")]
    pub fn query(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            place: CursorPlace::Query,
        }
    }
}

/// The URL that subscribes to `matchers`, form encoded; a query that the hub URL has already stays in front.
///
/// A cursor of [`CursorPlace::Header`] is not part of it.
///
/// // subscribe.client.percent-encode (1.0), subscribe.topic-param (0.x)
pub fn subscribe_url(
    hub: &HubUrl,
    dialect: Dialect,
    matchers: &[TopicMatcher],
    cursor: Option<&Cursor>,
) -> Result<Url, UnsupportedMatcher> {
    let mut url = hub.as_url().clone();
    {
        let mut query = url.query_pairs_mut();
        for matcher in matchers {
            query.append_pair(matcher.parameter(dialect)?, matcher.pattern());
        }
        if let Some(cursor) = cursor.filter(|cursor| cursor.place == CursorPlace::Query) {
            query.append_pair(dialect.cursor_parameter(), &cursor.id);
        }
    }
    // Without a pair, `query_pairs_mut` leaves a bare question mark behind.
    if url.query() == Some("") {
        url.set_query(hub.as_url().query());
    }
    Ok(url)
}

/// The same as a request target of HTTP/1.1, for who writes requests by hand.
pub fn subscribe_target(
    hub: &HubUrl,
    dialect: Dialect,
    matchers: &[TopicMatcher],
    cursor: Option<&Cursor>,
) -> Result<String, UnsupportedMatcher> {
    let url = subscribe_url(hub, dialect, matchers, cursor)?;
    Ok(match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    })
}
