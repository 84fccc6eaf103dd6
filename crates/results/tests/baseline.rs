//! A baseline lets pass what it lists, as it lists it, and nothing else.

mod sample;

use assay_results::*;

fn failing(check: &str, observed: &str) -> VerdictRow {
    VerdictRow {
        observed: observed.to_owned(),
        ..sample::row(check, Verdict::Fail)
    }
}

fn record(verdicts: Vec<VerdictRow>) -> ConformanceRecord {
    sample::conformance_record(verdicts)
}

fn blessed(verdicts: Vec<VerdictRow>) -> Baseline {
    Baseline::default().blessed(&record(verdicts)).unwrap()
}

#[test]
fn what_is_news_breaks_the_gate() {
    use BaselineState::{Different, Healed, Known, Open, Unlisted};
    let baseline = blessed(vec![
        failing("a/one", "status 403 on topic-38f2a"),
        sample::row("a/two", Verdict::Pass),
    ]);
    assert_eq!(baseline.len(), 1);
    let check = |what: &str, row: VerdictRow, state: Option<BaselineState>, exit_code: u8| {
        let rows = vec![row.clone(), sample::row("a/two", Verdict::Pass)];
        let comparison = baseline.compare("known.toml", &rows, FailOn::Must);
        let entry = comparison.entry(&row).map(|entry| entry.state);
        assert_eq!(entry, state, "{what}");
        let run = ConformanceRun::new(ConformanceRecord {
            baseline: Some(comparison),
            ..record(rows)
        });
        assert_eq!(run.outcome().exit_code(), exit_code, "{what}");
    };
    let one = |verdict| sample::row("a/one", verdict);
    check(
        "the same, by other names",
        failing("a/one", "status 403 on topic-99c01"),
        Some(Known),
        0,
    );
    check(
        "another status",
        failing("a/one", "status 401 on topic-38f2a"),
        Some(Different),
        1,
    );
    check("kept now", one(Verdict::Pass), Some(Healed), 1);
    check(
        "no longer there",
        one(Verdict::Unsupported),
        Some(Different),
        1,
    );
    check("from time to time", one(Verdict::Flaky), Some(Different), 1);
    check("open", one(Verdict::Inconclusive), Some(Open), 3);
    check("ours", one(Verdict::Error), Some(Open), 4);
    check("another check", failing("a/three", "x"), Some(Unlisted), 1);
    check(
        "green elsewhere",
        sample::row("a/four", Verdict::Pass),
        None,
        0,
    );
    check(
        "a warning does not fail",
        sample::row("a/five", Verdict::Warn),
        None,
        0,
    );
}

#[test]
fn a_file_is_read_as_it_was_written_and_keeps_its_reasons() {
    let rows = || {
        vec![
            failing("a/one", "status 403 \"quoted\"\nand more"),
            failing("b/two", "x"),
        ]
    };
    let first = blessed(rows());
    let text = first.to_toml();
    assert_eq!(Baseline::parse(&text).unwrap(), first, "{text}");
    let reasoned = text.replacen("reason = \"\"", "reason = \"until 2.0\"", 1);
    let again = Baseline::parse(&reasoned)
        .unwrap()
        .blessed(&record(rows()))
        .unwrap();
    assert!(again.to_toml().contains("until 2.0"), "{}", again.to_toml());
}

#[test]
fn only_a_whole_run_is_blessed() {
    let check = |record: &ConformanceRecord, named: &str| {
        let error = Baseline::default().blessed(record).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    };
    for verdict in [Verdict::Inconclusive, Verdict::Flaky, Verdict::Error] {
        check(
            &record(vec![sample::row("a/one", verdict)]),
            verdict.as_str(),
        );
    }
    check(&record(Vec::new()), "nothing was judged");
    let ended_early = ConformanceRecord {
        partial: Some(Partial {
            cause: PartialCause::Interrupted,
            reason: String::new(),
            at_us: 1,
        }),
        ..record(vec![sample::row("a/one", Verdict::Pass)])
    };
    check(&ended_early, "ended early");
}

#[test]
fn bad_files_are_told_with_the_place() {
    let entry = blessed(vec![failing("a/one", "x")]).to_toml();
    let known = entry.split_once("\n\n").unwrap().1.to_owned();
    let check = |text: &str, named: &str| {
        let error = Baseline::parse(text).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    };
    check("schema = 2", "--bless");
    check("schema = 1\nknwon = []", "line 2");
    check("schema = 1\n[[known]]\ncheck = 1", "line 3");
    check(&format!("{entry}\n{known}"), "twice");
}

#[test]
fn entries_that_no_check_can_give_are_errors() {
    let baseline = blessed(vec![failing("a/one", "x")]);
    let row = failing("a/one", "x");
    let other = match row.dialect {
        Dialect::V0 => Dialect::V1,
        Dialect::V1 => Dialect::V0,
    };
    let known = |dialect, check: &str, requirement: &str| {
        (dialect, check, requirement) == (row.dialect, "a/one", row.requirement.as_str())
    };
    baseline.hold_against(&[row.dialect], known).unwrap();
    let error = baseline.hold_against(&[other], known).unwrap_err();
    assert!(matches!(error, BaselineError::OtherDialect(_)), "{error}");
    let error = baseline
        .hold_against(&[row.dialect], |_, _, _| false)
        .unwrap_err();
    assert!(matches!(error, BaselineError::Unknown { .. }), "{error}");
}
