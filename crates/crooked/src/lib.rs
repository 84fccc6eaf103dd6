//! Hubs that are wrong on purpose, for tests and proofs only.
//!
//! - [`NullHub`]: servers that implement nothing, or one thing wrongly to all. No check may pass on them (the *floor*).
//! - [`Crooked`]: a reverse proxy before a straight hub that breaks one rule of the protocol, told by a [`Mutant`]. The
//!   check of that rule must go red on it (the *kill matrix*).
//! - [`FaultyHub`]: servers that stall, flood, reset and lie, which nothing of Assay may hang or crash on; [`OddHub`] does it
//!   in frames of HTTP/2.
//! - [`SlowLink`]: nothing wrong, but late and byte by byte, which must change no verdict.
//!
//! Loopback only. Knows no other crate of Assay, so that it shares none of their misreadings.

mod challenge;
mod credential;
mod cursor;
mod event;
mod fault;
mod form;
mod grant;
mod ledger;
mod message;
mod mutant;
pub mod mutants;
mod null_hub;
mod odd_hub;
mod presence;
mod promiscuous;
mod proxy;
mod scene;
mod server;
mod slow_link;
mod token;
mod upstream;
mod wire;
mod wrong;

pub use fault::{Fault, FaultyHub, Side};
pub use mutant::{Dialect, Mutant, Needs};
pub use null_hub::{NULL_HUBS, Null, NullHub, WRONG_TO_ALL};
pub use odd_hub::{OddFrames, OddHub};
pub use proxy::Crooked;
pub use scene::Straight;
pub use slow_link::{CUT_UP_BYTES, SlowLink, Slowness};
pub use wrong::{WRONG_BEFORE_A_STRAIGHT_HUB, Wrong};
