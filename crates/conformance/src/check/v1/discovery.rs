//! Section "Discovery": where the hub is, and what its protected resource metadata (RFC 9728) say. Not for what they say of the
//! cookie and of issuers: see [`super::cookie`] and [`super::token_validation`].

mod document;
mod matcher_types;

use assay_client::Dialect;

use super::super::well_known::served;
use crate::{
    accept::AcceptSet,
    check::{Area, Check, Section},
    shape::accepted::WORKS,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Discovery,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let mut checks = vec![
        SECTION
            .probe("discovery/well-known-url", |lab| Box::pin(served(lab)))
            .judges("discovery.hub-url.default", AcceptSet::fact(WORKS)),
    ];
    checks.extend(document::checks());
    checks.extend(matcher_types::checks());
    checks
}
