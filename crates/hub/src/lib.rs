//! The Mercure reference hub on a socket: the only crate that knows HTTP from the serving side.
//!
//! Settings come in as [`HubOptions`], are checked into a [`HubConfig`], and [`serve`] runs a hub with it on a listener
//! that somebody else bound, until a future tells it to stop; a [`MountedHub`] is one without a listener, inside an
//! application that hands it requests. What a hub does with updates is `assay-hub-core`'s; reading
//! arguments, environment and files, logging to somewhere and exit codes are the command line's.
//!
//! # What a peer may send, and take
//!
//! | what | bound | beyond it |
//! |---|---|---|
//! | head of a request | 64 KiB, 100 fields | 431 |
//! | … until it is whole, also the first one | 30 s | connection closed |
//! | TLS handshake | 10 s, 1000 at once | connection closed |
//! | body of a request | 2 MiB, 1024 fields | 413 |
//! | … until it is whole | 30 s | 408 |
//! | … that is refused, and still comes over HTTP/1.1 | 32 MiB, 5 s | connection closed |
//! | topics of an update | 100 of 8 KiB | 413 |
//! | data of an update | 1024 KiB | 413 |
//! | id, type of an update | 1024 bytes each | 413 |
//! | topic matchers of a subscriber | 100 of 4 KiB | 400 |
//! | one pattern, compiled | 64 KiB | 400 |
//! | token | 16 KiB, 100 details, 1000 matchers in each | 401 |
//! | … that names an unknown key | a look at its issuer's JWK set every 30 s, waited for 3 s | 401 |
//! | JWK set from a URL | 256 KiB, 100 keys, 10 s, 3 redirects | that of before, for 6 h; then 503 |
//! | streams | `--max-subscribers`, 100000 | 429 |
//! | connections | those, and 1000 | 503, then closed |
//! | … of one address, and its HTTP/2 streams | `--max-per-address`, none | 429 |
//! | streams on one HTTP/2 connection | 1000 | refused by the protocol |
//! | distinct patterns of all subscribers | 10000 | 429 |
//! | what waits for a subscriber | 1000 updates, 16 MiB | stream closed, `queue-full` |
//! | a write that waits for its peer | `--write-timeout`, 30 s | connection closed |
//! | life of a stream | its token's, and `--max-lifetime`, 12 h | stream ended |
//! | history in memory | `--history-size`, 10000 updates, and `--history-bytes`, 64 MiB | the oldest is forgotten |
//! | … in a file | the same, 1000000 updates and 1 GiB | the oldest is forgotten |
//! | updates that wait to be stored in a file | 10000, 64 MiB | 503 |
//! | reads of that file for subscribers that resume | 4 at once, of 256 updates or 1 MiB | they wait for their turn |
//! | … that wait | 10000 | 503, `history-busy`, to who comes then |
//!
//! By default no address is bounded by itself: behind a proxy all peers share one, and so does a load test on one machine.
//!
//! # Two lanes
//!
//! A stream over plain HTTP/1.1, the usual kind, is written by one of a few threads that own their sockets (`stream_lane`, and
//! `--stream-threads`). Everything else, streams over HTTP/2 included, is hyper's. Both are fed by the one log.

mod acme;
mod archive_readers;
mod certificate;
mod config;
mod connection;
mod connection_count;
mod deadline;
mod either;
mod farewell;
#[cfg(test)]
#[path = "../../../fuzz/heads.rs"]
mod heads;
mod http;
mod jwks;
mod limits;
mod listener;
mod metrics;
mod mounted;
#[cfg(test)]
#[path = "../../../fuzz/mutations.rs"]
mod mutations;
mod operators;
mod peer;
mod peer_io;
mod per_address;
mod platform;
mod readiness;
mod reception;
mod refused_body;
mod request_head;
mod server;
mod socket;
mod stream_lane;
mod surplus;
mod transport;
mod vitals;

pub use acme::CertificateCacheError;
pub use assay_hub_core::history;
pub use config::{
    At, ConfigError, ConfigWarning, Fallback, Group, HubConfig, HubOptions, IssuerOptions,
    KeyOptions, Kind, Layer, Legacy, Origin, OriginError, Place, SETTINGS, SecretFile, Setting,
    Source, Written,
};
pub use limits::ACCEPT_BACKLOG;
pub use listener::{Listener, bind, bind_unix};
pub use mounted::{HubBody, MountedHub};
pub use server::{Reload, ServeError, Server, serve, serve_with};
