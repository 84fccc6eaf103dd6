//! Reports of sampled runs: their texts, that they stand alone, and that they can be made again.

mod sample;

use std::sync::LazyLock;

use assay_report::{
    Colour, File, NamedRun, matrix_summary, render, render_matrix, sentence, terminal_summary,
};
use assay_results::{
    Baseline, ConformanceRecord, ConformanceRun, Difference, LoadRecord, LoadRun, Partial,
    PartialCause, Run, RunDirectory, Verdict, VerdictRow,
};
use sample::load::Course;

/// Made once: a sample takes a while in a debug build.
static LOAD: LazyLock<[Run; 4]> = LazyLock::new(|| {
    [
        Course::Green,
        Course::Stalled,
        Course::Short,
        Course::Saturated,
    ]
    .map(|course| Run::Load(Box::new(sample::load::results(course).run)))
});

fn load(course: Course) -> Run {
    LOAD[course as usize].clone()
}

fn load_record(course: Course) -> LoadRecord {
    let Run::Load(run) = load(course) else {
        unreachable!()
    };
    run.record().clone()
}

fn conformance(faults: bool) -> Run {
    Run::Conformance(Box::new(sample::conformance::results(faults).run))
}

fn migration(has_moved: bool) -> Run {
    Run::Migration(Box::new(sample::migration::run(has_moved)))
}

fn all() -> Vec<Run> {
    LOAD.iter()
        .cloned()
        .chain([conformance(false), conformance(true)])
        .chain([migration(false), migration(true)])
        .chain([false, true].map(|it| Run::Capacity(Box::new(sample::capacity::run(it)))))
        .collect()
}

fn text(files: &[File], name: &str) -> String {
    files
        .iter()
        .find(|file| file.name == name)
        .unwrap_or_else(|| panic!("no {name}"))
        .text
        .clone()
}

#[test]
fn terminal_summaries() {
    let summary = |run: &Run| terminal_summary(run, Colour::Plain, Some("reports/x/index.html"));
    insta::assert_snapshot!("terminal_green", summary(&load(Course::Green)));
    insta::assert_snapshot!("terminal_stalled", summary(&load(Course::Stalled)));
    insta::assert_snapshot!("terminal_short", summary(&load(Course::Short)));
    insta::assert_snapshot!("terminal_saturated", summary(&load(Course::Saturated)));
    insta::assert_snapshot!("terminal_conformant", summary(&conformance(false)));
    insta::assert_snapshot!("terminal_faulty", summary(&conformance(true)));
    insta::assert_snapshot!("terminal_migration", summary(&migration(false)));
    insta::assert_snapshot!("terminal_moved", summary(&migration(true)));
}

