//! The floor: a loop of `write` on every socket, by one thread, with no hub around it.
//!
//! It speaks just enough HTTP that the same publisher and readers can be used: GET opens a stream, POST writes its body as
//! a frame to all of them.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use rustix::event::epoll;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n:\n\r\n";
const ACCEPTED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const LISTENER: u64 = u64::MAX;

/// Serves until it is killed.
pub(crate) fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    rustix::net::listen(&listener, 16_384)?;
    println!("{}", listener.local_addr()?);
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let readable = epoll::EventFlags::IN;
    epoll::add(
        &epoll,
        &listener,
        epoll::EventData::new_u64(LISTENER),
        readable,
    )?;
    // Those that have not said what they are, and publishers.
    let mut guests: Vec<Option<TcpStream>> = Vec::new();
    let mut streams: Vec<TcpStream> = Vec::new();
    let mut ready = Vec::with_capacity(1_024);
    let mut request = vec![0; 65_536];
    loop {
        ready.clear();
        epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut ready), None)?;
        for event in &ready {
            if event.data.u64() == LISTENER {
                let (socket, _) = listener.accept()?;
                socket.set_nodelay(true)?;
                let place = epoll::EventData::new_u64(guests.len() as u64);
                epoll::add(&epoll, &socket, place, readable)?;
                guests.push(Some(socket));
                continue;
            }
            let place = event.data.u64() as usize;
            let Some(mut guest) = guests[place].take() else {
                continue;
            };
            let length = guest.read(&mut request)?;
            if request[..length].starts_with(b"GET") {
                epoll::delete(&epoll, &guest)?;
                guest.write_all(HEAD)?;
                streams.push(guest);
            } else if length > 0 {
                let frame = frame(&request[..length])?;
                for stream in &mut streams {
                    stream.write_all(&frame)?;
                }
                guest.write_all(ACCEPTED)?;
                guests[place] = Some(guest);
            }
        }
    }
}

/// The body of a publication, which this publisher sends in one segment, as an event in a chunk, of the length that hubs
/// make it.
fn frame(request: &[u8]) -> io::Result<Vec<u8>> {
    let text = std::str::from_utf8(request).map_err(io::Error::other)?;
    let data = text
        .split_once("&data=")
        .ok_or(io::ErrorKind::InvalidData)?
        .1;
    let event = format!("id: urn:uuid:00000000-0000-4000-8000-000000000000\ndata: {data}\n\n");
    Ok(format!("{:x}\r\n{event}\r\n", event.len()).into_bytes())
}
