//! The arguments of a call, the members of a list or a map: literals as they are, all else as the expression that it is.

use super::lexer::{Kind, Language, Part, Text, Token};

/// A value in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A text, perhaps with expressions in it.
    Text(Text),
    List(Vec<Value>),
    /// With the names of its members.
    Map(Vec<(String, Value)>),
    /// `true`, `false`, `null`, a number.
    Word(String),
    /// Anything else, as it stands.
    Expression(String),
}

/// The tokens of one file.
#[derive(Clone, Copy)]
pub(super) struct Code<'c> {
    pub(super) source: &'c str,
    pub(super) tokens: &'c [Token],
    pub(super) language: Language,
}

/// An argument of a call, by position or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    pub(super) name: Option<String>,
    pub(super) value: Value,
}

/// How deep values are nested at most: what is deeper is no list of topics.
const DEPTH_AT_MOST: usize = 12;

impl Value {
    pub(super) fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text without expressions.
    pub(super) fn plain(&self) -> Option<String> {
        self.text()?.plain()
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(it) if it == word)
    }

    /// A member of a map.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Map(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|(it, _)| it == name)
            .map(|(_, value)| value)
    }

    /// The values of a list, or a single one.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            single => std::slice::from_ref(single),
        }
    }
}

impl Code<'_> {
    pub(super) fn name(&self, at: usize) -> Option<&str> {
        match &self.tokens.get(at)?.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_mark(&self, at: usize, mark: &str) -> bool {
        matches!(self.tokens.get(at), Some(Token { kind: Kind::Mark(it), .. }) if *it == mark)
    }

    /// The arguments behind an opening parenthesis, and the index of what closes it.
    pub(super) fn arguments(&self, open: usize) -> (Vec<Argument>, usize) {
        let mut arguments = Vec::new();
        let mut at = open + 1;
        while at < self.tokens.len() && !self.closes(at) {
            let named = self.name(at).is_some() && self.is_mark(at + 1, ":");
            let name = if named {
                self.name(at).map(str::to_owned)
            } else {
                None
            };
            let (value, next) = self.value(at + if named { 2 } else { 0 }, 0);
            arguments.push(Argument { name, value });
            at = self.behind_comma(next);
        }
        (arguments, at)
    }

    /// The value that begins at a token, and the index of what ends it.
    pub(super) fn value(&self, at: usize, depth: usize) -> (Value, usize) {
        let end = self.end_of_value(at);
        let is_whole = |close: usize| close + 1 == end;
        if depth < DEPTH_AT_MOST {
            let opens = [("[", at), ("{", at)];
            for (mark, open) in opens {
                if self.is_mark(open, mark) && self.closing(open).is_some_and(is_whole) {
                    return (self.members(open, depth), end);
                }
            }
            if self.name(at) == Some("array")
                && self.is_mark(at + 1, "(")
                && self.closing(at + 1).is_some_and(is_whole)
            {
                return (self.members(at + 1, depth), end);
            }
        }
        (self.joined(at, end), end)
    }

    /// The members between brackets: a map where they have names.
    fn members(&self, open: usize, depth: usize) -> Value {
        let mut list = Vec::new();
        let mut map = Vec::new();
        let mut at = open + 1;
        while at < self.tokens.len() && !self.closes(at) {
            let separates = self.is_mark(at + 1, "=>") || self.is_mark(at + 1, ":");
            let key = match self.tokens.get(at).map(|token| &token.kind) {
                Some(Kind::Name(name)) if separates => Some(name.clone()),
                Some(Kind::Text(text)) if separates => text.plain(),
                _ => None,
            };
            let start = if key.is_some() { at + 2 } else { at };
            let (value, next) = self.value(start, depth + 1);
            match key {
                Some(key) => map.push((key, value)),
                None => list.push(value),
            }
            at = self.behind_comma(next);
        }
        if map.is_empty() {
            Value::List(list)
        } else {
            Value::Map(map)
        }
    }

    // A value ends before a comma, a closing mark or a semicolon; a comma is passed, a semicolon too.
    fn behind_comma(&self, at: usize) -> usize {
        if self.is_mark(at, ",") || self.is_mark(at, ";") {
            at + 1
        } else {
            at
        }
    }

    fn closes(&self, at: usize) -> bool {
        [")", "]", "}"].iter().any(|mark| self.is_mark(at, mark))
    }

    fn end_of_value(&self, from: usize) -> usize {
        let mut depth = 0_usize;
        let mut at = from;
        while at < self.tokens.len() {
            if ["(", "[", "{"].iter().any(|mark| self.is_mark(at, mark)) {
                depth += 1;
            } else if self.closes(at) {
                if depth == 0 {
                    return at;
                }
                depth -= 1;
            } else if depth == 0 && (self.is_mark(at, ",") || self.is_mark(at, ";")) {
                return at;
            }
            at += 1;
        }
        at
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            if ["(", "[", "{"].iter().any(|mark| self.is_mark(at, mark)) {
                depth += 1;
            } else if self.closes(at) {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        None
    }

    /// Texts and expressions with `+`, `.` or `~` between them make one text.
    fn joined(&self, from: usize, to: usize) -> Value {
        let mark = match self.language {
            Language::Php => ".",
            Language::Script | Language::Template => "+",
        };
        let joins = |at: usize| {
            self.is_mark(at, mark) || (self.language == Language::Template && self.is_mark(at, "~"))
        };
        let mut text = Text::default();
        let mut is_text = false;
        let mut start = from;
        let mut depth = 0_usize;
        for at in from..=to {
            if ["(", "[", "{"].iter().any(|mark| self.is_mark(at, mark)) {
                depth += 1;
            } else if self.closes(at) && at < to {
                depth = depth.saturating_sub(1);
            }
            if at < to && (depth > 0 || !joins(at)) {
                continue;
            }
            is_text |= self.operand(start, at, &mut text);
            start = at + 1;
        }
        if is_text {
            return Value::Text(text);
        }
        let source = self.source_of(from, to);
        let is_word = |word: &str| word.chars().all(char::is_alphanumeric);
        if to == from + 1 && is_word(&source) && !source.is_empty() {
            Value::Word(source)
        } else {
            Value::Expression(source)
        }
    }

    /// Adds what stands between two tokens to a text; tells whether a literal was in it.
    fn operand(&self, from: usize, to: usize, text: &mut Text) -> bool {
        let literal = |at: usize| match self.tokens.get(at).map(|token| &token.kind) {
            Some(Kind::Text(text)) => Some(text),
            _ => None,
        };
        if to == from + 1
            && let Some(found) = literal(from)
        {
            for part in &found.0 {
                match part {
                    Part::Plain(plain) => text.push_plain(plain),
                    expression @ Part::Expression(_) => text.0.push(expression.clone()),
                }
            }
            return true;
        }
        // `encodeURIComponent('…')` and its like: a literal, encoded.
        let encodes = ["encodeURIComponent", "urlencode", "rawurlencode"];
        if to == from + 4
            && self.name(from).is_some_and(|name| encodes.contains(&name))
            && let Some(plain) = literal(from + 2).and_then(Text::plain)
        {
            let encoded: String = form_urlencoded::byte_serialize(plain.as_bytes()).collect();
            text.push_plain(&encoded);
            return true;
        }
        if to > from {
            text.0.push(Part::Expression(self.source_of(from, to)));
        }
        false
    }

    /// The source between two tokens.
    pub(super) fn source_of(&self, from: usize, to: usize) -> String {
        let (Some(first), Some(last)) = (
            self.tokens.get(from),
            self.tokens.get(to.saturating_sub(1)).filter(|_| to > from),
        ) else {
            return String::new();
        };
        self.source[first.start..last.end].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::{Language, tokens};
    use super::{Code, Value};

    fn check(source: &str, language: Language, expected: &str) {
        let tokens = tokens(source, language);
        let code = Code {
            source,
            tokens: &tokens,
            language,
        };
        let (arguments, _) = code.arguments(0);
        let told: Vec<_> = arguments
            .iter()
            .map(|argument| {
                let name = argument.name.as_ref().map(|name| format!("{name}: "));
                format!("{}{}", name.unwrap_or_default(), told(&argument.value))
            })
            .collect();
        assert_eq!(told.join(" | "), expected, "{source}");
    }

    fn told(value: &Value) -> String {
        match value {
            Value::Text(text) => text.plain().unwrap_or_else(|| format!("{:?}", text.0)),
            Value::Word(word) => format!("<{word}>"),
            Value::Expression(source) => format!("({source})"),
            Value::List(items) => {
                format!("[{}]", items.iter().map(told).collect::<Vec<_>>().join(" "))
            }
            Value::Map(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| format!("{name}={}", told(value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(" "))
            }
        }
    }

    #[test]
    fn arguments_are_read_in_three_languages() {
        use Language::{Php, Script, Template};
        check("('a', b.c, [1, 'd'])", Script, "a | (b.c) | [<1> d]");
        check(
            "('a' + encodeURIComponent('/{id}'))",
            Script,
            "a%2F%7Bid%7D",
        );
        check("(x + '/a')", Script, "[Expression(\"x\"), Plain(\"/a\")]");
        check(
            "({topic: 'a', \"n\": [true]})",
            Script,
            "{topic=a n=[<true>]}",
        );
        check(
            "(topics: ['a', \"b/$c\"], private: true)",
            Php,
            "topics: [a [Plain(\"b/\"), Expression(\"$c\")]] | private: <true>",
        );
        check(
            "(['publish' => ['*'], 'n' => array('a' => 1)])",
            Php,
            "{publish=[*] n={a=<1>}}",
        );
        check(
            "('a' . $b->c('d') . 'e', $f)",
            Php,
            "[Plain(\"a\"), Expression(\"$b->c('d')\"), Plain(\"e\")] | ($f)",
        );
        check(
            "(['a'], { subscribe: 'a' ~ b })",
            Template,
            "[a] | {subscribe=[Plain(\"a\"), Expression(\"b\")]}",
        );
        check("(f('a'), 2)", Script, "(f('a')) | <2>");
        check("('a'", Script, "a");
    }
}
