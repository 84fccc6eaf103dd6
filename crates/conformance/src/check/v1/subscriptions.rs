//! Section "Active Subscriptions", one part of it a file.

mod access;
mod advertised;
mod api;
mod documents;
mod events;
mod issuers;
mod pagination;
mod payloads;
mod repeated;

use assay_client::Dialect;

use crate::check::{Area, Check, Need, Section};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Subscriptions,
};

/// All of them. A hub without the feature has nothing to show, but that it does not claim it.
pub(super) fn checks() -> Vec<Check> {
    let needing = [
        events::checks(),
        issuers::checks(),
        documents::checks(),
        payloads::checks(),
        api::checks(),
        pagination::checks(),
        access::checks(),
    ];
    needing
        .into_iter()
        .flatten()
        .map(|check| check.needs(Need::Subscriptions))
        .chain(advertised::checks())
        .collect()
}
