//! One file after the other, by its kind; the same sample at several places is one. Not for the patterns.

use assay_results::Place;

use super::{
    super::{
        sample::{Expression, Sample, Subject},
        spelling::Spelling,
    },
    caddyfile, calls, claims, configuration,
    lexer::{Language, Part, Text, tokens},
    literals, publishing, symfony,
    value::Code,
};

/// Longest excerpt of a source that a report shows, in characters.
const EXCERPT_CHARS_AT_MOST: usize = 300;

/// What was found so far.
#[derive(Default)]
pub(super) struct Finder {
    pub(super) samples: Vec<Sample>,
}

/// A file, and how it is read.
pub(super) struct File<'f> {
    pub(super) name: &'f str,
    pub(super) text: &'f str,
    kind: FileKind,
}

enum FileKind {
    Code(Language),
    Yaml,
    Environment,
    Caddyfile,
}

/// What a pattern found.
pub(super) struct Found {
    pub(super) subject: Subject,
    pub(super) spelling: Spelling,
    pub(super) expressions: Vec<Expression>,
    /// Of its first byte.
    pub(super) start: usize,
    /// Behind its last: what is shown.
    pub(super) end: usize,
    /// What is shown instead, where the source must not be.
    pub(super) shown: Option<String>,
}

impl<'f> File<'f> {
    /// The kind by the name; none for what is no source.
    pub(super) fn of(name: &'f str, text: &'f str) -> Option<Self> {
        let last = name.rsplit('/').next().unwrap_or(name);
        let kind = if last.starts_with(".env") {
            FileKind::Environment
        } else if is_caddyfile(last) {
            FileKind::Caddyfile
        } else {
            match last.rsplit_once('.')?.1 {
                "php" => FileKind::Code(Language::Php),
                "twig" | "html" => FileKind::Code(Language::Template),
                "yaml" | "yml" => FileKind::Yaml,
                _ => FileKind::Code(Language::Script),
            }
        };
        Some(Self { name, text, kind })
    }
}

impl Found {
    /// A finding between two bytes.
    pub(super) fn new(subject: Subject, start: usize, end: usize) -> Self {
        Self {
            subject,
            spelling: Spelling::Plain,
            expressions: Vec::new(),
            start,
            end,
            shown: None,
        }
    }

    pub(super) fn spelt(mut self, spelling: Spelling) -> Self {
        self.spelling = spelling;
        self
    }

    pub(super) fn with(mut self, expressions: Expressions) -> Self {
        self.expressions = expressions.0;
        self
    }

    pub(super) fn shown(mut self, shown: impl Into<String>) -> Self {
        self.shown = Some(shown.into());
        self
    }
}

/// The expressions of one sample, each with what stands in for it.
#[derive(Debug, Default)]
pub(super) struct Expressions(pub(super) Vec<Expression>);

impl Expressions {
    /// A text as it is tried: what is an expression has a stand-in, the same one for the same expression.
    pub(super) fn filled(&mut self, text: &Text) -> String {
        let parts = text.0.iter().map(|part| match part {
            Part::Plain(plain) => plain.clone(),
            Part::Expression(source) => self.stand_in(source),
        });
        parts.collect()
    }

    /// What stands in for an expression.
    pub(super) fn stand_in(&mut self, source: &str) -> String {
        if let Some(known) = self.0.iter().find(|it| it.source == source) {
            return known.stand_in.clone();
        }
        let stand_in = format!("assay-expression-{}", self.0.len() + 1);
        self.0.push(Expression {
            stand_in: stand_in.clone(),
            source: source.to_owned(),
        });
        stand_in
    }
}

impl Finder {
    /// Looks for all patterns in a file.
    pub(super) fn look_at(&mut self, file: &File<'_>) {
        let mut found = Vec::new();
        match file.kind {
            FileKind::Environment => configuration::environment(file.text, &mut found),
            FileKind::Caddyfile => caddyfile::find(file.text, &mut found),
            FileKind::Yaml => configuration::yaml(file.text, &mut found),
            FileKind::Code(language) => {
                // Whoever speaks to a hub says one of these somewhere.
                let lower = file.text.to_ascii_lowercase();
                if !lower.contains("mercure") && !lower.contains("eventsource") {
                    return;
                }
                let tokens = tokens(file.text, language);
                let code = Code {
                    source: file.text,
                    tokens: &tokens,
                    language,
                };
                calls::find(code, &mut found);
                claims::find(code, &mut found);
                publishing::find(code, &mut found);
                symfony::find(code, &mut found);
                literals::find(code, &mut found);
            }
        }
        found.sort_by_key(|it| it.start);
        for found in found {
            self.add(file, found);
        }
    }

    fn add(&mut self, file: &File<'_>, found: Found) {
        let excerpt = || {
            let end = found.end.min(file.text.len());
            let excerpt = file.text.get(found.start..end).unwrap_or_default();
            let excerpt = excerpt.split_whitespace().collect::<Vec<_>>().join(" ");
            let short: String = excerpt.chars().take(EXCERPT_CHARS_AT_MOST).collect();
            crate::watch::without_tokens(&short)
        };
        let text = found.shown.clone().unwrap_or_else(excerpt);
        let place = place(file, found.start);
        let mut sample = Sample::new(found.subject, text, place.clone());
        sample.spelling = found.spelling;
        sample.expressions = found.expressions;
        match self.samples.iter_mut().find(|known| known.repeats(&sample)) {
            Some(known) => known.places.push(place),
            None => self.samples.push(sample),
        }
    }
}

/// `Caddyfile`, `dev.Caddyfile`, `Caddyfile.prod`.
pub(super) fn is_caddyfile(name: &str) -> bool {
    name == "Caddyfile" || name.starts_with("Caddyfile.") || name.ends_with(".Caddyfile")
}

fn place(file: &File<'_>, at: usize) -> Place {
    let before = file.text.get(..at).unwrap_or_default();
    let line_begins = before.rfind('\n').map_or(0, |at| at + 1);
    Place {
        file: file.name.to_owned(),
        line: before.matches('\n').count() as u64 + 1,
        column: before[line_begins..].chars().count() as u64 + 1,
    }
}
