//! Subscribers that come and go: the memory of the hub returns to where it was.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::figure::Figure;
use crate::readers::subscription;
use crate::side::{Cpus, Running, Side};

/// Connections that are open at once.
const TOGETHER: usize = 500;
/// Cycles before memory is looked at for the first time: by then the allocator has what it needs.
const WARM_UP: usize = 50_000;
/// Source addresses in turns: each has some twenty thousand ports, which rest for a minute after use.
const SOURCES: usize = 200;
/// How long a hub may take to see that the last subscribers are gone.
const SETTLING: Duration = Duration::from_secs(10);

/// A round of one side: so many cycles.
pub(crate) fn measure(side: &Side, cpus: Cpus, cycles: usize) -> io::Result<Vec<Figure>> {
    let hub = side.start(cpus)?;
    come_and_go(&hub, WARM_UP)?;
    let before = settled_bytes(&hub)?;
    let begun = Instant::now();
    come_and_go(&hub, cycles)?;
    let per_second = cycles as f64 / begun.elapsed().as_secs_f64();
    let after = settled_bytes(&hub)?;
    let of = |row, unit, value| Figure {
        row,
        side: side.name().to_owned(),
        subscribers: cycles,
        unit,
        value,
    };
    Ok(vec![
        of("come and go: connections", "1/s", per_second),
        of("come and go: memory before", "MiB", mib(before)),
        of("come and go: memory after", "MiB", mib(after)),
    ])
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// Connects, reads the head, and leaves: each other one with a reset.
fn come_and_go(hub: &Running, cycles: usize) -> io::Result<()> {
    let mut buffer = [0; 4_096];
    let mut together: Vec<TcpStream> = Vec::with_capacity(TOGETHER);
    for cycle in 0..cycles {
        let topic = cycle % 10_007;
        let mut socket = connect(hub.address, cycle)?;
        let topic = format!("https://example.com/{topic}");
        socket.write_all(subscription(&topic, "").as_bytes())?;
        together.push(socket);
        if together.len() == TOGETHER || cycle + 1 == cycles {
            for (place, mut socket) in together.drain(..).enumerate() {
                if socket.read(&mut buffer)? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if place % 2 == 0 {
                    socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
                }
            }
        }
    }
    Ok(())
}

fn connect(hub: SocketAddr, cycle: usize) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    let source = Ipv4Addr::new(127, 0, 1, (cycle % SOURCES) as u8);
    assay_load::platform::bind_source_address(&socket, source.into())?;
    socket.connect(&hub.into())?;
    Ok(socket.into())
}

/// The memory of the hub once it no longer changes.
fn settled_bytes(hub: &Running) -> io::Result<u64> {
    let begun = Instant::now();
    let mut last = hub.usage()?;
    loop {
        std::thread::sleep(Duration::from_millis(500));
        let now = hub.usage()?;
        let rests = now.cpu_ns - last.cpu_ns < 1_000_000;
        if rests || begun.elapsed() > SETTLING {
            return Ok(now.anonymous_bytes);
        }
        last = now;
    }
}
