//! A migration as test cases: a suite for each hub, a case for each sample. Green is only what was sent to that hub and worked;
//! a failure is what must change, with what to write instead. Not for what does not work today: the move does not break that.

use assay_results::{Basis, End, Fate, MigrationRun, SampleRow, Standing, World};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::sentence::migration::{places, sentence};

pub(crate) fn junit(run: &MigrationRun) -> Result<String, SerializeError> {
    let mut report = Report::new("assay check --migrate");
    for world in World::ALL {
        let mut suite = TestSuite::new(world.as_str());
        let rows = run.record().samples.iter();
        suite.add_test_cases(rows.map(|row| case(row, world)));
        report.add_test_suite(suite);
    }
    let mut whole = TestSuite::new("run");
    whole.add_test_case(all_tried(run));
    whole.set_system_out(sentence(run).replace('\u{a0}', " "));
    report.add_test_suite(whole);
    report.to_string()
}

/// Without it, a run that was interrupted before its first sample would give an empty file, which CI servers take for green.
fn all_tried(run: &MigrationRun) -> TestCase {
    let is_whole = run.record().partial.is_none() && !run.record().samples.is_empty();
    let status = if is_whole {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(sentence(run).replace('\u{a0}', " "));
        status
    };
    let mut case = TestCase::new("all samples were looked at", status);
    case.set_classname("run");
    case
}

fn case(row: &SampleRow, world: World) -> TestCase {
    let fate = fate(row, world);
    let mut status = status(row, world);
    if !matches!(status, TestCaseStatus::Success { .. }) {
        status.set_type(fate.end.as_str());
        status.set_message(format!("{}: {}", fate.as_words(), fate.detail));
        status.set_description(description(row));
    }
    let name = format!("{} {}", row.id, row.text);
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("{} {}", row.kind.as_str(), places(row)));
    case
}

/// The same as the exit code: only what must change breaks, and only what stays open after the move is an error.
fn status(row: &SampleRow, world: World) -> TestCaseStatus {
    let fate = fate(row, world);
    match (fate.end, fate.basis) {
        (End::Works, Basis::Tried) => TestCaseStatus::success(),
        (End::Refused | End::Silent, _)
            if world != World::Today && row.standing() == Standing::MustChange =>
        {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        (End::Open, _) if world == World::Moved => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        // Known by a rule, or nothing that the move breaks.
        _ => TestCaseStatus::skipped(),
    }
}

fn fate(row: &SampleRow, world: World) -> &Fate {
    match world {
        World::Today => &row.today,
        World::Compatible => &row.compatible,
        World::Moved => &row.moved,
    }
}

fn description(row: &SampleRow) -> String {
    let mut lines = vec![format!("written: {}", row.text)];
    lines.push(format!("at: {}", places(row)));
    if let Some(instead) = &row.instead {
        lines.push(format!("write instead: {}", instead.text));
    }
    for change in &row.changes {
        lines.push(format!("rule {}: {}", change.requirement, change.why));
    }
    lines.extend(row.stand_ins.iter().cloned());
    let differences = row.differences.iter();
    lines.extend(differences.map(|difference| format!("beware: {difference}")));
    lines.join("\n")
}
