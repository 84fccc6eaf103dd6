//! The hub core through its public interface.

mod access_token;
mod arriving;
#[path = "../../../../fuzz/bodies.rs"]
mod bodies;
#[path = "../../../../fuzz/cursors.rs"]
mod cursors;
mod fuzz;
mod hub;
mod keys;
mod lane;
mod lane_host;
mod late_history;
mod late_readers;
mod mint;
mod model;
#[path = "../../../../fuzz/mutations.rs"]
mod mutations;
mod presence_simulation;
mod read_orders;
mod redb_history;
mod seeds;
mod sign;
mod simulation;
mod subscriptions;
mod support;
