//! The document of a comparison: two hubs in pairs of runs, or two runs that were saved. Not for making the runs.
//!
//! The run, not the delivery, is the sample (measuring.md, "Comparing"): of a pair only the ratio of its two runs counts, so that what
//! the machine did to both falls out.

pub(crate) mod row;
pub(crate) mod spread;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::SCHEMA_VERSION;
use crate::environment::Environment;
use crate::load::health::Validity;
use crate::load::metric::Metric;
use crate::load::phase::PhaseKind;
use crate::load::scenario::Noun;
use crate::load::{LoadRecord, LoadRun, Partial};
use crate::outcome::Outcome;
use crate::quantile::Quantile;
use crate::target::Target;
use row::{ComparedRow, Finding};
use spread::Spread;

/// A comparison as a document. Made from a [`ComparisonRecord`], so that its rows cannot disagree with its runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonRun {
    /// Version of this format.
    schema: u32,
    /// Always `comparison`.
    kind: DocumentKind,
    /// What follows.
    summary: ComparisonSummary,
    #[serde(flatten)]
    record: ComparisonRecord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum DocumentKind {
    Comparison,
}

/// What the runs say together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonSummary {
    /// A row for each figure that both have.
    pub rows: Vec<ComparedRow>,
    /// Pairs of which both runs are results.
    pub usable_pairs: u64,
    /// Deliveries that went wrong at a, in all runs.
    pub wrong_a: u64,
    /// The same at b.
    pub wrong_b: u64,
    /// What the command exits with.
    pub exit_code: u8,
}

/// Everything that was compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonRecord {
    /// Why the comparison ended early, if it did.
    pub partial: Option<Partial>,
    /// Name of the scenario.
    pub scenario: String,
    /// The question that it asks.
    pub asks: String,
    /// What an update is to its readers.
    pub event: Noun,
    /// Who a subscriber is.
    pub audience: Noun,
    /// Of the first pair; each next one has one more, and both runs of a pair have the same.
    pub seed: u64,
    /// What is compared with.
    pub a: ComparisonSide,
    /// What is compared: better or worse than a.
    pub b: ComparisonSide,
    /// Whether b being worse is a failure.
    pub fails_if_worse: bool,
    /// What it stands on.
    pub evidence: Evidence,
    /// Machine, program, command.
    pub environment: Environment,
    /// Anything else that a reader must know, such as what else differs between two saved runs.
    pub notes: Vec<String>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonSide {
    /// What it is called: `reference`, a URL, a command, a folder.
    pub name: String,
    /// The hub.
    pub target: Option<Target>,
}

/// What a comparison stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Runs on both hubs, one right after the other.
    Pairs {
        /// How many were asked for.
        planned: u32,
        /// In the order in which they were made.
        pairs: Vec<Pair>,
    },
    /// One run each: what the seconds within them differ by.
    Saved {
        /// By figure.
        a: BTreeMap<Compared, Spread>,
        /// By figure.
        b: BTreeMap<Compared, Spread>,
        /// Deliveries that went wrong at a.
        wrong_a: u64,
        /// The same at b.
        wrong_b: u64,
    },
}

/// Two runs of the same plan, one right after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// From 1; where its runs are kept, they are `pairs/NN/a` and `pairs/NN/b`.
    pub number: u32,
    /// Whether b ran first: chance decides.
    pub b_first: bool,
    /// The run on a.
    pub a: PairRun,
    /// The run on b.
    pub b: PairRun,
}

/// One run of a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairRun {
    /// Its figures; one that nothing can be said of is absent.
    pub figures: BTreeMap<Compared, f64>,
    /// Deliveries that went wrong.
    pub wrong: u64,
    /// Why it is no result, if it is none: its pair is left out.
    pub unusable: Option<String>,
}

/// A figure that is compared: of each, less is better.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// The slowest subscriber of each publish, median, in µs.
    EventLastP50,
    /// The same, 99th percentile.
    EventLastP99,
    /// All deliveries, median, in µs.
    DeliveryP50,
    /// The same, 99th percentile.
    DeliveryP99,
    /// From the planned publish to its answer, 99th percentile, in µs.
    PublishResponseP99,
    /// CPU time of the hub for each delivery of the measured phase, in µs.
    HubCpuADelivery,
    /// The most memory of the hub, in bytes.
    HubMemory,
}

impl Compared {
    /// All of them, in the order of documents.
    pub const ALL: [Self; 7] = [
        Self::EventLastP50,
        Self::EventLastP99,
        Self::DeliveryP50,
        Self::DeliveryP99,
        Self::PublishResponseP99,
        Self::HubCpuADelivery,
        Self::HubMemory,
    ];

    /// The quantile that it is, where it is one.
    pub(crate) const fn quantile(self) -> Option<(Metric, f64)> {
        match self {
            Self::EventLastP50 => Some((Metric::EventLast, 0.5)),
            Self::EventLastP99 => Some((Metric::EventLast, 0.99)),
            Self::DeliveryP50 => Some((Metric::Delivery, 0.5)),
            Self::DeliveryP99 => Some((Metric::Delivery, 0.99)),
            Self::PublishResponseP99 => Some((Metric::PublishResponse, 0.99)),
            Self::HubCpuADelivery | Self::HubMemory => None,
        }
    }

