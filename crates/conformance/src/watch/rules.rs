//! All rules, a table for each subject and dialect; and why no rule can be for the other requirements on clients. Not for how often a
//! rule was seen: that is [`super::tally`].

mod credential;
mod encryption;
mod publication;
mod reconnection;
mod resource;
mod subscription;
mod text;
mod token;

use assay_client::Dialect;

use super::rule::Rule;

const V1: [&[Rule]; 7] = [
    publication::V1,
    encryption::V1,
    subscription::V1,
    reconnection::V1,
    credential::V1,
    token::V1,
    resource::V1,
];

const V0: [&[Rule]; 6] = [
    publication::V0,
    subscription::V0,
    reconnection::V0,
    credential::V0,
    token::V0,
    resource::V0,
];

/// The rules of a dialect.
pub(super) fn of(dialect: Dialect) -> impl Iterator<Item = &'static Rule> {
    let tables: &[&[Rule]] = match dialect {
        Dialect::V1 => &V1,
        Dialect::V0 => &V0,
    };
    tables.iter().copied().flatten()
}
