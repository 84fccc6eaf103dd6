//! The kill matrix as a document, and the coverage table: requirement, check, mutant, and no empty cell without a reason.
//! Written where `cargo xtask proof kill-matrix` asks for it. Not for judging.

use std::collections::{BTreeMap, BTreeSet};

use assay_client::Dialect;
use assay_crooked::{Mutant, mutants};
use assay_results::{
    Coverage, CoverageStatus, Figure, Level, Making, Proof, ProofFindings, ProofTable,
};

use crate::kill::Kill;

/// Requirements that no straight hub of these tests can show to be kept, and why.
pub(crate) const NOT_SHOWN: &[(&str, &str)] = &[(
    "match.additional-types",
    "The reference hub has no matcher type beyond those of the draft, and its metadata name none: there is nothing to ask for.",
)];

/// Most requirements that a cell of the page names.
const OTHERS_SHOWN: usize = 8;

/// One dialect.
pub(crate) struct Part<'s> {
    pub(crate) dialect: Dialect,
    pub(crate) kills: Vec<Kill<'s>>,
}

/// Each cell of the coverage table that is empty without a reason.
pub(crate) fn empty_cells(dialect: Dialect) -> Vec<String> {
    let of = mutants_of(dialect);
    let empty = |row: &Coverage| match &row.status {
        CoverageStatus::Checked { .. } => {
            let mutants = of.get(row.requirement.as_str()).map_or(0, Vec::len);
            (mutants == 0 && not_shown(&row.requirement).is_none())
                .then_some("it has a check and no mutant")
        }
        CoverageStatus::Reason { reason } => reason
            .is_empty()
            .then_some("it has neither check nor reason"),
    };
    let coverage = assay_conformance::coverage(dialect);
    coverage
        .iter()
        .filter_map(|row| Some(format!("{dialect} {}: {}", row.requirement, empty(row)?)))
        .collect()
}

/// Why no mutant of a requirement can be seen.
pub(crate) fn not_shown(requirement: &str) -> Option<&'static str> {
    let found = NOT_SHOWN.iter().find(|(id, _)| *id == requirement);
    found.map(|(_, reason)| *reason)
}

fn mutants_of(dialect: Dialect) -> BTreeMap<&'static str, Vec<&'static Mutant>> {
    let mut of: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mutant in mutants::all().filter(|m| m.dialect.as_str() == dialect.as_str()) {
        of.entry(mutant.requirement).or_default().push(mutant);
    }
    of
}

