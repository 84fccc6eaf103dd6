//! Runs the command that a user gave for tokens, one run a token, bounded in time and output. It blocks: callers that must not
//! wait use a thread.

use std::{
    fmt,
    io::{self, Read},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{BearerToken, Role, TokenError};

// The largest token that common servers accept in a header is 8 to 16 KiB.
const OUTPUT_BYTES_MAX: u64 = 64 * 1024;

/// A shell command that prints a token. `Debug` hides it, since it may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenCommand(String);

/// Why the command gave no token. Its output is never repeated.
#[derive(Debug, thiserror::Error)]
pub enum TokenCommandError {
    /// No shell.
    #[error("the token command cannot be started: {0}")]
    Start(#[from] io::Error),
    /// It exited with a failure.
    #[error("the token command failed ({0}): run it by hand to see why")]
    Failed(ExitStatus),
    /// It did not end.
    #[error("the token command did not end within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It printed something else.
    #[error("the token command printed no token: {0}")]
    Output(#[from] TokenError),
}

impl TokenCommand {
    /// A command for `sh -c`.
    pub fn new(command: &str) -> Self {
        Self(command.to_owned())
    }

    /// Runs it once. It finds the role (`publisher` or `subscriber`) in `ASSAY_TOKEN_ROLE`.
    pub fn run(&self, role: Role, timeout: Duration) -> Result<BearerToken, TokenCommandError> {
        let mut child = Command::new("sh")
            .args(["-c", &self.0])
            .env("ASSAY_TOKEN_ROLE", role.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child
            .stdout
            .take()
            .expect("invariant: stdout was piped just now");
        let (sender, receiver) = mpsc::channel();
        // It ends with the pipe; after a timeout the child is killed, or what it started keeps only this thread.
        thread::spawn(move || {
            let mut output = Vec::new();
            let read = stdout.take(OUTPUT_BYTES_MAX).read_to_end(&mut output);
            // The receiver is gone after a timeout.
            sender.send(read.map(|_| output)).ok();
        });
        let Ok(output) = receiver.recv_timeout(timeout) else {
            child.kill()?;
            child.wait()?;
            return Err(TokenCommandError::TimedOut(timeout));
        };
        let status = child.wait()?;
        if !status.success() {
            return Err(TokenCommandError::Failed(status));
        }
        Ok(BearerToken::new(&String::from_utf8_lossy(&output?))?)
    }
}

impl fmt::Debug for TokenCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCommand([redacted])")
    }
}
