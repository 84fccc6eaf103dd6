//! What a hub keeps of its promises when it is killed, when its disk is full, and when a crowd came and left: the real program,
//! over real sockets.

mod book;
#[cfg(target_os = "linux")]
mod churn;
#[cfg(target_os = "linux")]
mod disk;
#[cfg(target_os = "linux")]
mod disk_full;
#[cfg(target_os = "linux")]
mod http2;
mod kill_9;
mod peer;
mod program;