    /// Of a run; none where too few events stand behind it, it is lost, or nothing was seen.
    pub(crate) fn of(self, record: &LoadRecord) -> Option<f64> {
        if let Some((metric, q)) = self.quantile() {
            let distribution = record.metrics.get(&metric)?;
            let value = if q < 0.9 {
                distribution.p50
            } else {
                distribution.p99
            };
            return match value {
                Quantile::Value(us) => Some(us.max(1) as f64),
                Quantile::Lost | Quantile::TooFew => None,
            };
        }
        if self == Self::HubMemory {
            let seconds = record.seconds.iter();
            let most = seconds.filter_map(|second| second.hub_memory_bytes).max()?;
            return Some(most.max(1) as f64);
        }
        let used = cpu_and_deliveries(record);
        let (cpu_us, deliveries) = used
            .iter()
            .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (cpu_us > 0.0 && deliveries > 0.0).then(|| cpu_us / deliveries)
    }
}

/// CPU time of the hub, in µs, and deliveries, by second of the measured phase.
pub(crate) fn cpu_and_deliveries(record: &LoadRecord) -> Vec<(f64, f64)> {
    let seconds = record.seconds.iter();
    seconds
        .filter(|second| second.phase == PhaseKind::Measure)
        .filter_map(|second| Some((second.hub_cpu? * 1e6, second.delivered as f64)))
        .collect()
}

impl PairRun {
    /// Of a run. One that ended early, or in which the workbench was at its limit, is no result.
    pub fn of(run: &LoadRun) -> Self {
        let record = run.record();
        let unusable = match (&record.partial, record.validity()) {
            (Some(partial), _) => Some(partial.reason.clone()),
            (None, Validity::Invalid) => Some(format!(
                "the workbench was past its gates in {} of {} seconds",
                record.health.seconds_past, record.health.seconds
            )),
            (None, _) if record.ramp_failed => {
                let without = record.unconnected;
                Some(format!("{without} subscribers never connected"))
            }
            _ => None,
        };
        let figures = Compared::ALL.into_iter();
        Self {
            figures: figures
                .filter_map(|figure| Some((figure, figure.of(record)?)))
                .collect(),
            wrong: record.ledger.wrong(),
            unusable,
        }
    }
}

impl Pair {
    /// Whether both are results.
    pub const fn is_usable(&self) -> bool {
        self.a.unusable.is_none() && self.b.unusable.is_none()
    }

    /// `pairs/03`, below the comparison's own folder.
    pub fn folder(number: u32) -> String {
        format!("pairs/{number:02}")
    }
}

impl ComparisonRun {
    /// The document of a record.
    pub fn new(record: ComparisonRecord) -> Self {
        Self {
            schema: SCHEMA_VERSION,
            kind: DocumentKind::Comparison,
            summary: record.summary(),
            record,
        }
    }

    /// What the runs say together.
    pub const fn summary(&self) -> &ComparisonSummary {
        &self.summary
    }

    /// Everything that was compared.
    pub const fn record(&self) -> &ComparisonRecord {
        &self.record
    }

    /// How the comparison ended.
    pub fn outcome(&self) -> Outcome {
        self.record.outcome()
    }
}

impl ComparisonRecord {
    fn rows(&self) -> Vec<ComparedRow> {
        match &self.evidence {
            Evidence::Pairs { pairs, .. } => ComparedRow::of_pairs(pairs),
            Evidence::Saved { a, b, .. } => ComparedRow::of_saved(a, b),
        }
    }

    fn summary(&self) -> ComparisonSummary {
        let (usable_pairs, wrong_a, wrong_b) = match &self.evidence {
            Evidence::Pairs { pairs, .. } => (
                pairs.iter().filter(|pair| pair.is_usable()).count() as u64,
                pairs.iter().map(|pair| pair.a.wrong).sum(),
                pairs.iter().map(|pair| pair.b.wrong).sum(),
            ),
            Evidence::Saved {
                wrong_a, wrong_b, ..
            } => (0, *wrong_a, *wrong_b),
        };
        ComparisonSummary {
            rows: self.rows(),
            usable_pairs,
            wrong_a,
            wrong_b,
            exit_code: self.outcome().exit_code(),
        }
    }

    /// Whether b is worse than a: an interval lies wholly on the wrong side, or b alone got deliveries wrong.
    pub fn is_worse(&self) -> bool {
        let only_b_is_wrong = match &self.evidence {
            Evidence::Pairs { pairs, .. } => {
                pairs.iter().any(|pair| pair.b.wrong > 0)
                    && pairs.iter().all(|pair| pair.a.wrong == 0)
            }
            Evidence::Saved {
                wrong_a, wrong_b, ..
            } => *wrong_b > 0 && *wrong_a == 0,
        };
        only_b_is_wrong || self.rows().iter().any(|row| row.finding == Finding::Worse)
    }

    /// How the comparison ended: broken (1) only where b being worse is a failure, and it is.
    pub fn outcome(&self) -> Outcome {
        let end = self
            .partial
            .as_ref()
            .map_or(Outcome::Passed, |partial| partial.cause.outcome());
        let rows = self.rows();
        let compared = match &self.evidence {
            Evidence::Pairs { pairs, .. } if !pairs.iter().any(Pair::is_usable) => {
                Outcome::NotMeasurable
            }
            Evidence::Pairs { .. } if rows.iter().all(|row| row.interval.is_none()) => {
                Outcome::TooFewEvents
            }
            Evidence::Saved { .. } if rows.is_empty() => Outcome::TooFewEvents,
            _ => Outcome::Passed,
        };
        let worse = if self.fails_if_worse && self.is_worse() {
            Outcome::Broken
        } else {
            Outcome::Passed
        };
        Outcome::worst([end, compared, worse])
    }
}
