//! One subscriber over HTTP/2, from its planned instant to its end.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::client::SendRequest;
use http::Request;
use httparse::Header;
use tokio::time::timeout;

use super::Thread;
use super::connections::Connection;
use crate::clock::Micros;
use crate::crowd::failure::Failure;
use crate::crowd::limits;
use crate::crowd::reader::read_lag;
use crate::crowd::response_head;
use crate::crowd::subscriber::State;
use crate::crowd::wire::Stamping;
use crate::plan::Reads;

/// How a stream ended that did not fail.
struct Left;

/// Why a request could not be made of what HTTP/1.1 would send.
const NO_REQUEST: &str = "the subscription cannot be asked for over HTTP/2";

/// Connects when the plan says, reads, and tries again, until it leaves by plan or gives up.
pub(super) async fn follow(thread: Rc<Thread>, place: u32) {
    let mut at = thread.planned(place).connect_at;
    loop {
        thread.sleep_until(at).await;
        let failure = match attempt(&thread, place).await {
            Ok(Left) => return,
            Err(failure) => failure,
        };
        match thread.fail(place, failure) {
            Some(again_at) => at = again_at,
            None => return,
        }
    }
}

async fn attempt(thread: &Thread, place: u32) -> Result<Left, Failure> {
    let (connection, body) = open(thread, place).await?;
    let closes_at = thread
        .planned(place)
        .closes_at(thread.shared.plan.late_after);
    let opened_at = thread.shared.clock.now();
    let dropped_at = thread.drops.get(&place);
    let dropped_at = dropped_at.and_then(|at| at.iter().find(|at| **at > opened_at).copied());
    tokio::select! {
        failure = read(thread, place, &connection, body) => Err(failure),
        () = until(thread, dropped_at) => Err(Failure::Dropped),
        () = until(thread, closes_at) => {
            leave(thread, place);
            Ok(Left)
        }
    }
}

