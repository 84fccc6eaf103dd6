//! A program that runs beside us: ended with the value that holds it, and heard line by line.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// For what takes a moment, on any machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at what cannot be waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A program that was started. It is told to end (SIGTERM) when this is dropped, and killed when it does not.
pub(super) struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Starts it, with nothing on stdin.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().display().to_string();
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("failed to start {name}"))?;
        Ok(Self { name, child })
    }

    /// The lines of its stdout, which has to be piped.
    pub(super) fn stdout(&mut self) -> Result<Lines> {
        let stdout = self.child.stdout.take();
        Ok(Lines::of(
            &self.name,
            stdout.context("stdout is not piped")?,
        ))
    }

    /// The lines of its stderr, which has to be piped.
    pub(super) fn stderr(&mut self) -> Result<Lines> {
        let stderr = self.child.stderr.take();
        Ok(Lines::of(
            &self.name,
            stderr.context("stderr is not piped")?,
        ))
    }

    /// Waits until it takes connections.
    pub(super) fn listens(&mut self, address: SocketAddr) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status} and never listened", self.name);
            }
            ensure!(
                Instant::now() < deadline,
                "{} does not listen on {address}",
                self.name
            );
            thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let pid = Pid::from_raw(self.child.id().cast_signed()).context("a process id")?;
        kill_process(pid, Signal::TERM)?;
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            ensure!(Instant::now() < deadline, "{} does not end", self.name);
            thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.end().is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// What a program says, from a thread that reads it, so that the program never waits for us.
pub(super) struct Lines {
    name: String,
    lines: Receiver<String>,
}

impl Lines {
    fn of(name: &str, from: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let read = BufReader::new(from).lines();
            // A line that nobody waits for any more is nobody's loss.
            read.map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Self {
            name: name.to_owned(),
            lines,
        }
    }

    /// Waits for a line that has this in it; gives the lines up to and with it.
    pub(super) fn until(&self, part: &str) -> Result<Vec<String>> {
        self.until_it(part, |line| line.contains(part))
    }

    /// Waits for a line that is this and no more.
    pub(super) fn until_line(&self, whole: &str) -> Result<Vec<String>> {
        self.until_it(whole, |line| line == whole)
    }

    /// What else it says before it ends, or in the next second.
    pub(super) fn rest(&self) -> String {
        let next = || self.lines.recv_timeout(Duration::from_secs(1)).ok();
        std::iter::from_fn(next).collect::<Vec<_>>().join("\n")
    }

    /// The lines before an empty one: the head of an answer.
    pub(super) fn head(&self) -> Result<Vec<String>> {
        self.until_it("the end of the head", |line| line.trim().is_empty())
    }

    fn until_it(&self, what: &str, is_it: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                bail!(
                    "{} did not say {what:?}, but:\n{}",
                    self.name,
                    seen.join("\n")
                );
            };
            let found = is_it(&line);
            seen.push(line);
            if found {
                return Ok(seen);
            }
        }
    }
}

/// A port of 127.0.0.1 that is free now.
pub(super) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr()?)
}
