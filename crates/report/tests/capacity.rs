//! Reports of searches for a capacity: their texts, their charts, and that they can be made again.

mod sample;

use assay_report::{Colour, File, render, terminal_summary};
use assay_results::{Run, RunDirectory};

fn capacity(is_frontier: bool) -> Run {
    Run::Capacity(Box::new(sample::capacity::run(is_frontier)))
}

fn text<'f>(files: &'f [File], name: &str) -> &'f str {
    let file = files.iter().find(|file| file.name == name);
    &file.unwrap_or_else(|| panic!("no {name}")).text
}

#[test]
fn summaries() {
    let summary = |run: &Run| terminal_summary(run, Colour::Plain, Some("reports/x/index.html"));
    insta::assert_snapshot!("terminal_capacity", summary(&capacity(false)));
    insta::assert_snapshot!("terminal_frontier", summary(&capacity(true)));
    let files = render(&capacity(false), &[]).unwrap();
    insta::assert_snapshot!("summary_capacity", text(&files, "summary.md"));
}

#[test]
fn the_chart_is_in_the_page_and_a_file_with_its_figures() {
    for (is_frontier, name, rows) in [(false, "ladder", 11), (true, "frontier", 15)] {
        let files = render(&capacity(is_frontier), &[]).unwrap();
        let page = text(&files, "index.html");
        assert!(page.contains(&format!("<figure id=\"{name}\">")), "{name}");
        let csv = text(&files, &format!("charts/{name}.csv"));
        assert_eq!(csv.lines().count(), 1 + rows, "{csv}");
        let svg = text(&files, &format!("charts/{name}.svg"));
        // Shape tells verdicts apart, and words above the picture what the shapes are.
        for word in ["met", "missed", "not measurable"] {
            assert!(svg.contains(&format!(">\n{word}\n<")), "{name}: {word}");
        }
    }
}

#[test]
fn a_report_is_made_again_byte_for_byte_from_its_directory() {
    let folder = tempfile::TempDir::new().unwrap();
    for is_frontier in [false, true] {
        let directory = RunDirectory::create(folder.path().join(is_frontier.to_string())).unwrap();
        let run = sample::capacity::run(is_frontier);
        directory.save_capacity(&run).unwrap();
        let saved = directory.read().unwrap();
        assert_eq!(
            render(&saved.run, &saved.missing).unwrap(),
            render(&Run::Capacity(Box::new(run)), &[]).unwrap()
        );
    }
}
