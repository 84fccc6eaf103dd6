//! Which revision of the protocol a run spoke.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The protocol revision spoken.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Dialect {
    /// `1.0`: draft-dunglas-mercure-08.
    #[serde(rename = "1.0")]
    V1,
    /// `0.x`: draft-dunglas-mercure-07, what is deployed nearly everywhere.
    #[serde(rename = "0.x")]
    V0,
}

impl Dialect {
    /// As it is written in documents and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V0 => "0.x",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
