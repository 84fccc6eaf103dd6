//! The floor as a table and as a document.

use std::fmt::Write as _;

use assay_results::{Figure, Level, Making, Proof, ProofFindings, ProofTable, Verdict, VerdictRow};

use crate::{Floor, Kind};

/// Each row that passes and must not, and each hub of which nothing was judged.
pub(crate) fn defects(floors: &[Floor]) -> Vec<String> {
    let mut defects = Vec::new();
    for floor in floors {
        if floor.barred().next().is_none() {
            defects.push(format!(
                "{}: nothing was judged, so the floor says nothing",
                floor.hub
            ));
        }
        let passes = floor.barred().filter(|row| row.verdict == Verdict::Pass);
        defects.extend(passes.map(|row| {
            format!(
                "{}: {} {} {} passes",
                floor.hub, row.dialect, row.check, row.requirement
            )
        }));
    }
    defects
}

/// The columns of the table.
const COLUMNS: [&str; 8] = [
    "hub",
    "rows",
    "must not pass",
    "of them pass",
    "fail or warn",
    "inconclusive",
    "other",
    "passes elsewhere",
];

impl Floor {
    fn cells(&self) -> [String; 8] {
        let count = |rows: &[&VerdictRow], wanted: &[Verdict]| {
            rows.iter()
                .filter(|row| wanted.contains(&row.verdict))
                .count()
        };
        let barred: Vec<_> = self.barred().collect();
        let all: Vec<_> = self.rows.iter().collect();
        let pass = count(&barred, &[Verdict::Pass]);
        let red = count(&barred, &[Verdict::Fail, Verdict::Warn, Verdict::Flaky]);
        let open = count(&barred, &[Verdict::Inconclusive]);
        let elsewhere = count(&all, &[Verdict::Pass]) - pass;
        [
            self.hub.to_owned(),
            all.len().to_string(),
            barred.len().to_string(),
            pass.to_string(),
            red.to_string(),
            open.to_string(),
            (barred.len() - pass - red - open).to_string(),
            elsewhere.to_string(),
        ]
    }
}

/// The table for a terminal.
pub(crate) fn text(floors: &[Floor]) -> String {
    let mut text = String::new();
    let lines = std::iter::once(COLUMNS.map(str::to_owned)).chain(floors.iter().map(Floor::cells));
    for [hub, counts @ ..] in lines {
        // Writing into a String cannot fail.
        let _ = write!(text, "{hub:<42}");
        for count in counts {
            let _ = write!(text, " {count:>16}");
        }
        text.push('\n');
    }
    text
}

/// The document.
pub(crate) fn document(floors: &[Floor], defects: &[String], made: Making) -> Proof {
    let mut table = ProofTable::new(
        "Hubs that do nothing, and hubs that do one thing wrongly to all",
        "All checks of both dialects, by force. On a hub that does nothing no MUST and no SHOULD may pass, whatever it answers; on one \
         that does one thing wrongly, none of what it breaks. Elsewhere it may: what such a hub gives to all it gives to the entitled too.",
        COLUMNS,
    );
    for floor in floors {
        let heading = match floor.kind {
            Kind::Nothing => "does nothing",
            Kind::WrongToAll => "does one thing wrongly to all",
        };
        table.push(heading, floor.cells());
    }
    let count = |kind| floors.iter().filter(|floor| floor.kind == kind).count();
    let barred: usize = floors.iter().map(|floor| floor.barred().count()).sum();
    let may = floors.iter().flat_map(|floor| &floor.rows);
    let may = may.filter(|row| row.level == Level::May && row.verdict == Verdict::Pass);
    let figures = [
        ("hubs that do nothing", count(Kind::Nothing)),
        ("hubs that are wrong to all", count(Kind::WrongToAll)),
        ("rows that must not pass", barred),
        ("of them pass", defects.len()),
        ("permissions (MAY) that pass", may.count()),
    ];
    let sentence = if defects.is_empty() {
        format!("Of {barred} rows that must not pass on these hubs, none does.")
    } else {
        format!("{} defects: see the notes.", defects.len())
    };
    Proof::new(ProofFindings {
        name: "floor".to_owned(),
        question: "Does anything pass on a hub that does nothing, or does it wrongly to all?"
            .to_owned(),
        sentence,
        holds: defects.is_empty(),
        made,
        figures: figures
            .map(|(label, value)| Figure {
                label: label.to_owned(),
                value: value.to_string(),
            })
            .into(),
        tables: vec![table],
        notes: defects.to_vec(),
    })
}
