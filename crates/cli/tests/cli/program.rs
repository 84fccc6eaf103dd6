//! The binary under test as a child process.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpSocket;

/// A secret that is long enough for 1.0, and easy to find where it must not be.
pub(crate) const KEY: &str = "a-key-that-must-never-be-seen-by-anyone-0123456789";

/// Far longer than any command here takes, on any machine.
const AT_MOST: Duration = Duration::from_secs(90);

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// `assay` with arguments, an empty stdin and nothing of ours in its environment.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ASSAY_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `assay` to its end.
pub(crate) fn assay(args: &[&str]) -> Ended {
    finish(command(args).spawn().unwrap())
}

/// Runs `assay` in a folder, where it may leave what it leaves.
pub(crate) fn assay_in(folder: &Path, args: &[&str]) -> Ended {
    finish(command(args).current_dir(folder).spawn().unwrap())
}

/// Runs `assay` in a folder, after a shell has laid limits on it.
pub(crate) fn limited(folder: &Path, limits: &str, args: &[&str]) -> Ended {
    let own = command(args);
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("{limits} && exec \"$0\" \"$@\""))
        .arg(own.get_program())
        .args(own.get_args())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, _) in own.get_envs() {
        shell.env_remove(name);
    }
    finish(shell.spawn().unwrap())
}

/// Waits for the end of a child; one that hangs is killed, which fails the test for want of an exit code.
pub(crate) fn finish(child: Child) -> Ended {
    let pid = pid_of(&child);
    watched(pid, || child.wait_with_output().unwrap()).into()
}

/// Waits for a child, which is killed when that takes far too long.
fn watched<T>(pid: Pid, wait: impl FnOnce() -> T) -> T {
    let (ended, watched) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if watched.recv_timeout(AT_MOST) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = kill_process(pid, Signal::KILL);
        }
    });
    let waited = wait();
    drop(ended);
    watchdog.join().unwrap();
    waited
}

/// Waits until it has happened; what does not, fails the test.
pub(crate) fn until(what: &str, has_happened: impl Fn() -> bool) {
    let deadline = Instant::now() + AT_MOST;
    while !has_happened() {
        assert!(Instant::now() < deadline, "{what}: it does not happen");
        std::thread::yield_now();
    }
}

/// Sends a signal.
pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(pid_of(child), signal).unwrap();
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed()).unwrap()
}

/// Reads stderr until a line contains `fragment`; returns what was read, and the rest of the stream.
pub(crate) fn read_until(stderr: ChildStderr, fragment: &str) -> (String, impl BufRead + use<>) {
    let mut stderr = BufReader::new(stderr);
    let mut text = String::new();
    while !text.contains(fragment) {
        assert!(
            stderr.read_line(&mut text).unwrap() > 0,
            "ended before {fragment:?}:\n{text}"
        );
    }
    (text, stderr)
}

/// Reads the rest, so that the child is not blocked.
pub(crate) fn drain(mut stderr: impl BufRead + Send + 'static) {
    std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
}

/// `assay hub`, killed when it is dropped.
pub(crate) struct Hub {
    child: Child,
    pub(crate) url: String,
}

impl Hub {
    /// Starts on a free port with [`KEY`], both dialects and anonymous subscribers.
    pub(crate) fn start() -> Self {
        Self::start_with(&["--dialects", "1.0,0.x"])
    }

    /// The same, with a log of this level that goes elsewhere.
    pub(crate) fn start_with_log(log: Stdio, level: &str) -> Self {
        Self::spawn(&["--dialects", "1.0,0.x", "--log", level], log)
    }

    /// The same, but for these flags in the place of those of the dialects.
    pub(crate) fn start_with(flags: &[&str]) -> Self {
        Self::spawn(flags, Stdio::null())
    }

    /// One that refuses subscribers without a token.
    pub(crate) fn start_strict(flags: &[&str]) -> Self {
        Self::of(Self::strict(flags).stderr(Stdio::null()))
    }

    /// Starts it with these flags, and a log.
    pub(crate) fn spawn(flags: &[&str], log: Stdio) -> Self {
        Self::of(Self::command(flags).stderr(log))
    }

    /// What starts it with these flags.
    pub(crate) fn command(flags: &[&str]) -> Command {
        Self::strict(&[&["--anonymous"], flags].concat())
    }

    fn strict(flags: &[&str]) -> Command {
        let mut command = command(&["hub", "--listen", "127.0.0.1:0"]);
        command.args(flags).env("ASSAY_HUB_JWT_KEY", KEY);
        command
    }

    /// Starts it by this command.
    pub(crate) fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().to_owned();
        assert!(url.contains("://127.0.0.1:"), "{url:?}");
        Self { child, url }
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, with: Signal) {
        signal(&self.child, with);
    }

    /// Sends it a signal and waits for its end; none if it does not end by that.
    pub(crate) fn end_by(mut self, with: Signal) -> Option<i32> {
        signal(&self.child, with);
        let pid = pid_of(&self.child);
        watched(pid, || self.child.wait().unwrap()).code()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address at which nobody listens, and which nobody else is given as long as the socket is bound.
pub(crate) fn closed_port() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

/// All that a folder holds, read as text, folder by folder.
pub(crate) fn texts_in(folder: &Path) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(texts_in(&path));
            continue;
        }
        let mut bytes = Vec::new();
        std::fs::File::open(&path)
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        texts.push((
            path.display().to_string(),
            String::from_utf8_lossy(&bytes).into_owned(),
        ));
    }
    texts
}
