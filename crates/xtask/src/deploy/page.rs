//! The snippets of docs/hub.md, as they stand there. Not for prose.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::step::root;

/// What an operator reads.
pub(super) struct Page(String);

impl Page {
    pub(super) fn read() -> Result<Self> {
        let path = root().join("docs/hub.md");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("failed to read {}", path.display()))?;
        Ok(Self(text))
    }

    /// The first snippet in a language (`nginx`, `ini` …) that has these words.
    pub(super) fn snippet(&self, language: &str, words: &str) -> Result<Snippet> {
        let opening = format!("\n```{language}\n");
        let mut snippets = self.0.split(&opening).skip(1);
        let found = snippets.find_map(|rest| {
            let (text, _) = rest.split_once("\n```")?;
            text.contains(words).then(|| Snippet(format!("{text}\n")))
        });
        found.with_context(|| format!("docs/hub.md has no snippet in {language:?} with {words:?}"))
    }
}

/// One snippet, in which a test puts its own ports and files.
#[derive(Debug, Clone)]
pub(super) struct Snippet(String);

impl Snippet {
    /// With `there` as `here`; a snippet that no longer has it is an error, so that nothing is tested by accident.
    pub(super) fn with(&self, there: &str, here: &str) -> Result<Self> {
        ensure!(
            self.0.contains(there),
            "the snippet has no {there:?} to put something else into its place:\n{}",
            self.0
        );
        Ok(Self(self.0.replace(there, here)))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}
