//! Section "Authorization Details": what grants rights, what grants none, and what makes a token invalid.

mod actions;
mod grants;
mod limits;
mod malformed;

use assay_client::Dialect;

use crate::check::{Area, Check, Section};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Authorization,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [
        grants::checks(),
        actions::checks(),
        malformed::checks(),
        limits::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
