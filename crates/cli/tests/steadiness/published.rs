//! What the ordeals found, as a document.

use assay_results::{Figure, Making, Proof, ProofFindings, ProofTable};

use crate::hostile::{ENDS_WITHIN, End, MEMORY_BYTES_BELOW};
use crate::ordeal::Round;

/// What is wrong.
pub(crate) fn defects(shuffled: &[Round], together: &[Round], ends: &[End]) -> Vec<String> {
    let rounds = shuffled.iter().chain(together);
    let changed = rounds.flat_map(|round| round.changed.iter().cloned());
    changed.chain(ends.iter().filter_map(End::defect)).collect()
}

impl End {
    fn defect(&self) -> Option<String> {
        let what = if self.code.is_none() {
            format!("did not end within {} s", ENDS_WITHIN.as_secs())
        } else if !self.missing.is_empty() {
            format!("the report lacks {}", self.missing.join(", "))
        } else if self.is_our_defect {
            format!("a verdict is a defect of Assay: {}", self.verdicts)
        } else if self.memory_bytes >= MEMORY_BYTES_BELOW {
            format!("{} bytes of memory", self.memory_bytes)
        } else {
            return None;
        };
        Some(format!("{}: {what}", self.hub))
    }
}

/// The document.
pub(crate) fn document(
    shuffled: &[Round],
    together: &[Round],
    ends: &[End],
    defects: &[String],
    made: Making,
) -> Proof {
    let changed: usize = shuffled
        .iter()
        .chain(together)
        .map(|r| r.changed.len())
        .sum();
    let memory_bytes = ends.iter().map(|end| end.memory_bytes).max().unwrap_or(0);
    let slowest_s = ends.iter().map(|end| end.took.as_secs_f64());
    let slowest_s = slowest_s.fold(0.0, f64::max);
    let sentence = if defects.is_empty() {
        format!(
            "In {} shuffled suites and {} beside each other no verdict changes; on {} hubs that stall, flood, reset or lie each run \
             ends, with its report.",
            shuffled.len(),
            together.len(),
            ends.len()
        )
    } else {
        format!("{} defects: see the notes.", defects.len())
    };
    Proof::new(ProofFindings {
        name: "steadiness".to_owned(),
        question: "Does a verdict hang on the order, on how fast the hub is, or on who else is there; and does a run end whatever \
                   the hub does?"
            .to_owned(),
        sentence,
        holds: defects.is_empty(),
        made,
        figures: figures([
            ("suites, shuffled", shuffled.len().to_string()),
            ("suites beside each other", together.len().to_string()),
            ("verdicts that changed", changed.to_string()),
            ("hostile hubs", ends.len().to_string()),
            ("longest run on one", format!("{slowest_s:.0} s")),
            ("most memory there", megabytes(memory_bytes)),
        ]),
        tables: vec![rounds(shuffled, together), hostile(ends)],
        notes: defects.to_vec(),
    })
}

fn figures<const N: usize>(figures: [(&str, String); N]) -> Vec<Figure> {
    figures
        .map(|(label, value)| Figure {
            label: label.to_owned(),
            value,
        })
        .into()
}

/// A row for each ordeal, over all its rounds.
fn rounds(shuffled: &[Round], together: &[Round]) -> ProofTable {
    let mut table = ProofTable::new(
        "The same hub, harder to judge",
        "Each suite runs in an order of its own against `assay hub`, all checks of its dialect; its verdicts are held against those \
         of a first one, in the order of the catalogue, on a hub that nobody disturbs.",
        [
            "what is hard",
            "dialect",
            "suites",
            "rows each",
            "longest",
            "verdicts",
        ],
    );
    let mut all: Vec<_> = shuffled.iter().chain(together).collect();
    while let Some(first) = all.first().copied() {
        let (same, rest): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|round| round.ordeal == first.ordeal && round.dialect == first.dialect);
        all = rest;
        let changed: usize = same.iter().map(|round| round.changed.len()).sum();
        let longest_s = same.iter().map(|round| round.took_s).fold(0.0, f64::max);
        let came = match changed {
            0 => "same".to_owned(),
            changed => format!("{changed} differ"),
        };
        let cells = [
            first.ordeal.to_owned(),
            first.dialect.to_string(),
            same.len().to_string(),
            first.rows.to_string(),
            format!("{longest_s:.0} s"),
            came,
        ];
        table.push("", cells);
    }
    table
}

fn hostile(ends: &[End]) -> ProofTable {
    let note = format!(
        "`assay check --force` as a program, which goes on although the preflight failed. Held: it ended by itself within {} s, in \
         less than {} of resident memory, each file of its report is there, and no verdict is a defect of Assay.",
        ENDS_WITHIN.as_secs(),
        megabytes(MEMORY_BYTES_BELOW)
    );
    let mut table = ProofTable::new(
        "Hubs that stall, flood, reset and lie",
        &note,
        [
            "what the hub does",
            "came",
            "took",
            "memory",
            "exit code",
            "verdicts",
        ],
    );
    for end in ends {
        let came = if end.defect().is_none() {
            "held"
        } else {
            "differs"
        };
        let cells = [
            end.hub.clone(),
            came.to_owned(),
            format!("{:.1} s", end.took.as_secs_f64()),
            megabytes(end.memory_bytes),
            end.code
                .map_or_else(|| "killed".to_owned(), |code| code.to_string()),
            end.verdicts.clone(),
        ];
        table.push("", cells);
    }
    table
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}
