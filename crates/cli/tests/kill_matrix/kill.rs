//! One mutant, and what the checks of its requirement say of it.

use assay_crooked::Mutant;
use assay_results::{Level, Verdict};

use crate::matrix::{Judged, Verdicts};

/// A mutant and its verdicts.
pub(crate) struct Kill<'s> {
    pub(crate) mutant: &'static Mutant,
    /// Of the check that judges its requirement.
    pub(crate) rows: Vec<Judged>,
    /// The verdicts on the straight hub behind it.
    pub(crate) straight: &'s Verdicts,
}

impl Kill<'_> {
    /// The rows of its own requirement that are red.
    pub(crate) fn own_reds(&self) -> impl Iterator<Item = &Judged> {
        self.rows
            .iter()
            .filter(|row| self.is_own(row) && self.is_red(row))
    }

    /// What is wrong, if it survives, or reddens other rows than those it declares.
    pub(crate) fn defect(&self) -> Option<String> {
        let Mutant {
            name,
            dialect,
            requirement,
            collateral,
            ..
        } = self.mutant;
        let name = format!("{} {requirement} ({name})", dialect.as_str());
        if self.own_reds().next().is_none() && !self.is_unsupported() {
            let own = self.rows.iter().filter(|row| self.is_own(row));
            return Some(format!("{name}: survives: {}", listed(own)));
        }
        let undeclared = |row: &&Judged| !collateral.contains(&row.requirement.as_str());
        let others = self
            .rows
            .iter()
            .filter(|row| !self.is_own(row) && self.is_red(row));
        let others = listed(others.filter(undeclared));
        if !others.is_empty() {
            return Some(format!("{name}: undeclared collateral: {others}"));
        }
        let is_red = |id: &&&str| {
            self.rows
                .iter()
                .any(|row| row.requirement == **id && self.is_red(row))
        };
        let spared: Vec<_> = collateral.iter().filter(|id| !is_red(id)).collect();
        (!spared.is_empty())
            .then(|| format!("{name}: declared collateral that stays green: {spared:?}"))
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
