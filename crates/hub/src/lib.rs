//! The Mercure reference hub on a socket: the only crate that knows HTTP from the serving side.
//!
//! Settings come in as [`HubOptions`], are checked into a [`HubConfig`], and [`serve`] runs a hub with it on a listener
//! that somebody else bound, until a future tells it to stop. What a hub does with updates is `assay-hub-core`'s; reading
//! arguments, environment and files, logging to somewhere and exit codes are the command line's.

mod config;
mod connection;
mod http;
mod limits;
mod peer_io;
mod server;

pub use config::{
    ConfigError, ConfigWarning, HubConfig, HubOptions, Origin, OriginError, Place, Source, Written,
};
pub use server::{ServeError, bind, serve};
