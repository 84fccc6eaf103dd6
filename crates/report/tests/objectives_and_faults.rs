//! Reports of load runs with faults and objectives, and the figures beside their charts.

mod sample;

use assay_report::{Colour, File, render, sentence, terminal_summary};
use assay_results::{
    Distribution, FaultRow, Histogram, LoadRecord, LoadRun, Quantile, Run, SloLevel, SloObserved,
    SloRow, SloVerdict,
};
use sample::load::Course;

fn green() -> LoadRecord {
    sample::load::results(Course::Green).run.record().clone()
}

fn text<'a>(files: &'a [File], name: &str) -> &'a str {
    let file = files.iter().find(|file| file.name == name);
    &file.unwrap_or_else(|| panic!("no {name}")).text
}

/// A green run in which streams were dropped on purpose, one objective was kept, one missed and one left open.
fn with_fault_and_objectives() -> Run {
    let mut record = green();
    let slo = |name: &str, verdict, observed| SloRow {
        name: name.to_owned(),
        expect: "event_last.p99 < 1s".to_owned(),
        level: SloLevel::Must,
        verdict,
        observed,
    };
    record.slos = vec![
        slo(
            "kept",
            SloVerdict::Met,
            SloObserved::LatencyUs(Quantile::Value(61_000)),
        ),
        slo(
            "missed",
            SloVerdict::Missed,
            SloObserved::Percent(Some(0.012_3)),
        ),
        slo(
            "open",
            SloVerdict::Undecided,
            SloObserved::LatencyUs(Quantile::TooFew),
        ),
    ];
    let mut gap = Histogram::new();
    (0..40).for_each(|one| gap.record(2_000_000 + one * 1_000));
    record.faults = vec![FaultRow {
        name: "network".to_owned(),
        kind: "drop streams".to_owned(),
        planned_us: 5_000_000,
        began_us: Some(5_000_000),
        ended_us: Some(5_000_000),
        problem: None,
        broken: 40,
        not_back: 0,
        gap: Some(Distribution::of(&gap, 40)),
        replayed: 120,
        lost: 0,
        duplicate: 0,
    }];
    Run::Load(Box::new(LoadRun::new(record)))
}

#[test]
fn faults_and_objectives_are_told_in_every_form() {
    let run = with_fault_and_objectives();
    let files = render(&run, &[]).unwrap();
    let (page, junit) = (text(&files, "index.html"), text(&files, "junit.xml"));
    let terminal = terminal_summary(&run, Colour::Plain, None);
    assert!(sentence(&run).contains("after network all 40 streams were back within 2.04\u{a0}s"));
    for part in [
        "What went wrong on purpose",
        "What the run was to keep",
        "0.0123\u{a0}%",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for part in [
        "slo      met kept: event_last.p99 < 1s (must, saw 61.0 ms)",
        "slo      missed missed",
        "slo      undecided open",
        "fault    network (drop streams) at 5.00 s: 40 streams ended, 0 not back",
    ] {
        assert!(terminal.contains(part), "{part}:\n{terminal}");
    }
    assert_eq!(
        junit.matches("classname=\"objective\"").count(),
        3,
        "{junit}"
    );
    assert!(
        junit.contains("failure message=\"saw 0.0123 %\""),
        "{junit}"
    );
    assert!(
        junit.contains("error message=\"too few events to decide"),
        "{junit}"
    );
}

#[test]
fn each_chart_has_its_figures_beside_it() {
    let files = render(&with_fault_and_objectives(), &[]).unwrap();
    let charts: Vec<&str> = files
        .iter()
        .filter_map(|file| file.name.strip_suffix(".svg"))
        .collect();
    for wanted in ["streams", "deliveries", "hub-cpu"] {
        assert!(
            charts.contains(&format!("charts/{wanted}").as_str()),
            "{charts:?}"
        );
    }
    for chart in charts {
        let data = text(&files, &format!("{chart}.csv"));
        let columns = |line: &str| line.split(',').count();
        let mut lines = data.lines();
        let heads = columns(lines.next().unwrap());
        let rows: Vec<&str> = lines.collect();
        assert!(
            !rows.is_empty() && rows.iter().all(|row| columns(row) == heads),
            "{chart}:\n{data}"
        );
    }
    let seconds = green().seconds.len();
    let streams = text(&files, "charts/streams.csv");
    // The heads, and each whole second.
    assert_eq!(streams.lines().count(), seconds, "{streams}");
}
