//! What a hub tells of subscriptions, in events and in documents of its API: found, changed, and written again.
//!
//! Enough to spoil the documents of the straight hub. Not a reader of those of any hub.

use serde_json::{Map, Value};

use crate::credential;
use crate::event::Event;
use crate::form;
use crate::grant;
use crate::message::{Answer, Body, Request};
use crate::mutant::{Dialect, Exchange, Fate};
use crate::scene::Scene;

/// A document about one subscription, or a list of them.
pub(crate) type Document = Map<String, Value>;

/// The document of an event about a subscription.
pub(crate) fn told(event: &Event) -> Option<Document> {
    let document: Document = serde_json::from_str(event.get("data")?).ok()?;
    let kind = document.get("type")?.as_str()?;
    kind.eq_ignore_ascii_case("subscription")
        .then_some(document)
}

/// Whether an event says that a subscription is there, or that it is over; none of any other event.
pub(crate) fn active(event: &Event) -> Option<bool> {
    told(event)?.get("active")?.as_bool()
}

/// Changes the document of an event about a subscription.
pub(crate) fn retold(mut event: Event, edit: impl FnOnce(&mut Document)) -> Fate {
    if let Some(mut document) = told(&event) {
        edit(&mut document);
        event.set("data", &Value::Object(document).to_string());
    }
    Fate::Deliver(event)
}

/// A member that is text.
pub(crate) fn text(document: &Document, name: &str) -> String {
    let value = document.get(name).and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}

/// The matcher, in the words of either dialect.
pub(crate) fn matcher(document: &Document) -> String {
    let name = if document.contains_key("match") {
        "match"
    } else {
        "topic"
    };
    text(document, name)
}

/// Changes a member that is text.
pub(crate) fn rewrite(document: &mut Document, name: &str, edit: impl FnOnce(&str) -> String) {
    if let Some(Value::String(text)) = document.get_mut(name) {
        *text = edit(text);
    }
}

/// Changes a segment of `id`, counted from its end: 0 is the subscriber, 1 the matcher, 2 its type.
pub(crate) fn rewrite_segment(
    document: &mut Document,
    from_the_end: usize,
    edit: impl FnOnce(&str) -> String,
) {
    rewrite(document, "id", |id| {
        let mut segments: Vec<_> = id.split('/').map(str::to_owned).collect();
        if let Some(at) = segments.len().checked_sub(from_the_end + 1) {
            segments[at] = edit(&segments[at]);
        }
        segments.join("/")
    });
}

/// Gives a subscription another subscriber, in both places.
pub(crate) fn rename_subscriber(document: &mut Document, edit: impl FnOnce(&str) -> String) {
    let name = edit(&text(document, "subscriber"));
    rewrite_segment(document, 0, |_| expanded(&name));
    rewrite(document, "subscriber", |_| name);
}

/// Simple expansion of RFC 6570.
pub(crate) fn expanded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Whether a request asks the API.
pub(crate) fn is_asked(request: &Request, scene: &Scene) -> bool {
    shape(request, scene).is_some()
}

/// What a request asks the API for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The list of all.
    All,
    /// The list of one matcher.
    Matcher,
    /// One subscription.
    One,
}

/// What a request asks the API for; none for other requests.
pub(crate) fn shape(request: &Request, scene: &Scene) -> Option<Shape> {
    let rest = request.path().strip_prefix(&root(scene))?;
    let is_below = rest.is_empty() || rest.starts_with('/');
    // 1.0 names the type of the matcher too.
    let of_matcher = match scene.dialect {
        Dialect::V1 => 2,
        Dialect::V0 => 1,
    };
    is_below.then(|| match rest.matches('/').count() {
        0 => Shape::All,
        segments if segments <= of_matcher => Shape::Matcher,
        _ => Shape::One,
    })
}

/// The path of the list of all.
pub(crate) fn root(scene: &Scene) -> String {
    format!("{}/subscriptions", scene.path)
}

/// Refuses what asks the API for this.
pub(crate) fn unserved(answer: &mut Answer, exchange: &Exchange<'_>, what: Shape) {
    if shape(exchange.request, exchange.scene) == Some(what) {
        answer.refuse(404);
    }
}

/// Serves those who ask the API with a token that may read everything, if they please.
pub(crate) fn served(request: &mut Request, scene: &Scene, pleases: fn(&Request) -> bool) {
    if is_asked(request, scene) && pleases(request) {
        credential::present(request, &scene.token(&["*"]));
    }
}

