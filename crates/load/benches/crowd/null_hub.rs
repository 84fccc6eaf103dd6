//! The null hub: accepts everyone, then writes a pre-rendered frame to each connection, whenever it is told to.

use super::frames;
use assay_load::platform;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// Prints its address, opens `subscribers` streams, and sends the next of `updates` for each byte on its standard input.
pub(crate) fn serve(subscribers: usize, updates: usize) -> io::Result<()> {
    if let Some(&first) = platform::allowed_cpus().first() {
        platform::pin_this_thread(first)?;
    }
    let plan = frames::plan(0, updates);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let mut streams: Vec<TcpStream> = Vec::with_capacity(subscribers);
    while streams.len() < subscribers {
        let (mut stream, _) = listener.accept()?;
        if stream.read(&mut [0; 4_096])? > 0 {
            stream.set_nodelay(true)?;
            stream.write_all(HEAD)?;
            streams.push(stream);
        }
    }
    let mut orders = io::stdin().lock();
    for publication in 0..updates {
        orders.read_exact(&mut [0])?;
        let frame = frames::frame(&plan, publication);
        for stream in &mut streams {
            stream.write_all(&frame)?;
        }
    }
    // The end of the input ends the streams.
    orders.read_to_end(&mut Vec::new())?;
    Ok(())
}
