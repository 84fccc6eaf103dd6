//! The summary for a terminal: the sentence first, quiet on green, complete on red.

mod capacity;
mod comparison;
mod conformance;
mod load;
mod migration;

use std::fmt::Write as _;

use assay_results::Run;

pub(crate) use load::wrong_kind;

/// Whether the text may hold ANSI colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// For a pipe, a file, `NO_COLOR`.
    Plain,
    /// For a terminal.
    Ansi,
}

/// The summary of a run, with a final newline. `report` is where the page is, when there is one.
pub fn terminal_summary(run: &Run, colour: Colour, report: Option<&str>) -> String {
    let paint = Paint(colour);
    let mut text = match run {
        Run::Load(run) => load::summary(run, paint),
        Run::Conformance(run) => conformance::summary(run, paint),
        Run::Migration(run) => migration::summary(run, paint),
        Run::Capacity(run) => capacity::summary(run, paint),
        Run::Comparison(run) => comparison::summary(run, paint),
    };
    if let Some(report) = report {
        let _ = write!(text, "\nreport   {report}\n");
    }
    // Non-breaking spaces are for pages; a terminal's users grep.
    text.replace('\u{a0}', " ")
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(Colour);

impl Paint {
    pub(crate) const fn new(colour: Colour) -> Self {
        Self(colour)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.with("1;31", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.with("1;32", text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self.0 {
            Colour::Plain => text.to_owned(),
            Colour::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// Text from a hub without the control characters that could steer a terminal.
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|char| {
            if char.is_control() && char != '\n' {
                '\u{fffd}'
            } else {
                char
            }
        })
        .collect()
}
