//! What the workbench itself costs with everything on: five instants, probes, ledger, all percentiles, the document.
//!
//! ```text
//! cargo bench -p assay-load --bench own_cost -- [SECONDS]
//! cargo xtask proof workbench                   the same, kept in reports/published/proofs
//! ```
//!
//! Ten updates a second to 1,000, 5,000 and 10,000 subscribers of one topic, each size in a process of its own, from a null hub in
//! another. CPU time is that of all threads of the workbench, an event one delivery of the measured phase. Memory is a slope, so
//! that what every run needs is not divided by few connections. Not a criterion bench: what counts is not the time that passes.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod figures;
mod workbench;

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use assay_load::stop::Stop;
use figures::Figures;

const SUBSCRIBERS: [u64; 3] = [1_000, 5_000, 10_000];
/// Enough for a p99 of the slowest: 299 updates.
const SECONDS: u64 = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` and `cargo xtask proof` say so; `cargo test --benches` does not, and measures nothing.
    let is_wanted = arguments.iter().any(|one| one == "--bench")
        || std::env::var_os("ASSAY_PROOF_ROUNDS").is_some();
    arguments.retain(|one| !one.starts_with("--"));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["hub"] => hub(),
        ["workbench", subscribers, seconds, address] => {
            let figures = workbench::measure(subscribers.parse()?, seconds.parse()?, address)?;
            println!("{}", figures.line());
            Ok(())
        }
        [] if !is_wanted => Ok(()),
        [] => rows(SECONDS),
        [seconds, ..] => rows(seconds.parse()?),
    }
}

/// Serves until its standard input ends.
fn hub() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let stop = Stop::new();
    let ending = stop.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().lock().read_line(&mut String::new());
        ending.request();
    });
    Ok(assay_load::null_hub::serve(
        vec![listener],
        Vec::new(),
        &stop,
    )?)
}

fn rows(seconds: u64) -> Result<(), Box<dyn Error>> {
    let mut least: Option<Figures> = None;
    for subscribers in SUBSCRIBERS {
        let figures = one(subscribers, seconds)?;
        println!("workbench: {}", figures.row(least.as_ref()));
        least.get_or_insert(figures);
    }
    Ok(())
}

fn one(subscribers: u64, seconds: u64) -> Result<Figures, Box<dyn Error>> {
    let (mut hub, address) = child(&["hub"])?;
    let (subscribers, seconds) = (subscribers.to_string(), seconds.to_string());
    let (mut workbench, said) = child(&["workbench", &subscribers, &seconds, &address])?;
    let ended = workbench.wait()?;
    drop(hub.stdin.take());
    hub.wait()?;
    if !ended.success() {
        return Err(
            format!("the workbench of {subscribers} subscribers ended with {ended}").into(),
        );
    }
    Figures::parse(&said).ok_or_else(|| format!("no figures: {said:?}").into())
}

/// Starts this program with these arguments; the first line that it says.
fn child(arguments: &[&str]) -> Result<(Child, String), Box<dyn Error>> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = String::new();
    let stdout = child.stdout.take().expect("invariant: piped");
    BufReader::new(stdout).read_line(&mut said)?;
    Ok((child, said.trim_end().to_owned()))
}
