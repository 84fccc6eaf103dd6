//! Realistic runs from a seed, for tests and for looking at: always the same.

#![allow(
    dead_code,
    clippy::wildcard_imports,
    reason = "each binary uses its part; a sample fills in nearly every type of the documents"
)]

pub(crate) mod capacity;
pub(crate) mod comparison;
pub(crate) mod conformance;
pub(crate) mod load;
pub(crate) mod migration;

use assay_results::{Assay, Dialect, DialectEvidence, Environment, HubOrigin, Machine, Target};

/// `SplitMix64`: enough for a sample, and the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Bell-shaped around 0 with a deviation of about 1.
    pub(crate) fn bell(&mut self) -> f64 {
        let sum: u64 = (0..12).map(|_| self.below(1_000_000)).sum();
        sum as f64 / 1e6 - 6.0
    }
}

pub(crate) fn target(dialects: &[Dialect]) -> Target {
    Target {
        hub: HubOrigin::Reference,
        url: "http://127.0.0.1:34115/.well-known/mercure".to_owned(),
        publish_url: None,
        dialects: dialects
            .iter()
            .map(|&dialect| DialectEvidence {
                dialect,
                evidence: "the hub serves protected-resource metadata".to_owned(),
            })
            .collect(),
        issuer: Some("https://localhost".to_owned()),
        audience: Some("http://127.0.0.1:34115/.well-known/mercure".to_owned()),
        insecure: false,
        connect_to: None,
        extra_headers: vec![],
        server: Some("assay".to_owned()),
    }
}

pub(crate) fn environment(command: &str) -> Environment {
    Environment {
        machine: Machine {
            cpus: 2,
            cpu_model: Some("AMD EPYC 9R14".to_owned()),
            memory_bytes: Some(24 << 30),
            os: "linux x86_64".to_owned(),
            kernel: Some("6.18.5".to_owned()),
            fd_limit: Some(20_000),
        },
        assay: Assay {
            version: "0.1.0".to_owned(),
            commit: Some("f12f9d6".to_owned()),
        },
        started_at: "2026-11-24T03:00:00Z".to_owned(),
        command_line: command.split(' ').map(str::to_owned).collect(),
    }
}
