//! A worker process: takes an order, reads its share of the crowd, and tells what it saw. Not for publishing or judging.

use std::error::Error;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::message::{Call, News, Order, receive, send};
use super::news::Teller;
use crate::clock::Clock;
use crate::crowd::{Crowd, CrowdPart, Part};
use crate::health::Threads;
use crate::plan::{Plan, schedule};
use crate::platform;
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::target::Target;

/// From one look to the next: as often as a run looks itself.
const TELL_EVERY: Duration = Duration::from_millis(200);
/// Between two looks at how busy the threads are.
const THREADS_EVERY: Duration = Duration::from_secs(1);
/// Deliveries in a message: some hundreds of kilobytes.
const RECEIPTS_PER_MESSAGE: usize = 100_000;
/// Subscribers in a message.
const SUBSCRIBERS_PER_MESSAGE: usize = 2_000;

/// Why a worker ended without having told what it saw.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Whoever gave the order is gone, or is another program.
    #[error("the run that this worker belongs to is gone, or is of another version: {0}")]
    Pipe(#[from] io::Error),
    /// It told the run so.
    #[error("the order cannot be carried out: {0}")]
    Order(String),
}

/// Reads an order from `orders`, carries it out, and writes the news to `news`. Ends early when `orders` does.
///
/// # Errors
/// See [`WorkerError`].
pub fn work(
    mut orders: impl Read + Send + 'static,
    mut news: impl Write,
) -> Result<(), WorkerError> {
    let order: Order = receive(&mut orders)?;
    let hub = order.hub;
    let part = Part::Shard {
        number: order.number,
        of: order.of,
    };
    let (plan, target) = match prepare(order) {
        Ok(prepared) => prepared,
        Err(error) => {
            send(&mut news, &News::Refused(error.to_string()))?;
            return Err(WorkerError::Order(error.to_string()));
        }
    };
    send(&mut news, &News::Ready)?;
    let Call::Begin { epoch_ns } = receive(&mut orders)? else {
        return Ok(());
    };
    let clock = Clock::with_epoch(epoch_ns);
    let stop = Stop::new();
    let crowd = match Crowd::start(&plan, &target, hub, &clock, &stop, part) {
        Ok(crowd) => crowd,
        Err(error) => {
            send(&mut news, &News::Refused(error.to_string()))?;
            return Err(WorkerError::Order(error.to_string()));
        }
    };
    listen(orders, stop.clone());
    let told = tell_while_it_reads(&crowd, &plan, &mut news);
    // Who cannot tell need not go on; who has ended loses nothing.
    stop.request();
    told?;
    for part in crowd.join_parts() {
        hand_over(part, &mut news)?;
    }
    Ok(send(&mut news, &News::Ended)?)
}

fn prepare(order: Order) -> Result<(Arc<Plan>, Target), Box<dyn Error + Send + Sync>> {
    platform::raise_open_file_limit().ok();
    let scenario = Scenario::parse("the order", &order.scenario_toml)?;
    let plan = schedule(&scenario, order.seed, order.run_id);
    let sizes = (
        plan.subscribers.len() as u64,
        plan.publications.len() as u64,
    );
    if sizes != (order.subscribers, order.updates) {
        return Err("the scenario gives another plan here: is it the same program?".into());
    }
    Ok((Arc::new(plan), order.address.into_target()?))
}

/// A call to stop, and the end of the pipe: either way there is no more to be read.
fn listen(mut orders: impl Read + Send + 'static, stop: Stop) {
    std::thread::spawn(move || {
        let _: io::Result<Call> = receive(&mut orders);
        stop.request();
    });
}

fn tell_while_it_reads(crowd: &Crowd, plan: &Plan, news: &mut impl Write) -> io::Result<()> {
    let mut teller = Teller::new(crowd.live().clone(), plan);
    let mut threads = Threads::seen_now();
    let mut looked_at = Instant::now();
    while !crowd.is_finished() {
        std::thread::sleep(TELL_EVERY);
        let busiest = (looked_at.elapsed() >= THREADS_EVERY).then(|| {
            let elapsed_us = looked_at.elapsed().as_micros() as f64;
            looked_at = Instant::now();
            threads.busiest_since(elapsed_us)
        });
        let busiest = busiest.flatten().map(|busy| (busy.thread, busy.share));
        send(news, &News::Live(Box::new(teller.tell(busiest))))?;
    }
    send(news, &News::Live(Box::new(teller.tell(None))))
}

/// What a thread saw, in messages of a bearable size.
fn hand_over(mut part: CrowdPart, news: &mut impl Write) -> io::Result<()> {
    let (mut some, mut receipts) = (CrowdPart::default(), 0);
    for (index, subscriber) in std::mem::take(&mut part.subscribers) {
        receipts += subscriber.receipts.len();
        some.subscribers.push((index, subscriber));
        if receipts >= RECEIPTS_PER_MESSAGE || some.subscribers.len() >= SUBSCRIBERS_PER_MESSAGE {
            send(news, &News::Saw(std::mem::take(&mut some)))?;
            receipts = 0;
        }
    }
    part.subscribers = some.subscribers;
    send(news, &News::Saw(part))
}
