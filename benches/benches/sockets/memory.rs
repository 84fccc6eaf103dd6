//! The memory of a subscriber, as a slope: what the hub keeps once for all is no part of it.

use std::io;
use std::net::TcpStream;

use crate::fan_out::DATA_BYTES;
use crate::figure::Figure;
use crate::publisher::{Publisher, TOPIC};
use crate::readers::{Readers, subscribe_on};
use crate::side::{Cpus, Side};

/// How many there are when memory is looked at.
const POINTS: [usize; 3] = [1_000, 5_000, 10_000];
const UPDATES: usize = 20;

/// A round of one side: the same hub, which more and more subscribe to.
pub(crate) fn measure(side: &Side, cpus: Cpus) -> io::Result<Vec<Figure>> {
    let hub = side.start(cpus)?;
    let mut publisher = Publisher::connect(hub.address, TOPIC, DATA_BYTES)?;
    let mut readers = Readers::none()?;
    let (mut idle, mut used) = (Vec::new(), Vec::new());
    let mut there = 0;
    for subscribers in POINTS {
        for _ in there..subscribers {
            readers.add(subscribe_on(TcpStream::connect(hub.address)?, TOPIC, "")?)?;
        }
        there = subscribers;
        idle.push((subscribers as f64, hub.usage()?.anonymous_bytes as f64));
        for _ in 0..UPDATES {
            publisher.send()?;
            readers.receive(subscribers)?;
            publisher.answered()?;
        }
        used.push((subscribers as f64, hub.usage()?.anonymous_bytes as f64));
    }
    let of = |row, points: &[(f64, f64)]| Figure {
        row,
        side: side.name().to_owned(),
        subscribers: there,
        unit: "B each",
        value: slope(points),
    };
    Ok(vec![
        of("memory, slope over 1k, 5k, 10k, idle", &idle),
        of("memory, slope over 1k, 5k, 10k, after fan-out", &used),
    ])
}

/// Of the line with the least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let up: f64 = points
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let across: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    up / across
}