#[test]
fn junit_files() {
    insta::assert_snapshot!(
        "junit_stalled",
        text(&render(&load(Course::Stalled), &[]).unwrap(), "junit.xml")
    );
    // Green cases are all alike: the others tell.
    let faulty = text(&render(&conformance(true), &[]).unwrap(), "junit.xml");
    let green = |line: &&str| {
        !(line.contains("<testcase") && line.ends_with("/>") && !line.contains("whole"))
    };
    insta::assert_snapshot!(
        "junit_faulty",
        faulty.lines().filter(green).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn a_summary_for_a_job_and_a_badge() {
    let faulty = render(&conformance(true), &[]).unwrap();
    insta::assert_snapshot!("summary_faulty", text(&faulty, "summary.md"));
    insta::assert_snapshot!("badge_faulty", text(&faulty, "badge.json"));
    let migration = render(&migration(false), &[]).unwrap();
    insta::assert_snapshot!("summary_migration", text(&migration, "summary.md"));
    let green = render(&conformance(false), &[]).unwrap();
    insta::assert_snapshot!("badge_conformant", text(&green, "badge.json"));
}

/// What is known is told in a line, and is no failure; what is news is red wherever it is told.
#[test]
fn a_run_against_its_baseline() {
    let Run::Conformance(run) = conformance(true) else {
        unreachable!()
    };
    let mut record = run.record().clone();
    record.verdicts.retain(|row| {
        !matches!(
            row.verdict,
            Verdict::Flaky | Verdict::Error | Verdict::Inconclusive
        )
    });
    let blessed = Baseline::default().blessed(&record).unwrap();
    let of = |verdicts: &[VerdictRow]| {
        let comparison = blessed.compare("known.toml", verdicts, record.fail_on);
        Run::Conformance(Box::new(ConformanceRun::new(ConformanceRecord {
            verdicts: verdicts.to_vec(),
            baseline: Some(comparison),
            ..record.clone()
        })))
    };
    let same = of(&record.verdicts);
    insta::assert_snapshot!(
        "terminal_known",
        terminal_summary(&same, Colour::Plain, None)
    );
    let junit = text(&render(&same, &[]).unwrap(), "junit.xml");
    assert!(!junit.contains("<failure"), "{junit}");
    let mut healed = record.verdicts.clone();
    let broken = healed.iter_mut().find(|row| row.verdict == Verdict::Fail);
    broken.unwrap().verdict = Verdict::Pass;
    let files = render(&of(&healed), &[]).unwrap();
    for name in ["junit.xml", "summary.md", "index.html"] {
        let text = text(&files, name);
        assert!(text.contains("take it out of the baseline"), "{name}");
    }
}

/// What broke and what healed from one version to the next is told wherever the table is.
#[test]
fn runs_side_by_side() {
    let (Run::Conformance(faulty), Run::Conformance(green)) =
        (conformance(true), conformance(false))
    else {
        unreachable!()
    };
    let column = |name, run| NamedRun { name, run };
    let runs = [
        column("0.9", &*faulty),
        column("1.0 <b>", &*green),
        column("1.1", &*faulty),
    ];
    insta::assert_snapshot!("side_by_side", matrix_summary(&runs, Colour::Plain));
    let files = render_matrix(&runs).unwrap();
    insta::assert_snapshot!("side_by_side_markdown", text(&files, "summary.md"));
    let page = text(&files, "index.html");
    assert!(page.contains("class=\"broke\"") && page.contains("class=\"healed\""));
    assert!(!page.contains("<b>"), "a name is text");
}

/// Beside a run that measured nothing, as of a hub that was not there, nobody can say that nothing broke.
#[test]
fn a_run_without_verdicts_beside_others() {
    let Run::Conformance(green) = conformance(false) else {
        unreachable!()
    };
    let mut record = green.record().clone();
    record.verdicts.clear();
    let empty = ConformanceRun::new(record);
    for (run, badge) in [(&*green, "nothing broke"), (&empty, "not measurable")] {
        let name = "a";
        let runs = [NamedRun { name, run: &green }, NamedRun { name: "b", run }];
        let files = render_matrix(&runs).unwrap();
        assert!(text(&files, "index.html").contains(badge), "{badge}");
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    for run in all() {
        assert!(!terminal_summary(&run, Colour::Plain, None).contains('\u{1b}'));
        assert!(terminal_summary(&run, Colour::Ansi, None).contains("\u{1b}["));
    }
}

#[test]
fn a_report_is_made_again_byte_for_byte_from_its_directory() {
    let temporary = tempfile::TempDir::new().unwrap();
    let check = |directory: &RunDirectory, run: &Run| {
        let saved = directory.read().unwrap();
        assert_eq!(saved.missing, [""; 0]);
        assert_eq!(
            render(&saved.run, &saved.missing).unwrap(),
            render(run, &[]).unwrap()
        );
    };
    let directory = RunDirectory::create(temporary.path().join("load")).unwrap();
    directory
        .save_load(&sample::load::results(Course::Stalled))
        .unwrap();
    check(&directory, &load(Course::Stalled));
    let directory = RunDirectory::create(temporary.path().join("conformance")).unwrap();
    directory
        .save_conformance(&sample::conformance::results(true))
        .unwrap();
    check(&directory, &conformance(true));
    let directory = RunDirectory::create(temporary.path().join("migration")).unwrap();
    directory
        .save_migration(&sample::migration::run(false))
        .unwrap();
    check(&directory, &migration(false));
}

#[test]
fn pages_and_charts_ask_for_nothing_from_the_network() {
    for run in all() {
        // What reads Markdown makes the hub's own words text, as the snapshot shows: they stand in code blocks.
        let pages = render(&run, &[]).unwrap().into_iter();
        for file in pages.filter(|file| file.name != "summary.md") {
            for wanting in [
                "<script",
                "src=",
                "@import",
                "url(",
                "<link rel=\"stylesheet",
                "<base",
                "<iframe",
            ] {
                assert!(!file.text.contains(wanting), "{} has {wanting}", file.name);
            }
            for target in file.text.split("href=\"").skip(1) {
                let own = ["charts/", "repro/", "transcripts/", "data:,"]
                    .iter()
                    .any(|beginning| target.starts_with(beginning));
                assert!(
                    own,
                    "{} links to {}",
                    file.name,
                    &target[..target.len().min(40)]
                );
            }
        }
    }
}

#[test]
fn a_load_report_has_each_chart_in_the_page_and_as_a_file() {
    let files = render(&load(Course::Stalled), &[]).unwrap();
    let page = text(&files, "index.html");
    for name in ["ledger", "arrival", "latency", "fan", "heat-map"] {
        assert!(page.contains(&format!("<figure id=\"{name}\">")), "{name}");
        let svg = text(&files, &format!("charts/{name}.svg"));
        assert!(
            svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"),
            "{name}"
        );
        assert!(svg.contains("prefers-color-scheme:dark"), "{name}");
        assert_eq!(
            svg.matches("<g ").count(),
            svg.matches("</g>").count(),
            "{name}"
        );
        // Each colour has its class, or it would stay light in the dark.
        for attribute in ["fill=\"#", "stroke=\"#"] {
            let colours = svg.matches(attribute).count();
            let class = format!("class=\"{}-", &attribute[..attribute.len() - 3]);
            assert_eq!(svg.matches(&class).count(), colours, "{name}: {attribute}");
        }
    }
}

#[test]
fn what_a_hub_sends_stays_text() {
    let page = text(&render(&conformance(true), &[]).unwrap(), "index.html");
    assert!(
        page.contains("&#60;script&#62;x&#60;/script&#62; &#38; co"),
        "escaped"
    );
    let row = VerdictRow {
        observed: "\u{1b}]0;title\u{7}".to_owned(),
        ..one_failure()
    };
    let Run::Conformance(run) = conformance(false) else {
        unreachable!()
    };
    let record = ConformanceRecord {
        verdicts: vec![row],
        ..run.record().clone()
    };
    let run = Run::Conformance(Box::new(ConformanceRun::new(record)));
    assert!(!terminal_summary(&run, Colour::Plain, None).contains(['\u{1b}', '\u{7}']));
}

/// The first character that differs is marked in both texts; what nobody would see is written out.
#[test]
fn the_first_difference_is_marked() {
    let check = |expected: &str, came: &str, lines: &str| {
        let row = VerdictRow {
            difference: Some(Difference {
                of: "data of the event".to_owned(),
                expected: expected.to_owned(),
                came: came.to_owned(),
            }),
            ..one_failure()
        };
        let Run::Conformance(run) = conformance(false) else {
            unreachable!()
        };
        let record = ConformanceRecord {
            verdicts: vec![row],
            ..run.record().clone()
        };
        let run = Run::Conformance(Box::new(ConformanceRun::new(record)));
        let page = text(&render(&run, &[]).unwrap(), "index.html");
        assert!(page.contains(lines), "{expected:?} {came:?}: {page}");
    };
    check(
        "a\nb",
        "a b",
        "byte 2</dt><dd><pre class=\"parting\">expected  a<mark>\\n</mark>b\ncame      a<mark> </mark>b</pre>",
    );
    check(
        "text",
        "text\u{2028}",
        "expected  text<mark>(end)</mark>\ncame      text<mark>\\u{2028}</mark></pre>",
    );
    check(
        "é<1>",
        "è<1>",
        "byte 1</dt><dd><pre class=\"parting\">expected  <mark>é</mark>&#60;1&#62;\ncame      <mark>è</mark>&#60;1&#62;</pre>",
    );
}

fn one_failure() -> VerdictRow {
    let Run::Conformance(run) = conformance(true) else {
        unreachable!()
    };
    run.record()
        .verdicts
        .iter()
        .find(|row| row.verdict == Verdict::Fail)
        .unwrap()
        .clone()
}

#[test]
fn what_is_missing_is_said_on_the_page() {
    let missing = ["ledger.csv has 3 of 4 rows".to_owned()];
    for run in all() {
        let page = text(&render(&run, &missing).unwrap(), "index.html");
        assert!(page.contains("ledger.csv has 3 of 4 rows"));
    }
}

#[test]
fn the_sentence_says_what_matters_first() {
    let check = |course: Course, spoil: &dyn Fn(&mut LoadRecord), words: &[&str]| {
        let mut record = load_record(course);
        spoil(&mut record);
        let sentence = sentence(&Run::Load(Box::new(LoadRun::new(record)))).replace('\u{a0}', " ");
        for word in words {
            assert!(sentence.contains(word), "{sentence:?} lacks {word:?}");
        }
    };
    check(
        Course::Green,
        &|_| {},
        &[
            "Every goal reached all of its followers (about 100 of 1,000); the slowest one waited ",
            " (median goal) / ",
            " (99th percentile).",
        ],
    );
    check(
        Course::Stalled,
        &|_| {},
        &["Of 52,000 expected deliveries, 15 were lost and 4 duplicated; "],
    );
    check(
        Course::Green,
        &|record| record.ledger.leaked = 1,
        &["Of 52,000 expected deliveries, 1 was leaked to"],
    );
    check(
        Course::Short,
        &|_| {},
        &["(of 36 goals: too few for a 99th percentile)"],
    );
    check(
        Course::Saturated,
        &|_| {},
        &[
            "This is not a result",
            "9 of 9 measured seconds",
            "schedule lag",
        ],
    );
    check(
        Course::Green,
        &|record| record.unconnected = 7,
        &["7 of 1,000 followers never connected"],
    );
    check(
        Course::Green,
        &|record| record.publishes.refused = 1,
        &["The hub did not accept 1 of 520 goals. Of the others: Every goal"],
    );
    check(
        Course::Green,
        &|record| record.unconnected = 1_000,
        &["None of the 1,000 followers could connect"],
    );
    check(
        Course::Green,
        &|record| {
            record.partial = Some(Partial {
                cause: PartialCause::Interrupted,
                reason: "Ctrl-C".to_owned(),
                at_us: 8_000_000,
            });
        },
        &["Interrupted after 8.00 s (Ctrl-C). Until then: Every goal"],
    );
}

/// Runs that have nothing to draw still have a report.
#[test]
fn an_empty_run_has_a_report() {
    let mut record = load_record(Course::Green);
    record.metrics.clear();
    record.publications.clear();
    record.seconds.clear();
    record.arrival.clear();
    record.fairness = None;
    record.ledger = assay_results::LedgerCounts::default();
    let run = Run::Load(Box::new(LoadRun::new(record)));
    let files = render(&run, &[]).unwrap();
    assert_eq!(
        files
            .iter()
            .map(|file| file.name.as_str())
            .collect::<Vec<_>>(),
        ["index.html", "junit.xml"]
    );
    assert!(terminal_summary(&run, Colour::Plain, None).contains("No goal was due"));

    let Run::Conformance(run) = conformance(false) else {
        unreachable!()
    };
    let record = ConformanceRecord {
        verdicts: vec![],
        ..run.record().clone()
    };
    let run = Run::Conformance(Box::new(ConformanceRun::new(record)));
    assert!(text(&render(&run, &[]).unwrap(), "junit.xml").contains("<error"));
}

/// measuring.md: when the two differ, the run is marked and the probes are shown first.
#[test]
fn probes_that_contradict_the_crowd_come_first() {
    let mut record = load_record(Course::Green);
    let figures = |record: LoadRecord| {
        let run = Run::Load(Box::new(LoadRun::new(record)));
        let page = text(&render(&run, &[]).unwrap(), "index.html");
        let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("no {what:?}"));
        (
            place("Delivery at the probes (a quiet") < place("Latencies of the measured phase"),
            terminal_summary(&run, Colour::Plain, None),
        )
    };
    let (first, terminal) = figures(record.clone());
    assert!(!first && !terminal.contains("probes"), "{terminal}");
    let probes = record.probes.as_mut().unwrap();
    probes.crowd_p99 = probes.probes_p99.map(|us| us + 20_000);
    let (first, terminal) = figures(record.clone());
    assert!(first, "the probes stand behind the crowd");
    let line =
        "delivery at the probes p50 3.9 ms, p99 7.3 ms; at the crowd p50 4.0 ms, p99 27.3 ms";
    let place = |what: &str| terminal.find(what).unwrap_or_else(|| panic!("{terminal}"));
    assert!(place(line) < place("latency  "), "{terminal}");
}

/// A p99 of pooled deliveries, a second's and the probes': none is stated of a run with too few goals for one.
#[test]
fn too_few_goals_state_no_p99_anywhere() {
    for (course, is_stated) in [(Course::Green, true), (Course::Short, false)] {
        let page = text(&render(&load(course), &[]).unwrap(), "index.html");
        assert!(page.contains("delivery, p99 of each publish"));
        assert_eq!(page.contains("99 %: "), is_stated, "the arrival curve");
        assert!(page.contains("no second has the 299"));
        let (_, probes) = page.split_once("Delivery at the probes (a quiet").unwrap();
        let (probes, _) = probes.split_once("</table>").unwrap();
        assert_eq!(probes.contains("too"), !is_stated, "{probes}");
    }
}
