//! The hub that a run was pointed at, and how it was reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Dialect;

/// The hub under test. Never holds keys or tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Whose hub it is.
    pub hub: HubOrigin,
    /// Absolute hub URL, without credentials.
    pub url: String,
    /// Where publishers went, when it was another URL.
    pub publish_url: Option<String>,
    /// The dialects spoken, and why these.
    pub dialects: Vec<DialectEvidence>,
    /// Issuer that minted tokens name.
    pub issuer: Option<String>,
    /// Audience that minted tokens name.
    pub audience: Option<String>,
    /// True when any certificate was trusted: the report shows it.
    pub insecure: bool,
    /// `HOST:PORT` that was connected to instead of the URL's.
    pub connect_to: Option<String>,
    /// Names of the extra request headers; their values may be secret.
    pub extra_headers: Vec<String>,
    /// What the hub calls itself (`Server` header), when it does.
    pub server: Option<String>,
}

/// Whose hub was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HubOrigin {
    /// The reference hub, started for this run as a child process.
    Reference,
    /// A hub that was running already.
    Given,
}

/// A dialect and the reason why it was spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DialectEvidence {
    /// The dialect.
    pub dialect: Dialect,
    /// Such as `asked for by --dialect` or `the hub serves protected-resource metadata`.
    pub evidence: String,
}
