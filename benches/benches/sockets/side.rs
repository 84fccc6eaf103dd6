//! Who is measured: a hub, or the raw loop, as a child process on a CPU of its own.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assay_load::platform;

use crate::usage::Usage;

/// Which keys the tokens of this bench are signed with; nothing here is secret.
pub(crate) const KEY: &str = "a key of this bench alone, which everybody may know";
/// How long a hub may take to start.
const START: Duration = Duration::from_secs(20);

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    Raw,
    Ours,
    Other { name: String, command: String },
}

/// What a row needs beside the usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Feature {
    None,
    /// Active subscriptions.
    Subscriptions,
    /// TLS, with the certificate and the key in these files.
    Tls {
        chain: PathBuf,
        key: PathBuf,
    },
    /// A durable history in this file, which may be there.
    History(PathBuf),
}

impl Feature {
    /// As other hubs read it.
    fn word(&self) -> &'static str {
        match self {
            Self::None => "",
            Self::Subscriptions => "subscriptions",
            Self::Tls { .. } => "tls",
            Self::History(_) => "history",
        }
    }

    /// As our own children read it.
    fn arguments(&self) -> Vec<&OsStr> {
        let word = OsStr::new(self.word());
        match self {
            Self::None | Self::Subscriptions => vec![word],
            Self::Tls { chain, key } => vec![word, chain.as_os_str(), key.as_os_str()],
            Self::History(file) => vec![word, file.as_os_str()],
        }
    }
}

/// Where both halves run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cpus {
    pub(crate) hub: usize,
    pub(crate) bench: usize,
}

impl Cpus {
    /// The first CPU for the hub, the last for all else: they are the same where there is only one.
    pub(crate) fn of_this_process() -> Self {
        let allowed = platform::allowed_cpus();
        Self {
            hub: allowed.first().copied().unwrap_or(0),
            bench: allowed.last().copied().unwrap_or(0),
        }
    }
}

/// A started hub; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Side {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Raw => "raw",
            Self::Ours => "assay",
            Self::Other { name, .. } => name,
        }
    }

    /// Starts it and waits until it accepts. Its threads inherit the CPU of the one that starts them.
    pub(crate) fn start(&self, cpus: Cpus) -> io::Result<Running> {
        self.start_with(cpus, &Feature::None)
    }

    /// The same with something more switched on.
    pub(crate) fn start_with(&self, cpus: Cpus, feature: &Feature) -> io::Result<Running> {
        platform::pin_this_thread(cpus.hub)?;
        let started = match self {
            Self::Raw => start_self("serve-raw", &[]),
            Self::Ours => start_self("serve-ours", &feature.arguments()),
            Self::Other { command, .. } => start_other(command, feature),
        };
        platform::pin_this_thread(cpus.bench)?;
        started
    }
}

/// This program again, which says its address on its first line.
fn start_self(role: &str, words: &[&OsStr]) -> io::Result<Running> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(role)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout.take(100)).read_line(&mut line)?;
    }
    match line.trim().parse() {
        Ok(address) => Ok(Running { child, address }),
        Err(_) => Err(io::Error::other(format!("{role} did not start: {line:?}"))),
    }
}

fn start_other(command: &str, feature: &Feature) -> io::Result<Running> {
    // Free now, and hopefully still when the hub binds it.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut child = Command::new("sh")
        .args(["-c", &format!("exec {command}")])
        .env("PORT", address.port().to_string())
        .env("KEY", KEY)
        .env("FEATURE", feature.word())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        if child.try_wait()?.is_some() || begun.elapsed() > START {
            return Err(io::Error::other(format!(
                "{command:?} does not listen on {address}"
            )));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Running { child, address })
}

impl Running {
    /// What it has used until now.
    pub(crate) fn usage(&self) -> io::Result<Usage> {
        Usage::of(self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is gone, or it is ours to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
