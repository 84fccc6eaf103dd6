//! What a hub with a history in a file keeps of its promises when it is killed, and when its disk is full: the real program,
//! over real sockets.

#[cfg(target_os = "linux")]
mod disk_full;
mod kill_9;
mod peer;
mod program;
