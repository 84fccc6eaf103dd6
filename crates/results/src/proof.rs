//! The document of a proof: what a test of Assay found of Assay itself when it ran for long, with its tables.
//!
//! Not a run: it says nothing of a user's hub, and no command reads it. It is published beside its page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bounds::SCHEMA_VERSION;

/// A proof and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Version of this format.
    schema: u32,
    /// Always `proof`.
    kind: ProofKind,
    #[serde(flatten)]
    findings: ProofFindings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProofKind {
    Proof,
}

/// What a proof found, and how to repeat it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofFindings {
    /// As `cargo xtask proof` is told, such as `kill-matrix`.
    pub name: String,
    /// What it asks, in a line.
    pub question: String,
    /// The answer, in a sentence.
    pub sentence: String,
    /// Whether the suite stood it.
    pub holds: bool,
    /// When, of which commit, where, by which command.
    pub made: Making,
    /// The figures that a reader wants first.
    pub figures: Vec<Figure>,
    /// The whole.
    pub tables: Vec<ProofTable>,
    /// How to read it, and what it does not show.
    pub notes: Vec<String>,
}

/// How a proof came about; its caller looks these up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// The day, `2026-11-25`, UTC.
    pub date: String,
    /// The commit whose code ran.
    pub commit: String,
    /// System and machine.
    pub system: String,
    /// What repeats it.
    pub command: String,
}

/// A label with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What it counts.
    pub label: String,
    /// How many, or how much with its unit.
    pub value: String,
}

/// A table whose rows may stand in groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofTable {
    /// What it shows.
    pub caption: String,
    /// How to read it; may be empty.
    pub note: String,
    /// The keys of its rows, in the order in which they are shown.
    pub columns: Vec<String>,
    /// The rows under their headings.
    pub groups: Vec<ProofGroup>,
}

/// Rows under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofGroup {
    /// Of all its rows; empty where the table has one group only.
    pub heading: String,
    /// Text by column; a column that a row does not have is empty.
    pub rows: Vec<BTreeMap<String, String>>,
}

impl Proof {
    /// The document of these findings.
    pub const fn new(findings: ProofFindings) -> Self {
        Self {
            schema: SCHEMA_VERSION,
            kind: ProofKind::Proof,
            findings,
        }
    }

    /// As it is written to a file.
    pub fn json(&self) -> String {
        // Texts and numbers only.
        let text = serde_json::to_string_pretty(self)
            .expect("invariant: no map has a key that is no text");
        format!("{text}\n")
    }

    /// What it found.
    pub const fn findings(&self) -> &ProofFindings {
        &self.findings
    }
}

impl ProofTable {
    /// A table of these columns, without rows yet.
    pub fn new<const N: usize>(caption: &str, note: &str, columns: [&str; N]) -> Self {
        Self {
            caption: caption.to_owned(),
            note: note.to_owned(),
            columns: columns.map(str::to_owned).into(),
            groups: Vec::new(),
        }
    }

    /// With a row in the group of this heading, its cells in the order of the columns.
    pub fn push(&mut self, heading: &str, cells: impl IntoIterator<Item = String>) {
        let row = self.columns.iter().cloned().zip(cells).collect();
        match self
            .groups
            .iter_mut()
            .find(|group| group.heading == heading)
        {
            Some(group) => group.rows.push(row),
            None => self.groups.push(ProofGroup {
                heading: heading.to_owned(),
                rows: vec![row],
            }),
        }
    }

    /// How many rows it has in all.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len()).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}
