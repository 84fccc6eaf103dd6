//! `assay hub`, and what proofs are told.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A secret that serves 0.x and 1.0.
const KEY: &str = "a secret of the tests, longer than thirty-two bytes";

/// A running hub, killed when it is dropped.
pub(crate) struct Hub {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
}

impl Hub {
    /// Starts with a history in this file.
    pub(crate) fn start(history: &Path) -> Self {
        Self::start_with(&["--history", &format!("redb:{}", history.display())])
    }

    /// Starts on a free port, with anonymous subscribers, both dialects and these flags. Where it may write only so much, it is
    /// told by an error, and not by a signal.
    pub(crate) fn start_with(flags: &[&str]) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_assay"))
            .args(["hub", "--listen", "127.0.0.1:0", "--anonymous"])
            .args(["--dialects", "1.0,0.x", "--log", "warn"])
            .args(flags)
            .env("ASSAY_HUB_JWT_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let stdout = child.stdout.take().expect("piped");
        let mut url = String::new();
        let read = BufReader::new(stdout).read_line(&mut url);
        read.expect("the first line");
        let address = url.split('/').nth(2).expect("the URL of the hub");
        Self {
            address: address.to_owned(),
            child,
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed()).expect("a process")
    }

    /// SIGKILL, and the end of it.
    pub(crate) fn kill(mut self) {
        kill_process(self.pid(), Signal::KILL).expect("it runs");
        let status = self.child.wait().expect("a child");
        assert_eq!(
            status.code(),
            None,
            "{status}: it did not end by the signal"
        );
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token of 0.x that publishes everything.
pub(crate) fn token() -> String {
    token_for("--publish")
}

/// A token of 0.x that does this with everything.
pub(crate) fn token_for(flag: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["token", "--dialect", "0.x", flag, "*", "--jwt-key", KEY])
        .output()
        .expect("the program");
    assert!(output.status.success(), "{output:?}");
    let token = String::from_utf8(output.stdout).expect("a token");
    token.trim().to_owned()
}

/// How many rounds a proof has; none in a test.
pub(crate) fn proof_rounds() -> Option<usize> {
    let rounds = std::env::var("ASSAY_PROOF_ROUNDS").ok()?;
    Some(rounds.parse().expect("a number of rounds"))
}
