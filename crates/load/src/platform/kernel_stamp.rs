//! K: the instant at which the kernel received the bytes of a read.
//!
//! On Linux `SO_TIMESTAMPNS` makes the kernel stamp each arriving segment; `recvmsg` then hands over the stamp of the last
//! segment that the read consumed. So only the last event of a read has a K (measuring.md). The stamp is
//! `CLOCK_REALTIME`; [`crate::clock::Clock`] converts it.

use std::io;
use std::os::fd::AsFd;

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// How many bytes were read; 0 is the end of the stream.
    pub bytes: usize,
    /// Kernel receive time of the last segment of the read, nanoseconds of `CLOCK_REALTIME`; none where the kernel gave none.
    pub kernel_realtime_ns: Option<u64>,
}

/// Asks the kernel to stamp what this socket receives. An error says that reads will come without a K.
pub fn enable_kernel_stamps(socket: &impl AsFd) -> io::Result<()> {
    imp::enable(socket.as_fd())
}

/// Reads once, without blocking longer than the socket does, together with the kernel's stamp. Errors as `read`.
pub fn receive_stamped(socket: &impl AsFd, buffer: &mut [u8]) -> io::Result<Received> {
    imp::receive(socket.as_fd(), buffer)
}

#[cfg(target_os = "linux")]
#[allow(
    unsafe_code,
    reason = "no safe crate here reads the receive stamp out of recvmsg's control messages"
)]
mod imp {
    use super::Received;
    use crate::platform::socket_option::switch_on;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::{AsRawFd, BorrowedFd};

    pub(super) fn enable(socket: BorrowedFd<'_>) -> io::Result<()> {
        switch_on(socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS)
    }

    /// Room for the one control message we ask for and its header, aligned as `cmsghdr` demands.
    #[repr(C, align(8))]
    struct Control([u8; 64]);

    pub(super) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Received> {
        let mut control = Control([0; 64]);
        let mut part = libc::iovec {
            iov_base: buffer.as_mut_ptr().cast(),
            iov_len: buffer.len(),
        };
        // SAFETY: `msghdr` is plain data of integers and pointers, for all of which zero is a valid value.
        let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = (&raw mut control).cast();
        message.msg_controllen = size_of::<Control>() as _;
        // SAFETY: `message` points at one `iovec` over `buffer` and at `control`, with their true lengths; all three
        // outlive the call, are not otherwise accessed during it, and the kernel keeps no pointer.
        let read = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0) };
        if read < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Received {
            bytes: read.cast_unsigned(),
            kernel_realtime_ns: stamp_in(&message),
        })
    }

    fn stamp_in(message: &libc::msghdr) -> Option<u64> {
        // SAFETY: `message` was filled in by a successful recvmsg, so `msg_control` points at `msg_controllen` bytes of
        // well-formed control messages in a buffer that is alive (the caller's frame holds it).
        let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
        // SAFETY: each non-null pointer from CMSG_FIRSTHDR and CMSG_NXTHDR is an aligned header inside that buffer.
        while let Some(control) = unsafe { header.as_ref() } {
            if control.cmsg_level == libc::SOL_SOCKET && control.cmsg_type == libc::SCM_TIMESTAMPNS
            {
                // SAFETY: a control message of this type carries one `timespec`; read unaligned, since CMSG_DATA promises
                // no alignment for it.
                let at: libc::timespec = unsafe {
                    libc::CMSG_DATA(header)
                        .cast::<libc::timespec>()
                        .read_unaligned()
                };
                let seconds = u64::try_from(at.tv_sec).ok()?;
                let nanoseconds = u64::try_from(at.tv_nsec).ok()?;
                return Some(seconds * 1_000_000_000 + nanoseconds);
            }
            // SAFETY: as for CMSG_FIRSTHDR; `header` is a header of this message.
            header = unsafe { libc::CMSG_NXTHDR(message, header) };
        }
        None
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use super::Received;
    use std::io;
    use std::os::fd::BorrowedFd;

    pub(super) fn enable(_socket: BorrowedFd<'_>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Received> {
        let bytes = rustix::io::read(socket, buffer)?;
        Ok(Received {
            bytes,
            kernel_realtime_ns: None,
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

    fn realtime_ns() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(since.as_nanos()).unwrap()
    }

    #[test]
    fn a_read_carries_the_instant_at_which_the_kernel_had_the_bytes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let reader = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut writer, _) = listener.accept().unwrap();
        enable_kernel_stamps(&reader).unwrap();
        let mut buffer = [0; 64];
        // The kernel switches stamping on in the background, which a busy machine puts off: the first reads may come without.
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            let before = realtime_ns();
            writer.write_all(b"goal").unwrap();
            let received = receive_stamped(&reader, &mut buffer).unwrap();
            let after = realtime_ns();
            assert_eq!(&buffer[..received.bytes], b"goal");
            if let Some(stamp) = received.kernel_realtime_ns {
                assert!(
                    (before..=after).contains(&stamp),
                    "{before} <= {stamp} <= {after}"
                );
                return;
            }
        }
        panic!("no read carried a kernel stamp");
    }

    #[test]
    fn the_end_of_the_stream_is_zero_bytes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let reader = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        drop(listener.accept().unwrap());
        assert_eq!(receive_stamped(&reader, &mut [0; 8]).unwrap().bytes, 0);
    }
}
