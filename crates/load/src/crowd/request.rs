//! The GET by which a subscriber of the crowd asks for its stream: one write, built anew for each connection.

use crate::plan::{Plan, PlannedSubscriber};
use crate::target::{SubscriberTokens, Target};
use assay_client::Dialect;
use url::form_urlencoded;

/// Everything that the requests of a run have in common.
///
/// No `Debug`: it holds tokens and the user's headers.
pub(crate) struct Requests {
    /// `GET` and the target, up to where the query goes on.
    start: String,
    /// The rest of the request line and the fields that never change, without the blank line.
    fields: Vec<u8>,
    dialect: Dialect,
    tokens: SubscriberTokens,
}

impl Requests {
    /// What subscribers send to `target`.
    pub(crate) fn to(target: &Target) -> Self {
        let hub = target.endpoint.hub();
        let request_target = hub.request_target();
        let joint = if request_target.contains('?') {
            '&'
        } else {
            '?'
        };
        let mut fields = format!(
            " HTTP/1.1\r\nHost: {}\r\nAccept: text/event-stream\r\nCache-Control: no-store\r\n",
            hub.host_header()
        )
        .into_bytes();
        for (name, value) in target.endpoint.headers() {
            push_field(&mut fields, name.as_str(), value.as_bytes());
        }
        Self {
            start: format!("GET {request_target}{joint}"),
            fields,
            dialect: target.dialect,
            tokens: target.subscriber_tokens.clone(),
        }
    }

    /// Appends to `out` the request of subscriber `index`, who has seen the stream up to `last_event_id` (empty: from now on).
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        plan: &Plan,
        index: u32,
        subscriber: &PlannedSubscriber,
        last_event_id: &[u8],
    ) {
        // publish.exact-topic: an exact matcher is `match` in 1.0; in 0.x a `topic` without template expressions is exact.
        let parameter = match self.dialect {
            Dialect::V1 => "match=",
            Dialect::V0 => "topic=",
        };
        out.extend_from_slice(self.start.as_bytes());
        let patterns = || {
            subscriber
                .patterns
                .iter()
                .map(|&index| &plan.patterns[usize::from(index)])
        };
        let is_in_pattern = |topic: &u32| patterns().any(|pattern| pattern.topics.contains(topic));
        let exact = subscriber
            .topics
            .iter()
            .filter(|topic| !is_in_pattern(topic));
        let exact = exact.map(|&topic| (parameter, plan.topics[topic as usize].iri.as_str()));
        // subscribe.match-urlpattern-param; 0.x has templates for it.
        let by_pattern = patterns().map(|pattern| match self.dialect {
            Dialect::V1 => ("match_urlpattern=", pattern.url_pattern.as_str()),
            Dialect::V0 => ("topic=", pattern.uri_template.as_str()),
        });
        for (place, (parameter, matcher)) in exact.chain(by_pattern).enumerate() {
            if place > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(parameter.as_bytes());
            for part in form_urlencoded::byte_serialize(matcher.as_bytes()) {
                out.extend_from_slice(part.as_bytes());
            }
        }
        out.extend_from_slice(&self.fields);
        if let Some(token) = self.tokens.of(index) {
            out.extend_from_slice(b"Authorization: Bearer ");
            out.extend_from_slice(token.expose().as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        // An id with a control character would break the head: then the hub is asked from now on, and what it missed is lost.
        if !last_event_id.is_empty()
            && last_event_id
                .iter()
                .all(|&byte| byte >= b' ' && byte != 127)
        {
            push_field(out, "Last-Event-ID", last_event_id);
        } else if last_event_id.is_empty() && subscriber.from_start {
            // The reserved value of both dialects: everything that the hub has kept.
            push_field(out, "Last-Event-ID", b"earliest");
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn push_field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}
