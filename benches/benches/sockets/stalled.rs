//! Peers that stop reading: what they cost the publisher, and those who read.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::fan_out::DATA_BYTES;
use crate::figure::{Figure, quantile_ms};
use crate::publisher::{Publisher, TOPIC};
use crate::readers::{Readers, subscribe_on};
use crate::side::{Cpus, Running, Side};

const HEALTHY: usize = 9_000;
const STALLED: usize = 1_000;
/// What those who do not read get beside the rest, so that their sockets are full before anything is measured: more than
/// the system buffers, less than a hub would end a stream for.
const FILLING: usize = 64;
const FILLING_BYTES: usize = 16 * 1_024;
/// The segments of a network, not of loopback: with those of 64 KiB the system buffers megabytes for each stalled peer, and
/// runs out of memory for sockets, which every peer then feels.
const SEGMENT_BYTES: u32 = 1_460;
const FILLING_TOPIC: &str = "https://example.com/filling";
const WARM_UP: usize = 10;
const MEASURED: usize = 400;

/// A round of one side.
pub(crate) fn measure(side: &Side, cpus: Cpus) -> io::Result<Vec<Figure>> {
    let (publish, delivery) = p99_ms(side, cpus, 0)?;
    let (publish_beside, delivery_beside) = p99_ms(side, cpus, STALLED)?;
    let of = |row, unit, value| Figure {
        row,
        side: side.name().to_owned(),
        subscribers: HEALTHY + STALLED,
        unit,
        value,
    };
    Ok(vec![
        of("publish p99, none stalled", "ms", publish),
        of(
            "publish p99 beside 1,000 stalled",
            "×",
            publish_beside / publish,
        ),
        of("delivery p99, none stalled", "ms", delivery),
        of(
            "delivery p99 beside 1,000 stalled",
            "×",
            delivery_beside / delivery,
        ),
    ])
}

/// Of publishes until their answer, and until the last of [`HEALTHY`] readers has the event, beside so many that do not read.
/// Without stalled ones as many others read.
fn p99_ms(side: &Side, cpus: Cpus, stalled: usize) -> io::Result<(f64, f64)> {
    let hub = side.start(cpus)?;
    let stalled = (0..stalled)
        .map(|_| stall(hub.address))
        .collect::<io::Result<Vec<TcpStream>>>()?;
    fill(&hub, &stalled)?;
    let mut publisher = Publisher::connect(hub.address, TOPIC, DATA_BYTES)?;
    let reading = HEALTHY + STALLED - stalled.len();
    let mut readers = Readers::connect(hub.address, reading, |_| TOPIC.to_owned())?;
    let mut publishes: Vec<Duration> = Vec::with_capacity(MEASURED);
    let mut deliveries: Vec<Duration> = Vec::with_capacity(MEASURED);
    for number in 0..WARM_UP + MEASURED {
        let begun = Instant::now();
        publisher.send()?;
        publisher.answered()?;
        let answered = begun.elapsed();
        let received = readers.receive(reading)?;
        if number >= WARM_UP {
            publishes.push(answered);
            deliveries.push(received.last - begun);
        }
    }
    Ok((
        quantile_ms(&mut publishes, 0.99),
        quantile_ms(&mut deliveries, 0.99),
    ))
}

/// Publishes to those who do not read until the system takes no more for them: it has less than was sent.
fn fill(hub: &Running, stalled: &[TcpStream]) -> io::Result<()> {
    let Some(one) = stalled.first() else {
        return Ok(());
    };
    let mut publisher = Publisher::connect(hub.address, FILLING_TOPIC, FILLING_BYTES)?;
    for _ in 0..FILLING {
        publisher.send()?;
        publisher.answered()?;
    }
    let taken = rustix::io::ioctl_fionread(one)?;
    if taken < (FILLING * FILLING_BYTES) as u64 / 2 {
        Ok(())
    } else {
        Err(io::Error::other(
            "the system buffers more than stalled peers were sent",
        ))
    }
}

/// A subscriber that is not going to read.
fn stall(hub: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_tcp_mss(SEGMENT_BYTES)?;
    socket.connect(&hub.into())?;
    subscribe_on(socket.into(), &format!("{TOPIC}&topic={FILLING_TOPIC}"), "")
}
