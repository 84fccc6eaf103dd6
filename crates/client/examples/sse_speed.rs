//! How many events a second the SSE reader takes, by how they are cut:
//! `cargo run --release -p assay-client --example sse_speed`

use std::{
    hint::black_box,
    io::{self, Write as _},
    time::Instant,
};

use assay_client::sse::{Item, Parser};

const EVENTS: usize = 2_000_000;

fn main() -> io::Result<()> {
    // About the 150 byte frame of the raw reader: an id, and a stamp with some payload.
    let frame = format!(
        "id: urn:uuid:{}\ndata: {}\n\n",
        "0".repeat(36),
        "x".repeat(92)
    );
    for (name, frame, cut) in [
        ("one event a read", frame.clone(), frame.len()),
        ("100 events a read", frame.repeat(100), frame.len() * 100),
        ("an event in two reads", frame.clone(), frame.len() / 2),
        (
            "three data lines an event",
            frame.replace("xxx\n", "\ndata: x\ndata: x\n"),
            usize::MAX,
        ),
    ] {
        let events_per_frame = frame.matches("\n\n").count();
        let mut parser = Parser::new();
        let mut bytes = 0;
        let start = Instant::now();
        for _ in 0..EVENTS / events_per_frame {
            for chunk in frame.as_bytes().chunks(cut.min(frame.len())) {
                parser
                    .push(black_box(chunk), &mut |item| {
                        if let Item::Event(event) = item {
                            bytes += black_box(event.data).len();
                        }
                    })
                    .map_err(io::Error::other)?;
            }
        }
        let elapsed = start.elapsed();
        let rate = EVENTS as f64 / elapsed.as_secs_f64() / 1e6;
        let ns = elapsed.as_nanos() as usize / EVENTS;
        let length = frame.len() / events_per_frame;
        writeln!(
            io::stdout(),
            "{name:26} {rate:6.1} M events/s, {ns:4} ns an event of {length} bytes ({bytes} bytes of data)"
        )?;
    }
    Ok(())
}
