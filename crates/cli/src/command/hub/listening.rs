//! Where the hub listens, and what to do where the system does not let it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use assay_hub::{HubConfig, Listener, bind, bind_unix};
use tokio::net::TcpListener;

/// Ports below this one are for those with the right to them.
const FIRST_OPEN_PORT: u16 = 1024;

/// The listener for clients, which the setting at `place` asks for, and what clients call it.
///
/// # Errors
/// The system does not give it; the message says what to do.
pub(super) fn clients(config: &HubConfig, place: &str) -> Result<(Listener, String)> {
    if let Some(path) = config.listen_unix() {
        let listener = bind_unix(path).map_err(|error| {
            let advice = unix_advice(&error, path);
            anyhow!(
                "{place}: cannot listen on {}: {error}; {advice}",
                path.display()
            )
        })?;
        return Ok((listener.into(), format!("unix:{}", path.display())));
    }
    let listener = port(config.listen(), place)?;
    let url = config.url(listener.local_addr().context("cannot tell the port")?);
    Ok((listener.into(), url))
}

/// A listener on a port, which the setting at `place` asks for.
///
/// # Errors
/// As [`clients`].
pub(super) fn port(address: SocketAddr, place: &str) -> Result<TcpListener> {
    bind(address).map_err(|error| {
        let advice = port_advice(&error, address);
        anyhow!("{place}: cannot listen on {address}: {error}; {advice}")
    })
}

fn port_advice(error: &io::Error, address: SocketAddr) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "end what listens there, or write another port, or port 0 for a free one"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: write one that it has, or 0.0.0.0 for all of them, [::] with those of IPv6"
        }
        io::ErrorKind::PermissionDenied if (1..FIRST_OPEN_PORT).contains(&address.port()) => {
            "ports below 1024 need a right: give the hub CAP_NET_BIND_SERVICE (docs/hub.md has a unit that does), or write a port from 1024 on, and let a proxy lead there"
        }
        _ => "write another address",
    }
}

fn unix_advice(error: &io::Error, path: &Path) -> String {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).display();
    let is_socket = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("there is no folder {folder}: make it first (in a unit of systemd RuntimeDirectory= does)")
        }
        io::ErrorKind::NotADirectory => format!("{folder} is no folder: write another path"),
        io::ErrorKind::InvalidInput => format!(
            "it has {} bytes, and the system takes about a hundred: write a shorter path",
            path.as_os_str().len()
        ),
        io::ErrorKind::AddrInUse if is_socket => {
            "another hub listens there: end it, or write another path".to_owned()
        }
        io::ErrorKind::AddrInUse => {
            "what is there is no socket, and stays: remove it, or write another path".to_owned()
        }
        io::ErrorKind::PermissionDenied if is_socket => {
            "the socket that is there is of somebody else: remove it if its hub is gone, or write another path".to_owned()
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!(
            "the hub may not write to the folder {folder}: give its user the right to, or write another path"
        ),
        _ => "write another path".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a test that runs as any user cannot have: the others stand in `tests/cli/hub_starts.rs`.
    #[test]
    fn a_right_that_is_missing_is_told_as_such() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        for (port, expected) in [
            (80, "CAP_NET_BIND_SERVICE"),
            (1023, "CAP_NET_BIND_SERVICE"),
            (1024, "write another address"),
            (0, "write another address"),
        ] {
            let advice = port_advice(&denied, ([127, 0, 0, 1], port).into());
            assert!(advice.contains(expected), "{port}: {advice}");
        }
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("taken");
        let _hub = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let read_only = io::Error::from(io::ErrorKind::ReadOnlyFilesystem);
        for (error, path, expected) in [
            (&denied, "new.sock", "may not write to the folder ."),
            (&denied, "run/new.sock", "may not write to the folder run"),
            (
                &read_only,
                "run/new.sock",
                "may not write to the folder run",
            ),
            (&denied, socket.to_str().unwrap(), "is of somebody else"),
        ] {
            let advice = unix_advice(error, Path::new(path));
            assert!(advice.contains(expected), "{path}: {advice}");
        }
    }
}
