//! Where a run happened: what a reader must know before comparing two runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Machine, program and command of a run. The caller looks them up; this crate only keeps them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The machine of the workbench.
    pub machine: Machine,
    /// The program that measured.
    pub assay: Assay,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// The command line, secrets taken out ([`crate::redact_command_line`]).
    pub command_line: Vec<String>,
}

/// The machine of the workbench; a figure that the system does not give is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// CPUs that the process may use.
    pub cpus: u32,
    /// Model of the CPU.
    pub cpu_model: Option<String>,
    /// Physical memory.
    pub memory_bytes: Option<u64>,
    /// Operating system, such as `linux x86_64`.
    pub os: String,
    /// Version of the kernel.
    pub kernel: Option<String>,
    /// Soft limit of open files of one process.
    pub fd_limit: Option<u64>,
}

/// The program that measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assay {
    /// Its version.
    pub version: String,
    /// The commit it was built from, when known.
    pub commit: Option<String>,
}
