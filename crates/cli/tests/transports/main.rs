//! The reference hub keeps the protocol in both dialects, with anonymous subscribers and without, over HTTP/1.1, HTTP/2 and TLS:
//! `assay check` finds nothing wrong, and no transport makes it judge less. Not for what a check is worth: that is the kill matrix.

#![allow(
    clippy::print_stdout,
    reason = "the table is what a reader of the test wants to see"
)]

mod judged;
mod served;

use std::sync::{Arc, Mutex};

use judged::{Judged, check};
use served::{Certificate, Served};

/// Suites at the same time, each with few lanes: on a busy machine none may be short of its deadlines.
const AT_ONCE: usize = 3;

/// One cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) dialect: &'static str,
    pub(crate) anonymous: bool,
    pub(crate) tls: bool,
    pub(crate) http: &'static str,
}

impl Cell {
    fn all() -> Vec<Self> {
        let mut cells = Vec::new();
        for dialect in ["1.0", "0.x"] {
            for anonymous in [true, false] {
                for (tls, http) in [(false, "1.1"), (false, "2"), (true, "1.1"), (true, "2")] {
                    cells.push(Self {
                        dialect,
                        anonymous,
                        tls,
                        http,
                    });
                }
            }
        }
        cells
    }

    /// The same over plain HTTP/1.1, which the others are held against.
    fn plain(self) -> Self {
        Self {
            tls: false,
            http: "1.1",
            ..self
        }
    }
}

#[test]
fn the_reference_hub_keeps_the_protocol_over_each_transport() {
    let certificate = Certificate::new();
    let cells = Mutex::new(Cell::all());
    let table = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(cell) = cells.lock().unwrap().pop() else {
                        return;
                    };
                    let hub = Served::start(cell, &certificate);
                    let judged = Arc::new(check(cell, &hub, &certificate));
                    table.lock().unwrap().push((cell, judged));
                }
            });
        }
    });
    let table = table.into_inner().unwrap();
    let of = |wanted: Cell| {
        let found = table.iter().find(|(cell, _)| *cell == wanted);
        &found.unwrap().1
    };
    let mut defects = Vec::new();
    println!("dialect  anonymous  TLS    HTTP  judged  not judged  seconds");
    for cell in Cell::all() {
        let judged = of(cell);
        println!(
            "{:7}  {:9}  {:5}  {:4}  {:6}  {:10}  {:7.1}",
            cell.dialect,
            cell.anonymous,
            cell.tls,
            cell.http,
            judged.judged().count(),
            judged.unjudged().count(),
            judged.took.as_secs_f64(),
        );
        let named = |defect: String| format!("{cell:?}: {defect}");
        defects.extend(judged.defects(cell).into_iter().map(named));
        defects.extend(lost(cell, judged, of(cell.plain())).into_iter().map(named));
    }
    assert!(
        defects.is_empty(),
        "{} defects:\n{}",
        defects.len(),
        defects.join("\n")
    );
}

/// What plain HTTP/1.1 shows and this transport does not, without a word of its own why.
fn lost(cell: Cell, judged: &Judged, plain: &Judged) -> Vec<String> {
    let lost = plain.judged().filter(|row| {
        let here = judged.rows.iter().find(|here| here.key() == row.key());
        let is_explained = here.is_some_and(|here| {
            here.is_judged()
                || cell.http == "2" && here.observed.starts_with("not applicable over HTTP/2")
        });
        !is_explained
    });
    lost.map(|row| format!("{} is not judged as over HTTP/1.1", row.key()))
        .collect()
}
