//! A rule of the watch: which requirement, what it is about, what to write instead, and what shows in one exchange.

use super::{
    jwt::without_tokens,
    limits::QUOTED_CHARS_AT_MOST,
    scene::{Scene, When},
};

/// What one exchange shows of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing.
    Unseen,
    /// It is kept.
    Right,
    /// It is broken: fail or warn by its level. What came.
    Wrong(String),
    /// It is probably broken, or by the letter only: warn. What came.
    Doubtful(String),
    /// A choice that the draft leaves. What came.
    Noted(String),
}

impl Sight {
    /// Right, or wrong in these words.
    pub(super) fn right_if(holds: bool, otherwise: impl FnOnce() -> String) -> Self {
        if holds {
            Self::Right
        } else {
            Self::Wrong(otherwise())
        }
    }

    /// The first of several that is not right; unseen when there is none.
    pub(super) fn worst(sights: impl IntoIterator<Item = Self>) -> Self {
        sights
            .into_iter()
            .min_by_key(|sight| match sight {
                Self::Wrong(_) => 0,
                Self::Doubtful(_) => 1,
                Self::Noted(_) => 2,
                Self::Right => 3,
                Self::Unseen => 4,
            })
            .unwrap_or(Self::Unseen)
    }
}

/// One requirement on a publisher, a subscriber or an issuer, as a proxy in the middle sees it.
#[derive(Debug)]
pub(super) struct Rule {
    /// In the catalogue of its dialect; it does not bind the hub.
    pub(super) requirement: &'static str,
    pub(super) when: When,
    /// What to write instead, for whoever keeps the client.
    pub(super) instead: &'static str,
    pub(super) judge: fn(&Scene) -> Sight,
}

/// A row of a table of rules.
pub(super) const fn rule(
    requirement: &'static str,
    when: When,
    instead: &'static str,
    judge: fn(&Scene) -> Sight,
) -> Rule {
    Rule {
        requirement,
        when,
        instead,
        judge,
    }
}

/// A text of a peer's as findings repeat it: in quotes, without tokens, and not at length.
pub(super) fn quoted(text: &str) -> String {
    let harmless = without_tokens(text);
    let mut shown: String = harmless.chars().take(QUOTED_CHARS_AT_MOST).collect();
    if shown.len() < harmless.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}
