//! Writes sample runs with their reports, to look at after a change of a chart or a page:
//! `cargo run -p assay-report --example sample DIR`.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::error::Error;
use std::path::Path;

use assay_results::{RunDirectory, SavedRun};
use sample::load::Course;

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args().nth(1).ok_or("which directory?")?;
    let root = Path::new(&root);
    for (name, course) in [
        ("green", Course::Green),
        ("stalled", Course::Stalled),
        ("short", Course::Short),
        ("saturated", Course::Saturated),
    ] {
        let directory = RunDirectory::create(root.join(name))?;
        directory.save_load(&sample::load::results(course))?;
        report(&directory)?;
    }
    for (name, faults) in [("conformant", false), ("faulty", true)] {
        let directory = RunDirectory::create(root.join(name))?;
        directory.save_conformance(&sample::conformance::results(faults))?;
        report(&directory)?;
    }
    for (name, has_moved) in [("migration", false), ("moved", true)] {
        let directory = RunDirectory::create(root.join(name))?;
        directory.save_migration(&sample::migration::run(has_moved))?;
        report(&directory)?;
    }
    for (name, is_frontier) in [("capacity", false), ("frontier", true)] {
        let directory = RunDirectory::create(root.join(name))?;
        directory.save_capacity(&sample::capacity::run(is_frontier))?;
        report(&directory)?;
    }
    for (name, is_saved) in [("pairs", false), ("saved", true)] {
        let directory = RunDirectory::create(root.join(name))?;
        directory.save_comparison(&sample::comparison::run(is_saved))?;
        report(&directory)?;
    }
    Ok(())
}

fn report(directory: &RunDirectory) -> Result<(), Box<dyn Error>> {
    let SavedRun { run, missing } = directory.read()?;
    let files = assay_report::render(&run, &missing)?;
    directory.save_pages(files.iter().map(|file| (&*file.name, &*file.text)))?;
    let summary = assay_report::terminal_summary(&run, assay_report::Colour::Plain, None);
    directory.save_pages([("summary.txt", &*summary)])?;
    Ok(())
}
