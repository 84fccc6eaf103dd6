//! What a suite is put through on a straight hub, and which verdicts changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assay_client::Dialect;
use assay_conformance::{RunOptions, Target, run};
use assay_crooked::{SlowLink, Slowness};
use assay_results::Verdict;

use crate::straight::{StraightHub, target};

/// Added to each direction of each connection.
const LATENCY_AT_MOST: Duration = Duration::from_millis(50);
/// Threads that keep the CPUs from the suite and the hub, for each CPU.
const SPINNERS_PER_CPU: usize = 2;

/// The verdict and what was observed, by check and requirement.
type Verdicts = BTreeMap<String, (Verdict, String)>;

/// A hardship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ordeal {
    /// None but the order of the checks.
    Shuffled,
    /// Everything comes later.
    Latency,
    /// Everything comes byte by byte.
    ByteByByte,
    /// Others want the CPUs.
    Contention,
    /// All of it.
    Everything,
}

impl Ordeal {
    pub(crate) const ALL: [Self; 5] = [
        Self::Shuffled,
        Self::Latency,
        Self::ByteByByte,
        Self::Contention,
        Self::Everything,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Shuffled => "order alone",
            Self::Latency => "0 to 50 ms of latency",
            Self::ByteByByte => "1 byte at a time",
            Self::Contention => "2 busy threads a CPU",
            Self::Everything => "all of it",
        }
    }

    const fn slowness(self, seed: u64) -> Option<Slowness> {
        let (latency_at_most, piece_bytes) = match self {
            Self::Shuffled | Self::Contention => return None,
            Self::Latency => (LATENCY_AT_MOST, usize::MAX),
            Self::ByteByByte => (Duration::ZERO, 1),
            Self::Everything => (LATENCY_AT_MOST, 1),
        };
        Some(Slowness {
            latency_at_most,
            piece_bytes,
            seed,
        })
    }

    /// One suite under it.
    pub(crate) async fn endure(self, hub: &StraightHub, seed: u64, expected: &Found) -> Round {
        let _contention =
            matches!(self, Self::Contention | Self::Everything).then(Contention::begin);
        let verdicts = match self.slowness(seed) {
            None => judge(hub, &hub.url, seed).await,
            Some(slowness) => {
                let link = SlowLink::start(&hub.url, slowness).await.unwrap();
                judge(hub, link.url(), seed).await
            }
        };
        Round::of(hub.dialect, self.as_str(), seed, &verdicts, expected)
    }
}

/// One suite, and what changed in it.
pub(crate) struct Round {
    pub(crate) dialect: Dialect,
    pub(crate) ordeal: &'static str,
    pub(crate) rows: usize,
    /// How long it took, in seconds.
    pub(crate) took_s: f64,
    pub(crate) changed: Vec<String>,
}

/// What a suite found.
pub(crate) struct Found {
    verdicts: Verdicts,
    took: Duration,
}

impl Round {
    pub(crate) fn of(
        dialect: Dialect,
        ordeal: &'static str,
        seed: u64,
        found: &Found,
        expected: &Found,
    ) -> Self {
        let keys = expected.verdicts.keys().chain(found.verdicts.keys());
        let keys: std::collections::BTreeSet<_> = keys.collect();
        let differs = |key: &&String| {
            let of = |found: &Found| found.verdicts.get(*key).map(|(verdict, _)| *verdict);
            of(found) != of(expected)
        };
        let changed = keys.into_iter().filter(differs).map(|key| {
            let came = found.verdicts.get(key).map_or_else(
                || "no row".to_owned(),
                |(verdict, observed)| format!("{verdict}: {observed}"),
            );
            let was = expected
                .verdicts
                .get(key)
                .map_or_else(|| "no row".to_owned(), |(verdict, _)| verdict.to_string());
            format!("{dialect} {key}, {ordeal}, seed {seed}: {was} before, now {came}")
        });
        let round = Self {
            dialect,
            ordeal,
            rows: found.verdicts.len(),
            took_s: found.took.as_secs_f64(),
            changed: changed.collect(),
        };
        println!(
            "steadiness: {dialect} {ordeal}: {} rows, {} changed, {:.1} s",
            round.rows,
            round.changed.len(),
            round.took_s
        );
        for changed in &round.changed {
            println!("  {changed}");
        }
        round
    }
}

/// All checks of the hub's dialect, in the order of that seed, on the hub seen at that URL.
pub(crate) async fn judge(hub: &StraightHub, url: &str, seed: u64) -> Found {
    run_suite(target(&hub.described(), url, hub.dialect, hub.needs), seed).await
}

/// All checks on a target.
pub(crate) async fn run_suite(target: Target, seed: u64) -> Found {
    let options = RunOptions {
        seed,
        ..RunOptions::default()
    };
    let began = Instant::now();
    let outcome = run(&target, &options, &mut |_| {}).await.unwrap();
    assert!(outcome.usable, "{:?}", outcome.preflight);
    let rows = outcome.verdicts.into_iter();
    Found {
        verdicts: rows
            .map(|row| {
                let key = format!("{} {}", row.check, row.requirement);
                (key, (row.verdict, row.observed))
            })
            .collect(),
        took: began.elapsed(),
    }
}

/// Threads that do nothing, as fast as they can, until it is dropped.
struct Contention(Arc<AtomicBool>);

impl Contention {
    fn begin() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let cpus = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..cpus * SPINNERS_PER_CPU {
            let over = Arc::clone(&over);
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(over)
    }
}

impl Drop for Contention {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
