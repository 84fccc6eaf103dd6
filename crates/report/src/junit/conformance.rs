//! A conformance run as test cases: a suite for each area of a dialect, a case for each requirement.

use std::time::Duration;

use assay_results::{
    AreaSummary, BaselineEntry, BaselineState, ConformanceRun, FailOn, Subject, Verdict, VerdictRow,
};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::sentence::conformance::sentence;

pub(crate) fn junit(run: &ConformanceRun) -> Result<String, SerializeError> {
    let mut report = Report::new(match run.record().subject {
        Subject::Hub => "assay check",
        Subject::Clients => "assay watch",
    });
    for area in &run.summary().areas {
        report.add_test_suite(suite(run, area));
    }
    let mut whole = TestSuite::new("run");
    whole.add_test_case(something_measured(run));
    whole.set_system_out(sentence(run).replace('\u{a0}', " "));
    report.add_test_suite(whole);
    report.to_string()
}

fn suite(run: &ConformanceRun, area: &AreaSummary) -> TestSuite {
    let mut suite = TestSuite::new(format!("{} {}", area.dialect, area.area));
    let rows = run
        .record()
        .verdicts
        .iter()
        .filter(|row| row.dialect == area.dialect && row.area == area.area);
    let baseline = run.record().baseline.as_ref();
    suite.add_test_cases(rows.map(|row| {
        let entry = baseline.and_then(|baseline| baseline.entry(row));
        case(row, run.record().fail_on, entry)
    }));
    suite
}

/// Without it, a hub that cannot be reached would give an empty file, which CI servers take for green.
fn something_measured(run: &ConformanceRun) -> TestCase {
    let status = if run.record().verdicts.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(sentence(run).replace('\u{a0}', " "));
        status
    } else {
        TestCaseStatus::success()
    };
    let mut case = TestCase::new("something was measured", status);
    case.set_classname("run");
    case
}

fn case(row: &VerdictRow, fail_on: FailOn, entry: Option<&BaselineEntry>) -> TestCase {
    let state = entry.map(|entry| entry.state);
    let mut status = match row.verdict {
        _ if state == Some(BaselineState::Known) => TestCaseStatus::skipped(),
        _ if state.is_some_and(BaselineState::is_news) => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::Pass | Verdict::Note => TestCaseStatus::success(),
        Verdict::Warn if fail_on == FailOn::Must => TestCaseStatus::success(),
        Verdict::Fail | Verdict::Flaky | Verdict::Warn => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::Inconclusive | Verdict::Error => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        Verdict::Unsupported | Verdict::NotObserved => TestCaseStatus::skipped(),
    };
    if row.verdict.wants_attention() {
        status.set_type(row.verdict.as_str());
        status.set_message(format!(
            "{} {}: {}",
            row.level, row.requirement, row.observed
        ));
        status.set_description(description(row));
    }
    if let Some(entry) = entry {
        status.set_type(entry.state.as_str());
        if !row.verdict.wants_attention() {
            status.set_message(entry.state.as_str());
        }
    }
    let mut case = TestCase::new(row.requirement.as_str(), status);
    case.set_classname(row.check.as_str());
    case.set_time(Duration::from_millis(row.duration_ms));
    if row.verdict == Verdict::Warn {
        case.set_system_out(description(row));
    }
    case
}

fn description(row: &VerdictRow) -> String {
    let repeat = row.repro.as_ref().map_or(String::new(), |_| {
        format!("\nrepeat: bash {}", row.repro_file())
    });
    format!(
        "section: {}\nsent: {}\nexpected: {}\ncame: {}{repeat}",
        row.section, row.sent, row.expected, row.observed
    )
}
