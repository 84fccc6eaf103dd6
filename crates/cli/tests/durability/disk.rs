//! Disks that get full when a test wants it, each in its own way: a file that may not get longer, and a real disk without a free
//! block, where a file may get longer and cannot be written to.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Resource, Rlimit, prlimit};
use tempfile::TempDir;

use crate::program::Hub;

/// Room for some hundred updates of some ten kilobytes.
const DISK_MIB: u64 = 16;
/// What is free of a real disk, at first and where there is room again.
const FREE_BYTES: u64 = 3 << 20;

/// A disk for the history of one hub.
pub(crate) trait Disk {
    /// Its name in the line of the proof.
    const NAME: &'static str;

    /// Where the history is.
    fn history(&self) -> PathBuf;

    /// Leaves no room, or hardly any: less than these bytes.
    fn fill(&self, hub: &Hub, left_bytes: u64);

    /// There is room again.
    fn make_room(&self, hub: &Hub);
}

/// The longest file that the process of the hub may write: EFBIG as soon as it gets longer.
pub(crate) struct LongestFile(TempDir);

impl LongestFile {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }
}

impl Disk for LongestFile {
    const NAME: &'static str = "a file that may not get longer (EFBIG)";

    fn history(&self) -> PathBuf {
        self.0.path().join("history.redb")
    }

    fn fill(&self, hub: &Hub, left_bytes: u64) {
        let file = fs::metadata(self.history()).expect("a file");
        limit(hub, Some(file.len() + left_bytes));
    }

    fn make_room(&self, hub: &Hub) {
        limit(hub, None);
    }
}

fn limit(hub: &Hub, bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(Some(hub.pid()), Resource::Fsize, limit).expect("it is ours");
}

/// A file system in memory, mounted in namespaces of its own, so that nobody needs to be root; a ballast takes what room there
/// is: ENOSPC. Other processes reach it by way of the process that holds the namespaces.
pub(crate) struct SmallDisk {
    holder: Child,
    mounted: TempDir,
}

impl SmallDisk {
    /// An error says what the machine does not allow.
    pub(crate) fn mount() -> Result<Self, String> {
        let mounted = tempfile::tempdir().expect("a folder");
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
            .arg("mount -t tmpfs -o size=$1M assay \"$0\" && echo mounted && exec cat")
            .arg(mounted.path())
            .arg(DISK_MIB.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("unshare (of util-linux): {error}"))?;
        let mut line = String::new();
        let stdout = holder.stdout.take().expect("piped");
        let read = BufReader::new(stdout).read_line(&mut line);
        read.expect("a line, or the end");
        if line.is_empty() {
            let mut stderr = holder.stderr.take().expect("piped");
            stderr.read_to_string(&mut line).expect("a text");
            holder.wait().expect("a child");
            return Err(line.trim_end().to_owned());
        }
        let disk = Self { holder, mounted };
        disk.write_ballast((DISK_MIB << 20) - FREE_BYTES)
            .expect("it is empty");
        Ok(disk)
    }

    /// The folder of the disk, for processes that are not in its namespaces.
    fn folder(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        let mounted = self.mounted.path().strip_prefix("/");
        root.join(mounted.expect("an absolute path"))
    }

    fn ballast(&self) -> PathBuf {
        self.folder().join("ballast")
    }

    fn shorten_ballast(&self, by_bytes: u64) {
        let ballast = File::options().write(true).open(self.ballast());
        let ballast = ballast.expect("it is there");
        let bytes = ballast.metadata().expect("it is there").len();
        let shorter = ballast.set_len(bytes.saturating_sub(by_bytes));
        shorter.expect("it needs no room");
    }

    fn write_ballast(&self, bytes: u64) -> io::Result<u64> {
        let mut ballast = File::options()
            .create(true)
            .append(true)
            .open(self.ballast())?;
        io::copy(&mut io::repeat(1).take(bytes), &mut ballast)
    }
}

impl Disk for SmallDisk {
    const NAME: &'static str = "a disk without a free block (ENOSPC)";

    fn history(&self) -> PathBuf {
        self.folder().join("history.redb")
    }

    fn fill(&self, _hub: &Hub, left_bytes: u64) {
        let full = self.write_ballast(DISK_MIB << 20);
        let full = full.expect_err("it is smaller than that");
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        self.shorten_ballast(left_bytes);
    }

    fn make_room(&self, _hub: &Hub) {
        self.shorten_ballast(FREE_BYTES);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
