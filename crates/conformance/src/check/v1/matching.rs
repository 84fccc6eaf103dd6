//! Section "Matcher Types": which topics a matcher selects. Not for how a subscription is asked for: see
//! [`super::subscription`]; nor for most of what tokens grant: see [`super::topic_matcher_list`].

mod exact;
mod load;
mod types;
mod url_pattern;
mod url_pattern_base;
mod wildcard;

use assay_client::Dialect;

use crate::check::{Area, Check, Section};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Matching,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [
        types::checks(),
        wildcard::checks(),
        exact::checks(),
        url_pattern::checks(),
        url_pattern_base::checks(),
        load::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
