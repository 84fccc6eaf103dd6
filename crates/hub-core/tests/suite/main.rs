//! The hub core through its public interface.

mod access_token;
mod hub;
mod mint;
mod simulation;
mod support;
