//! The hub core through its public interface.

mod access_token;
mod hub;
mod keys;
mod lane;
mod lane_host;
mod mint;
mod simulation;
mod support;
