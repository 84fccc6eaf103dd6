//! What goes wrong on purpose with the hub, on a thread of its own, since a restart takes as long as it takes. Streams that are dropped
//! are the crowd's business.

use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock::{Clock, Micros};
use crate::hub_control::{HubControl, HubEnd};
use crate::plan::{FaultKind, Plan, PlannedFault};
use crate::stop::Stop;

/// A stop is noticed within it.
const NAP: Duration = Duration::from_millis(50);

/// What came of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRecord {
    /// Index into [`Plan::faults`].
    pub fault: usize,
    /// When it began.
    pub began_at: Micros,
    /// When the hub was as before, as far as whoever did it to it can tell.
    pub ended_at: Micros,
    /// Why it could not be carried out, if so.
    pub problem: Option<String>,
}

/// Faults at work.
pub(super) struct Faults(Option<JoinHandle<Vec<FaultRecord>>>);

impl Faults {
    /// Carries out the hub's faults of a plan until `stop` is requested. The error is the system's, for want of a thread.
    pub(super) fn start(
        plan: &Plan,
        clock: &Clock,
        stop: &Stop,
        control: Option<Box<dyn HubControl>>,
    ) -> std::io::Result<Self> {
        let faults: Vec<(usize, PlannedFault)> = plan.faults.iter().cloned().enumerate().collect();
        if faults.is_empty() {
            return Ok(Self(None));
        }
        let (clock, stop) = (clock.clone(), stop.clone());
        let mut control = control;
        std::thread::Builder::new()
            .name("faults".to_owned())
            .spawn(move || {
                let mut records = Vec::new();
                for (index, fault) in faults {
                    if !sleep_until(&clock, &stop, fault.at) {
                        break;
                    }
                    let began_at = clock.now();
                    let outcome = match &mut control {
                        _ if !fault.kind.is_of_hub() => Ok(()),
                        None => Err("nobody here can do that to this hub".to_owned()),
                        Some(control) => carry_out(fault.kind, &clock, &stop, &mut **control),
                    };
                    records.push(FaultRecord {
                        fault: index,
                        began_at,
                        ended_at: clock.now(),
                        problem: outcome.err(),
                    });
                }
                records
            })
            .map(|thread| Self(Some(thread)))
    }

    /// Waits until they end. A thread that panicked is a defect of ours: the panic goes on.
    pub(super) fn join(self) -> Vec<FaultRecord> {
        self.0.map_or_else(Vec::new, |thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

fn carry_out(
    kind: FaultKind,
    clock: &Clock,
    stop: &Stop,
    control: &mut dyn HubControl,
) -> Result<(), String> {
    match kind {
        FaultKind::DropStreams { .. } => Ok(()),
        FaultKind::RestartHub => control.restart(HubEnd::Clean),
        FaultKind::KillHub => control.restart(HubEnd::Kill),
        FaultKind::PauseHub { lasts } => {
            let until = clock.now().plus(lasts);
            control.pause()?;
            // Also when the run is stopped: nobody else would let it go on.
            sleep_until(clock, stop, until);
            control.resume()
        }
    }
}

/// Whether the instant came before the stop.
fn sleep_until(clock: &Clock, stop: &Stop, at: Micros) -> bool {
    loop {
        let now = clock.now();
        if stop.is_requested() {
            return false;
        }
        if now >= at {
            return true;
        }
        clock.sleep_until(at.min(now.plus(NAP)));
    }
}
