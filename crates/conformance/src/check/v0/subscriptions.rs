//! Section 8, "Active Subscriptions", one part of it a file.

mod access;
mod api;
mod documents;
mod events;
mod payloads;

use assay_client::Dialect;

use crate::check::{Area, Check, Need, Section};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Subscriptions,
};

/// All of them. A hub without the feature has nothing to show.
pub(super) fn checks() -> Vec<Check> {
    [
        events::checks(),
        documents::checks(),
        payloads::checks(),
        api::checks(),
        access::checks(),
    ]
    .into_iter()
    .flatten()
    .map(|check| check.needs(Need::Subscriptions))
    .collect()
}
