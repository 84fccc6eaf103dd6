//! A socket option that `socket2` and `rustix` do not have: switched on by number.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sets the option `name` of `level`, which takes a C `int`, to 1. The error is the system's.
#[allow(
    unsafe_code,
    reason = "no safe crate here has SO_TIMESTAMPNS or IP_BIND_ADDRESS_NO_PORT"
)]
pub(super) fn switch_on(
    socket: BorrowedFd<'_>,
    level: libc::c_int,
    name: libc::c_int,
) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: the descriptor is open while it is borrowed; the kernel reads `size_of::<c_int>()` bytes of `on`, which
    // outlives the call, and keeps no pointer.
    let status = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if status == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