/// Until an instant; for ever, if there is none.
async fn until(thread: &Thread, instant: Option<Micros>) {
    match instant {
        Some(instant) => thread.sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

fn leave(thread: &Thread, place: u32) {
    let now = thread.shared.clock.now();
    thread.live.connected.subtract(1);
    thread.with(place, |subscriber, recorder| {
        subscriber.state = State::Over;
        subscriber.record.left_at = Some(now);
        recorder.left(subscriber.index, &subscriber.record);
    });
}

/// Asks for the stream, on a connection that is there or is opened for it.
async fn open(thread: &Thread, place: u32) -> Result<(Rc<Connection>, RecvStream), Failure> {
    // Invariant: the semaphore is never closed.
    let _permit = thread.openings.acquire().await;
    thread.live.connecting.add(1);
    thread.with(place, |subscriber, _| subscriber.state = State::Connecting);
    let (connection, mut sender) = connected(thread, place).await?;
    let connected_at = thread.shared.clock.now();
    let planned = thread.planned(place);
    let request = thread.with(place, |subscriber, _| {
        let since_planned_us = connected_at.micros_since(planned.connect_at);
        subscriber.record.connect_us.get_or_insert(since_planned_us);
        subscriber.state = State::Head(Vec::new());
        let mut written = Vec::new();
        thread.shared.requests.write(
            &mut written,
            &thread.shared.plan,
            subscriber.index,
            planned,
            subscriber.last_event_id(),
        );
        request(&written, thread.shared.dialer.tls().is_some())
    })?;
    let (response, _) = sender
        .send_request(request, true)
        .map_err(|error| failure(&error))?;
    let response = timeout(limits::HEAD_TIMEOUT, response)
        .await
        .map_err(|_| Failure::HeadTimeout)?
        .map_err(|error| failure(&error))?;
    let (head, body) = response.into_parts();
    let fields: Vec<Header<'_>> = head
        .headers
        .iter()
        .map(|(name, value)| Header {
            name: name.as_str(),
            value: value.as_bytes(),
        })
        .collect();
    let framing = response_head::accept(head.status.as_u16(), &fields)?;
    thread.live.connecting.subtract(1);
    thread.live.connected.add(1);
    thread.with(place, |subscriber, recorder| {
        subscriber.open(framing, recorder);
        if let [only] = subscriber.record.streams.as_slice() {
            subscriber.record.head_us = Some(only.opened_at.micros_since(planned.connect_at));
        }
    });
    Ok((connection, body))
}

/// A connection that takes one more stream. One that broke while nobody looked is replaced.
async fn connected(
    thread: &Thread,
    place: u32,
) -> Result<(Rc<Connection>, SendRequest<Bytes>), Failure> {
    for is_last in [false, true] {
        let connection = thread.connections.get(thread, place).await?;
        let ready = timeout(limits::HEAD_TIMEOUT, connection.sender().ready()).await;
        match ready.map_err(|_| Failure::HeadTimeout)? {
            Ok(sender) => return Ok((connection, sender)),
            Err(error) => {
                thread.connections.forget(&connection);
                if is_last {
                    return Err(failure(&error));
                }
            }
        }
    }
    Err(Failure::Closed)
}

/// Reads a stream to its end, which is always too early.
async fn read(
    thread: &Thread,
    place: u32,
    connection: &Connection,
    mut body: RecvStream,
) -> Failure {
    let reads = thread.planned(place).reads;
    if reads == Reads::Never {
        // The stream stays open, and its window shut.
        return std::future::pending().await;
    }
    loop {
        let data = match body.data().await {
            None => return Failure::Closed,
            Some(Err(error)) => return failure(&error),
            Some(Ok(data)) => data,
        };
        if let Err(failure) = take(thread, place, connection, &data) {
            return failure;
        }
        if let Reads::Slowly(bytes_per_second) = reads {
            let rest_us = data.len() as u64 * 1_000_000 / u64::from(bytes_per_second.max(1));
            tokio::time::sleep(Duration::from_micros(rest_us)).await;
        }
        // Fails only for more than was received.
        let _ = body.flow_control().release_capacity(data.len());
    }
}

fn take(thread: &Thread, place: u32, connection: &Connection, data: &[u8]) -> Result<(), Failure> {
    thread.with(place, |subscriber, recorder| {
        let receipts = subscriber.record.receipts.len();
        let taken = subscriber.take(data, recorder);
        if thread.stamping == Stamping::Kernel {
            let stamp_ns = connection.stamp_ns().filter(|_| !subscriber.is_mid_event());
            let read_lag = read_lag(&thread.shared, &subscriber.record, stamp_ns);
            subscriber.record.stamp_last(receipts, read_lag);
        }
        taken
    })
}

/// The request that HTTP/1.1 would send, for HTTP/2.
fn request(written: &[u8], is_secure: bool) -> Result<Request<()>, Failure> {
    let mut fields = [httparse::EMPTY_HEADER; limits::HEAD_FIELDS_MAX];
    let mut parsed = httparse::Request::new(&mut fields);
    let refuse = |why: &str| Failure::Io(format!("{NO_REQUEST}: {why}"));
    parsed
        .parse(written)
        .map_err(|error| refuse(&error.to_string()))?;
    let is_host = |field: &&Header<'_>| field.name.eq_ignore_ascii_case("host");
    let host = parsed.headers.iter().find(is_host);
    let host = host.map_or(&b""[..], |field| field.value);
    let uri = http::Uri::builder()
        .scheme(if is_secure { "https" } else { "http" })
        .authority(host)
        .path_and_query(parsed.path.unwrap_or("/"))
        .build()
        .map_err(|error| refuse(&error.to_string()))?;
    let mut request = Request::get(uri);
    for field in parsed.headers.iter().filter(|field| !is_host(field)) {
        request = request.header(field.name, field.value);
    }
    request.body(()).map_err(|error| refuse(&error.to_string()))
}

/// What an error of HTTP/2 is to a subscriber.
pub(super) fn failure(error: &h2::Error) -> Failure {
    let is_end = error
        .reason()
        .is_some_and(|reason| matches!(reason, h2::Reason::NO_ERROR | h2::Reason::CANCEL));
    if is_end && error.is_remote() {
        return Failure::Closed;
    }
    Failure::Io(format!("HTTP/2: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_http_1_would_send() {
        let written = b"GET /hub?match=a%2Fb HTTP/1.1\r\nHost: [::1]:3000\r\nAccept: text/event-stream\r\nX-Own: 1\r\n\r\n";
        let request = request(written, true).unwrap();
        assert_eq!(request.uri(), "https://[::1]:3000/hub?match=a%2Fb");
        assert_eq!(request.headers().len(), 2, "the host is in the URI");
        assert_eq!(request.headers()["x-own"], "1");
    }
}
