//! The crowd as it is in a run: one reader thread.

use super::{frames, rounds};
use assay_client::{Dialect, Endpoint, EndpointOptions};
use assay_load::clock::Clock;
use assay_load::crowd::{Crowd, Part};
use assay_load::hub_process::HubGauge;
use assay_load::stop::Stop;
use assay_load::target::{SubscriberTokens, Target};
use std::io;
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn read(subscribers: usize, updates: usize, address: &str) -> io::Result<()> {
    rounds::pin_reader()?;
    let url = format!("http://{address}/.well-known/mercure");
    let url = url.parse().map_err(io::Error::other)?;
    let target = Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(url)).map_err(io::Error::other)?,
        dialect: Dialect::V1,
        publisher_token: None,
        subscriber_tokens: SubscriberTokens::Anonymous,
        hub_gauge: HubGauge::default(),
    };
    let plan = Arc::new(frames::plan(subscribers, updates));
    let (clock, stop) = (Clock::starting_in(Duration::ZERO), Stop::new());
    let hub = address.parse().map_err(io::Error::other)?;
    let crowd = Crowd::start(
        &plan,
        &target,
        hub,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .map_err(io::Error::other)?;
    let live = crowd.live().clone();
    let wait = |done: &dyn Fn() -> bool| {
        while !done() {
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    wait(&|| live.progress().connected == subscribers as u64);
    let before_ns = rounds::running_ns("crowd-0");
    for publication in 1..=updates {
        rounds::order();
        wait(&|| live.progress().receipts == (publication * subscribers) as u64);
    }
    rounds::report(
        subscribers * updates,
        rounds::running_ns("crowd-0") - before_ns,
    )?;
    stop.request();
    let receipts: usize = crowd
        .join()
        .subscribers
        .iter()
        .map(|one| one.receipts.len())
        .sum();
    assert_eq!(receipts, subscribers * updates);
    Ok(())
}
