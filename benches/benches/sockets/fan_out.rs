//! One topic, all subscribers on it: what an event costs the hub, how long the last one waits, and the memory of a
//! subscriber.

use std::io;
use std::time::Duration;

use crate::figure::{Figure, quantile_ms};
use crate::publisher::{Publisher, TOPIC};
use crate::readers::Readers;
use crate::side::{Cpus, Side};

/// So that an event has about 150 bytes, with its id and its field names.
pub(crate) const DATA_BYTES: usize = 90;
/// Publishes before anything is measured.
const WARM_UP: usize = 10;
/// Events that are measured, about.
const EVENTS: usize = 600_000;

/// A round of one side.
pub(crate) fn measure(side: &Side, cpus: Cpus, subscribers: usize) -> io::Result<Vec<Figure>> {
    let hub = side.start(cpus)?;
    let empty = hub.usage()?;
    let mut publisher = Publisher::connect(hub.address, TOPIC, DATA_BYTES)?;
    let mut readers = Readers::connect(hub.address, subscribers, |_| TOPIC.to_owned())?;
    let idle = hub.usage()?;
    let updates = EVENTS / subscribers;
    let mut spreads: Vec<Duration> = Vec::with_capacity(updates);
    let mut begun = idle;
    for update in 0..WARM_UP + updates {
        if update == WARM_UP {
            begun = hub.usage()?;
            readers.events_per_read = 0;
        }
        publisher.send()?;
        let received = readers.receive(subscribers)?;
        publisher.answered()?;
        if update >= WARM_UP {
            spreads.push(received.last - received.first);
        }
    }
    let ended = hub.usage()?;
    let cpu_s = (ended.cpu_ns - begun.cpu_ns) as f64 / 1e9;
    let of = |row, unit, value| Figure {
        row,
        side: side.name().to_owned(),
        subscribers,
        unit,
        value,
    };
    let each = |bytes: u64| bytes.saturating_sub(empty.anonymous_bytes) as f64 / subscribers as f64;
    Ok(vec![
        of(
            "events per CPU-second",
            "1/s",
            (updates * subscribers) as f64 / cpu_s,
        ),
        of(
            "events per read, at most",
            "",
            readers.events_per_read as f64,
        ),
        of(
            "first to last receipt, p50",
            "ms",
            quantile_ms(&mut spreads, 0.5),
        ),
        of("memory, idle", "B each", each(idle.anonymous_bytes)),
        of(
            "memory, during fan-out",
            "B each",
            each(ended.anonymous_bytes),
        ),
    ])
}
