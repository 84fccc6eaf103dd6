//! Reports of comparisons: their texts, their chart, and that they can be made again.

mod sample;

use assay_report::{Colour, File, render, terminal_summary};
use assay_results::{Run, RunDirectory};

fn comparison(is_saved: bool) -> Run {
    Run::Comparison(Box::new(sample::comparison::run(is_saved)))
}

fn text<'f>(files: &'f [File], name: &str) -> &'f str {
    let file = files.iter().find(|file| file.name == name);
    &file.unwrap_or_else(|| panic!("no {name}")).text
}

#[test]
fn summaries() {
    let summary = |run: &Run| terminal_summary(run, Colour::Plain, Some("reports/x/index.html"));
    insta::assert_snapshot!("terminal_pairs", summary(&comparison(false)));
    insta::assert_snapshot!("terminal_saved", summary(&comparison(true)));
    let files = render(&comparison(false), &[]).unwrap();
    insta::assert_snapshot!("summary_pairs", text(&files, "summary.md"));
}

#[test]
fn the_chart_is_in_the_page_and_a_file_with_its_figures() {
    for is_saved in [false, true] {
        let files = render(&comparison(is_saved), &[]).unwrap();
        assert!(text(&files, "index.html").contains("<figure id=\"pairs\">"));
        let csv = text(&files, "charts/pairs.csv");
        let pairs = csv
            .lines()
            .filter(|line| line.starts_with("event last p99,pair,"));
        assert_eq!(pairs.count(), if is_saved { 0 } else { 6 }, "{csv}");
        assert!(csv.contains("event last p99,mean,1."), "{csv}");
    }
}

#[test]
fn a_report_is_made_again_byte_for_byte_from_its_directory() {
    let folder = tempfile::TempDir::new().unwrap();
    for is_saved in [false, true] {
        let directory = RunDirectory::create(folder.path().join(is_saved.to_string())).unwrap();
        let run = sample::comparison::run(is_saved);
        directory.save_comparison(&run).unwrap();
        let saved = directory.read().unwrap();
        assert_eq!(
            render(&saved.run, &saved.missing).unwrap(),
            render(&Run::Comparison(Box::new(run)), &[]).unwrap()
        );
    }
}
