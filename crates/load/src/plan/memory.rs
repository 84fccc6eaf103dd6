//! What the records of a run take in this process, and when they grow: every delivery is kept until the books are settled, since its
//! order, its publish and its subscriber all count. Not for what a hub takes.
//!
//! Measured with `cargo bench -p assay-load --bench books`, and as the peak (`VmHWM`) of whole runs: live-score for 20 s and for 80 s,
//! with 1,000 subscribers at 50/s and with 10 at 500/s, and with 10 and 2,000 subscribers with and without TLS. Rounded up.

use super::Arithmetic;

/// A receipt of 8 bytes from its arrival on, and 4 more while the fan of its publish is worked out.
const DELIVERY_BYTES: u64 = 12;
/// A probe keeps R − K as well.
const PROBE_DELIVERY_BYTES: u64 = 16;
/// Its place in the plan, its record, its ledger, its row, and the text of that row in `run.json`: 1,050 were measured.
const UPDATE_BYTES: u64 = 1_100;
/// A connection without TLS, idle: 1,200 were measured.
const SUBSCRIBER_BYTES: u64 = 1_500;
/// TLS on it: 10,500 were measured.
const TLS_BYTES: u64 = 11_000;
/// The program with an empty run: 17 MB were measured.
const PROGRAM_BYTES: u64 = 20_000_000;

/// A hub may send each delivery so many times before the stream is ended: what a run takes at worst, beyond what is planned.
pub(crate) const RECEIPTS_PER_DELIVERY_MAX: usize = 4;

/// The memory of a run when every planned delivery comes once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Planned deliveries.
    pub deliveries: u64,
    /// What they take.
    pub deliveries_bytes: u64,
    /// Planned updates.
    pub updates: u64,
    /// What they take.
    pub updates_bytes: u64,
    /// Subscribers.
    pub subscribers: u64,
    /// What their connections take.
    pub subscribers_bytes: u64,
}

impl Memory {
    /// Of a plan whose subscribers connect with TLS or without it.
    pub fn of(sums: &Arithmetic, tls: bool) -> Self {
        let at_probes = sums.probe_deliveries;
        let subscriber_bytes = SUBSCRIBER_BYTES + if tls { TLS_BYTES } else { 0 };
        Self {
            deliveries: sums.deliveries,
            deliveries_bytes: (sums.deliveries - at_probes) * DELIVERY_BYTES
                + at_probes * PROBE_DELIVERY_BYTES,
            updates: sums.updates,
            updates_bytes: sums.updates * UPDATE_BYTES,
            subscribers: sums.subscribers,
            subscribers_bytes: sums.subscribers * subscriber_bytes,
        }
    }

    /// All of it, the program included.
    pub fn bytes(&self) -> u64 {
        self.growing_bytes() + self.subscribers_bytes + PROGRAM_BYTES
    }

    /// What grows as long as the load lasts.
    pub fn growing_bytes(&self) -> u64 {
        self.deliveries_bytes + self.updates_bytes
    }
}
