//! A load run as test cases: each kind of wrong delivery, connections, publishes, validity.

use assay_results::{LoadRun, PartialCause, Quantile, SloLevel, SloVerdict, Validity};
use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use crate::number::grouped;
use crate::objective::slo_observed;
use crate::sentence::load::sentence;

pub(crate) fn junit(run: &LoadRun) -> Result<String, SerializeError> {
    let mut suite = TestSuite::new(format!("load {}", run.record().scenario.name));
    suite.add_test_cases(deliveries(run));
    suite.add_test_cases(objectives(run));
    suite.add_test_cases([
        connections(run),
        publishes(run),
        validity(run),
        enough_events(run),
        completed(run),
    ]);
    suite.set_system_out(sentence(run).replace('\u{a0}', " "));
    let mut report = Report::new("assay run");
    report.add_test_suite(suite);
    report.to_string()
}

fn deliveries(run: &LoadRun) -> Vec<TestCase> {
    let ledger = &run.record().ledger;
    [
        ("none lost", ledger.lost),
        ("none duplicated", ledger.duplicate),
        ("none reordered", ledger.reordered),
        ("none leaked", ledger.leaked),
        ("none corrupt", ledger.corrupt),
    ]
    .map(|(name, count)| {
        let broken = (count > 0).then(|| {
            format!(
                "{} of {} deliveries",
                grouped(count),
                grouped(ledger.expected)
            )
        });
        case("delivery", name, NonSuccessKind::Failure, broken)
    })
    .into()
}

/// What should only be met fails no build.
fn objectives(run: &LoadRun) -> Vec<TestCase> {
    let must = run
        .record()
        .slos
        .iter()
        .filter(|slo| slo.level == SloLevel::Must);
    must.map(|slo| {
        let seen = slo_observed(slo.observed).replace('\u{a0}', " ");
        let (kind, broken) = match slo.verdict {
            SloVerdict::Met => (NonSuccessKind::Failure, None),
            SloVerdict::Missed => (NonSuccessKind::Failure, Some(format!("saw {seen}"))),
            SloVerdict::Undecided => {
                let why = format!("too few events to decide; saw {seen}");
                (NonSuccessKind::Error, Some(why))
            }
        };
        case(
            "objective",
            &format!("{}: {}", slo.name, slo.expect),
            kind,
            broken,
        )
    })
    .collect()
}

fn connections(run: &LoadRun) -> TestCase {
    let summary = run.summary();
    let broken = run.record().ramp_failed
        || (summary.subscribers > 0 && summary.unconnected >= summary.subscribers);
    let why = format!(
        "{} of {} never connected",
        grouped(summary.unconnected),
        grouped(summary.subscribers)
    );
    case(
        "load",
        "subscribers connect",
        NonSuccessKind::Failure,
        broken.then_some(why),
    )
}

fn publishes(run: &LoadRun) -> TestCase {
    let publishes = &run.record().publishes;
    let broken = publishes.refused + publishes.failed > publishes.failed_by_plan;
    let why = format!(
        "{} refused, {} unanswered",
        grouped(publishes.refused),
        grouped(publishes.failed)
    );
    case(
        "load",
        "publishes are accepted",
        NonSuccessKind::Failure,
        broken.then_some(why),
    )
}

fn validity(run: &LoadRun) -> TestCase {
    let health = &run.record().health;
    let broken = run.summary().validity == Validity::Invalid;
    let why = format!(
        "{} of {} seconds past a gate",
        grouped(health.seconds_past),
        grouped(health.seconds)
    );
    case(
        "workbench",
        "not saturated",
        NonSuccessKind::Error,
        broken.then_some(why),
    )
}

fn enough_events(run: &LoadRun) -> TestCase {
    let broken = run.summary().event_last_us.p50 == Quantile::TooFew;
    let why = format!(
        "{} measured publishes",
        grouped(run.summary().event_last_us.count)
    );
    case(
        "workbench",
        "enough events for a median",
        NonSuccessKind::Error,
        broken.then_some(why),
    )
}

fn completed(run: &LoadRun) -> TestCase {
    let partial = run.record().partial.as_ref();
    let kind = match partial.map(|partial| partial.cause) {
        Some(PartialCause::HubUnusable) => NonSuccessKind::Failure,
        _ => NonSuccessKind::Error,
    };
    case(
        "workbench",
        "ran to its end",
        kind,
        partial.map(|partial| partial.reason.clone()),
    )
}

/// A case that is broken for a reason, or not at all.
fn case(class: &str, name: &str, kind: NonSuccessKind, broken: Option<String>) -> TestCase {
    let status = match broken {
        None => TestCaseStatus::success(),
        Some(why) => {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_message(why);
            status
        }
    };
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}
