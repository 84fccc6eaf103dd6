//! Hubs that fail on the transport: stall, flood, reset, end in the middle, lie about a length.
//!
//! For tests of whoever reads a hub: it must end, within its bounds, and say what it saw. The hub is sound on the side that
//! has no fault, so that a test can publish and see what its subscriber makes of it.

use std::io::Result;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::message::Request;
use crate::promiscuous::{Past, Promiscuous};
use crate::server::Server;
use crate::wire::{Framing, Wire};

const STREAM_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
const EVENT: &[u8] = b"id: urn:uuid:11111111-1111-4111-8111-111111111111\ndata: x\n\n";
/// Between two bytes of a dripping answer.
const DRIP: Duration = Duration::from_millis(1);

/// A way of failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Reads the request and never answers.
    StallBeforeHead,
    /// Stops in the middle of the head.
    StallInHead,
    /// Opens the stream, sends one event, then nothing.
    StallInStream,
    /// Header fields without end.
    FloodHead,
    /// A line without end.
    FloodLine,
    /// A `data` field without end: lines, but never the blank one.
    FloodEvent,
    /// Events without end.
    FloodEvents,
    /// Comments without end.
    FloodComments,
    /// A comment of a gigabyte, then an event.
    GigabyteOfComment,
    /// Resets the connection instead of an answer.
    ResetBeforeHead,
    /// Opens the stream, sends one event, then resets.
    ResetInStream,
    /// Opens the stream, sends one event and half another, then closes.
    HalfEvent,
    /// Says a `Content-Length` of which it sends half, then closes.
    LengthTooLong,
    /// Says a `Content-Length` and sends more.
    LengthTooShort,
    /// Chunks whose size is no number.
    MalformedChunk,
    /// Closes in the middle of a chunk.
    HalfChunk,
    /// Bytes that are not HTTP.
    NotHttp,
    /// A right answer, byte by byte.
    Drip,
}

impl Fault {
    /// Each of them.
    pub const ALL: &'static [Self] = &[
        Self::StallBeforeHead,
        Self::StallInHead,
        Self::StallInStream,
        Self::FloodHead,
        Self::FloodLine,
        Self::FloodEvent,
        Self::FloodEvents,
        Self::FloodComments,
        Self::GigabyteOfComment,
        Self::ResetBeforeHead,
        Self::ResetInStream,
        Self::HalfEvent,
        Self::LengthTooLong,
        Self::LengthTooShort,
        Self::MalformedChunk,
        Self::HalfChunk,
        Self::NotHttp,
        Self::Drip,
    ];
}

/// Which requests meet the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Subscriptions, that is GET; publications work.
    Streams,
    /// Publications, that is POST; streams work.
    Publications,
    /// All.
    Both,
}

impl Side {
    fn meets(self, request: &Request) -> bool {
        match self {
            Self::Streams => request.method == "GET",
            Self::Publications => request.method == "POST",
            Self::Both => true,
        }
    }
}

/// A faulty hub at work; dropping it ends it.
#[derive(Debug)]
pub struct FaultyHub {
    server: Server,
}

impl FaultyHub {
    /// Starts a faulty hub on a free loopback port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(fault: Fault, side: Side) -> Result<Self> {
        let (listener, address) = Server::bind().await?;
        let sound = Arc::new(Promiscuous::new(Past::Forgotten));
        let server = Server::serve(listener, address, move |stream| {
            let sound = Arc::clone(&sound);
            async move { serve(stream, fault, side, &sound).await }
        });
        Ok(Self { server })
    }

    /// Its hub URL.
    pub fn url(&self) -> String {
        format!("http://{}/.well-known/mercure", self.server.address())
    }
}

async fn serve(mut stream: TcpStream, fault: Fault, side: Side, sound: &Promiscuous) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut request = read_request(&mut stream).await?;
    let (mut reader, mut writer) = stream.split();
    if side.meets(&request) {
        return fail(fault, &mut request, stream, sound).await;
    }
    tokio::select! {
        served = sound.serve(&request, &mut writer) => served,
        () = gone(&mut reader) => Ok(()),
    }
}

async fn read_request(stream: &mut TcpStream) -> Result<Request> {
    let mut client = Wire::new(stream);
    let head = client.head().await?.unwrap_or_default();
    let mut request = Request::parse(&head)?;
    request.body = client.whole(Framing::of_request(&request.headers)).await?;
    Ok(request)
}

