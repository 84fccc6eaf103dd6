//! A scenario carried out from end to end in this process.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::sync::Arc;

use assay_load::assemble::{Surroundings, assemble};
use assay_load::plan::{Arithmetic, Plan, schedule};
use assay_load::progress::Progress;
use assay_load::run::{RunRecord, Setup, run};
use assay_load::scenario::Scenario;
use assay_load::stop::Stop;
use assay_load::target::Target;
use assay_results::{Assay, Environment, HubOrigin, LoadResults, Machine};

/// The same for the same scenario.
pub(crate) fn plan(scenario: &Scenario) -> Arc<Plan> {
    Arc::new(schedule(scenario, 7, 0x1234))
}

/// Ready to be carried out.
pub(crate) fn setup(scenario: &Scenario, target: Target) -> Setup {
    let plan = plan(scenario);
    Setup {
        sums: Arithmetic::of(&plan, scenario.bounds.in_flight),
        plan,
        target,
        spread: assay_load::shard::Spread::Threads(1),
    }
}

/// Carries a scenario out and makes its document.
pub(crate) fn carry_out(
    scenario: &Scenario,
    target: Target,
    mut on_progress: impl FnMut(&Progress, &Stop),
) -> (Setup, RunRecord, LoadResults) {
    let setup = setup(scenario, target);
    let stop = Stop::new();
    let record = run(&setup, &stop, None, &mut |progress| {
        on_progress(progress, &stop);
    })
    .unwrap();
    let results = assemble(scenario, &setup, &record, surroundings());
    (setup, record, results)
}

/// What a command would know.
pub(crate) fn surroundings() -> Surroundings {
    Surroundings {
        calibration: None,
        environment: Environment {
            machine: Machine {
                cpus: 1,
                cpu_model: None,
                memory_bytes: None,
                os: "test".to_owned(),
                kernel: None,
                fd_limit: None,
            },
            assay: Assay {
                version: "0".to_owned(),
                commit: None,
            },
            started_at: "2026-11-24T00:00:00Z".to_owned(),
            command_line: Vec::new(),
        },
        target: assay_results::Target {
            hub: HubOrigin::Given,
            url: "http://127.0.0.1/".to_owned(),
            publish_url: None,
            dialects: Vec::new(),
            issuer: None,
            audience: None,
            insecure: false,
            connect_to: None,
            extra_headers: Vec::new(),
            server: None,
        },
    }
}
