//! Why a check ends before it can judge. Not for a verdict about the hub: none of these is one.

use crate::wire::WireError;

/// A check ended early; each of its rows gets the same verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A control failed: what should work did not, so nothing can be concluded. Verdict *inconclusive*.
    Control(String),
    /// The target gives too little (a key, an origin). Verdict *inconclusive*.
    NotMeasurable(String),
    /// The hub, or the target file, does not claim the feature. Verdict *unsupported*.
    Unsupported(String),
    /// Ours. Verdict *error*.
    Defect(String),
}

impl From<WireError> for Stop {
    fn from(error: WireError) -> Self {
        Self::Control(error.to_string())
    }
}
