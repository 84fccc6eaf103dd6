//! The syntax of a Caddyfile, as far as directives need it: words, quotes, comments, blocks.

use super::super::error::ConfigError;
use super::translation::refuse;
use crate::limits::CADDYFILE_DEPTH;

/// One directive: its name, what follows on its line, and what stands in its block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    pub(super) block: Vec<Directive>,
    /// From 1.
    pub(super) line: usize,
}

/// Reads the directives of `text`; `name` is where it stands, for refusals, which repeat none of it.
pub(super) fn parse(name: &str, text: &str) -> Result<Vec<Directive>, ConfigError> {
    let words = words(name, text)?;
    let mut words = words.iter().peekable();
    let directives = block(name, &mut words, 0)?;
    match words.next() {
        Some(word) => Err(at(name, word.line, "a block ends that did not begin")),
        None => Ok(directives),
    }
}

struct Word {
    text: String,
    quoted: bool,
    line: usize,
}

impl Word {
    fn is(&self, brace: &str) -> bool {
        !self.quoted && self.text == brace
    }
}

fn at(name: &str, line: usize, what: &str) -> ConfigError {
    refuse(&format!("{name}, line {line}"), what)
}

fn block<'a>(
    name: &str,
    words: &mut std::iter::Peekable<impl Iterator<Item = &'a Word>>,
    depth: usize,
) -> Result<Vec<Directive>, ConfigError> {
    let mut directives = Vec::new();
    while let Some(first) = words.next_if(|word| !word.is("}")) {
        let line = first.line;
        if first.is("{") {
            return Err(at(
                name,
                line,
                "a block has to follow a directive on its line",
            ));
        }
        let mut directive = Directive {
            name: first.text.clone(),
            arguments: Vec::new(),
            block: Vec::new(),
            line,
        };
        while let Some(word) = words.next_if(|word| word.line == line && !word.is("}")) {
            if !word.is("{") {
                directive.arguments.push(word.text.clone());
                continue;
            }
            if depth == CADDYFILE_DEPTH {
                return Err(at(name, line, "blocks are too deep in each other"));
            }
            directive.block = block(name, words, depth + 1)?;
            if words.next().is_none() {
                return Err(at(
                    name,
                    line,
                    "this block does not end: write } on a line of its own",
                ));
            }
            break;
        }
        directives.push(directive);
    }
    Ok(directives)
}

/// The words of a text. A line that ends with a backslash goes on in the next one.
fn words(name: &str, text: &str) -> Result<Vec<Word>, ConfigError> {
    let mut words = Vec::new();
    let mut line = 1;
    let mut joined = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => {
                line += 1 + joined;
                joined = 0;
            }
            '\\' if chars.next_if(|c| *c == '\n').is_some() => joined += 1,
            c if c.is_whitespace() => {}
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            quote @ ('"' | '`') => {
                let (text, ended) = quoted(&mut chars, quote);
                if !ended {
                    return Err(at(name, line, "this quotation does not end"));
                }
                let lines = text.matches('\n').count();
                words.push(Word {
                    text,
                    quoted: true,
                    line,
                });
                joined += lines;
            }
            first => {
                let mut text = String::from(first);
                while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                    text.push(c);
                }
                words.push(Word {
                    text,
                    quoted: false,
                    line,
                });
            }
        }
    }
    Ok(words)
}

/// What stands before the closing quote, and whether there is one. In `"` a backslash frees a quote, and is itself otherwise.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) -> (String, bool) {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quote == '"' && chars.peek() == Some(&'"') => text.extend(chars.next()),
            c if c == quote => return (text, true),
            c => text.push(c),
        }
    }
    (text, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `name(arguments){block}`, directives separated by a bar.
    fn shown(directives: &[Directive]) -> String {
        let each = directives.iter().map(|it| {
            let arguments = it.arguments.join(",");
            let block = if it.block.is_empty() {
                String::new()
            } else {
                format!("{{{}}}", shown(&it.block))
            };
            format!("{}:{}({arguments}){block}", it.line, it.name)
        });
        each.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn directives() {
        for (text, expected) in [
            ("", ""),
            ("anonymous", "1:anonymous()"),
            ("  a  b\tc \n\n d", "1:a(b,c)|3:d()"),
            ("a # b\n# c\nd x#y", "1:a()|3:d(x#y)"),
            ("a \"b c\" `d \"e` \"\\\"f\\n\"", "1:a(b c,d \"e,\"f\\n)"),
            ("a \"{\"\nb", "1:a({)|2:b()"),
            ("a b \\\n c\nd", "1:a(b,c)|3:d()"),
            ("a \"x\ny\" b\nc", "1:a(x\ny,b)|3:c()"),
            (
                "t bolt {\n path /x\n size 1\n}\nb",
                "1:t(bolt){2:path(/x)|3:size(1)}|5:b()",
            ),
            ("i x {\n p {\n jwt k\n }\n}", "1:i(x){2:p(){3:jwt(k)}}"),
            ("a {\n}\nb {env.X}", "1:a()|3:b({env.X})"),
        ] {
            let parsed = parse("X", text).map(|it| shown(&it));
            assert_eq!(parsed.as_deref(), Ok(expected), "{text:?}");
        }
    }

    /// Cut anywhere, a text is read or refused.
    #[test]
    fn any_piece_of_a_text() {
        let text = "a \"b\\\" {\n\" `c\n` \\\n d {\n i x { # é\n p {\n } }\n}\r\n}}";
        let cuts: Vec<_> = (0..=text.len())
            .filter(|at| text.is_char_boundary(*at))
            .collect();
        for (index, start) in cuts.iter().enumerate() {
            for end in &cuts[index..] {
                let _ = parse("X", &text[*start..*end]);
            }
        }
    }

    #[test]
    fn what_is_no_caddyfile_is_refused_and_not_repeated() {
        for (text, expected) in [
            ("a {\nhush", "X, line 1: this block does not end"),
            ("a hush\n}", "X, line 2: a block ends that did not begin"),
            ("a\n{\nhush\n}", "X, line 2: a block has to follow"),
            ("a\nb \"hush", "X, line 2: this quotation does not end"),
            (&"a {\n".repeat(100), "too deep"),
        ] {
            let error = parse("X", text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
