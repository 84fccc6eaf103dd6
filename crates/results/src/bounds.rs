//! Every bound of this crate with its reason.

/// Version of both documents. It rises when a field changes its meaning or goes away, not when one is added.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// How many wrong deliveries of each kind a document names; the rest are counted. A hub that loses everything must neither fill a
/// disk nor hide the one delivery that it leaked.
pub const WRONG_DELIVERIES_NAMED_OF_A_KIND: u64 = 200;

/// Longest latency that a histogram tells apart, in µs: 60 s. Above it a value counts as overflow.
pub(crate) const LONGEST_LATENCY_US: u64 = 60_000_000;

/// Significant decimal digits of a histogram.
pub(crate) const SIGNIFICANT_DIGITS: u8 = 3;

/// Largest `run.json` that is read back, so that a wrong path (a device, a core dump) ends in a sentence and not in an
/// exhausted machine. A run of 500,000 publishes stays under it.
pub(crate) const RUN_JSON_BYTES_AT_MOST: u64 = 512 << 20;

/// Largest accompanying file (`*.hlog`, `ledger.csv`) that is read back.
pub(crate) const ACCOMPANYING_BYTES_AT_MOST: u64 = 1 << 30;

const _: () = assert!(RUN_JSON_BYTES_AT_MOST <= ACCOMPANYING_BYTES_AT_MOST);