/// Answers for what is not there as if it were an empty document.
pub(crate) fn found_empty(answer: &mut Answer, exchange: &Exchange<'_>) {
    if answer.status == 404 && is_asked(exchange.request, exchange.scene) {
        answer.status = 200;
        answer.body = Body::Whole(b"{}".to_vec());
    }
}

/// Answers for what is not there any more as if it were.
pub(crate) fn remembered(answer: &mut Answer, exchange: &Exchange<'_>) {
    let path = exchange.request.path();
    if shape(exchange.request, exchange.scene) != Some(Shape::One) {
        return;
    }
    if answer.status == 200 {
        exchange.scene.remember(path, &answer.text());
    } else if let Some(text) = exchange.scene.recall(path) {
        answer.status = 200;
        answer.body = Body::Whole(text.into_bytes());
    }
}

/// Answers with the array of a list alone, if the list pleases.
pub(crate) fn bared(answer: &mut Answer, exchange: &Exchange<'_>, pleases: fn(&[Value]) -> bool) {
    if !is_asked(exchange.request, exchange.scene) {
        return;
    }
    let list: Option<Document> = serde_json::from_str(&answer.text()).ok();
    let array = list.and_then(|mut list| list.remove("subscriptions"));
    if let Some(Value::Array(members)) = array
        && pleases(&members)
    {
        answer.body = Body::Whole(Value::Array(members).to_string().into_bytes());
    }
}

/// Declares what the API answers to be of another media type.
pub(crate) fn retyped(answer: &mut Answer, exchange: &Exchange<'_>, media_type: &str) {
    if answer.status == 200 && is_asked(exchange.request, exchange.scene) {
        answer.headers.set("Content-Type", media_type);
    }
}

/// Changes the document with which the API answers, whatever it is.
pub(crate) fn reanswered(
    answer: &mut Answer,
    exchange: &Exchange<'_>,
    edit: impl FnOnce(&mut Document),
) {
    if answer.status != 200 || !is_asked(exchange.request, exchange.scene) {
        return;
    }
    if let Ok(mut document) = serde_json::from_str::<Document>(&answer.text()) {
        edit(&mut document);
        answer.body = Body::Whole(Value::Object(document).to_string().into_bytes());
    }
}

/// Changes a list with which the API answers.
pub(crate) fn relisted(
    answer: &mut Answer,
    exchange: &Exchange<'_>,
    edit: impl FnOnce(&mut Document),
) {
    reanswered(answer, exchange, |document| {
        if document.contains_key("subscriptions") {
            edit(document);
        }
    });
}

/// The documents in a list.
pub(crate) fn members(list: &mut Document) -> Option<&mut Vec<Value>> {
    list.get_mut("subscriptions")?.as_array_mut()
}

/// Changes each document about a subscription with which the API answers, alone or in a list.
pub(crate) fn redocumented(
    answer: &mut Answer,
    exchange: &Exchange<'_>,
    edit: impl Fn(&mut Document),
) {
    reanswered(answer, exchange, |document| match members(document) {
        Some(members) => members
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(edit),
        None => edit(document),
    });
}

/// Whether a subscription asks for events about subscriptions.
pub(crate) fn follows(request: &Request, scene: &Scene) -> bool {
    let below = format!("{}/", root(scene));
    let asks = grant::asked(request);
    request.is_subscription(&scene.path) && asks.iter().any(|it| it.text.starts_with(&below))
}

/// Makes events about subscriptions come under the absolute URL: who asks for one gets that of the path, who asks for the path
/// gets nothing.
pub(crate) fn moved_to_absolute(request: &mut Request, scene: &Scene) {
    if !request.is_subscription(&scene.path) {
        return;
    }
    let below = format!("{}/", root(scene));
    let absolute = format!("{}/subscriptions/", scene.url);
    let mut fields = form::query(request);
    let mut changed = false;
    for (name, value) in &mut fields {
        let is_pattern = name == "match_urlpattern" || value.contains('{');
        let moved = if is_pattern {
            None
        } else if let Some(rest) = value.strip_prefix(&absolute) {
            Some(format!("{below}{rest}"))
        } else {
            value
                .strip_prefix(&below)
                .map(|rest| format!("{absolute}{rest}"))
        };
        if let Some(moved) = moved {
            *value = moved;
            changed = true;
        }
    }
    if changed {
        form::set_query(request, &fields);
    }
}
