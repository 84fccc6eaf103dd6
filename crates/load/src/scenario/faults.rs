//! Reads what goes wrong on purpose, `[faults.…]`, and what the hub must have been started with for it, `[hub]`.

use std::time::Duration;

use super::quantity::{parse_duration, parse_percent};
use super::subscribers::word;
use super::table::Table;
use super::{Fault, FaultKind, HubNeeds, ScenarioError};

/// A run with more is no run any more.
const FAULTS_MOST: usize = 1_000;

#[derive(Clone, Copy)]
enum Kind {
    DropStreams,
    RestartHub,
    KillHub,
    PauseHub,
}

/// As files spell them.
const KINDS: [(&str, Kind); 4] = [
    ("drop streams", Kind::DropStreams),
    ("restart hub", Kind::RestartHub),
    ("kill hub", Kind::KillHub),
    ("pause hub", Kind::PauseHub),
];

impl FaultKind {
    /// As a file spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DropStreams { .. } => KINDS[0].0,
            Self::RestartHub => KINDS[1].0,
            Self::KillHub => KINDS[2].0,
            Self::PauseHub { .. } => KINDS[3].0,
        }
    }

    /// Whether it needs a hub that the run may signal, and start again.
    pub fn is_of_hub(self) -> bool {
        !matches!(self, Self::DropStreams { .. })
    }
}

/// Reads the tables, by instant; none lies behind the measured phase.
pub(super) fn parse(
    root: &mut Table<'_, '_>,
    measure: Duration,
) -> Result<Vec<Fault>, ScenarioError> {
    let tables = root.named_tables("faults")?;
    if tables.len() > FAULTS_MOST {
        return Err(root.error_here(format!("{FAULTS_MOST} faults at most")));
    }
    let mut faults = tables
        .into_iter()
        .map(|(name, table)| fault(name.value, table, measure))
        .collect::<Result<Vec<_>, _>>()?;
    faults.sort_by_key(|fault| fault.at);
    Ok(faults)
}

fn fault(
    name: String,
    mut table: Table<'_, '_>,
    measure: Duration,
) -> Result<Fault, ScenarioError> {
    let Some(at) = table.quantity("at", parse_duration)? else {
        return Err(table.missing("at", "\"5s\", from the start of the measured phase"));
    };
    if at.value >= measure {
        let problem = format!(
            "`at` is not within the measured phase, which lasts {} s",
            measure.as_secs_f64()
        );
        return Err(table.error(at.at, problem));
    }
    let kind = match word(&mut table, "do", &KINDS)? {
        None => return Err(table.missing("do", "\"drop streams\"")),
        Some(Kind::RestartHub) => FaultKind::RestartHub,
        Some(Kind::KillHub) => FaultKind::KillHub,
        Some(Kind::DropStreams) => {
            let share = table.quantity("share", parse_percent)?;
            FaultKind::DropStreams {
                share_percent: share.map_or(100.0, |share| share.value),
            }
        }
        Some(Kind::PauseHub) => {
            let Some(lasts) = table.quantity("lasts", parse_duration)? else {
                return Err(table.missing("lasts", "\"500ms\""));
            };
            FaultKind::PauseHub { lasts: lasts.value }
        }
    };
    table.finish()?;
    Ok(Fault {
        name,
        at: at.value,
        kind,
    })
}

/// Reads `[hub]`.
pub(super) fn hub(root: &mut Table<'_, '_>) -> Result<HubNeeds, ScenarioError> {
    let Some(mut table) = root.table("hub")? else {
        return Ok(HubNeeds::default());
    };
    let durable_history = word(
        &mut table,
        "history",
        &[("memory", false), ("durable", true)],
    )?;
    let presence = table.boolean("presence")?;
    table.finish()?;
    Ok(HubNeeds {
        durable_history: durable_history.unwrap_or(false),
        presence: presence.is_some_and(|presence| presence.value),
    })
}
