//! What a scenario needs of its hub: lent to the reference hub that is started for it, and asked of nobody who cannot do it.

use std::fs;
use std::path::PathBuf;

use assay_load::scenario::Scenario;
use assay_results::RunDirectory;

use crate::failure::{Failure, usage};

/// What the reference hub is given for a run; gone with it.
pub(super) struct Lent {
    /// Flags of `assay hub`.
    pub(super) flags: Vec<String>,
    history: Option<PathBuf>,
}

impl Lent {
    /// As the scenario says; a durable history lies in the run's folder as long as the run lasts.
    pub(super) fn to(scenario: &Scenario, directory: &RunDirectory) -> Self {
        let mut flags = Vec::new();
        if scenario.hub.presence {
            flags.push("--subscriptions".to_owned());
        }
        let needed = scenario.hub.durable_history;
        let history = needed.then(|| directory.path().join("hub-history.redb"));
        if let Some(history) = &history {
            flags.push("--history".to_owned());
            flags.push(format!("redb:{}", history.display()));
        }
        Self { flags, history }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(history) = &self.history {
            // There is none when the hub did not start.
            let _ = fs::remove_file(history);
        }
    }
}

/// Only a hub that was started for the run can be ended, or stopped, by it.
///
/// # Errors
/// The scenario does so, and the hub is somebody else's.
pub(super) fn refuse_faults_elsewhere(
    scenario: &Scenario,
    is_of_others: bool,
) -> Result<(), Failure> {
    let of_hub = scenario.faults.iter().find(|fault| fault.kind.is_of_hub());
    let Some(fault) = of_hub.filter(|_| is_of_others) else {
        return Ok(());
    };
    let (name, kind) = (&fault.name, fault.kind.as_str());
    Err(usage(format_args!(
        "the fault `{name}` of this scenario is \"{kind}\", which only the hub can be done to that comes with Assay: leave --hub \
         and --hub-command out, or take [faults.{name}] out of the file"
    )))
}
