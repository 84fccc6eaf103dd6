//! What a run found, in one sentence, the same in every form of the report.

pub(crate) mod conformance;
pub(crate) mod load;
