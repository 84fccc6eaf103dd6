//! The document of a load run.

pub(crate) mod arrival;
pub(crate) mod calibration;
pub(crate) mod cost;
pub(crate) mod failure;
pub(crate) mod fairness;
pub(crate) mod fault;
pub(crate) mod health;
pub(crate) mod ledger;
pub(crate) mod metric;
pub(crate) mod phase;
pub(crate) mod probes;
pub(crate) mod publication;
pub(crate) mod scenario;
pub(crate) mod second;
pub(crate) mod slo;
pub(crate) mod summary;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounds::SCHEMA_VERSION;
use crate::distribution::Distribution;
use crate::environment::Environment;
use crate::interval_log::IntervalLog;
use crate::load::arrival::ArrivalPoint;
use crate::load::calibration::Calibration;
use crate::load::cost::HubCost;
use crate::load::failure::Failure;
use crate::load::fairness::Fairness;
use crate::load::fault::FaultRow;
use crate::load::health::{Health, Validity};
use crate::load::ledger::{LedgerCounts, PublishCounts, WrongDeliveries};
use crate::load::metric::Metric;
use crate::load::phase::Phase;
use crate::load::probes::ProbeComparison;
use crate::load::publication::PublicationRow;
use crate::load::scenario::ScenarioInfo;
use crate::load::second::{RampPoint, Second};
use crate::load::slo::{SloLevel, SloRow, SloVerdict};
use crate::load::summary::LoadSummary;
use crate::outcome::Outcome;
use crate::target::Target;

/// A load run as a document. Made from a [`LoadRecord`], so that its summary cannot disagree with the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadRun {
    /// Version of this format.
    schema: u32,
    /// Always `load`.
    kind: LoadKind,
    /// The most important figures.
    summary: LoadSummary,
    #[serde(flatten)]
    record: LoadRecord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum LoadKind {
    Load,
}

/// Everything that a load run measured. Instants are µs since the run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadRecord {
    /// Why the run ended early, if it did.
    pub partial: Option<Partial>,
    /// The question.
    pub scenario: ScenarioInfo,
    /// The hub.
    pub target: Target,
    /// Machine, program, command.
    pub environment: Environment,
    /// Parts of the run, as planned.
    pub phases: Vec<Phase>,
    /// Subscribers of the plan.
    pub subscribers: u64,
    /// Those of them that never connected.
    pub unconnected: u64,
    /// True when more of them never connected than the ramp's bound allows.
    pub ramp_failed: bool,
    /// What the hub answered to publishes.
    pub publishes: PublishCounts,
    /// What became of each expected delivery of the whole run.
    pub ledger: LedgerCounts,
    /// Deliveries that went wrong, by name.
    pub wrong_deliveries: WrongDeliveries,
    /// What failed besides, by reason.
    pub failures: Vec<Failure>,
    /// What the scenario made go wrong, by instant.
    #[serde(default)]
    pub faults: Vec<FaultRow>,
    /// What the run was to keep.
    #[serde(default)]
    pub slos: Vec<SloRow>,
    /// Latencies of the measured phase, by metric; a metric that was not measured is absent.
    #[schemars(extend("propertyNames" = serde_json::json!({ "enum": Metric::ALL })))]
    pub metrics: BTreeMap<Metric, Distribution>,
    /// Who waited longest; absent where nobody had deliveries.
    #[serde(default)]
    pub fairness: Option<Fairness>,
    /// Is it us?
    pub health: Health,
    /// Whether the crowd may be trusted with time.
    pub probes: Option<ProbeComparison>,
    /// The run a second at a time.
    pub seconds: Vec<Second>,
    /// What this machine can hear at all, where that was looked into.
    #[serde(default)]
    pub calibration: Option<Calibration>,
    /// What the hub cost, where its process or its control group was known.
    #[serde(default)]
    pub hub_cost: Option<HubCost>,
    /// The connect ramp.
    pub ramp: Vec<RampPoint>,
    /// The share of the audience reached over time, measured phase.
    pub arrival: Vec<ArrivalPoint>,
    /// One row a publish.
    pub publications: Vec<PublicationRow>,
    /// Anything that a reader must know, such as a step of the clock.
    pub notes: Vec<Note>,
}

