//! One thin file a subcommand: arguments in, a library's work, its outcome out.

pub(crate) mod calibrate;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod find;
pub(crate) mod hub;
pub(crate) mod load_worker;
pub(crate) mod null_hub;
pub(crate) mod publish;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod subscribe;
pub(crate) mod token;
pub(crate) mod watch;
