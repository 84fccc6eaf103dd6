//! Which checks a run makes: by id, area or level. Not for their order.

use assay_client::Dialect;
use assay_results::Level;

use crate::{
    check::{self, Check},
    explain::CheckInfo,
    requirement::Catalogue,
};

/// A choice among the checks; the default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Checks or requirements whose id begins with one of these; all when empty.
    pub only: Vec<String>,
    /// Areas by name, such as `cors`; all when empty.
    pub areas: Vec<String>,
    /// Requirements of this level or a stricter one.
    pub level: LeastLevel,
}

/// How strict a requirement has to be for a run to look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LeastLevel {
    /// MUST and MUST NOT.
    Must,
    /// SHOULD and SHOULD NOT too.
    Should,
    /// Everything.
    #[default]
    May,
}

impl LeastLevel {
    fn admits(self, level: Level) -> bool {
        match level {
            Level::Must | Level::MustNot => true,
            Level::Should | Level::ShouldNot => self != Self::Must,
            Level::May => self == Self::May,
        }
    }
}

/// A choice that matches nothing: a typing error must not look like success.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// None of the checks or requirements begins so.
    #[error(
        "no check and no requirement begins with {0:?}: `assay explain --list` shows all of them"
    )]
    NothingBegins(String),
    /// No area has this name.
    #[error("no area is called {0:?}; there are {1}")]
    UnknownArea(String, String),
    /// Each part matches something, and together they match nothing.
    #[error("no check is in the chosen areas, begins so and has that level at once")]
    NothingLeft,
}

impl Selection {
    /// The chosen checks as people see them, each with the rows that were chosen.
    ///
    /// # Errors
    /// A part of the choice, or the whole of it, matches nothing.
    pub fn checks(&self, dialects: &[Dialect]) -> Result<Vec<CheckInfo>, SelectionError> {
        let chosen = self.of(dialects)?;
        Ok(chosen.iter().flatten().map(CheckInfo::of).collect())
    }

    /// The chosen checks of each dialect, each with the rows that were chosen.
    pub(crate) fn of(&self, dialects: &[Dialect]) -> Result<Vec<Vec<Check>>, SelectionError> {
        let mut all: Vec<Vec<Check>> = dialects
            .iter()
            .map(|&dialect| check::all(dialect))
            .collect();
        self.hold_against(&all)?;
        for checks in &mut all {
            checks.retain_mut(|check| self.choose(check));
        }
        if all.iter().all(Vec::is_empty) {
            return Err(SelectionError::NothingLeft);
        }
        Ok(all)
    }

    fn hold_against(&self, all: &[Vec<Check>]) -> Result<(), SelectionError> {
        for prefix in &self.only {
            let mut checks = all.iter().flatten();
            if !checks.any(|check| begins(check, prefix)) {
                return Err(SelectionError::NothingBegins(prefix.clone()));
            }
        }
        for area in &self.areas {
            let mut names: Vec<_> = all
                .iter()
                .flatten()
                .map(|check| check.area.as_str())
                .collect();
            if !names.iter().any(|name| is_named(name, area)) {
                names.sort_unstable();
                names.dedup();
                return Err(SelectionError::UnknownArea(area.clone(), names.join(", ")));
            }
        }
        Ok(())
    }

    fn choose(&self, check: &mut Check) -> bool {
        let begins = self.only.is_empty() || self.only.iter().any(|prefix| begins(check, prefix));
        let area = check.area.as_str();
        let in_area = self.areas.is_empty() || self.areas.iter().any(|name| is_named(area, name));
        let catalogue = Catalogue::of(check.dialect);
        check.rules.retain(|rule| {
            let requirement = catalogue.get(rule.requirement);
            requirement.is_none_or(|requirement| self.level.admits(requirement.level))
        });
        begins && in_area && !check.rules.is_empty()
    }
}

fn begins(check: &Check, prefix: &str) -> bool {
    let mut rules = check.rules.iter();
    check.id.starts_with(prefix) || rules.any(|rule| rule.requirement.starts_with(prefix))
}

// `event-stream` is easier to type than `event stream`.
fn is_named(area: &str, name: &str) -> bool {
    area == name || area.replace(' ', "-") == name
}

#[cfg(test)]
mod tests {
    use assay_client::Dialect;

    use super::{LeastLevel, Selection, SelectionError};

    fn choose(selection: &Selection) -> Result<(usize, usize), SelectionError> {
        let all = selection.of(&[Dialect::V1, Dialect::V0])?;
        let checks: Vec<_> = all.into_iter().flatten().collect();
        Ok((
            checks.len(),
            checks.iter().map(|check| check.rules.len()).sum(),
        ))
    }

    #[test]
    fn each_part_narrows_the_choice() {
        let (checks, rows) = choose(&Selection::default()).unwrap();
        let narrower = [
            Selection {
                only: vec!["token/".to_owned()],
                ..Selection::default()
            },
            Selection {
                only: vec!["sse.".to_owned()],
                ..Selection::default()
            },
            Selection {
                areas: vec!["anonymous-mode".to_owned()],
                ..Selection::default()
            },
            Selection {
                level: LeastLevel::Must,
                ..Selection::default()
            },
        ];
        for selection in narrower {
            let (fewer_checks, fewer_rows) = choose(&selection).unwrap();
            assert!(0 < fewer_checks && fewer_checks < checks, "{selection:?}");
            assert!(fewer_rows < rows, "{selection:?}");
        }
        let should = Selection {
            level: LeastLevel::Should,
            ..Selection::default()
        };
        let must = Selection {
            level: LeastLevel::Must,
            ..Selection::default()
        };
        assert!(choose(&must).unwrap().1 < choose(&should).unwrap().1);
    }

    #[test]
    fn what_matches_nothing_is_an_error() {
        let check = |only: &[&str], areas: &[&str], named: &str| {
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
            let selection = Selection {
                only: owned(only),
                areas: owned(areas),
                ..Selection::default()
            };
            let error = choose(&selection).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        };
        check(&["tokne/"], &[], "tokne/");
        check(&["token/", "tokne/"], &[], "tokne/");
        check(&[], &["corse"], "cors, ");
        check(&["token/"], &["cors"], "at once");
    }
}
