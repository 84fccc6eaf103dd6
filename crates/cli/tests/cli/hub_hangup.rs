//! `hub` and the terminal that it was started in: a hangup is a reload as long as the terminal is there, and the end without it.

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::program::{Hub, until};

/// Opens a terminal: the side of its window, and that of who runs in it.
fn terminal() -> (impl Drop, File) {
    // Nor that of the hub, which would keep it open.
    let window = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&window).unwrap();
    unlockpt(&window).unwrap();
    let name = ptsname(&window, Vec::new()).unwrap();
    let inside = File::options()
        .read(true)
        .write(true)
        // Not that of these tests.
        .custom_flags(OFlags::NOCTTY.bits().cast_signed())
        .open(Path::new(std::ffi::OsStr::from_bytes(name.as_bytes())))
        .unwrap();
    (window, inside)
}

#[test]
fn it_ends_when_its_terminal_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let (window, inside) = terminal();
    let mut command = Hub::command(&["--log", "info"]);
    let hub = Hub::of(command.stdin(inside).stderr(File::create(&log).unwrap()));
    // The command holds the terminal too.
    drop(command);
    let logged = |text: &str| fs::read_to_string(&log).unwrap().contains(text);
    hub.signal(Signal::HUP);
    until("a reload", || logged("settings reloaded"));
    drop(window);
    assert_eq!(hub.end_by(Signal::HUP), Some(0));
    assert!(logged("the terminal is gone"));
}
