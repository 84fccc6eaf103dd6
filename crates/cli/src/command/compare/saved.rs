//! Two saved load runs, from their folders alone.

use std::path::Path;

use assay_results::{
    ComparisonRecord, ComparisonSide, Evidence, LoadRun, PhaseKind, Run, RunDirectory, spreads,
};

use super::{names, refused};
use crate::args::compare::CompareArgs;
use crate::environment::environment;
use crate::failure::{Failure, OrFail, usage};

/// What two runs say, and the name of their scenario.
///
/// # Errors
/// One of them is no load run, or they are not of the same work.
pub(super) fn compared(
    args: &CompareArgs,
    a: &Path,
    b: &Path,
) -> Result<(ComparisonRecord, String), Failure> {
    if args.fail_if.is_some() {
        return Err(usage(
            "--fail-if: one run each decides nothing; compare the hubs in pairs, with --hub-a and --hub-b",
        ));
    }
    let (directory_a, run_a) = read(a)?;
    let (directory_b, run_b) = read(b)?;
    let other = other_work(&run_a, &run_b);
    if !other.is_empty() {
        return Err(refused(format!(
            "{} and {} are not of the same work, so that their figures cannot be compared: {}",
            a.display(),
            b.display(),
            other.join("; ")
        )));
    }
    let (name_a, name_b) = names(&a.display().to_string(), &b.display().to_string());
    let record = run_a.record();
    let side = |name: String, run: &LoadRun| ComparisonSide {
        name,
        target: Some(run.record().target.clone()),
    };
    let compared = ComparisonRecord {
        partial: None,
        scenario: record.scenario.name.clone(),
        asks: record.scenario.question.clone(),
        event: record.scenario.event.clone(),
        audience: record.scenario.audience.clone(),
        seed: record.scenario.seed,
        a: side(name_a, &run_a),
        b: side(name_b, &run_b),
        fails_if_worse: false,
        evidence: Evidence::Saved {
            a: spreads(&run_a, |metric| directory_a.interval_log(metric)),
            b: spreads(&run_b, |metric| directory_b.interval_log(metric)),
            wrong_a: record.ledger.wrong(),
            wrong_b: run_b.record().ledger.wrong(),
        },
        environment: environment(),
        notes: differences(&run_a, &run_b),
    };
    Ok((compared, record.scenario.name.clone()))
}

fn read(path: &Path) -> Result<(RunDirectory, LoadRun), Failure> {
    let directory = RunDirectory::open(path).or_usage()?;
    match directory.read().or_usage()?.run {
        Run::Load(run) => Ok((directory, *run)),
        _ => Err(refused(format!(
            "{} is no load run: only the folders that `assay run` leaves can be compared",
            path.display()
        ))),
    }
}

/// What makes it another work, in words.
fn other_work(a: &LoadRun, b: &LoadRun) -> Vec<String> {
    let (a, b) = (a.record(), b.record());
    let measured_ms = |record: &assay_results::LoadRecord| {
        let phases = record.phases.iter();
        let measured = phases.filter(|phase| phase.kind == PhaseKind::Measure);
        measured
            .map(|phase| (phase.end_us - phase.start_us) / 1_000)
            .sum::<u64>()
    };
    let differ = |what: &str, a: String, b: String| (a != b).then(|| format!("{what} {a} and {b}"));
    let (of_a, of_b) = (&a.scenario, &b.scenario);
    [
        differ("scenarios", of_a.name.clone(), of_b.name.clone()),
        differ(
            "subscribers",
            a.subscribers.to_string(),
            b.subscribers.to_string(),
        ),
        differ("topics", of_a.topics.to_string(), of_b.topics.to_string()),
        differ(
            "milliseconds measured",
            measured_ms(a).to_string(),
            measured_ms(b).to_string(),
        ),
        rates_differ(of_a.publishes, of_b.publishes)
            .then(|| format!("updates {} and {}", of_a.publishes, of_b.publishes)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// By more than chance: another seed makes a few updates more or less.
fn rates_differ(a: u64, b: u64) -> bool {
    a.abs_diff(b) as f64 > 0.05 * a.max(b) as f64
}

/// What else is not the same: a reader must know.
fn differences(a: &LoadRun, b: &LoadRun) -> Vec<String> {
    let (a, b) = (a.record(), b.record());
    let mut notes = Vec::new();
    let mut differ = |what: &str, a: String, b: String| {
        if a != b {
            notes.push(format!("They differ in {what}: {a} and {b}."));
        }
    };
    let (machine_a, machine_b) = (&a.environment.machine, &b.environment.machine);
    differ(
        "CPUs",
        machine_a.cpus.to_string(),
        machine_b.cpus.to_string(),
    );
    let model = |machine: &assay_results::Machine| machine.cpu_model.clone().unwrap_or_default();
    differ("the model of the CPU", model(machine_a), model(machine_b));
    let kernel = |machine: &assay_results::Machine| machine.kernel.clone().unwrap_or_default();
    differ("the kernel", kernel(machine_a), kernel(machine_b));
    let assay = |record: &assay_results::LoadRecord| {
        let assay = &record.environment.assay;
        format!(
            "{} {}",
            assay.version,
            assay.commit.clone().unwrap_or_default()
        )
    };
    differ("the Assay that measured", assay(a), assay(b));
    let spoken = |record: &assay_results::LoadRecord| {
        let dialects = record.target.dialects.iter();
        dialects
            .map(|it| it.dialect.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    differ("the dialect", spoken(a), spoken(b));
    differ(
        "the seed",
        a.scenario.seed.to_string(),
        b.scenario.seed.to_string(),
    );
    differ(
        "whether they are results",
        format!("{:?}", a.validity()).to_lowercase(),
        format!("{:?}", b.validity()).to_lowercase(),
    );
    notes
}
