//! What the crowd costs beside a raw epoll reader: events per CPU-second and memory a connection, on the same stream of frames.
//!
//! ```text
//! cargo bench -p assay-load --bench crowd -- [SUBSCRIBERS [UPDATES]]
//! ```
//!
//! A null hub in a process of its own writes one frame to every connection, and the next one only when all have read it, so that no
//! read brings two events. Hub and reader have a CPU each; the readers take turns, each in a fresh process. Not a criterion bench:
//! what counts is the reader's CPU time and memory, not the time that passes.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[cfg(target_os = "linux")]
mod crowd_reader;
#[cfg(target_os = "linux")]
mod frames;
#[cfg(target_os = "linux")]
mod null_hub;
#[cfg(target_os = "linux")]
mod raw_reader;
#[cfg(target_os = "linux")]
mod rounds;

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` says so; `cargo test --benches` does not, and measures nothing.
    let is_bench = arguments.iter().any(|one| one == "--bench");
    arguments.retain(|one| one != "--bench");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["hub", subscribers, updates] => null_hub::serve(number(subscribers)?, number(updates)?),
        ["raw", subscribers, updates, address] => {
            raw_reader::read(number(subscribers)?, number(updates)?, address)
        }
        ["crowd", subscribers, updates, address] => {
            crowd_reader::read(number(subscribers)?, number(updates)?, address)
        }
        [] if !is_bench => Ok(()),
        [] => rounds::run(10_000, 60),
        [subscribers] => rounds::run(number(subscribers)?, 60),
        [subscribers, updates, ..] => rounds::run(number(subscribers)?, number(updates)?),
    }
}

#[cfg(target_os = "linux")]
fn number(text: &str) -> std::io::Result<usize> {
    text.parse()
        .map_err(|_| std::io::Error::other(format!("{text:?} is not a number")))
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this bench needs epoll and schedstat: run it on Linux");
}
