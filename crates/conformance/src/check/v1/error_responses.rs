//! Section "Error Responses": status, challenge and code of a refusal, and what must not be told.

mod malformed;
mod missing;
mod refused;

use assay_client::Dialect;

use crate::check::{Area, Check, Section};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Errors,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [missing::checks(), refused::checks(), malformed::checks()]
        .into_iter()
        .flatten()
        .collect()
}
