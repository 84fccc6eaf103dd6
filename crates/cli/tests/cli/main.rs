//! `assay` as its users meet it: arguments in; exit code, streams and files out. Not for what a library decides: that is
//! tested where it is decided.

mod arguments;
mod bad_hub;
mod by_hand;
mod changing_hub;
mod check;
mod closed_pipe;
mod compare;
mod deployments;
mod doctor;
mod explain;
mod find;
mod http2;
mod hub;
#[cfg(target_os = "linux")]
mod hub_hangup;
mod hub_jwks;
mod hub_settings;
mod hub_starts;
mod interruption;
mod killed_workbench;
mod migrate;
mod pause;
mod presets;
mod program;
mod recipes;
mod run;
mod run_tokens;
mod scenario;
mod secrets;
mod targets;
mod watch;
mod workers;
