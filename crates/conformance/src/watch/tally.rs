//! How often each rule was seen kept and broken, with the first excerpt of what broke it; in the end the rows of the report. Not
//! for judging one exchange: that is [`super::rules`].

use std::collections::BTreeMap;

use assay_client::Dialect;
use assay_results::{Level, Transcript, Verdict, VerdictRow};

use crate::{
    requirement::{Catalogue, Requirement},
    row,
};

use super::{
    rule::{Rule, Sight},
    rules,
};

/// What was seen of one rule.
#[derive(Debug, Default)]
struct Seen {
    right: u64,
    wrong: u64,
    doubtful: u64,
    noted: u64,
    /// What came and the excerpt: of the first wrong one, else doubtful, else noted.
    evidence: BTreeMap<u8, (String, String)>,
}

impl Seen {
    fn all(&self) -> u64 {
        self.right + self.wrong + self.doubtful + self.noted
    }

    fn verdict(&self, level: Level) -> Verdict {
        let by_level = match level {
            Level::Must | Level::MustNot => Verdict::Fail,
            Level::Should | Level::ShouldNot | Level::May => Verdict::Warn,
        };
        match self {
            Self { wrong: 1.., .. } => by_level,
            Self { doubtful: 1.., .. } => Verdict::Warn,
            Self { noted: 1.., .. } => Verdict::Note,
            Self { right: 1.., .. } => Verdict::Pass,
            _ => Verdict::NotObserved,
        }
    }
}

/// The first time that a requirement was seen broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The dialect.
    pub dialect: Dialect,
    /// Id in the catalogue.
    pub requirement: &'static str,
    /// Fail or warn.
    pub verdict: Verdict,
    /// Section of the draft.
    pub section: String,
    /// What came, secrets taken out.
    pub came: String,
    /// What to write instead.
    pub instead: &'static str,
}

/// All that was seen.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(Dialect, &'static str), Seen>);

impl Tally {
    /// Counts what one exchange showed; a finding when it is the first of its kind.
    pub(super) fn count(
        &mut self,
        dialect: Dialect,
        rule: &'static Rule,
        sight: Sight,
        excerpt: impl FnOnce() -> String,
    ) -> Option<Finding> {
        let requirement = requirement(dialect, rule);
        if sight == Sight::Unseen {
            return None;
        }
        let seen = self.0.entry((dialect, rule.requirement)).or_default();
        let before = seen.verdict(requirement.level);
        let (count, rank, came) = match sight {
            Sight::Unseen => return None,
            Sight::Right => {
                seen.right += 1;
                return None;
            }
            Sight::Wrong(came) => (&mut seen.wrong, 0, came),
            Sight::Doubtful(came) => (&mut seen.doubtful, 1, came),
            Sight::Noted(came) => (&mut seen.noted, 2, came),
        };
        *count += 1;
        seen.evidence
            .entry(rank)
            .or_insert_with(|| (came.clone(), excerpt()));
        let verdict = seen.verdict(requirement.level);
        let is_news = verdict != before && matches!(verdict, Verdict::Fail | Verdict::Warn);
        is_news.then(|| Finding {
            dialect,
            requirement: rule.requirement,
            verdict,
            section: requirement.section.clone(),
            came,
            instead: rule.instead,
        })
    }

    /// How many findings there are, and how often they came.
    pub(super) fn findings(&self) -> (usize, u64) {
        let broken = self
            .0
            .values()
            .filter(|seen| seen.wrong + seen.doubtful > 0);
        broken.fold((0, 0), |(rules, times), seen| {
            (rules + 1, times + seen.wrong + seen.doubtful)
        })
    }

    /// The dialects of which something was seen.
    pub(super) fn dialects(&self) -> Vec<Dialect> {
        let seen = |dialect: &Dialect| self.0.keys().any(|(it, _)| it == dialect);
        Dialect::ALL.into_iter().filter(seen).collect()
    }

    /// A row for each rule of a dialect.
    pub(super) fn rows(&self, dialect: Dialect) -> Vec<VerdictRow> {
        let row = |rule: &'static Rule| self.row(dialect, rule);
        rules::of(dialect).map(row).collect()
    }

    /// The excerpt of each finding.
    pub(super) fn transcripts(&self) -> Vec<Transcript> {
        self.0
            .iter()
            .filter_map(|((dialect, id), seen)| {
                let (came, excerpt) = seen.evidence.values().next()?;
                Some(Transcript {
                    check: slug(*dialect, id),
                    text: format!("{excerpt}\n{came}\n"),
                })
            })
            .collect()
    }

    fn row(&self, dialect: Dialect, rule: &'static Rule) -> VerdictRow {
        let requirement = requirement(dialect, rule);
        let nothing = Seen::default();
        let seen = self.0.get(&(dialect, rule.requirement)).unwrap_or(&nothing);
        let (came, excerpt) = seen.evidence.values().next().cloned().unwrap_or_default();
        VerdictRow {
            check: slug(dialect, rule.requirement),
            requirement: rule.requirement.to_owned(),
            level: requirement.level,
            verdict: seen.verdict(requirement.level),
            expected: rule.instead.to_owned(),
            observed: observed(seen, &came),
            repro: None,
            difference: None,
            section: format!("{}, lines {}", requirement.section, requirement.lines),
            area: rule
                .requirement
                .split('.')
                .next()
                .unwrap_or_default()
                .to_owned(),
            dialect: row::dialect(dialect),
            sent: excerpt,
            duration_ms: 0,
            why: requirement.statement.clone(),
        }
    }
}

fn observed(seen: &Seen, came: &str) -> String {
    match (seen.all(), seen.wrong + seen.doubtful) {
        (0, _) => "nothing that has to do with it passed".to_owned(),
        (all, 0) if came.is_empty() => format!("kept each of {all} times"),
        (all, 0) => format!("{came} ({} of {all} times)", seen.noted),
        (all, broken) => format!("{came} ({broken} of {all} times)"),
    }
}

/// Stands where a check has its id.
pub(super) fn slug(dialect: Dialect, requirement: &str) -> String {
    match dialect {
        Dialect::V1 => format!("watch/{requirement}"),
        Dialect::V0 => format!("0.x/watch/{requirement}"),
    }
}

fn requirement(dialect: Dialect, rule: &Rule) -> &'static Requirement {
    Catalogue::of(dialect)
        .get(rule.requirement)
        .expect("invariant: a test of the matrix finds each rule in the catalogue")
}
