//! The least that a reader can do: epoll, one read an event, the stamp's instant at its fixed place, a histogram.

use super::rounds;
use assay_load::clock::Clock;
use assay_results::Histogram;
use rustix::event::epoll;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub(crate) fn read(subscribers: usize, updates: usize, address: &str) -> io::Result<()> {
    rounds::pin_reader()?;
    let address = address.to_owned();
    let reading = std::thread::Builder::new()
        .name("raw".to_owned())
        .spawn(move || read_all(subscribers, updates, &address))?;
    reading.join().expect("the reader does not panic")
}

fn read_all(subscribers: usize, updates: usize, address: &str) -> io::Result<()> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut streams = Vec::with_capacity(subscribers);
    let mut buffer = vec![0; 65_536];
    for place in 0..subscribers {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /.well-known/mercure?match=x HTTP/1.1\r\nHost: hub\r\n\r\n")?;
        // The head alone: no update is ordered before everyone is there.
        let _ = stream.read(&mut buffer)?;
        let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(
            &epoll,
            &stream,
            epoll::EventData::new_u64(place as u64),
            flags,
        )?;
        streams.push(stream);
    }
    let clock = Clock::starting_in(Duration::ZERO);
    let mut latencies = Histogram::new();
    let mut ready = Vec::with_capacity(1_024);
    let before_ns = rounds::running_ns("raw");
    for _ in 0..updates {
        rounds::order();
        let mut seen = 0;
        while seen < subscribers {
            ready.clear();
            epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut ready), None)?;
            for event in &ready {
                let stream = &mut streams[event.data.u64() as usize];
                let bytes = stream.read(&mut buffer)?;
                let planned_us = planned_us(&buffer[..bytes]).ok_or(io::ErrorKind::InvalidData)?;
                latencies.record(clock.now().0.saturating_sub(planned_us));
                seen += 1;
            }
        }
    }
    rounds::report(subscribers * updates, rounds::running_ns("raw") - before_ns)
}

/// Line by line, as the standard says; the planned instant of the stamp at the start of `data`.
fn planned_us(event: &[u8]) -> Option<u64> {
    let mut planned_us = None;
    for line in event.split(|&byte| byte == b'\n') {
        if let Some(data) = line.strip_prefix(b"data: ") {
            let digits = std::str::from_utf8(data.get(38..54)?).ok()?;
            planned_us = u64::from_str_radix(digits, 16).ok();
        }
    }
    planned_us
}
