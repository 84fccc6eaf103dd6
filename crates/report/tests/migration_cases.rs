//! A migration for the test views of CI servers: what is green there was tried.

mod sample;

use assay_report::render;
use assay_results::{Basis, End, MigrationRun, Run};

fn junit(run: MigrationRun) -> String {
    let files = render(&Run::Migration(Box::new(run)), &[]).unwrap();
    let found = files.into_iter().find(|file| file.name == "junit.xml");
    found.unwrap().text
}

#[test]
fn a_migration_as_test_cases() {
    let junit = |has_moved| junit(sample::migration::run(has_moved));
    insta::assert_snapshot!("junit_migration", junit(false));
    let moved = junit(true);
    assert!(
        !moved.contains("<failure") && !moved.contains("<error"),
        "{moved}"
    );
}

/// How one sample fares (today, with compatibility, without it), and what its three cases are then.
#[test]
fn only_what_was_tried_and_works_is_a_green_case() {
    let works = |basis| (End::Works, basis);
    let [refused, silent, open] =
        [End::Refused, End::Silent, End::Open].map(|end| (end, Basis::Tried));
    let tried = works(Basis::Tried);
    let by_rule = works(Basis::Rule);
    for (fates, cases) in [
        ([tried, tried, tried], ["", "", ""]),
        ([tried, tried, refused], ["", "", "failure"]),
        ([tried, silent, silent], ["", "failure", "failure"]),
        (
            [tried, tried, (End::Refused, Basis::Rule)],
            ["", "", "failure"],
        ),
        ([tried, open, open], ["", "skipped", "error"]),
        ([open, tried, tried], ["skipped", "", ""]),
        ([refused, tried, tried], ["skipped", "", ""]),
        (
            [refused, refused, refused],
            ["skipped", "failure", "failure"],
        ),
        (
            [by_rule, by_rule, by_rule],
            ["skipped", "skipped", "skipped"],
        ),
    ] {
        assert_eq!(cases_of(fates), cases, "{fates:?}");
    }
}

/// What stands in the case of each hub; nothing where it is green.
fn cases_of(fates: [(End, Basis); 3]) -> [String; 3] {
    let run = sample::migration::run_of(fates);
    let junit = junit(run);
    let mut cases = junit.split("<testcase").skip(1).map(|case| {
        let kinds = ["failure", "error", "skipped"];
        let found = kinds.iter().find(|kind| case.contains(&format!("<{kind}")));
        found.map_or(String::new(), |kind| (*kind).to_owned())
    });
    std::array::from_fn(|_| cases.next().unwrap())
}

/// A run that ended before its first sample has no cases but one, and that is no success.
#[test]
fn a_migration_without_samples_is_an_error_to_ci_servers() {
    let mut record = sample::migration::run(true).record().clone();
    record.samples.clear();
    let junit = junit(MigrationRun::new(record));
    assert!(junit.contains("<error message=\"0 of 0 samples"), "{junit}");
}