async fn gone(reader: &mut (impl AsyncReadExt + Unpin)) {
    let mut nothing = [0; 512];
    while let Ok(1..) = reader.read(&mut nothing).await {}
}

async fn fail(
    fault: Fault,
    request: &mut Request,
    mut stream: TcpStream,
    sound: &Promiscuous,
) -> Result<()> {
    match fault {
        Fault::StallBeforeHead => stall(stream, b"").await,
        Fault::StallInHead => stall(stream, &STREAM_HEAD[..30]).await,
        Fault::StallInStream => stall(stream, &[STREAM_HEAD, EVENT].concat()).await,
        Fault::FloodHead => flood(stream, &STREAM_HEAD[..17], b"X-Flood: flood\r\n").await,
        Fault::FloodLine => flood(stream, &[STREAM_HEAD, b"data: "].concat(), &[b'x'; 4096]).await,
        Fault::FloodEvent => flood(stream, STREAM_HEAD, &b"data: xxxxxxxx\n".repeat(256)).await,
        Fault::FloodEvents => flood(stream, STREAM_HEAD, &EVENT.repeat(64)).await,
        Fault::FloodComments => flood(stream, STREAM_HEAD, &b":\n\n".repeat(1024)).await,
        Fault::GigabyteOfComment => gigabyte(stream).await,
        Fault::ResetBeforeHead => reset(stream, b"").await,
        Fault::ResetInStream => reset(stream, &[STREAM_HEAD, EVENT].concat()).await,
        Fault::HalfEvent => {
            stream
                .write_all(&[STREAM_HEAD, EVENT, &EVENT[..20]].concat())
                .await
        }
        Fault::LengthTooLong => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nurn:uuid:1")
                .await
        }
        Fault::LengthTooShort => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nurn:uuid:1")
                .await
        }
        Fault::MalformedChunk => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
                .await?;
            stream
                .write_all(b"Transfer-Encoding: chunked\r\n\r\nzz\r\ndata: x\n\n\r\n")
                .await
        }
        Fault::HalfChunk => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
                .await?;
            stream
                .write_all(b"Transfer-Encoding: chunked\r\n\r\nff\r\ndata: x\n\n")
                .await
        }
        Fault::NotHttp => {
            stream
                .write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
                .await
        }
        Fault::Drip => drip(request, stream, sound).await,
    }
}

/// Sends that much, then nothing until the client goes.
async fn stall(mut stream: TcpStream, first: &[u8]) -> Result<()> {
    stream.write_all(first).await?;
    gone(&mut stream).await;
    Ok(())
}

/// Sends the same again and again, until the client goes.
async fn flood(mut stream: TcpStream, first: &[u8], again: &[u8]) -> Result<()> {
    stream.write_all(first).await?;
    loop {
        stream.write_all(again).await?;
    }
}

/// Sends a comment line of a gigabyte and then an event.
async fn gigabyte(mut stream: TcpStream) -> Result<()> {
    static PIECE: [u8; 1 << 20] = [b'x'; 1 << 20];
    stream.write_all(&[STREAM_HEAD, b": "].concat()).await?;
    for _ in 0..1024 {
        stream.write_all(&PIECE).await?;
    }
    stream.write_all(&[b"\n\n", EVENT].concat()).await?;
    gone(&mut stream).await;
    Ok(())
}

/// Sends that much, and resets once the client has had the time to read it.
async fn reset(mut stream: TcpStream, first: &[u8]) -> Result<()> {
    stream.write_all(first).await?;
    // A reset throws away what the client has not read yet.
    tokio::time::sleep(Duration::from_millis(50)).await;
    stream.set_zero_linger()
}

/// Answers like the sound hub, a byte at a time; a stream goes on for ever.
async fn drip(request: &Request, mut stream: TcpStream, sound: &Promiscuous) -> Result<()> {
    if request.method == "POST" {
        let id = sound.publish(request);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{id}",
            id.len()
        );
        return drip_bytes(&mut stream, head.as_bytes()).await;
    }
    drip_bytes(&mut stream, STREAM_HEAD).await?;
    drip_bytes(&mut stream, EVENT).await?;
    gone(&mut stream).await;
    Ok(())
}

async fn drip_bytes(stream: &mut TcpStream, bytes: &[u8]) -> Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        tokio::time::sleep(DRIP).await;
    }
    Ok(())
}
