//! Every bound of a migration with its reason.

/// Largest samples file: far above what anybody writes by hand.
pub(super) const SAMPLES_BYTES_AT_MOST: u64 = 4 << 20;

/// Most samples of a run, each of which is tried on three hubs: more are no samples any more, and take minutes.
pub(super) const SAMPLES_AT_MOST: usize = 2_000;

/// Longest text of a sample that a report shows, in characters.
pub(super) const TEXT_CHARS_AT_MOST: usize = 600;

/// Samples that are tried at the same time: below what a hub with small limits bears.
pub(super) const LANES: usize = 6;

/// Topics near the one that a selector selects, tried to see what else it selects.
pub(super) const NEIGHBOURS_AT_MOST: usize = 10;

/// Selectors of one sample that are tried: what comes behind is of the same kind.
pub(super) const SELECTORS_TRIED_AT_MOST: usize = 16;
