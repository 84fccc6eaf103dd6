//! `assay check` as a program on hubs that stall, flood, reset and lie, over HTTP/1.1 and HTTP/2: it ends within its deadlines, in
//! little memory, and leaves its report.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assay_crooked::{Fault, FaultyHub, OddFrames, OddHub, Side};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use tempfile::TempDir;

const KEY: &str = "!ChangeThisMercureHubJWTSecretKeyOf32BytesOrMore!!!";
/// Far above what the deadlines add up to on a hub that stalls everywhere, far below "hangs".
pub(crate) const ENDS_WITHIN: Duration = Duration::from_mins(2);
/// The most resident memory of the process.
pub(crate) const MEMORY_BYTES_BELOW: u64 = 100_000_000;
/// Twice as many as usual: waiting is most of what a check does here, and what it reads of a flood is held for each of them.
const JOBS: &str = "32";
/// Between two looks at a child.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Programs at the same time: some of the hubs flood.
const AT_ONCE: usize = 3;
/// What a run leaves.
const REPORT: [&str; 5] = [
    "run.json",
    "index.html",
    "junit.xml",
    "summary.md",
    "badge.json",
];

/// How a run on such a hub ended.
pub(crate) struct End {
    pub(crate) hub: String,
    pub(crate) code: Option<i32>,
    pub(crate) took: Duration,
    pub(crate) memory_bytes: u64,
    /// Files of the report that are not there or empty.
    pub(crate) missing: Vec<&'static str>,
    /// Verdicts by their number, the most frequent first.
    pub(crate) verdicts: String,
    /// Whether any of them is `error`, a defect of Assay.
    pub(crate) is_our_defect: bool,
}

/// A hub to be visited.
#[derive(Clone, Copy)]
enum Hostile {
    Faulty(Fault, Side),
    Odd(OddFrames),
}

/// Visits each of them, or so many, whichever the seed takes.
pub(crate) async fn visit(at_most: usize, seed: u64) -> Vec<End> {
    let streams = Fault::ALL
        .iter()
        .map(|&fault| Hostile::Faulty(fault, Side::Streams));
    let everything = [
        Fault::StallBeforeHead,
        Fault::StallInHead,
        Fault::ResetBeforeHead,
        Fault::NotHttp,
        Fault::LengthTooLong,
        Fault::HalfChunk,
    ];
    let everything = everything.map(|fault| Hostile::Faulty(fault, Side::Both));
    let odd = OddFrames::ALL.iter().map(|&odd| Hostile::Odd(odd));
    let mut waiting: Vec<_> = streams.chain(everything).chain(odd).collect();
    waiting.shuffle(&mut StdRng::seed_from_u64(seed));
    waiting.truncate(at_most);
    let mut running = tokio::task::JoinSet::new();
    let mut ends = Vec::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(hub) = waiting.pop()
        {
            running.spawn(visit_one(hub));
        }
        let Some(end) = running.join_next().await else {
            break;
        };
        let end = end.unwrap();
        println!(
            "steadiness: {}: exit {:?}, {:.1} s, {} MB, {}",
            end.hub,
            end.code,
            end.took.as_secs_f64(),
            end.memory_bytes / 1_000_000,
            end.verdicts
        );
        ends.push(end);
    }
    ends.sort_by(|a, b| a.hub.cmp(&b.hub));
    ends
}

async fn visit_one(hub: Hostile) -> End {
    match hub {
        Hostile::Faulty(fault, side) => {
            let hub = FaultyHub::start(fault, side).await.unwrap();
            let where_ = if side == Side::Both {
                "everywhere"
            } else {
                "on streams"
            };
            check(format!("{fault:?} {where_}"), hub.url(), "1.1").await
        }
        Hostile::Odd(odd) => {
            let hub = OddHub::start(odd).await.unwrap();
            check(format!("{odd:?} over HTTP/2"), hub.url(), "2").await
        }
    }
}

async fn check(hub: String, url: String, http: &'static str) -> End {
    let task = tokio::task::spawn_blocking(move || {
        let folder = TempDir::new().unwrap();
        let began = Instant::now();
        let mut child = start(folder.path(), &url, http);
        let (code, memory_bytes) = watch(&mut child, began);
        let (verdicts, is_our_defect) = verdicts(folder.path());
        End {
            hub,
            code,
            took: began.elapsed(),
            memory_bytes,
            missing: missing(folder.path()),
            verdicts,
            is_our_defect,
        }
    });
    task.await.unwrap()
}

fn start(folder: &Path, url: &str, http: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command
        .args(["check", url, "--force", "--jobs", JOBS, "--http", http])
        // What such a hub says of itself is nothing to go by.
        .args(["--dialect", "1.0", "--out"])
        .arg(folder)
        .env("ASSAY_JWT_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Waits for the end of a child; its exit code, none if it had to be killed, and the most memory that it had.
fn watch(child: &mut Child, began: Instant) -> (Option<i32>, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut memory_bytes = 0;
    loop {
        // The kernel keeps the highest mark, so that only what came after the last look is missed.
        let text = fs::read_to_string(&status).unwrap_or_default();
        memory_bytes = memory_bytes.max(peak_bytes(&text).unwrap_or(0));
        if let Some(ended) = child.try_wait().unwrap() {
            return (ended.code(), memory_bytes);
        }
        if began.elapsed() > ENDS_WITHIN {
            child.kill().unwrap();
            child.wait().unwrap();
            return (None, memory_bytes);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn peak_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

fn missing(folder: &Path) -> Vec<&'static str> {
    let is_missing =
        |name: &&str| fs::metadata(folder.join(name)).map_or(true, |file| file.len() == 0);
    REPORT.into_iter().filter(is_missing).collect()
}

fn verdicts(folder: &Path) -> (String, bool) {
    let Ok(text) = fs::read_to_string(folder.join("run.json")) else {
        return ("no run.json".to_owned(), true);
    };
    let run: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for row in run["verdicts"].as_array().into_iter().flatten() {
        *counts.entry(row["verdict"].as_str().unwrap()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let is_our_defect = counts.iter().any(|(verdict, _)| *verdict == "error");
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    (counts.join(", "), is_our_defect)
}
