//! `assay check` on one cell of the table, and what may not be in its document.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use assay_client::Dialect;
use serde_json::Value;

use crate::Cell;
use crate::served::{Certificate, KEY, ORIGIN, Served};

/// One row of the document.
#[derive(Debug)]
pub(crate) struct Row {
    check: String,
    requirement: String,
    verdict: String,
    pub(crate) observed: String,
}

impl Row {
    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.check, self.requirement)
    }

    /// Whether the hub was measured by it.
    pub(crate) fn is_judged(&self) -> bool {
        matches!(self.verdict.as_str(), "pass" | "note")
    }
}

/// A run.
pub(crate) struct Judged {
    code: Option<i32>,
    stderr: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) took: Duration,
}

impl Judged {
    pub(crate) fn judged(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_judged())
    }

    pub(crate) fn unjudged(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.is_judged())
    }

    /// What is red, what is open without a word why, and what is not there at all.
    pub(crate) fn defects(&self, cell: Cell) -> Vec<String> {
        let mut defects = Vec::new();
        if self.code != Some(0) {
            defects.push(format!("exit code {:?}: {}", self.code, self.stderr));
        }
        let unexplained = self
            .unjudged()
            .filter(|row| row.verdict != "unsupported" || !is_explained(cell, &row.observed));
        defects.extend(
            unexplained.map(|row| format!("{}: {}: {}", row.key(), row.verdict, row.observed)),
        );
        let seen: BTreeSet<_> = self.rows.iter().map(Row::key).collect();
        let missing = expected(cell).into_iter().filter(|key| !seen.contains(key));
        defects.extend(missing.map(|key| format!("{key}: no row")));
        defects
    }
}

/// Why a check may not have measured this cell: it needs what the cell is not, and says so.
fn is_explained(cell: Cell, observed: &str) -> bool {
    let own = if cell.anonymous {
        "anonymous"
    } else {
        "no-anonymous"
    };
    // A variant that this hub is explains nothing.
    let is_own = |variant: &str| [own, "presence"].contains(&variant);
    let wanted = observed.split_once("needs variant `");
    let wanted = wanted.and_then(|(_, rest)| rest.split_once('`'));
    if wanted.is_some_and(|(variant, _)| !is_own(variant)) {
        return true;
    }
    let mut words = vec![
        "the metadata advertises no authorization server",
        "the metadata name no further matcher type",
    ];
    if cell.http == "2" {
        words.push("not applicable over HTTP/2");
    } else if !cell.tls {
        words.push("without TLS nothing tells which versions of HTTP");
    }
    words.iter().any(|words| observed.contains(words))
}

/// A row for each requirement that a check of the dialect judges.
fn expected(cell: Cell) -> BTreeSet<String> {
    let dialect: Dialect = cell.dialect.parse().unwrap();
    let rows = assay_conformance::checks(dialect)
        .into_iter()
        .flat_map(|check| {
            let id = check.id;
            let key = move |(requirement, _)| format!("{id} {requirement}");
            check.judges.into_iter().map(key)
        });
    rows.collect()
}

/// Judges the hub.
pub(crate) fn check(cell: Cell, hub: &Served, certificate: &Certificate) -> Judged {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command
        .args(["check", &hub.url, "--json", "--dialect", cell.dialect])
        .args(["--http", cell.http, "--jobs", "4"])
        .args(["--allowed-origin", ORIGIN, "--publish-origin", ORIGIN])
        .arg("--out")
        .arg(folder.path().join("out"))
        .env("ASSAY_JWT_KEY", KEY);
    if cell.tls {
        command.arg("--cacert").arg(certificate.certificate());
    }
    let output = command.output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = document["verdicts"].as_array().into_iter().flatten();
    let rows = rows.map(|row| Row {
        check: text(row, "check"),
        requirement: text(row, "requirement"),
        verdict: text(row, "verdict"),
        observed: text(row, "observed"),
    });
    Judged {
        code: output.status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        rows: rows.collect(),
        took: began.elapsed(),
    }
}
