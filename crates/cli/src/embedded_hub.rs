//! The reference hub as a child process, for commands that were given no hub.
//!
//! It listens on a free port with a throw-away key, writes its log to a file, and ends with us
//! however we end: it exits when its standard input, which we hold, closes.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use assay_load::hub_control::{HubControl, HubEnd};
use assay_load::hub_process::HubProcess;
use rand::RngExt as _;
use rustix::process::{Pid, Signal, kill_process};

/// Origin that the child allows for CORS and for publishing by cookie.
pub(crate) const ALLOWED_ORIGIN: &str = "https://app.example";

/// As the child's URL will be, but for its port: for what has to be known before it starts.
pub(crate) const SOME_URL: &str = "http://127.0.0.1:3000/.well-known/mercure";

/// How long the child may take to end its streams before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// A running reference hub; copies are the same one, and dropping the last of them stops it.
#[derive(Clone)]
pub(crate) struct EmbeddedHub {
    running: Arc<Mutex<Running>>,
    process: HubProcess,
    url: String,
    key: String,
}

/// The child process, and how to start another one like it.
struct Running {
    child: Child,
    start: Start,
}

/// What a child is started with.
struct Start {
    log: PathBuf,
    flags: Vec<String>,
    key: String,
}

impl EmbeddedHub {
    /// Starts the hub, with flags of its own beside the usual ones, and waits until it accepts. Its log goes to `log`.
    ///
    /// # Errors
    /// It does not start, or ends before it accepts; the message names the log.
    pub(crate) fn start(log: &Path, flags: &[&str]) -> Result<EmbeddedHub> {
        let key = throw_away_key();
        let start = Start {
            log: log.to_owned(),
            flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
            key: key.clone(),
        };
        File::create(log).with_context(|| format!("failed to create {}", log.display()))?;
        let (child, url) = start.child("127.0.0.1:0")?;
        Ok(EmbeddedHub {
            process: HubProcess::new(child.id()),
            running: Arc::new(Mutex::new(Running { child, start })),
            url,
            key,
        })
    }

    /// The hub's URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its throw-away key, of both roles, HS256.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Its process.
    pub(crate) fn process(&self) -> &HubProcess {
        &self.process
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens, for one that takes its place.
    fn address(&self) -> &str {
        let after_scheme = self.url.split_once("://").map_or("", |(_, rest)| rest);
        after_scheme.split('/').next().unwrap_or_default()
    }

    fn signal(&self, signal: Signal) -> Result<(), String> {
        let id = self.running().child.id();
        let pid = Pid::from_raw(id.cast_signed()).ok_or("the hub has no process")?;
        kill_process(pid, signal).map_err(|error| format!("the system refused it: {error}"))
    }
}

impl HubControl for EmbeddedHub {
    fn restart(&mut self, end: HubEnd) -> Result<(), String> {
        self.process.set(None);
        let mut running = self.running();
        match end {
            HubEnd::Clean => running.end(),
            HubEnd::Kill => running.kill(),
        }
        let (child, _) = running
            .start
            .child(self.address())
            .map_err(|error| format!("{error:#}"))?;
        self.process.set(Some(child.id()));
        running.child = child;
        Ok(())
    }

    fn pause(&mut self) -> Result<(), String> {
        self.signal(Signal::STOP)
    }

    fn resume(&mut self) -> Result<(), String> {
        self.signal(Signal::CONT)
    }
}

impl Start {
    /// A child that listens there and accepts, and its URL.
    fn child(&self, listen: &str) -> Result<(Child, String)> {
        let log = &self.log;
        let log_file = OpenOptions::new()
            .append(true)
            .open(log)
            .with_context(|| format!("failed to open {}", log.display()))?;
        let mut command =
            Command::new(std::env::current_exe().context("failed to find our own program")?);
        without_settings(&mut command);
        command
            .args(["hub", "--listen", listen])
            .args(["--dialects", "1.0,0.x", "--anonymous"])
            .args(["--cors-origin", ALLOWED_ORIGIN])
            .args(["--publish-origin", ALLOWED_ORIGIN])
            .arg("--exit-with-parent")
            .args(&self.flags)
            .env("ASSAY_HUB_JWT_KEY", &self.key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file);
        own_process_group(&mut command);
        let mut child = command
            .spawn()
            .context("failed to start the reference hub")?;
        let stdout = child
            .stdout
            .take()
            .context("the reference hub has no stdout")?;
        let mut first_line = String::new();
        let read = BufReader::new(stdout).read_line(&mut first_line);
        let url = first_line.trim().to_owned();
        if read.is_err() || url.is_empty() {
            let status = child
                .wait()
                .context("failed to wait for the reference hub")?;
            bail!(
                "the reference hub ended with {status} before it accepted: see {}",
                log.display()
            );
        }
        Ok((child, url))
    }
}

impl Running {
    /// Asks it to end, and waits for it; kills it when it takes too long.
    fn end(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
    }

    /// Errors mean that it has ended already.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// The child is what its flags say, whatever hub the environment was made for.
fn without_settings(command: &mut Command) {
    for name in settings_of_hubs() {
        command.env_remove(name);
    }
}

/// The variables in our environment that a hub would read.
pub(crate) fn settings_of_hubs() -> Vec<OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    let is_setting = |name: &OsString| {
        let bytes = name.as_encoded_bytes();
        bytes.starts_with(b"ASSAY_HUB_") || bytes.starts_with(b"MERCURE_")
    };
    names.filter(is_setting).collect()
}

/// So that Ctrl-C reaches us alone and the hub lives until we have drained.
#[cfg(unix)]
fn own_process_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn own_process_group(_command: &mut Command) {}

/// 256 bits in hexadecimal: long enough for HMAC in 1.0.
pub(crate) fn throw_away_key() -> String {
    let halves: [u128; 2] = rand::rng().random();
    halves.map(|half| format!("{half:032x}")).concat()
}
