//! Subscribers over HTTP/2 (RFC 9113), with prior knowledge: as much of it as it takes to come and to leave.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;

use crate::peer::connect;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Types of frames.
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
/// Flags of frames.
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The error code of who loses interest.
const CANCEL: u32 = 8;
/// `:status: 200` in the static table of HPACK (RFC 7541, appendix A).
const STATUS_200: u8 = 0x88;

/// A connection with a stream for each subscriber.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    next_stream: u32,
}

impl Connection {
    pub(crate) fn open(address: &str) -> io::Result<Self> {
        let mut connection = Self {
            stream: BufReader::new(connect(address)?),
            next_stream: 1,
        };
        connection.stream.get_mut().write_all(PREFACE)?;
        connection.send(SETTINGS, 0, 0, &[])?;
        Ok(connection)
    }

    /// Subscribes on so many streams, and waits until all of them are answered.
    pub(crate) fn subscribe(&mut self, streams: usize, path: &str) -> io::Result<()> {
        let first = self.next_stream;
        for _ in 0..streams {
            let headers = request(path);
            let flags = END_HEADERS | END_STREAM;
            self.send(HEADERS, flags, self.next_stream, &headers)?;
            self.next_stream += 2;
        }
        let mut answered = 0;
        while answered < streams {
            let (kind, flags, stream, payload) = self.receive()?;
            match kind {
                HEADERS => {
                    assert!(stream >= first, "answered twice");
                    assert_eq!(payload.first(), Some(&STATUS_200), "another status");
                    answered += 1;
                }
                SETTINGS if flags & ACK == 0 => self.send(SETTINGS, ACK, 0, &[])?,
                RST_STREAM | GOAWAY => panic!("it ended: {payload:?}"),
                _ => {}
            }
        }
        Ok(())
    }

    /// Gives up the newest streams.
    pub(crate) fn cancel(&mut self, streams: usize) -> io::Result<()> {
        let newest = (1..self.next_stream).rev().step_by(2).take(streams);
        for stream in newest {
            self.send(RST_STREAM, 0, stream - 1, &CANCEL.to_be_bytes())?;
        }
        Ok(())
    }

    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).expect("a short payload");
        let mut frame = length.to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.stream.get_mut().write_all(&frame)
    }

    fn receive(&mut self) -> io::Result<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head)?;
        let [a, b, c, kind, flags, s @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload)?;
        Ok((kind, flags, u32::from_be_bytes(s), payload))
    }
}

/// The fields of a GET in HPACK: nothing of it stays in a table.
fn request(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86];
    for (name, value) in [(1, "hub"), (4, path)] {
        let length = u8::try_from(value.len()).expect("a short value");
        assert!(length < 127, "longer ones are written otherwise");
        block.extend([name, length]);
        block.extend(value.as_bytes());
    }
    block
}
