//! The hub core through its public interface.

mod access_token;
mod hub;
mod keys;
mod lane;
mod lane_host;
mod late_history;
mod mint;
mod presence_simulation;
mod redb_history;
mod simulation;
mod subscriptions;
mod support;
