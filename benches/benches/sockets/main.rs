//! What a hub costs on real sockets: a raw `write` loop, our hub and, by its command, another hub take turns.
//!
//! The hub under test has one CPU, publisher and readers the other. The loop is closed: the next update is published when
//! the last subscriber has this one, so no frames are merged, and what is compared is work, not waiting. Every figure is
//! a ratio to the raw loop of the same run; absolute figures hold for the machine and the hour.
//!
//! ```text
//! cargo bench -p assay-benches --bench sockets -- [--rounds N] [--only ROW,…] [--out DIR] [--other NAME=COMMAND]…
//! ```
//!
//! `COMMAND` is run by `sh` and becomes the hub: it listens on 127.0.0.1:$PORT, takes tokens of 0.x signed with $KEY (HS256),
//! and lets subscribers in without one. `$FEATURE` is empty, or
//! `subscriptions` where active subscriptions are to be on.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[cfg(target_os = "linux")]
mod arguments;
#[cfg(target_os = "linux")]
mod churn;
#[cfg(target_os = "linux")]
mod fan_out;
#[cfg(target_os = "linux")]
mod figure;
#[cfg(target_os = "linux")]
mod http2;
#[cfg(target_os = "linux")]
mod inbox;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod ours;
#[cfg(target_os = "linux")]
mod presence;
#[cfg(target_os = "linux")]
mod publisher;
#[cfg(target_os = "linux")]
mod raw_loop;
#[cfg(target_os = "linux")]
mod readers;
#[cfg(target_os = "linux")]
mod resume;
#[cfg(target_os = "linux")]
mod side;
#[cfg(target_os = "linux")]
mod stalled;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod tls;
#[cfg(target_os = "linux")]
mod usage;

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let is_bench = words.iter().any(|word| word == "--bench");
    words.retain(|word| word != "--bench");
    match words.first().map(String::as_str) {
        Some("serve-raw") => raw_loop::serve(),
        Some("serve-ours") => ours::serve(&words[1..]),
        // `cargo test --benches` builds and starts it: nothing to measure there.
        None if !is_bench => Ok(()),
        _ => run(&arguments::Arguments::parse(&words)?),
    }
}

#[cfg(target_os = "linux")]
fn run(arguments: &arguments::Arguments) -> std::io::Result<()> {
    let cpus = side::Cpus::of_this_process();
    println!(
        "hub on CPU {}, publisher and readers on CPU {}",
        cpus.hub, cpus.bench
    );
    // Where it stays too low, connecting fails and says so.
    let _ = assay_load::platform::raise_open_file_limit();
    let mut figures = Vec::new();
    for round in 1..=arguments.rounds {
        for side in &arguments.sides() {
            for row in arguments.rows() {
                if !row.is_for(side) {
                    continue;
                }
                let measured = row.measure(side, cpus)?;
                for figure in &measured {
                    println!("round {round}: {figure}");
                }
                figures.extend(measured);
            }
        }
    }
    table::write(&figures, arguments, cpus)
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this bench needs epoll and schedstat: run it on Linux");
}