/// The document.
pub(crate) fn document(parts: &[Part<'_>], defects: &[String], made: Making) -> Proof {
    let mut areas = ProofTable::new(
        "Coverage, by area and level",
        "Requirements that bind a hub. Red: its mutant, a hub that breaks this rule alone, was caught by its own check. A \
         requirement without a check has its reason below.",
        ["area", "dialect", "MUST", "SHOULD", "MAY", "checked", "red"],
    );
    let mut matrix = ProofTable::new(
        "Each requirement with its check and its mutants",
        "A mutant is a straight hub behind a proxy that breaks one rule. It is judged by the whole suite (on a hub whose limits leave \
         no room for that, by the check of that rule); what else goes red has to be in the table of the proof, or it fails.",
        [
            "requirement",
            "level",
            "check",
            "mutant",
            "what it does",
            "its check",
            "also red, as the table says",
        ],
    );
    let mut open = ProofTable::new(
        "Requirements without a check, or that no straight hub shows to be kept, and why",
        "",
        ["requirement", "level", "section", "why"],
    );
    let mut counts = Counts::default();
    for part in parts {
        part.write(&mut areas, &mut matrix, &mut open, &mut counts);
    }
    Proof::new(ProofFindings {
        name: "kill-matrix".to_owned(),
        question: "Does each check go red on a hub that breaks its rule alone, and green on one that keeps it?".to_owned(),
        sentence: counts.sentence(defects),
        holds: defects.is_empty(),
        made,
        figures: counts.figures(),
        tables: vec![areas, matrix, open],
        notes: defects.to_vec(),
    })
}

#[derive(Default)]
struct Counts {
    requirements: usize,
    checked: usize,
    red: usize,
    mutants: usize,
    alone: usize,
    checks: BTreeSet<String>,
    reasons: usize,
}

impl Counts {
    fn sentence(&self, defects: &[String]) -> String {
        if !defects.is_empty() {
            return format!("{} defects: see the notes.", defects.len());
        }
        format!(
            "Each of {} mutants is caught by the check of the rule that it breaks, {} of {} requirements have such a check, \
             and no straight hub is red.",
            self.mutants, self.red, self.requirements
        )
    }

    fn figures(&self) -> Vec<Figure> {
        [
            ("requirements that bind a hub", self.requirements),
            ("with a check", self.checked),
            ("whose mutant is caught", self.red),
            ("checks", self.checks.len()),
            ("mutants", self.mutants),
            ("mutants on which nothing else is red", self.alone),
            ("without a check, with a reason", self.reasons),
        ]
        .map(|(label, value)| Figure {
            label: label.to_owned(),
            value: value.to_string(),
        })
        .into()
    }
}

/// Counts of one area.
#[derive(Default)]
struct AreaCounts {
    levels: [usize; 3],
    checked: usize,
    red: usize,
}

impl Part<'_> {
    fn write(
        &self,
        areas: &mut ProofTable,
        matrix: &mut ProofTable,
        open: &mut ProofTable,
        counts: &mut Counts,
    ) {
        let dialect = self.dialect.as_str();
        let checks = assay_conformance::checks(self.dialect);
        let area_of = |id: &str| checks.iter().find(|check| check.id == id).map(|c| c.area);
        let mut by_area: BTreeMap<&str, AreaCounts> = BTreeMap::new();
        for row in assay_conformance::coverage(self.dialect) {
            counts.requirements += 1;
            let check = match &row.status {
                CoverageStatus::Checked { check } => check,
                CoverageStatus::Reason { reason } => {
                    counts.reasons += 1;
                    push_open(open, dialect, &row, reason);
                    tally(
                        by_area.entry(NO_CHECK).or_default(),
                        row.level,
                        false,
                        false,
                    );
                    continue;
                }
            };
            let area = area_of(check).unwrap();
            let own = self
                .kills
                .iter()
                .filter(|kill| kill.mutant.requirement == row.requirement);
            let own: Vec<_> = own.collect();
            let is_red = own.iter().any(|kill| kill.own_reds().next().is_some());
            counts.checked += 1;
            counts.red += usize::from(is_red);
            counts.mutants += own.len();
            let is_alone = |kill: &&&Kill<'_>| kill.other_reds().next().is_none();
            counts.alone += own.iter().filter(is_alone).count();
            counts.checks.insert(check.clone());
            tally(by_area.entry(area).or_default(), row.level, true, is_red);
            if let Some(reason) = not_shown(&row.requirement) {
                push_open(open, dialect, &row, reason);
            }
            for kill in own {
                matrix.push(&format!("{dialect} · {area}"), kill.cells(&row, check));
            }
        }
        for (area, of) in by_area {
            let [must, should, may] = of.levels.map(|count| count.to_string());
            let cells = [
                must,
                should,
                may,
                of.checked.to_string(),
                of.red.to_string(),
            ];
            areas.push(
                "",
                [area.to_owned(), dialect.to_owned()]
                    .into_iter()
                    .chain(cells),
            );
        }
    }
}

const NO_CHECK: &str = "(without a check)";

fn tally(of: &mut AreaCounts, level: Level, checked: bool, red: bool) {
    let level = match level {
        Level::Must | Level::MustNot => 0,
        Level::Should | Level::ShouldNot => 1,
        Level::May => 2,
    };
    of.levels[level] += 1;
    of.checked += usize::from(checked);
    of.red += usize::from(red);
}

fn push_open(open: &mut ProofTable, dialect: &str, row: &Coverage, why: &str) {
    let cells = [&row.requirement, row.level.as_str(), &row.section, why];
    open.push(dialect, cells.map(str::to_owned));
}

impl Kill<'_> {
    /// The first of them, and how many more: the table has all.
    fn others(&self) -> String {
        let others: BTreeSet<_> = self
            .other_reds()
            .map(|row| row.requirement.as_str())
            .collect();
        let mut shown: Vec<_> = others.iter().copied().take(OTHERS_SHOWN).collect();
        let more = others.len() - shown.len();
        let more = format!("and {more} more");
        if others.len() > OTHERS_SHOWN {
            shown.push(&more);
        }
        shown.join(", ")
    }

    fn cells(&self, row: &Coverage, check: &str) -> [String; 7] {
        let came = if self.own_reds().next().is_some() {
            "red"
        } else if self.is_unsupported() {
            "not shown"
        } else {
            "survives"
        };
        [
            row.requirement.clone(),
            row.level.to_string(),
            check.to_owned(),
            self.mutant.name.to_owned(),
            self.mutant.violation.to_owned(),
            came.to_owned(),
            self.others(),
        ]
    }
}
