//! Hubs that are wrong on purpose, for tests and proofs only.
//!
//! - [`NullHub`]: servers that implement nothing, or one thing wrongly to all. No check may pass on them (the *floor*).
//! - [`Crooked`]: a reverse proxy before a straight hub that breaks one rule of the protocol, told by a [`Mutant`]. The
//!   check of that rule must go red on it (the *kill matrix*).
//! - [`FaultyHub`]: servers that stall, flood, reset and lie, which nothing of Assay may hang or crash on.
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
mod presence;
mod promiscuous;
mod proxy;
mod scene;
mod server;
mod token;
mod upstream;
mod wire;

pub use fault::{Fault, FaultyHub, Side};
pub use mutant::{Dialect, Mutant, Needs};
pub use null_hub::{NULL_HUBS, Null, NullHub, WRONG_TO_ALL};
pub use proxy::Crooked;
pub use scene::Straight;
