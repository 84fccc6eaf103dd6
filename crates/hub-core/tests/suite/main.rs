//! The hub core through its public interface.

mod access_token;
#[path = "../../../../fuzz/bodies.rs"]
mod bodies;
mod fuzz;
mod hub;
mod keys;
mod lane;
mod lane_host;
mod late_history;
mod mint;
#[path = "../../../../fuzz/mutations.rs"]
mod mutations;
mod presence_simulation;
mod redb_history;
mod seeds;
mod sign;
mod simulation;
mod subscriptions;
mod support;
