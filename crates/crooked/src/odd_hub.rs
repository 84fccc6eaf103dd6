//! Servers that speak HTTP/2 by prior knowledge, and send frames that no server should: too long, on the wrong stream, without
//! end.
//!
//! For tests of whoever reads a hub over HTTP/2: it must end, within its bounds, and say what it saw. Reads nothing of what a
//! client says, since every client begins with stream 1.

use std::io::Result;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::Server;

// Types of frames, and flags: RFC 9113, section 6.
const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const PUSH_PROMISE: u8 = 0x5;
const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;
const WINDOW_UPDATE: u8 = 0x8;
const CONTINUATION: u8 = 0x9;
const UNKNOWN: u8 = 0xbe;
const END_HEADERS: u8 = 0x4;

/// `:status: 200` and `content-type: text/event-stream`, in HPACK without Huffman codes.
const STREAM_FIELDS: &[u8] = b"\x88\x0f\x10\x11text/event-stream";
/// A literal field, whose name is `x` and whose value is `y`.
const ANY_FIELD: &[u8] = b"\x00\x01x\x01y";

/// A way of being odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OddFrames {
    /// A frame longer than the client allows.
    TooLong,
    /// A frame of which only the beginning comes.
    Half,
    /// DATA on the stream of the connection.
    DataOnStreamZero,
    /// DATA on a stream that nobody opened.
    DataOnIdleStream,
    /// A block of header fields that is no HPACK.
    NoHpack,
    /// Header fields without end, frame by frame.
    EndlessContinuation,
    /// A push, which the client did not allow.
    Push,
    /// A window that grows by nothing.
    WindowOfZero,
    /// Each stream is reset.
    ResetStream,
    /// The server goes away at once.
    GoAway,
    /// SETTINGS without end.
    SettingsFlood,
    /// PING without end.
    PingFlood,
    /// Frames of a type that nobody knows, without end.
    UnknownFlood,
    /// An event stream of empty DATA frames, without end.
    EmptyDataFlood,
    /// An event stream of comments, without end and without regard to the window.
    DataBeyondWindow,
    /// What an HTTP/1.1 server says.
    NotHttp2,
}

impl OddFrames {
    /// Each of them.
    pub const ALL: &'static [Self] = &[
        Self::TooLong,
        Self::Half,
        Self::DataOnStreamZero,
        Self::DataOnIdleStream,
        Self::NoHpack,
        Self::EndlessContinuation,
        Self::Push,
        Self::WindowOfZero,
        Self::ResetStream,
        Self::GoAway,
        Self::SettingsFlood,
        Self::PingFlood,
        Self::UnknownFlood,
        Self::EmptyDataFlood,
        Self::DataBeyondWindow,
        Self::NotHttp2,
    ];

    /// What comes first, and what comes again and again after it: nothing, where the server then only waits.
    fn bytes(self) -> (Vec<u8>, Vec<u8>) {
        let greeting = frame(SETTINGS, 0, 0, &[]);
        let greeted = |odd: &[u8]| [&greeting, odd].concat();
        let stream = greeted(&frame(HEADERS, END_HEADERS, 1, STREAM_FIELDS));
        let once = |odd: Vec<u8>| (greeted(&odd), Vec::new());
        match self {
            Self::TooLong => once(frame(DATA, 0, 1, &vec![b'x'; 0xff_ffff])),
            Self::Half => once(frame(HEADERS, END_HEADERS, 1, STREAM_FIELDS)[..12].to_vec()),
            Self::DataOnStreamZero => once(frame(DATA, 0, 0, b"data: x\n\n")),
            Self::DataOnIdleStream => once(frame(DATA, 0, 77, b"data: x\n\n")),
            Self::NoHpack => once(frame(HEADERS, END_HEADERS, 1, &[0xff; 9])),
            Self::EndlessContinuation => (
                greeted(&frame(HEADERS, 0, 1, STREAM_FIELDS)),
                frame(CONTINUATION, 0, 1, &ANY_FIELD.repeat(1_000)),
            ),
            Self::Push => {
                let promised = [&2_u32.to_be_bytes(), STREAM_FIELDS].concat();
                once(frame(PUSH_PROMISE, END_HEADERS, 1, &promised))
            }
            Self::WindowOfZero => once(frame(WINDOW_UPDATE, 0, 1, &0_u32.to_be_bytes())),
            // INTERNAL_ERROR.
            Self::ResetStream => once(frame(RST_STREAM, 0, 1, &2_u32.to_be_bytes())),
            // No stream was looked at; ENHANCE_YOUR_CALM.
            Self::GoAway => once(frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11])),
            Self::SettingsFlood => (greeting.clone(), greeting.repeat(100)),
            Self::PingFlood => (greeting, frame(PING, 0, 0, b"12345678").repeat(100)),
            Self::UnknownFlood => (greeting, frame(UNKNOWN, 0, 0, &[b'x'; 1_000])),
            Self::EmptyDataFlood => (stream, frame(DATA, 0, 1, &[]).repeat(100)),
            Self::DataBeyondWindow => (stream, frame(DATA, 0, 1, &b":\n\n".repeat(4_000))),
            Self::NotHttp2 => (
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec(),
                Vec::new(),
            ),
        }
    }
}

/// A frame of this type on this stream.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    // Its length has 24 bits; no frame here is longer.
    let [_, length @ ..] = u32::try_from(payload.len())
        .unwrap_or(u32::MAX)
        .to_be_bytes();
    let mut frame = length.to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A server of odd frames at work; dropping it ends it.
#[derive(Debug)]
pub struct OddHub {
    server: Server,
}

impl OddHub {
    /// Starts one on a free loopback port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(odd: OddFrames) -> Result<Self> {
        let (listener, address) = Server::bind().await?;
        let server = Server::serve(listener, address, move |stream| serve(stream, odd));
        Ok(Self { server })
    }

    /// Its hub URL.
    pub fn url(&self) -> String {
        format!("http://{}/.well-known/mercure", self.server.address())
    }
}

async fn serve(mut stream: TcpStream, odd: OddFrames) -> Result<()> {
    let (mut reader, mut writer) = stream.split();
    let (first, again) = odd.bytes();
    let said = async {
        writer.write_all(&first).await?;
        while !again.is_empty() {
            writer.write_all(&again).await?;
        }
        std::future::pending().await
    };
    let heard = async {
        let mut nothing = [0; 4096];
        while reader.read(&mut nothing).await? > 0 {}
        Ok(())
    };
    tokio::select! {
        said = said => said,
        heard = heard => heard,
    }
}
