//! Source text as tokens, the same for JavaScript, TypeScript, PHP and Twig: names, texts, marks. It is no grammar: it knows
//! enough to find a call and its arguments, and nothing of what a program does.

/// A token, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Of its first byte.
    pub(super) start: usize,
    /// Behind its last.
    pub(super) end: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a number, a variable.
    Name(String),
    /// A text literal.
    Text(Text),
    /// Anything else.
    Mark(&'static str),
}

/// A text literal: what stands in it, and where only the running program knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text(pub(super) Vec<Part>);

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Plain(String),
    /// The expression that stands there.
    Expression(String),
}

/// Which language, as far as tokens differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// JavaScript, TypeScript, Vue, Svelte.
    Script,
    Php,
    /// Twig and HTML, with scripts in them.
    Template,
}

/// Marks of several characters, the longest first; `single` has the rest.
const LONG_MARKS: [&str; 7] = ["===", "=>", "->", "::", "==", "?.", "!="];

/// Longest text literal that is looked at: what is longer is data.
const TEXT_BYTES_AT_MOST: usize = 16 << 10;

impl Text {
    /// The text, if nothing of it is an expression.
    pub(super) fn plain(&self) -> Option<String> {
        let mut plain = String::new();
        for part in &self.0 {
            match part {
                Part::Plain(text) => plain.push_str(text),
                Part::Expression(_) => return None,
            }
        }
        Some(plain)
    }

    pub(super) fn push_plain(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Plain(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Part::Plain(text.to_owned())),
        }
    }
}

/// The tokens of a source; comments are left out.
pub(super) fn tokens(source: &str, language: Language) -> Vec<Token> {
    let mut lexer = Lexer {
        source,
        language,
        at: 0,
    };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next_token() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'s> {
    source: &'s str,
    language: Language,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn next_token(&mut self) -> Option<Token> {
        self.skip_blank();
        let start = self.at;
        let first = self.rest().chars().next()?;
        let kind = match first {
            '\'' | '"' | '`' => self.text(first),
            _ if first.is_alphanumeric() || first == '_' || first == '$' => self.name(),
            _ => self.mark(first),
        };
        Some(Token {
            kind,
            start,
            end: self.at,
        })
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            let rest = self.rest();
            let until = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
            let is_php_comment =
                self.language == Language::Php && rest.starts_with('#') && !rest.starts_with("#[");
            let length = if rest.starts_with("/*") {
                until("*/")
            } else if rest.starts_with("//") || is_php_comment {
                rest.find('\n').unwrap_or(rest.len())
            } else if self.language == Language::Template && rest.starts_with("{#") {
                until("#}")
            } else if self.language == Language::Template && rest.starts_with("<!--") {
                until("-->")
            } else if blank == 0 {
                return;
            } else {
                continue;
            };
            self.at += length;
        }
    }

    fn name(&mut self) -> Kind {
        let is_part = |char: char| char.is_alphanumeric() || char == '_' || char == '$';
        let rest = self.rest();
        let end = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        self.at += end;
        Kind::Name(name)
    }

    fn mark(&mut self, first: char) -> Kind {
        let found = LONG_MARKS
            .iter()
            .find(|mark| self.rest().starts_with(**mark));
        let mark = found.copied().unwrap_or(single(first));
        self.at += found.map_or(first.len_utf8(), |mark| mark.len());
        Kind::Mark(mark)
    }

    // A quote that nothing closes is a mark, and so is the apostrophe of a word.
    fn text(&mut self, quote: char) -> Kind {
        let start = self.at;
        let before = self.source[..start].chars().next_back();
        let is_apostrophe = quote == '\''
            && self.language == Language::Template
            && before.is_some_and(char::is_alphanumeric);
        let text = if is_apostrophe {
            None
        } else {
            self.closed_text(quote)
        };
        if let Some(text) = text {
            Kind::Text(text)
        } else {
            self.at = start + 1;
            Kind::Mark("'")
        }
    }

    fn closed_text(&mut self, quote: char) -> Option<Text> {
        let mut text = Text::default();
        let start = self.at;
        self.at += 1;
        loop {
            let rest = self.rest();
            let char = rest.chars().next()?;
            if self.at - start > TEXT_BYTES_AT_MOST {
                return None;
            }
            if char == quote {
                self.at += 1;
                return Some(text);
            }
            if char == '\n' && quote != '`' && self.language != Language::Php {
                return None;
            }
            if char == '\\' {
                let escaped = rest[1..].chars().next()?;
                text.push_plain(&unescaped(escaped, quote, self.language));
                self.at += 1 + escaped.len_utf8();
            } else if let Some((expression, length)) = self.interpolated(quote) {
                text.0.push(Part::Expression(expression));
                self.at += length;
            } else {
                text.push_plain(char.encode_utf8(&mut [0; 4]));
                self.at += char.len_utf8();
            }
        }
    }

    /// An expression within a text, and how many bytes it takes.
    fn interpolated(&self, quote: char) -> Option<(String, usize)> {
        let rest = self.rest();
        if quote == '`' && rest.starts_with("${") {
            return closing(rest, 2);
        }
        if self.language == Language::Template && rest.starts_with("{{") {
            let end = rest.find("}}")?;
            return Some((rest[2..end].trim().to_owned(), end + 2));
        }
        if self.language == Language::Php && quote == '"' {
            if rest.starts_with("{$") {
                return closing(rest, 1);
            }
            let name = rest.strip_prefix('$')?;
            let end = name.find(|char: char| !char.is_alphanumeric() && char != '_');
            let end = end.unwrap_or(name.len());
            let begins = name.starts_with(|char: char| char.is_alphabetic() || char == '_');
            return begins.then(|| (format!("${}", &name[..end]), 1 + end));
        }
        None
    }
}

