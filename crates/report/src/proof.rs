//! The page of a proof: what a test of Assay found of Assay itself. Not for runs, which are about a hub.

use askama::Template;
use assay_results::{Proof, ProofFindings, ProofGroup, ProofTable};

use crate::RenderError;
use crate::page::{Fact, fact, stylesheet};

/// Groups of a longer table are folded.
const ROWS_UNFOLDED_AT_MOST: usize = 60;

#[derive(Template)]
#[template(path = "proof.html")]
struct Page<'a> {
    title: String,
    style: String,
    sentence: &'a str,
    badge: (&'static str, &'static str),
    missing: &'a [String],
    notes: &'a [String],
    proof: &'a ProofFindings,
    tables: Vec<Table<'a>>,
    target: Vec<Fact>,
    environment: Vec<Fact>,
}

struct Table<'a> {
    of: &'a ProofTable,
    groups: Vec<Group<'a>>,
}

struct Group<'a> {
    heading: &'a str,
    rows: Vec<Vec<Cell<'a>>>,
}

/// A text, and the class of what is to be seen at a glance.
struct Cell<'a> {
    text: &'a str,
    class: &'static str,
}

/// The page of a proof, to stand beside its document.
///
/// # Errors
/// The page cannot be filled in: a defect of ours.
pub fn render_proof(proof: &Proof) -> Result<String, RenderError> {
    let proof = proof.findings();
    let page = Page {
        title: format!("Proof: {} · Assay", proof.name),
        style: stylesheet(),
        sentence: &proof.sentence,
        badge: if proof.holds {
            ("holds", "good")
        } else {
            ("does not hold", "bad")
        },
        missing: &[],
        notes: &proof.notes,
        tables: proof.tables.iter().map(table).collect(),
        target: vec![
            fact("Command", &proof.made.command),
            fact("Date", &proof.made.date),
        ],
        environment: vec![
            fact("Commit", &proof.made.commit),
            fact("System", &proof.made.system),
        ],
        proof,
    };
    Ok(page.render()?)
}

fn table(table: &ProofTable) -> Table<'_> {
    let groups = table.groups.iter().map(|group| Group {
        heading: &group.heading,
        rows: rows(&table.columns, group),
    });
    Table {
        of: table,
        groups: groups.collect(),
    }
}

fn rows<'a>(columns: &[String], group: &'a ProofGroup) -> Vec<Vec<Cell<'a>>> {
    let cells = |row: &'a std::collections::BTreeMap<String, String>| {
        let cell = |column| cell(row.get(column).map_or("", String::as_str));
        columns.iter().map(cell).collect()
    };
    group.rows.iter().map(cells).collect()
}

fn cell(text: &str) -> Cell<'_> {
    let class = match text {
        "red" | "noticed" | "same" | "held" => "yes",
        "survives" | "differs" | "none" => "no",
        _ => "",
    };
    Cell { text, class }
}

impl Table<'_> {
    fn is_folded(&self) -> bool {
        self.of.len() > ROWS_UNFOLDED_AT_MOST && self.groups.len() > 1
    }
}
