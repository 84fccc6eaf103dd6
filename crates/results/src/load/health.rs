//! Is it us? Gates on the workbench's own health, and what they make of a run (measuring.md, "Is it us?").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A lag below this never counts against the workbench.
const LAG_FLOOR_US: u64 = 1_000;

/// Largest share of a second that a workbench thread may run or wait for a CPU.
const THREAD_SHARE_AT_MOST: f64 = 0.85;

/// Seconds past a gate that are forgiven in any run, however short.
const SECONDS_FORGIVEN: u64 = 2;

/// One second of the workbench's own health.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthSecond {
    /// Whole seconds since the run began.
    pub at_s: u32,
    /// True within the measured phase: gates look at nothing else.
    pub measured: bool,
    /// p99 of S − I of the publishes planned in it.
    pub schedule_lag_p99_us: Option<u64>,
    /// p99 of R − K at the probes.
    pub read_lag_p99_us: Option<u64>,
    /// The busiest workbench thread.
    pub busiest_thread: Option<ThreadShare>,
    /// Packets or bytes that the kernel dropped on its way to us.
    pub kernel_drops: u64,
    /// Time that the workbench was throttled by a CPU quota.
    pub throttled_us: u64,
}

/// How much of a second a thread ran, or was ready and waited for a CPU.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThreadShare {
    /// Name of the thread.
    pub thread: String,
    /// Running plus waiting, `0.0..=1.0`.
    pub share: f64,
}

/// What the gates made of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// Every gate, past or not.
    pub gates: Vec<Gate>,
    /// Measured seconds.
    pub seconds: u64,
    /// Measured seconds past at least one gate.
    pub seconds_past: u64,
    /// Each second, measured or not.
    pub per_second: Vec<HealthSecond>,
}

/// One gate over the measured phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// What it looks at.
    pub name: GateName,
    /// Above this a second is past it: µs, share or count, by name.
    pub threshold: f64,
    /// Largest value of a measured second; absent when the system does not give it.
    pub worst: Option<f64>,
    /// Measured seconds past it.
    pub seconds_past: u64,
}

/// What a gate looks at.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GateName {
    /// S − I, p99 of a second, in µs.
    ScheduleLag,
    /// R − K, p99 of a second, in µs.
    ReadLag,
    /// Share of a second that the busiest thread ran or waited.
    ThreadShare,
    /// Dropped by the kernel in a second.
    KernelDrops,
    /// µs of a second under a CPU quota's throttle.
    Throttling,
}

/// Whether the run is a result.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// It is.
    Valid,
    /// It is, with a reservation that the report shows.
    Marked,
    /// It is not: the workbench was at its limit.
    Invalid,
}

impl Health {
    /// Judges the measured seconds. `delivery_p99_us` is the p99 of delivery over the measured phase among what came
    /// (0 when nothing came): a lag may be a tenth of it, and 1 ms in any case.
    pub fn judge(per_second: Vec<HealthSecond>, delivery_p99_us: u64) -> Self {
        let lag = LAG_FLOOR_US.max(delivery_p99_us / 10) as f64;
        let mut gates: Vec<Gate> = [
            (GateName::ScheduleLag, lag),
            (GateName::ReadLag, lag),
            (GateName::ThreadShare, THREAD_SHARE_AT_MOST),
            (GateName::KernelDrops, 0.0),
            (GateName::Throttling, 0.0),
        ]
        .map(|(name, threshold)| Gate {
            name,
            threshold,
            worst: None,
            seconds_past: 0,
        })
        .into();
        let (mut seconds, mut seconds_past) = (0, 0);
        for second in per_second.iter().filter(|second| second.measured) {
            seconds += 1;
            let past = gates
                .iter_mut()
                .map(|gate| gate.look(second))
                .filter(|&past| past)
                .count();
            seconds_past += u64::from(past > 0);
        }
        Self {
            gates,
            seconds,
            seconds_past,
            per_second,
        }
    }

    /// True when more than 5 % of the measured seconds, and three at least, are past a gate.
    pub const fn saturated(&self) -> bool {
        self.seconds_past > SECONDS_FORGIVEN && self.seconds_past * 20 > self.seconds
    }
}

impl Gate {
    fn look(&mut self, second: &HealthSecond) -> bool {
        let Some(value) = self.name.of(second) else {
            return false;
        };
        let past = value > self.threshold;
        self.worst = Some(self.worst.map_or(value, |worst| worst.max(value)));
        self.seconds_past += u64::from(past);
        past
    }
}

impl GateName {
    fn of(self, second: &HealthSecond) -> Option<f64> {
        match self {
            Self::ScheduleLag => second.schedule_lag_p99_us.map(|us| us as f64),
            Self::ReadLag => second.read_lag_p99_us.map(|us| us as f64),
            Self::ThreadShare => second.busiest_thread.as_ref().map(|thread| thread.share),
            Self::KernelDrops => Some(second.kernel_drops as f64),
            Self::Throttling => Some(second.throttled_us as f64),
        }
    }
}