/// What stands between braces, the first of which ends at `from`.
fn closing(rest: &str, from: usize) -> Option<(String, usize)> {
    let mut depth = 1;
    for (at, char) in rest[from..].char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let inside = rest[from..from + at].trim().to_owned();
            return Some((inside, from + at + 1));
        }
    }
    None
}

fn unescaped(char: char, quote: char, language: Language) -> String {
    let literal = language == Language::Php && quote == '\'';
    match char {
        _ if char == quote || char == '\\' => char.to_string(),
        _ if literal => format!("\\{char}"),
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        'r' => "\r".to_owned(),
        other => other.to_string(),
    }
}

const fn single(char: char) -> &'static str {
    match char {
        '(' => "(",
        ')' => ")",
        '[' => "[",
        ']' => "]",
        '{' => "{",
        '}' => "}",
        ',' => ",",
        ';' => ";",
        ':' => ":",
        '.' => ".",
        '+' => "+",
        '~' => "~",
        '=' => "=",
        '#' => "#",
        '?' => "?",
        '|' => "|",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Language, tokens};

    fn check(source: &str, language: Language, expected: &str) {
        let words = tokens(source, language)
            .into_iter()
            .map(|token| match token.kind {
                Kind::Name(name) => name,
                Kind::Mark(mark) => mark.to_owned(),
                Kind::Text(text) => format!("{:?}", text.0),
            });
        assert_eq!(words.collect::<Vec<_>>().join(" "), expected, "{source}");
    }

    #[test]
    fn texts_tell_what_only_the_program_knows() {
        use Language::{Php, Script, Template};
        check("a.b('c') // d", Script, "a . b ( [Plain(\"c\")] )");
        check(
            "`x${y({})}z`",
            Script,
            "[Plain(\"x\"), Expression(\"y({})\"), Plain(\"z\")]",
        );
        check("don't \"a\"", Script, "don ' t [Plain(\"a\")]");
        check(
            "\"a{$b->c}/$d\" # e",
            Php,
            "[Plain(\"a\"), Expression(\"$b->c\"), Plain(\"/\"), Expression(\"$d\")]",
        );
        check("'$d' => [1]", Php, "[Plain(\"$d\")] => [ 1 ]");
        check("{# no #}\"{{ a|b }}\"", Template, "[Expression(\"a|b\")]");
        check(
            "'never closed\n'b'",
            Script,
            "' never closed [Plain(\"b\")]",
        );
    }
}
