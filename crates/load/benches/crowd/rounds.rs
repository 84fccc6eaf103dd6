//! The parent: starts a hub and a reader for each round, passes the readers' orders on to the hub, and prints the figures.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

const ROUNDS: usize = 3;

/// What one reader reported.
#[derive(Clone, Copy, Debug)]
struct Figures {
    events_per_cpu_second: f64,
    resident_bytes: f64,
}

/// Lets both readers take turns at `subscribers`, and at a fifth of them for the slope of memory.
pub(crate) fn run(subscribers: usize, updates: usize) -> io::Result<()> {
    let few = (subscribers / 5).max(1);
    let mut medians = Vec::new();
    for reader in ["raw", "crowd"] {
        medians.push((reader, Vec::new(), 0.0));
        let base = round(reader, few, updates)?;
        medians.last_mut().expect("invariant: pushed above").2 = base.resident_bytes;
    }
    for _ in 0..ROUNDS {
        for (reader, figures, _) in &mut medians {
            figures.push(round(reader, subscribers, updates)?);
        }
    }
    println!("{subscribers} connections, {updates} updates, medians of {ROUNDS}:");
    let mut raw_rate = None;
    for (reader, figures, base_bytes) in medians {
        let rate = median(figures.iter().map(|one| one.events_per_cpu_second));
        let resident_bytes = median(figures.iter().map(|one| one.resident_bytes));
        let slope_bytes = (resident_bytes - base_bytes) / (subscribers - few).max(1) as f64;
        let of_raw = rate / *raw_rate.get_or_insert(rate);
        println!(
            "{reader:>6}: {rate:>9.0} events per CPU-second ({of_raw:.2} of raw), {slope_bytes:>6.0} bytes a connection"
        );
    }
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn round(reader: &str, subscribers: usize, updates: usize) -> io::Result<Figures> {
    let (subscribers, updates) = (subscribers.to_string(), updates.to_string());
    let mut hub = child(&["hub", &subscribers, &updates])?;
    let mut orders = hub.stdin.take().expect("invariant: piped");
    let mut said = BufReader::new(hub.stdout.take().expect("invariant: piped")).lines();
    let address = said.next().ok_or(io::ErrorKind::UnexpectedEof)??;
    let mut reading = child(&[reader, &subscribers, &updates, &address])?;
    let lines = BufReader::new(reading.stdout.take().expect("invariant: piped")).lines();
    let mut figures = None;
    for line in lines {
        let line = line?;
        match line.strip_prefix("figures ") {
            None => orders.write_all(b"g").and_then(|()| orders.flush())?,
            Some(numbers) => {
                let numbers: Vec<f64> = numbers
                    .split(' ')
                    .filter_map(|number| number.parse().ok())
                    .collect();
                figures = Some(Figures {
                    events_per_cpu_second: numbers[0],
                    resident_bytes: numbers[1],
                });
            }
        }
    }
    drop(orders);
    hub.wait()?;
    reading.wait()?;
    figures.ok_or_else(|| io::Error::other(format!("the {reader} reader gave no figures")))
}

fn child(arguments: &[&str]) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

/// What a reader says at its end: events per second of its thread's CPU time, and its memory at the end.
pub(crate) fn report(events: usize, running_ns: u64) -> io::Result<()> {
    let own = assay_load::platform::sample_process(std::process::id());
    let resident_bytes = own.ok_or(io::ErrorKind::Unsupported)?.resident_bytes;
    let per_cpu_second = events as f64 / (running_ns as f64 / 1e9);
    println!("figures {per_cpu_second} {resident_bytes}");
    Ok(())
}

/// Orders the next update.
pub(crate) fn order() {
    println!("next");
}

/// The running time of the thread of this process that is named `name`, in nanoseconds.
pub(crate) fn running_ns(name: &str) -> u64 {
    let threads = assay_load::platform::threads_of_self();
    threads
        .into_iter()
        .find(|thread| thread.name == name)
        .map_or(0, |thread| thread.running_ns)
}

/// Moves this process to the last CPU; the hub has the first.
pub(crate) fn pin_reader() -> io::Result<()> {
    match assay_load::platform::allowed_cpus().last() {
        Some(&last) => assay_load::platform::pin_this_thread(last),
        None => Ok(()),
    }
}
