//! One step of a search: a short run under one load, in a row.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capacity::Raised;
use crate::capacity::judge::{Room, judge};
use crate::load::metric::Metric;
use crate::load::phase::PhaseKind;
use crate::load::second::Second;
use crate::load::slo::SloRow;
use crate::load::{LoadRecord, LoadRun};
use crate::quantile::Quantile;

/// A load as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadLevel {
    /// Subscribers at a time.
    pub subscribers: u64,
    /// Updates a second on average, of all publishers.
    pub updates_per_second: f64,
}

/// A rate as a level has so many steps to the update a second.
const LEVELS_AN_UPDATE: f64 = 1_000.0;

impl LoadLevel {
    /// The quantity that is raised as a whole number: subscribers, or thousandths of an update a second.
    pub fn of(self, raised: Raised) -> u64 {
        match raised {
            Raised::Subscribers => self.subscribers,
            Raised::Rate | Raised::Both => {
                (self.updates_per_second * LEVELS_AN_UPDATE).round() as u64
            }
        }
    }

    /// The load with that quantity at a level.
    #[must_use]
    pub fn at(self, raised: Raised, level: u64) -> Self {
        match raised {
            Raised::Subscribers => Self {
                subscribers: level,
                ..self
            },
            Raised::Rate | Raised::Both => Self {
                updates_per_second: level as f64 / LEVELS_AN_UPDATE,
                ..self
            },
        }
    }
}

/// Why a step was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Looking for a load that fails, or for one that does not.
    Raise,
    /// Between one that passed and one that failed.
    Narrow,
    /// The answer once more.
    Confirm,
}

/// What a step says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepVerdict {
    /// The objectives were kept, and every delivery was right.
    Met,
    /// The hub failed.
    Missed,
    /// Too few events to say.
    Undecided,
    /// The workbench failed, not the hub.
    NotMeasurable,
}

/// What ended first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The hub used the CPUs that it may use.
    HubCpu,
    /// Hub and workbench used all CPUs of the machine that they share.
    MachineCpu,
    /// The hub used the memory that it may use.
    HubMemory,
    /// A latency, though the hub had CPU to spare.
    Latency,
    /// A latency; what the hub used was not seen.
    LatencyUnseen,
    /// Deliveries went wrong.
    Loss,
    /// Subscribers could not connect.
    Connections,
    /// Updates were not accepted.
    Publishes,
    /// An objective on something else.
    Objective,
    /// The hub ended, or closed all streams.
    HubGone,
    /// This workbench: it says nothing about the hub.
    Workbench,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityStep {
    /// From 1 over all searches; where its own run is kept, that is `steps/NNN`.
    pub number: u32,
    /// Why it was made.
    pub purpose: Purpose,
    /// The load.
    pub load: LoadLevel,
    /// Length of its measured phase, in µs.
    pub measured_us: u64,
    /// What it says.
    pub verdict: StepVerdict,
    /// What ended first, where anything did.
    pub cause: Option<Cause>,
    /// What was seen of that, as a sentence fragment.
    pub why: Option<String>,
    /// True when the workbench cannot begin such a load at all: trying again is of no use.
    pub refused: bool,
    /// What was to be kept.
    pub objectives: Vec<SloRow>,
    /// What was measured; absent where nothing could begin.
    pub figures: Option<StepFigures>,
}

/// What a step measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepFigures {
    /// The slowest subscriber of each publish, median.
    pub event_last_p50: Quantile,
    /// The same, 99th percentile.
    pub event_last_p99: Quantile,
    /// All deliveries, 99th percentile.
    pub delivery_p99: Quantile,
    /// Events a second that came in the measured phase.
    pub deliveries_per_second: f64,
    /// Deliveries of the whole step.
    pub expected: u64,
    /// Of which never came.
    pub lost: u64,
    /// Lost, duplicate, reordered, leaked and corrupt ones.
    pub wrong: u64,
    /// Subscribers that never connected.
    pub unconnected: u64,
    /// Updates that the hub did not accept.
    pub unpublished: u64,
    /// CPUs that the hub used in the measured phase, on average.
    pub hub_cpu: Option<f64>,
    /// The most memory that it used.
    pub hub_memory_bytes: Option<u64>,
    /// Share of the machine's CPUs that was busy in the measured phase, ours included.
    pub machine_busy: Option<f64>,
}

impl CapacityStep {
    /// A step that was run; `room` is what the hub may use.
    pub fn of(number: u32, purpose: Purpose, load: LoadLevel, run: &LoadRun, room: &Room) -> Self {
        let record = run.record();
        let figures = StepFigures::of(record, room);
        let judged = judge(record, &figures, room);
        let measured = record.phases.iter();
        let measured = measured.filter(|phase| phase.kind == PhaseKind::Measure);
        Self {
            number,
            purpose,
            load,
            measured_us: measured.map(|phase| phase.end_us - phase.start_us).sum(),
            verdict: judged.verdict,
            cause: judged.cause,
            why: judged.why,
            refused: false,
            objectives: record.slos.clone(),
            figures: Some(figures),
        }
    }

    /// A step that the workbench could not even begin, and why.
    pub const fn refused(number: u32, purpose: Purpose, load: LoadLevel, why: String) -> Self {
        Self {
            number,
            purpose,
            load,
            measured_us: 0,
            verdict: StepVerdict::NotMeasurable,
            cause: Some(Cause::Workbench),
            why: Some(why),
            refused: true,
            objectives: Vec::new(),
            figures: None,
        }
    }

    /// `steps/003`, below the search's own folder.
    pub fn folder(number: u32) -> String {
        format!("steps/{number:03}")
    }
}

impl StepFigures {
    fn of(record: &LoadRecord, room: &Room) -> Self {
        let last = record.metrics.get(&Metric::EventLast);
        let delivery = record.metrics.get(&Metric::Delivery);
        let measured: Vec<&Second> = record
            .seconds
            .iter()
            .filter(|second| second.phase == PhaseKind::Measure)
            .collect();
        let delivered: u64 = measured.iter().map(|second| second.delivered).sum();
        let cpus: Vec<f64> = measured
            .iter()
            .filter_map(|second| second.hub_cpu)
            .collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let rounded = |value: f64| (value * 1e3).round() / 1e3;
        Self {
            event_last_p50: last.map_or(Quantile::TooFew, |last| last.p50),
            event_last_p99: last.map_or(Quantile::TooFew, |last| last.p99),
            delivery_p99: delivery.map_or(Quantile::TooFew, |delivery| delivery.p99),
            deliveries_per_second: rounded(delivered as f64 / measured.len().max(1) as f64),
            expected: record.ledger.expected,
            lost: record.ledger.lost,
            wrong: record.ledger.wrong(),
            unconnected: record.unconnected,
            unpublished: record.publishes.refused + record.publishes.failed,
            hub_cpu: (!cpus.is_empty()).then(|| rounded(mean(&cpus))),
            hub_memory_bytes: record
                .seconds
                .iter()
                .filter_map(|second| second.hub_memory_bytes)
                .max(),
            machine_busy: room.machine_busy.map(rounded),
        }
    }
}
