//! The hub as its peers see it: real sockets, raw requests, raw answers.
//!
//! One binary; each file is a table of cases through one `check`, or a scene with streams.

mod acme;
mod acme_directory;
mod browsers;
mod catalogue;
mod deadlines;
mod hostile;
mod http2;
mod issuers;
mod jwks;
mod limits;
mod old_world;
mod operators;
mod proxies;
mod public_urls;
mod refusals;
mod restarts;
mod scenes;
mod settings;
mod settings_file;
mod settings_legacy;
mod shutdown;
mod slow_disk;
mod slow_history;
mod streams;
mod subscriptions;
mod support;
mod tls;
mod tokens;
