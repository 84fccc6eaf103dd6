//! Results to stdout, all else to stderr: the only place that writes to either. Not for what is said.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anyhow::Context;

use crate::failure::{Failure, OrFail};

/// Writes to stdout. A reader that has seen enough, such as `head`, is no failure.
///
/// # Errors
/// Nothing can be written there, as on a full disk.
pub(crate) fn show(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout").or_usage()
        }
        _ => Ok(()),
    }
}

/// A line on stderr. One that nobody can read is no reason to end.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A piece of a line on stderr, which is a terminal.
pub(crate) fn tell_in_place(text: impl Display) {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{text}").and_then(|()| stderr.flush());
}
