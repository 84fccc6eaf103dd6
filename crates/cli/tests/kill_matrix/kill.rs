//! One mutant, and what the checks say of it.

use std::collections::BTreeSet;

use assay_crooked::Mutant;
use assay_results::{Level, Verdict};

use crate::matrix::{Judged, Verdicts};

/// A mutant and its verdicts.
pub(crate) struct Kill<'s> {
    pub(crate) mutant: &'static Mutant,
    /// The check that judges its requirement.
    pub(crate) check: &'static str,
    /// The verdicts on it.
    pub(crate) rows: Vec<Judged>,
    /// Those on such a hub that is straight.
    pub(crate) straight: &'s Verdicts,
    /// The requirements that may go red with its own.
    pub(crate) collateral: BTreeSet<String>,
}

impl Kill<'_> {
    /// The rows of its own requirement that are red.
    pub(crate) fn own_reds(&self) -> impl Iterator<Item = &Judged> {
        self.rows
            .iter()
            .filter(|row| self.is_own(row) && self.is_red(row))
    }

    /// The rows of other requirements that are red.
    pub(crate) fn other_reds(&self) -> impl Iterator<Item = &Judged> {
        self.rows
            .iter()
            .filter(|row| !self.is_own(row) && self.is_red(row))
    }

    /// The requirements that may go red, are in its own check, and do not.
    pub(crate) fn spared(&self) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter().filter(|row| row.check == self.check);
        let spared = rows.filter(|row| !self.is_red(row));
        let declared = spared.filter(|row| self.collateral.contains(&row.requirement));
        declared.map(|row| row.requirement.as_str())
    }

    /// What is wrong, if it survives, or reddens other rows than the table says.
    pub(crate) fn defect(&self) -> Option<String> {
        let Mutant {
            name,
            dialect,
            requirement,
            ..
        } = self.mutant;
        let name = format!("{} {requirement} ({name})", dialect.as_str());
        if self.own_reds().next().is_none() && !self.is_unsupported() {
            let own = self.rows.iter().filter(|row| self.is_own(row));
            return Some(format!("{name}: survives: {}", listed(own)));
        }
        let undeclared = |row: &&Judged| !self.collateral.contains(&row.requirement);
        let others = listed(self.other_reds().filter(undeclared));
        if !others.is_empty() {
            return Some(format!(
                "{name}: collateral that is not in the table: {others}"
            ));
        }
        let spared: Vec<_> = self.spared().collect();
        (!spared.is_empty()).then(|| {
            format!("{name}: collateral in the table that its own check spares: {spared:?}")
        })
    }

    fn is_own(&self, row: &Judged) -> bool {
        row.requirement == self.mutant.requirement
    }

    /// Whether the straight hub lacks what each check of the requirement needs.
    pub(crate) fn is_unsupported(&self) -> bool {
        let mut own = self.rows.iter().filter(|row| self.is_own(row));
        own.all(|row| self.straight.get(&row.key()) == Some(&Verdict::Unsupported))
    }

    /// Whether a row is worse than the straight hub's: a MAY can at worst be noted.
    fn is_red(&self, row: &Judged) -> bool {
        match row.verdict {
            Verdict::Fail | Verdict::Warn => true,
            Verdict::Note => {
                row.level == Level::May && self.straight.get(&row.key()) == Some(&Verdict::Pass)
            }
            _ => false,
        }
    }
}

fn listed<'r>(rows: impl Iterator<Item = &'r Judged>) -> String {
    rows.map(Judged::to_string).collect::<Vec<_>>().join("; ")
}
