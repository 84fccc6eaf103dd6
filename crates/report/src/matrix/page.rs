//! The page of runs side by side.

use askama::Template;
use assay_results::Outcome;

use super::{Change, Matrix, Row};
use crate::page::{Fact, badge, fact, stylesheet};

#[derive(Template)]
#[template(path = "matrix.html")]
struct Page<'a> {
    title: String,
    style: String,
    sentence: String,
    badge: (&'static str, &'static str),
    missing: &'a [String],
    names: Vec<&'a str>,
    differing: Vec<Line>,
    all: Vec<Line>,
    notes: &'a [String],
    target: Vec<Fact>,
    environment: Vec<Fact>,
}

/// A requirement; each cell has its word and the class of its colour.
struct Line {
    requirement: String,
    dialect: &'static str,
    level: &'static str,
    cells: Vec<(&'static str, &'static str)>,
}

pub(super) fn page(matrix: &Matrix<'_>) -> Result<String, askama::Error> {
    let columns = matrix.runs.len();
    let page = Page {
        title: "Conformance, side by side · Assay".to_owned(),
        style: stylesheet(),
        sentence: matrix.sentence(),
        badge: worst(matrix),
        missing: &[],
        names: matrix.runs.iter().map(|named| named.name).collect(),
        differing: matrix.differing().map(|row| line(row, columns)).collect(),
        all: matrix.rows.iter().map(|row| line(row, columns)).collect(),
        notes: &[],
        target: hubs(matrix),
        environment: commands(matrix),
    };
    page.render()
}

// Whether anything broke on the way, which is what a reader of versions looks for; beside a run that measured nothing, nobody knows.
fn worst(matrix: &Matrix<'_>) -> (&'static str, &'static str) {
    let broke = (1..matrix.runs.len()).any(|column| matrix.count(column, Change::Broke) > 0);
    if broke {
        ("something broke", "bad")
    } else if matrix
        .runs
        .iter()
        .any(|named| named.run.summary().requirements_judged == 0)
    {
        badge(Outcome::NotMeasurable)
    } else {
        ("nothing broke", badge(Outcome::Passed).1)
    }
}

fn line(row: &Row<'_>, columns: usize) -> Line {
    let cell = |column| {
        let class = match row.change(column) {
            Some(Change::Broke) => "broke",
            Some(Change::Healed) => "healed",
            Some(Change::Other) => "changed",
            None => "",
        };
        (row.word(column), class)
    };
    Line {
        requirement: row.requirement.to_owned(),
        dialect: row.dialect.as_str(),
        level: row.level.as_str(),
        cells: (0..columns).map(cell).collect(),
    }
}

fn hubs(matrix: &Matrix<'_>) -> Vec<Fact> {
    let of = |target: &assay_results::Target| {
        let server = target
            .server
            .as_deref()
            .map_or(String::new(), |server| format!(", calls itself {server}"));
        format!("{}{server}", target.url)
    };
    let runs = matrix.runs.iter();
    runs.map(|named| fact(named.name, of(&named.run.record().target)))
        .collect()
}

fn commands(matrix: &Matrix<'_>) -> Vec<Fact> {
    let runs = matrix
        .runs
        .iter()
        .map(|named| (named.name, &named.run.record().environment));
    runs.map(|(name, environment)| {
        let command = environment.command_line.join(" ");
        fact(name, format!("{}: {command}", environment.started_at))
    })
    .collect()
}