/// Something that a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// When, in µs since the run began; absent for the whole run.
    pub at_us: Option<u64>,
    /// A sentence.
    pub text: String,
    /// True when it puts a reservation on the figures: the run is then *marked*.
    pub marks_run: bool,
}

/// A run that ended before its plan did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Partial {
    /// Which kind of end.
    pub cause: PartialCause,
    /// What happened, as a sentence fragment.
    pub reason: String,
    /// When, in µs since the run began.
    pub at_us: u64,
}

/// Why a run ended before its plan did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartialCause {
    /// Ctrl-C or a signal.
    Interrupted,
    /// The hub could not be reached, died, or stopped to speak the protocol.
    HubUnusable,
    /// The workbench could not go on.
    WorkbenchExhausted,
    /// A defect in Assay.
    Defect,
    /// It is still on, or was killed, or had no room for what it measured: only what was planned is known.
    Unfinished,
}

impl PartialCause {
    /// How a run ended that ended so, whatever it had found until then.
    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::Interrupted => Outcome::Interrupted,
            Self::HubUnusable | Self::WorkbenchExhausted | Self::Unfinished => {
                Outcome::NotMeasurable
            }
            Self::Defect => Outcome::Defect,
        }
    }
}

/// What a load run hands over to be written: the document and the files beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadResults {
    /// `run.json`, and `ledger.csv` from its publications.
    pub run: LoadRun,
    /// `*.hlog`.
    pub interval_logs: Vec<IntervalLog>,
    /// `scenario.toml`: the scenario with every default filled in.
    pub scenario_toml: String,
}

impl LoadRun {
    /// The document of a record.
    pub fn new(record: LoadRecord) -> Self {
        Self {
            schema: SCHEMA_VERSION,
            kind: LoadKind::Load,
            summary: LoadSummary::of(&record),
            record,
        }
    }

    /// The most important figures.
    pub const fn summary(&self) -> &LoadSummary {
        &self.summary
    }

    /// Everything measured.
    pub const fn record(&self) -> &LoadRecord {
        &self.record
    }

    /// How the run ended.
    pub fn outcome(&self) -> Outcome {
        self.record.outcome()
    }
}

impl LoadRecord {
    /// *Invalid* when the workbench was saturated; *marked* when probes and crowd differ or a note says so.
    pub fn validity(&self) -> Validity {
        let differs = self.probes.as_ref().is_some_and(ProbeComparison::differs);
        if self.health.saturated() {
            Validity::Invalid
        } else if differs || self.notes.iter().any(|note| note.marks_run) {
            Validity::Marked
        } else {
            Validity::Valid
        }
    }

    /// Whether an objective that must be met was so judged.
    fn has_must(&self, verdict: SloVerdict) -> bool {
        let mut must = self.slos.iter().filter(|row| row.level == SloLevel::Must);
        must.any(|row| row.verdict == verdict)
    }

    /// How the run ended: the worst of everything that stands against it, in the order 4, 130, 2, 5, 3, 1, 6, 0.
    ///
    /// A ledger that does not balance is a defect of ours. Too few events means that not even the median event-last can
    /// be stated; higher quantiles say so themselves.
    pub fn outcome(&self) -> Outcome {
        let end = self
            .partial
            .as_ref()
            .map_or(Outcome::Passed, |partial| partial.cause.outcome());
        let nobody_connected = self.subscribers > 0 && self.unconnected >= self.subscribers;
        let not_measurable = nobody_connected || self.validity() == Validity::Invalid;
        let publishes = &self.publishes;
        let broken = self.ramp_failed
            || publishes.refused + publishes.failed > publishes.failed_by_plan
            || self.has_must(SloVerdict::Missed);
        let decided = self
            .metrics
            .get(&Metric::EventLast)
            .is_some_and(|last| last.p50 != crate::Quantile::TooFew)
            && !self.has_must(SloVerdict::Undecided);
        Outcome::worst([
            end,
            if self.ledger.balances() {
                Outcome::Passed
            } else {
                Outcome::Defect
            },
            if self.ledger.wrong() > 0 {
                Outcome::DeliveryWrong
            } else {
                Outcome::Passed
            },
            if not_measurable {
                Outcome::NotMeasurable
            } else {
                Outcome::Passed
            },
            if broken {
                Outcome::Broken
            } else {
                Outcome::Passed
            },
            if decided {
                Outcome::Passed
            } else {
                Outcome::TooFewEvents
            },
        ])
    }
}
