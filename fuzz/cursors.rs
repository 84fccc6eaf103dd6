//! What must hold for the cursor of a subscriber, wherever it stands and whatever its bytes are: see `bodies.rs`.
//!
//! The lines of the input are the cursor of the header field, that of the query component, that of the body, the one that old
//! clients of 0.x put in the query component, and then the ids of what is published.

use std::fmt::Write as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use assay_hub_core::history::{Clock, HistoryBounds, MemoryHistory};
use assay_hub_core::{
    Dialect, Hub, HubSettings, HubUrl, Limits, Next, Publication, RandomEventIds, ResponseCursor,
    Subscribe, SubscribeQuery, Subscriber,
};

/// Fewer than an input may publish, so that ids are forgotten.
const KEPT: usize = 4;
/// The most that is published: a replay is one batch.
const PUBLISHED: usize = 12;

/// A subscriber is answered with the cursor that counts, where it is known, and gets what follows it; else with `earliest`, and
/// gets all that is kept. Without a cursor it gets nothing.
pub(crate) fn cursor(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut place = || lines.next().unwrap_or_default();
    let (header, query, body, old) = (place(), place(), place(), place());
    let ids: Vec<&str> = lines.take(PUBLISHED).collect();
    for dialect in [Dialect::V1, Dialect::V0] {
        let (hub, published) = publish(&ids, dialect);
        // replay.header-precedence, replay.query-method.query-wins
        let places = match dialect {
            Dialect::V1 => &[header, query, body][..],
            Dialect::V0 => &[header, query, body, old],
        };
        let cursor = places.iter().find(|cursor| !cursor.is_empty()).copied();
        let read = read([header, query, body, old], dialect);
        let subscribe = Subscribe {
            matchers: read.matchers,
            token: None,
            last_event_id: read.last_event_id,
        };
        let (subscriber, answered) = subscribed(&hub, subscribe);
        let (expected, from) = expected(cursor, &published);
        let answered = answered.as_ref().map(ResponseCursor::as_str);
        assert_eq!(answered, expected, "{dialect:?} {cursor:?}");
        let rest: Vec<usize> = (from..published.len()).collect();
        assert_eq!(replayed(subscriber), rest, "{dialect:?} {cursor:?}");
        // It stands in a field of the response.
        assert!(!answered.unwrap_or_default().contains(['\r', '\n', '\0']));
    }
}

/// A hub, and the ids of all that was published there: what the publishers' dialect refuses was not.
fn publish<'a>(ids: &[&'a str], dialect: Dialect) -> (Hub, Vec<&'a str>) {
    let bounds = HistoryBounds {
        updates: KEPT as u64,
        ..HistoryBounds::MEMORY
    };
    let history = MemoryHistory::new(bounds, Clock::new(|| Duration::ZERO));
    let event_ids = Box::new(RandomEventIds::from_seed([7; 32]));
    let hub = Hub::with_history(HubSettings::default(), Box::new(history), event_ids);
    let mut published = Vec::new();
    for &id in ids {
        let form = format!("topic=T&id={}&data={}", escaped(id), published.len());
        let read = Publication::from_form(form.as_bytes(), dialect, &hub_url(), &Limits::DEFAULT);
        let Ok(publication) = read else {
            continue;
        };
        // An empty field is none: the hub makes an id, which no cursor here is.
        let is_given = publication.id().is_some();
        let published_now = hub.publish(publication).wait();
        published_now.expect("memory takes all");
        published.push(if is_given { id } else { "" });
    }
    (hub, published)
}

/// The request, with each cursor in its place.
fn read([header, query, body, old]: [&str; 4], dialect: Dialect) -> SubscribeQuery {
    let (topic, cursor) = match dialect {
        Dialect::V1 => ("match", "last_event_id"),
        Dialect::V0 => ("topic", "lastEventID"),
    };
    let query = format!(
        "{cursor}={}&{topic}=T&Last-Event-ID={}",
        escaped(query),
        escaped(old)
    );
    let body = format!("{cursor}={}", escaped(body));
    let (hub_url, limits) = (hub_url(), &Limits::DEFAULT);
    let body = Some(body.as_bytes());
    let read = SubscribeQuery::parse(&query, body, Some(header), dialect, &hub_url, limits);
    read.expect("any cursor is allowed")
}

/// The stream, which a history in memory has at once, and what is answered.
fn subscribed(hub: &Hub, subscribe: Subscribe) -> (Subscriber, Option<ResponseCursor>) {
    let subscribing = pin!(hub.subscribe(subscribe));
    match subscribing.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(subscribed) => subscribed.expect("room for it"),
        Poll::Pending => panic!("memory keeps nobody waiting"),
    }
}

/// What is answered, and the number of the first update that follows.
fn expected<'a>(cursor: Option<&'a str>, published: &[&str]) -> (Option<&'a str>, usize) {
    let oldest = published.len().saturating_sub(KEPT);
    let Some(cursor) = cursor else {
        return (None, published.len());
    };
    // replay.duplicate-id.earliest-wins
    let kept = &published[oldest..];
    match kept.iter().position(|id| *id == cursor) {
        Some(place) => (Some(cursor), oldest + place + 1),
        None => (Some("earliest"), oldest),
    }
}

/// The numbers of what comes, up to the present.
fn replayed(mut subscriber: Subscriber) -> Vec<usize> {
    let mut numbers = Vec::new();
    loop {
        match subscriber.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Next::Event(event)) => {
                let event = String::from_utf8_lossy(&event).into_owned();
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let number = data.and_then(|data| data.parse().ok());
                numbers.push(number.expect("the number that was published"));
            }
            Poll::Ready(Next::Closed(reason)) => panic!("closed: {reason}"),
            Poll::Pending => return numbers,
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        // Writing to a string does not fail.
        let _ = write!(escaped, "%{byte:02x}");
    }
    escaped
}

fn hub_url() -> HubUrl {
    HubUrl::parse("https://hub.example/.well-known/mercure").expect("a hub URL")
}
