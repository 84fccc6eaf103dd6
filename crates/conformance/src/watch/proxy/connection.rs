//! One connection of a client, from its first request to its end. Not for bodies: that is [`super::passage`].

use std::{convert::Infallible, net::IpAddr, sync::Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use crate::{
    target::HttpVersion,
    watch::{
        exchange::{Asked, Exchange, LookedAt},
        limits::{CONNECT_WITHIN, FIRST_BYTE_WITHIN, HEAD_WITHIN, READ_BYTES},
    },
    wire::{self, Deadline, Io, Server, WireError},
};

use super::{
    Way,
    head::{self, HeadError, RequestHead},
    linger,
    passage::{AnswerEnd, Answering, Asking},
    refuse,
};

/// The way to the hub and back.
pub(super) struct HubSide {
    pub(super) reader: ReadHalf<Box<dyn Io>>,
    pub(super) writer: WriteHalf<Box<dyn Io>>,
}

/// The way to the client and back, with what it has sent ahead.
pub(super) struct ClientSide {
    pub(super) reader: OwnedReadHalf,
    pub(super) writer: OwnedWriteHalf,
    pub(super) ahead: Vec<u8>,
}

/// Why no further request is served.
enum Over {
    /// Both sides know.
    Quietly,
    /// It was answered before all of it had come.
    Answered,
    /// The client is to be told in the hub's place.
    Refused(&'static str, String),
}

/// Serves requests one after the other.
pub(super) async fn run(stream: TcpStream, peer: IpAddr, way: &Way) {
    // Without it small events wait for acknowledgements; a socket that refuses still works.
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let mut client = ClientSide {
        reader,
        writer,
        ahead: Vec::new(),
    };
    let mut hub = None;
    let over = loop {
        match one_exchange(&mut client, &mut hub, peer, way).await {
            Ok(()) => {}
            Err(over) => break over,
        }
    };
    let ClientSide { reader, writer, .. } = client;
    let Ok(stream) = reader.reunite(writer) else {
        return;
    };
    match over {
        Over::Quietly => {}
        Over::Answered => linger(stream).await,
        Over::Refused(status, sentence) => {
            way.watcher.trouble(status, &sentence);
            refuse(stream, status, &sentence).await;
        }
    }
}

/// Ready when it is over and the next may follow on the same connections.
async fn one_exchange(
    client: &mut ClientSide,
    hub: &mut Option<HubSide>,
    peer: IpAddr,
    way: &Way,
) -> Result<(), Over> {
    let request = next_request(client, hub, way).await?;
    let fresh = hub.is_none();
    let side = match hub {
        Some(side) => side,
        None => match connect(way).await {
            Ok(side) => hub.insert(side),
            Err(error) => return Err(unreachable(way, peer, request.asked, &error)),
        },
    };
    if let Err(error) = write_head(side, &request.bytes).await {
        // A connection that was open before may have been closed at this moment: the client tries again by itself.
        return Err(if fresh {
            unreachable(way, peer, request.asked, &error.to_string())
        } else {
            Over::Quietly
        });
    }
    pass(client, side, request, peer, way).await
}

async fn write_head(side: &mut HubSide, bytes: &[u8]) -> std::io::Result<()> {
    side.writer.write_all(bytes).await?;
    side.writer.flush().await
}

async fn pass(
    client: &mut ClientSide,
    side: &mut HubSide,
    request: RequestHead,
    peer: IpAddr,
    way: &Way,
) -> Result<(), Over> {
    let sent = Mutex::new(LookedAt::new(way.budget.clone()));
    let left = std::sync::atomic::AtomicBool::new(false);
    let asking = Asking {
        from: &mut client.reader,
        ahead: &mut client.ahead,
        to: &mut side.writer,
        sent: &sent,
        left: &left,
    };
    let answering = Answering {
        from: &mut side.reader,
        to: &mut client.writer,
        asked: &request.asked,
        sent: &sent,
        left: &left,
        peer,
        way,
    };
    let end = tokio::select! {
        end = answering.run() => end,
        never = asking.run(request.framing) => never_ends(never),
    };
    match end {
        AnswerEnd::Whole { keeps } if keeps && request.keeps && whole(&sent) => Ok(()),
        AnswerEnd::Whole { .. } if !whole(&sent) => Err(Over::Answered),
        AnswerEnd::Whole { .. } | AnswerEnd::ClientGone => Err(Over::Quietly),
        AnswerEnd::Broken(reason) => {
            way.watcher
                .trouble("an answer of the hub broke off", &reason);
            Err(Over::Quietly)
        }
        AnswerEnd::None(reason) => Err(unreachable(way, peer, request.asked, &reason)),
    }
}

fn never_ends(never: Infallible) -> AnswerEnd {
    match never {}
}

fn whole(sent: &Mutex<LookedAt>) -> bool {
    sent.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .is_whole()
}

/// Without the watch the client would see a connection that fails. An `EventSource` takes any answer but 200 for the end and does not
/// come back, so it is given just that; all others are told.
fn unreachable(way: &Way, peer: IpAddr, asked: Asked, reason: &str) -> Over {
    let wants_a_stream = asked.wants_a_stream();
    way.watcher.exchanged(Exchange {
        asked,
        content: None,
        peer,
        at: way.watcher.elapsed(),
        answer: None,
    });
    let sentence = format!("the hub at {} does not answer: {reason}", way.hub.url());
    if wants_a_stream {
        way.watcher
            .trouble("502, as a connection that fails", &sentence);
        return Over::Quietly;
    }
    Over::Refused("502 Bad Gateway", sentence)
}

async fn connect(way: &Way) -> Result<HubSide, String> {
    let destination = way.hub.clone();
    // Looked up anew, since a hub that is started again may have another address.
    let looked_up = tokio::task::spawn_blocking({
        let destination = destination.clone();
        move || destination.socket_addrs()
    });
    let addrs = match looked_up.await {
        Ok(Ok(addrs)) => addrs,
        Ok(Err(error)) => return Err(error.to_string()),
        Err(error) => return Err(error.to_string()),
    };
    let server = Server { destination, addrs };
    let connecting = wire::connect(&server, HttpVersion::Http1);
    let connected = Deadline::after(CONNECT_WITHIN)
        .bound("connection", connecting)
        .await
        .and_then(|connected| connected)
        .map_err(|error: WireError| error.to_string())?;
    let (reader, writer) = tokio::io::split(connected);
    Ok(HubSide { reader, writer })
}

/// Waits for the head of the next request. A hub that closes meanwhile ends the connection of the client as well.
async fn next_request(
    client: &mut ClientSide,
    hub: &mut Option<HubSide>,
    way: &Way,
) -> Result<RequestHead, Over> {
    let host = way.host.as_deref();
    if client.ahead.is_empty() {
        await_first_byte(client, hub).await?;
    }
    let whole = async {
        loop {
            match head::request(&client.ahead, host) {
                Ok(Some((head, length))) => {
                    client.ahead.drain(..length);
                    return Ok(head);
                }
                Ok(None) => {}
                Err(error) => return Err(refusal(error)),
            }
            client.ahead.reserve(READ_BYTES);
            match client.reader.read_buf(&mut client.ahead).await {
                Ok(0) | Err(_) => return Err(Over::Quietly),
                Ok(_) => {}
            }
        }
    };
    timeout(HEAD_WITHIN, whole).await.unwrap_or_else(|_| {
        let late = format!(
            "the head of a request took more than {} s",
            HEAD_WITHIN.as_secs()
        );
        Err(Over::Refused("408 Request Timeout", late))
    })
}

async fn await_first_byte(client: &mut ClientSide, hub: &mut Option<HubSide>) -> Result<(), Over> {
    client.ahead.reserve(READ_BYTES);
    let first = client.reader.read_buf(&mut client.ahead);
    let hub_closes = async {
        match hub {
            // Whatever comes, an end or bytes that nobody asked for, the connection is of no further use.
            Some(side) => drop(side.reader.read(&mut [0]).await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        read = timeout(FIRST_BYTE_WITHIN, first) => match read {
            Ok(Ok(read)) if read > 0 => Ok(()),
            _ => Err(Over::Quietly),
        },
        () = hub_closes => Err(Over::Quietly),
    }
}

fn refusal(error: HeadError) -> Over {
    let status = match error {
        HeadError::TooLarge => "431 Request Header Fields Too Large",
        HeadError::Http2 => "505 HTTP Version Not Supported",
        HeadError::Connect => "405 Method Not Allowed",
        HeadError::Tls | HeadError::Syntax | HeadError::Length | HeadError::Upgraded => {
            "400 Bad Request"
        }
    };
    Over::Refused(status, format!("a request was refused: {error}"))
}
