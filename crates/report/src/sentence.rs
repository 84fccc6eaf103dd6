//! What a run found, in one sentence, the same in every form of the report.

use assay_results::{Partial, PartialCause};

use crate::number::duration;

pub(crate) mod capacity;
pub(crate) mod comparison;
pub(crate) mod conformance;
pub(crate) mod load;
pub(crate) mod migration;

/// What was found as a sentence; of a run that did not come to its end, how it ended goes first.
fn ended(found: &str, partial: Option<&Partial>) -> String {
    let Some(partial) = partial else {
        // What failed may end with a question to the reader.
        let stop = if found.ends_with('?') { "" } else { "." };
        return format!("{found}{stop}");
    };
    let end = match partial.cause {
        PartialCause::Unfinished => return format!("This run has no end: {}.", partial.reason),
        PartialCause::Interrupted => "Interrupted",
        PartialCause::HubUnusable => "The hub became unusable",
        PartialCause::WorkbenchExhausted => "The workbench could not go on",
        PartialCause::Defect => "Assay failed",
    };
    let after = duration(partial.at_us);
    format!(
        "{end} after {after} ({}). Until then: {found}.",
        partial.reason
    )
}
