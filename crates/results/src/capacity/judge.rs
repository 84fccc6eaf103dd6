//! What one short run says of a load, and what ended first in it. A workbench that was at its limit never makes a hub fail.

use crate::capacity::step::{Cause, StepFigures, StepVerdict};
use crate::load::health::{Health, Validity};
use crate::load::slo::{SloLevel, SloObserved, SloVerdict};
use crate::load::{LoadRecord, PartialCause};
use crate::outcome::Outcome;
use crate::quantile::Quantile;

/// A hub that uses so much of what it may has nothing left that a burst could use.
const HUB_FULL_SHARE: f64 = 0.9;
/// The same of a machine: the system's own work is part of it.
const MACHINE_FULL_SHARE: f64 = 0.95;

/// What the hub may use, and what was used beside it, where it runs on this machine.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Room {
    /// CPUs that it may use.
    pub hub_cpus: Option<f64>,
    /// Memory that it may use.
    pub hub_memory_bytes: Option<u64>,
    /// Share of all CPUs of this machine that was busy in the measured phase.
    pub machine_busy: Option<f64>,
}

/// A verdict with its reason.
pub(super) struct Judged {
    pub(super) verdict: StepVerdict,
    pub(super) cause: Option<Cause>,
    pub(super) why: Option<String>,
}

impl Judged {
    fn missed(cause: Cause, why: String) -> Self {
        Self {
            verdict: StepVerdict::Missed,
            cause: Some(cause),
            why: Some(why),
        }
    }

    fn not_measurable(why: String) -> Self {
        Self {
            verdict: StepVerdict::NotMeasurable,
            cause: Some(Cause::Workbench),
            why: Some(why),
        }
    }

    fn undecided(why: &str) -> Self {
        Self {
            verdict: StepVerdict::Undecided,
            cause: None,
            why: Some(why.to_owned()),
        }
    }
}

pub(super) fn judge(record: &LoadRecord, figures: &StepFigures, room: &Room) -> Judged {
    match record.partial.as_ref() {
        Some(partial) if partial.cause == PartialCause::HubUnusable => {
            return Judged::missed(Cause::HubGone, partial.reason.clone());
        }
        Some(partial) => return Judged::not_measurable(partial.reason.clone()),
        None => {}
    }
    if record.validity() == Validity::Invalid {
        return Judged::not_measurable(saturated(&record.health));
    }
    if let Some(missed) = failed(record).or_else(|| beyond(record, figures, room)) {
        return missed;
    }
    match record.outcome() {
        Outcome::Passed => Judged {
            verdict: StepVerdict::Met,
            cause: None,
            why: None,
        },
        Outcome::TooFewEvents => Judged::undecided("too few events stand behind its objectives"),
        other => Judged::not_measurable(format!("it ended with exit code {}", other.exit_code())),
    }
}

fn saturated(health: &Health) -> String {
    format!(
        "the workbench was past its gates in {} of {} seconds",
        health.seconds_past, health.seconds
    )
}

/// What is wrong whatever the objectives are.
fn failed(record: &LoadRecord) -> Option<Judged> {
    let (ledger, publishes) = (&record.ledger, &record.publishes);
    let reason = || {
        let most = record.failures.iter().max_by_key(|failure| failure.count);
        most.map_or_else(String::new, |failure| format!(": {}", failure.reason))
    };
    if record.ramp_failed || (record.subscribers > 0 && record.unconnected >= record.subscribers) {
        let (without, of) = (record.unconnected, record.subscribers);
        let why = format!("{without} of {of} subscribers never connected{}", reason());
        return Some(Judged::missed(Cause::Connections, why));
    }
    let unpublished = publishes.refused + publishes.failed;
    if unpublished > publishes.failed_by_plan {
        let why = format!(
            "{unpublished} of {} updates were not accepted{}",
            publishes.planned,
            reason()
        );
        return Some(Judged::missed(Cause::Publishes, why));
    }
    (ledger.wrong() > 0).then(|| {
        let why = format!(
            "{} of {} deliveries went wrong, {} of them lost",
            ledger.wrong(),
            ledger.expected,
            ledger.lost
        );
        Judged::missed(Cause::Loss, why)
    })
}

/// The first objective that was missed, and what was used up meanwhile.
fn beyond(record: &LoadRecord, figures: &StepFigures, room: &Room) -> Option<Judged> {
    let missed = record
        .slos
        .iter()
        .find(|row| row.level == SloLevel::Must && row.verdict == SloVerdict::Missed)?;
    let SloObserved::LatencyUs(value) = missed.observed else {
        let why = format!("{} was not kept", missed.expect);
        return Some(Judged::missed(Cause::Objective, why));
    };
    let saw = match value {
        Quantile::Value(us) => format!("{:.0} ms", us as f64 / 1e3),
        Quantile::Lost => "a lost delivery".to_owned(),
        Quantile::TooFew => "a lower quantile beyond it".to_owned(),
    };
    let (cause, used) = used_up(figures, room);
    let why = format!("{} was not kept, it saw {saw}; {used}", missed.expect);
    Some(Judged::missed(cause, why))
}

/// What was used up while a latency was not kept, and what was seen of that.
fn used_up(figures: &StepFigures, room: &Room) -> (Cause, String) {
    let hub = figures.hub_cpu.map(|used| match room.hub_cpus {
        Some(cpus) => format!("the hub used {used:.2} of {cpus:.2} CPUs"),
        None => format!("the hub used {used:.2} CPUs"),
    });
    let is_full = |used: Option<f64>, of: Option<f64>| {
        used.zip(of)
            .is_some_and(|(used, of)| used >= of * HUB_FULL_SHARE)
    };
    if let Some(hub) = hub
        .clone()
        .filter(|_| is_full(figures.hub_cpu, room.hub_cpus))
    {
        return (Cause::HubCpu, hub);
    }
    if let Some(busy) = room.machine_busy.filter(|busy| *busy >= MACHINE_FULL_SHARE) {
        let machine = format!(
            "the machine that it shares with this workbench was busy to {:.0} %",
            busy * 100.0
        );
        let text = hub.map_or(machine.clone(), |hub| format!("{hub}, and {machine}"));
        return (Cause::MachineCpu, text);
    }
    let (memory, most) = (figures.hub_memory_bytes, room.hub_memory_bytes);
    if let Some((used, may)) = memory
        .zip(most)
        .filter(|_| is_full(memory.map(|used| used as f64), most.map(|most| most as f64)))
    {
        let text = format!("the hub used {used} of {may} bytes of memory");
        return (Cause::HubMemory, text);
    }
    if let Some(hub) = hub {
        return (Cause::Latency, format!("{hub}, and had some to spare"));
    }
    let text = "what the hub used meanwhile was not seen";
    (Cause::LatencyUnseen, text.to_owned())
}
