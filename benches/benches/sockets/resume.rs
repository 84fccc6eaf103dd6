//! Subscribers that resume from a durable history: how soon the first event comes, how fast the rest does, and what the others
//! feel of it.
//!
//! The file lies in the folder for temporary files (`TMPDIR`), and in the memory of the system once it is filled: a disk that
//! is slow makes all of this slower, and the row about the others more telling.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use assay_hub_core::history::{Clock, HistoryBounds, RedbHistory};
use assay_hub_core::{Dialect, Hub, HubSettings, HubUrl, Limits, Publication, RandomEventIds};

use crate::fan_out::DATA_BYTES;
use crate::figure::{Figure, quantile_ms};
use crate::publisher::{Publisher, TOPIC};
use crate::readers::{Readers, subscribe_on, subscription};
use crate::side::{Cpus, Feature, Side};

/// Updates in the file.
const KEPT: usize = 1_000_000;
/// Updates that are submitted before the first is waited for, to fill it.
const TOGETHER: usize = 1_000;
/// Subscribers that resume at its end, one after the other.
const AT_THE_END: usize = 200;
/// Updates that one subscriber resumes over one connection.
const REPLAYED: usize = 100_000;
/// Those who listen to something else while [`RESUMING`] resume all that is kept.
const HEALTHY: usize = 1_000;
const RESUMING: usize = 50;
const HEALTHY_TOPIC: &str = "https://example.com/healthy";
const WARM_UP: usize = 10;
const MEASURED: usize = 400;

/// A round of one side.
pub(crate) fn measure(side: &Side, cpus: Cpus) -> io::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("history.redb");
    fill(&file)?;
    let hub = side.start_with(cpus, &Feature::History(file))?;
    let mut first_events = (0..AT_THE_END)
        .map(|_| first_event(hub.address))
        .collect::<io::Result<Vec<_>>>()?;
    let rate = replayed_mb_per_s(hub.address)?;
    let mut alone = deliveries(hub.address)?;
    let mut beside = beside_resuming(hub.address)?;
    let of = |row, subscribers, unit, value| Figure {
        row,
        side: side.name().to_owned(),
        subscribers,
        unit,
        value,
    };
    Ok(vec![
        of(
            "resume at the end, first event p50",
            1,
            "ms",
            quantile_ms(&mut first_events, 0.5),
        ),
        of(
            "resume at the end, first event p95",
            1,
            "ms",
            quantile_ms(&mut first_events, 0.95),
        ),
        of("resume of 100,000 updates", 1, "MB/s", rate),
        of(
            "delivery p99, nobody resumes",
            HEALTHY,
            "ms",
            quantile_ms(&mut alone, 0.99),
        ),
        of(
            "delivery p50 while 50 resume",
            HEALTHY,
            "ms",
            quantile_ms(&mut beside, 0.5),
        ),
        of(
            "delivery p99 while 50 resume",
            HEALTHY,
            "ms",
            quantile_ms(&mut beside, 0.99),
        ),
    ])
}

/// Publishes what is kept, without a socket; the ids are numbers.
fn fill(file: &Path) -> io::Result<()> {
    let clock = Clock::new(|| Duration::ZERO);
    let history = RedbHistory::open(file, HistoryBounds::DURABLE, clock);
    let history = Box::new(history.map_err(io::Error::other)?);
    let ids = Box::new(RandomEventIds::from_seed([1; 32]));
    let hub = Hub::with_history(HubSettings::default(), history, ids);
    for first in (0..KEPT).step_by(TOGETHER) {
        let under_way = (first..first + TOGETHER)
            .map(|number| Ok(hub.publish(publication(number)?)))
            .collect::<io::Result<Vec<_>>>()?;
        for one in under_way {
            one.wait().map_err(io::Error::other)?;
        }
    }
    Ok(())
}

fn publication(number: usize) -> io::Result<Publication> {
    let form = format!("topic={TOPIC}&id={number}&data={}", "x".repeat(DATA_BYTES));
    let hub_url = HubUrl::parse("http://127.0.0.1/.well-known/mercure");
    let hub_url = hub_url.map_err(io::Error::other)?;
    let read = Publication::from_form(form.as_bytes(), Dialect::V0, &hub_url, &Limits::DEFAULT);
    read.map_err(io::Error::other)
}

/// The field of one who has all but the newest `missed` updates.
fn cursor(missed: usize) -> String {
    format!("Last-Event-ID: {}\r\n", KEPT - 1 - missed)
}

/// From the request to the first event, for one who missed only the newest update.
fn first_event(hub: SocketAddr) -> io::Result<Duration> {
    let mut socket = TcpStream::connect(hub)?;
    let request = subscription(TOPIC, &cursor(1));
    let begun = Instant::now();
    socket.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut buffer = [0; 4_096];
    while !answer.windows(6).any(|part| part == b"data: ") {
        match socket.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => answer.extend_from_slice(&buffer[..read]),
        }
    }
    Ok(begun.elapsed())
}

/// Megabytes of events, as they are on the wire, that one subscriber gets in a second.
fn replayed_mb_per_s(hub: SocketAddr) -> io::Result<f64> {
    let begun = Instant::now();
    let mut socket = subscribe_on(TcpStream::connect(hub)?, TOPIC, &cursor(REPLAYED))?;
    // The last update is told by its id.
    let last = format!("id: {}\n", KEPT - 1);
    let mut size_bytes = 0;
    let mut buffer = vec![0; 1 << 18];
    let mut end: Vec<u8> = Vec::new();
    while !end.windows(last.len()).any(|part| part == last.as_bytes()) {
        let read = socket.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        size_bytes += read;
        end.drain(..end.len().saturating_sub(last.len()));
        end.extend_from_slice(&buffer[..read]);
    }
    Ok(size_bytes as f64 / 1e6 / begun.elapsed().as_secs_f64())
}

/// From a publication to the last receipt of those who listen to something that nobody resumes.
fn deliveries(hub: SocketAddr) -> io::Result<Vec<Duration>> {
    // A publisher that says nothing while they come, which may take long beside those who resume, is not waited for.
    let mut readers = Readers::connect(hub, HEALTHY, |_| HEALTHY_TOPIC.to_owned())?;
    let mut publisher = Publisher::connect(hub, HEALTHY_TOPIC, DATA_BYTES)?;
    let mut deliveries = Vec::with_capacity(MEASURED);
    for number in 0..WARM_UP + MEASURED {
        let begun = Instant::now();
        publisher.send()?;
        let received = readers.receive(HEALTHY)?;
        publisher.answered()?;
        if number >= WARM_UP {
            deliveries.push(received.last - begun);
        }
    }
    Ok(deliveries)
}

/// The same while [`RESUMING`] others resume all that is kept, as fast as they can, and again when they have it.
fn beside_resuming(hub: SocketAddr) -> io::Result<Vec<Duration>> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let resuming = scope.spawn(|| -> io::Result<()> {
            while !is_over.load(Relaxed) {
                let mut readers = Readers::none()?;
                for _ in 0..RESUMING {
                    let fields = "Last-Event-ID: earliest\r\n";
                    readers.add(subscribe_on(TcpStream::connect(hub)?, TOPIC, fields)?)?;
                }
                let mut seen = 0;
                while seen < KEPT * RESUMING && !is_over.load(Relaxed) {
                    seen += readers.wait(Some(Duration::from_millis(100)))?;
                }
            }
            Ok(())
        });
        let deliveries = deliveries(hub);
        is_over.store(true, Relaxed);
        let resumed = resuming
            .join()
            .map_err(|_| io::Error::other("those who resume gave up"))?;
        resumed.and(deliveries)
    })
}
