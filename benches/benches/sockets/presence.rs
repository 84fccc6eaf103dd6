//! Active subscriptions: how long ten thousand take to connect while somebody watches who is there.

use std::io;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::figure::Figure;
use crate::publisher::{TOPIC, token};
use crate::readers::{Readers, subscribe_on};
use crate::side::{Cpus, Feature, Side};

const SUBSCRIBERS: usize = 10_000;
/// All events of subscriptions, as 0.x asks for them, encoded.
const WATCHED: &str = "%2F.well-known%2Fmercure%2Fsubscriptions%7B%2Ftopic%7D%7B%2Fsubscriber%7D";
/// After how many connects the watcher is read: long before a hub would think that it does not.
const READ_EVERY: usize = 50;
/// A hub that is slower is not waited for.
const PATIENCE: Duration = Duration::from_mins(2);

/// A round of one side.
pub(crate) fn measure(side: &Side, cpus: Cpus) -> io::Result<Vec<Figure>> {
    let hub = side.start_with(cpus, &Feature::Subscriptions)?;
    let authorization = format!("Authorization: Bearer {}\r\n", token()?);
    let mut watcher = Readers::none()?;
    watcher.add(subscribe_on(
        TcpStream::connect(hub.address)?,
        WATCHED,
        &authorization,
    )?)?;
    let begun = Instant::now();
    let mut streams = Vec::with_capacity(SUBSCRIBERS);
    let mut seen = 0;
    while streams.len() < SUBSCRIBERS && begun.elapsed() < PATIENCE {
        streams.push(subscribe_on(TcpStream::connect(hub.address)?, TOPIC, "")?);
        if streams.len() % READ_EVERY == 0 {
            seen += watcher.wait(Some(Duration::ZERO))?;
        }
    }
    let connected = begun.elapsed();
    // Whoever watches from the beginning may see itself come.
    while seen < streams.len() {
        match watcher.wait(Some(Duration::from_secs(10)))? {
            0 => break,
            came => seen += came,
        }
    }
    let told = begun.elapsed();
    let of = |row, unit, value| Figure {
        row,
        side: side.name().to_owned(),
        subscribers: SUBSCRIBERS,
        unit,
        value,
    };
    Ok(vec![
        of("presence: connected", "", streams.len() as f64),
        of("presence: events seen", "", seen as f64),
        of("presence: connects", "s", connected.as_secs_f64()),
        of("presence: all told", "s", told.as_secs_f64()),
    ])
}
