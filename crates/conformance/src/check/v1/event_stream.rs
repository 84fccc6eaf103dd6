//! The event stream: its framing, and how each field of a publication travels in it. Not for the ids that a hub generates: see
//! [`super::event_id`].

mod data;
mod framing;
mod injection;
mod properties;
mod silence;

use assay_client::Dialect;

use crate::check::{Area, Check, Section};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::EventStream,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [
        framing::checks(),
        data::checks(),
        properties::checks(),
        injection::checks(),
        silence::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
