//! Why a command could not do its work, and which exit code that is.

use std::fmt::Display;

use assay_results::Outcome;

/// An error with the outcome that it means for the process.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Decides the exit code.
    pub(crate) outcome: Outcome,
    /// What went wrong, where, and what to do.
    pub(crate) error: anyhow::Error,
}

impl Failure {
    /// The error with its causes, each said once: some messages tell their cause themselves, some their context.
    pub(crate) fn sentence(&self) -> String {
        let mut sentence = String::new();
        for cause in self.error.chain().map(ToString::to_string) {
            if sentence.is_empty() || cause.starts_with(&sentence) {
                sentence = cause;
            } else if !sentence.contains(&cause) {
                sentence = format!("{sentence}: {cause}");
            }
        }
        sentence
    }
}

/// What a command ends with.
pub(crate) type CommandResult = Result<Outcome, Failure>;

/// Gives an error its outcome, at the place that knows it.
pub(crate) trait OrFail<T> {
    /// The user can mend it: a flag, a file, a setting (2).
    fn or_usage(self) -> Result<T, Failure>;
    /// The hub, the network or the machine did not let us look (3).
    fn or_not_measurable(self) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> OrFail<T> for Result<T, E> {
    fn or_usage(self) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            outcome: Outcome::Usage,
            error: error.into(),
        })
    }

    fn or_not_measurable(self) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            outcome: Outcome::NotMeasurable,
            error: error.into(),
        })
    }
}

/// A usage failure from a sentence.
pub(crate) fn usage(sentence: impl Display) -> Failure {
    Failure {
        outcome: Outcome::Usage,
        error: anyhow::anyhow!("{sentence}"),
    }
}
