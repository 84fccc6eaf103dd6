//! Hubs that implement nothing, or one thing wrongly to all.
//!
//! A suite that passes anything here passes for nothing: measured on suites that others trust, an HTTP server that
//! answers `200 {}` passes 13 of 13 audits of one, and a hub that refuses everyone 6 of 10 cases of another.

use std::future::pending;
use std::io::Result;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, split};
use tokio::net::{TcpSocket, TcpStream};
use uuid::Uuid;

use crate::message::{Answer, Body, Request};
use crate::promiscuous::{Past, Promiscuous};
use crate::server::Server;
use crate::wire::{Framing, Wire};

/// The path of the hubs here.
const HUB_PATH: &str = "/.well-known/mercure";

/// A way of implementing nothing, or one thing wrongly to all.
#[derive(Clone, Copy, Debug)]
pub struct Null {
    /// What it does, in a few words.
    pub name: &'static str,
    behaviour: Behaviour,
}

#[derive(Clone, Copy, Debug)]
enum Behaviour {
    Refuse,
    Silence,
    HangUp,
    Garbage,
    Status(u16, &'static [(&'static str, &'static str)], &'static str),
    DropPublications,
    Everyone(Past),
}

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// Hubs that implement nothing: no check of a MUST or SHOULD may pass on them.
pub const NULL_HUBS: &[Null] = &[
    null("refuses connections", Behaviour::Refuse),
    null("accepts and says nothing", Behaviour::Silence),
    null("hangs up on every request", Behaviour::HangUp),
    null("echoes garbage", Behaviour::Garbage),
    null(
        "404 to everything",
        Behaviour::Status(404, &[], "not found\n"),
    ),
    null(
        "401 to everything",
        Behaviour::Status(401, &[], "unauthorized\n"),
    ),
    null(
        "401 with a bare challenge to everything",
        Behaviour::Status(401, &[("WWW-Authenticate", "Bearer")], "unauthorized\n"),
    ),
    null(
        "401 invalid_token to everything",
        Behaviour::Status(
            401,
            &[("WWW-Authenticate", "Bearer error=\"invalid_token\"")],
            "",
        ),
    ),
    null(
        "403 insufficient_scope to everything",
        Behaviour::Status(
            403,
            &[("WWW-Authenticate", "Bearer error=\"insufficient_scope\"")],
            "",
        ),
    ),
    null(
        "400 to everything",
        Behaviour::Status(400, &[], "bad request\n"),
    ),
    null(
        "500 to everything",
        Behaviour::Status(500, &[], "internal error\n"),
    ),
    null(
        "200 {} to everything",
        Behaviour::Status(200, &[JSON], "{}"),
    ),
    null(
        "opens streams and drops publications",
        Behaviour::DropPublications,
    ),
];

/// Hubs that take every token and publication, and send every update to everyone.
///
/// Checks of what such a hub gives to all pass on it, and rightly: the floor test tells which areas may not.
pub const WRONG_TO_ALL: &[Null] = &[
    null(
        "delivers everything to everyone",
        Behaviour::Everyone(Past::Forgotten),
    ),
    null(
        "replays everything to everyone",
        Behaviour::Everyone(Past::Replayed),
    ),
];

const fn null(name: &'static str, behaviour: Behaviour) -> Null {
    Null { name, behaviour }
}

/// A null hub at work; dropping it ends it.
#[derive(Debug)]
pub struct NullHub {
    address: SocketAddr,
    // A bound socket that does not listen refuses connections, and keeps its port from others.
    _refusing: Option<TcpSocket>,
    _server: Option<Server>,
}

impl NullHub {
    /// Starts a null hub on a free loopback port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(null: &Null) -> Result<Self> {
        if let Behaviour::Refuse = null.behaviour {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
            let address = socket.local_addr()?;
            return Ok(Self {
                address,
                _refusing: Some(socket),
                _server: None,
            });
        }
        let (listener, address) = Server::bind().await?;
        let past = match null.behaviour {
            Behaviour::Everyone(past) => past,
            _ => Past::Forgotten,
        };
        let promiscuous = Arc::new(Promiscuous::new(past));
        let behaviour = null.behaviour;
        let server = Server::serve(listener, address, move |stream| {
            let promiscuous = Arc::clone(&promiscuous);
            async move { serve(stream, behaviour, &promiscuous).await }
        });
        Ok(Self {
            address,
            _refusing: None,
            _server: Some(server),
        })
    }

    /// Its hub URL.
    pub fn url(&self) -> String {
        format!("http://{}{HUB_PATH}", self.address)
    }
}

async fn serve(stream: TcpStream, behaviour: Behaviour, promiscuous: &Promiscuous) -> Result<()> {
    let (mut reader, mut writer) = split(stream);
    if let Behaviour::Garbage = behaviour {
        return echo_garbage(&mut reader, &mut writer).await;
    }
    let mut client = Wire::new(reader);
    let Some(head) = client.head().await? else {
        return Ok(());
    };
    let Ok(mut request) = Request::parse(&head) else {
        return writer.write_all(&Answer::plain(400, "").bytes()).await;
    };
    request.body = client.whole(Framing::of_request(&request.headers)).await?;
    let answered = async {
        match behaviour {
            Behaviour::Refuse | Behaviour::HangUp | Behaviour::Garbage => Ok(()),
            Behaviour::Silence => pending().await,
            Behaviour::Status(status, headers, body) => {
                let mut answer = Answer::plain(status, body);
                for (name, value) in headers {
                    answer.headers.set(name, *value);
                }
                writer.write_all(&answer.bytes()).await
            }
            Behaviour::DropPublications => {
                writer.write_all(&dropping(&request).bytes()).await?;
                if request.method == "GET" {
                    pending().await
                } else {
                    Ok(())
                }
            }
            Behaviour::Everyone(_) => promiscuous.serve(&request, &mut writer).await,
        }
    };
    tokio::select! {
        answered = answered => answered,
        () = client.closed() => Ok(()),
    }
}

/// Sends back what came, after bytes that no HTTP client can read.
async fn echo_garbage(
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> Result<()> {
    let mut bytes = vec![0; 4096];
    let size = reader.read(&mut bytes).await?;
    writer.write_all(b"\x00\xff\xfe garbage \r\r\n\n").await?;
    writer.write_all(&bytes[..size]).await
}

/// What a hub says that accepts everything and does nothing.
fn dropping(request: &Request) -> Answer {
    if request.method != "GET" {
        return Answer::plain(200, &format!("urn:uuid:{}", Uuid::new_v4()));
    }
    let mut answer = Answer::plain(200, "");
    answer.headers.set("Content-Type", "text/event-stream");
    answer.headers.set("Mercure-Last-Event-ID", "earliest");
    answer.headers.set("Last-Event-ID", "earliest");
    answer.body = Body::Stream;
    answer
}
