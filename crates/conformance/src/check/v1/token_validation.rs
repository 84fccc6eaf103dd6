//! Section "Token Validation": which access tokens a hub refuses, and how.

mod algorithm;
mod claims;
mod endpoints;
mod header;
mod issuer;
mod issuers;
mod key;
mod key_server;
mod metadata;
mod signature;

pub(super) use endpoints::{subscription_by_cookie, wrong_tokens};
pub(super) use issuers::{another_issuer, by};
pub(crate) use metadata::document;
pub(super) use metadata::{is_issuer, required};

use assay_client::Dialect;

use crate::check::{Area, Check, Section};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Authorization,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [
        signature::checks(),
        header::checks(),
        algorithm::checks(),
        key::checks(),
        issuer::checks(),
        issuers::checks(),
        claims::checks(),
        endpoints::checks(),
        metadata::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
