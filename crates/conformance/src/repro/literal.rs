//! Texts as a shell reads them: quoted, and with the parts that another run, or another hub, has otherwise taken from variables.

/// What is taken from a variable wherever it stands.
#[derive(Debug, Default)]
pub(super) struct Variables(Vec<(String, String)>);

/// A shorter text may stand anywhere by chance.
const BYTES_AT_LEAST: usize = 8;

impl Variables {
    /// From now on this text is what the variable holds.
    pub(super) fn define(&mut self, text: &str, variable: &str) {
        // No quote has to be minded within one.
        let is_plain = !text.contains(['\'', '"', '\n']);
        if text.len() >= BYTES_AT_LEAST && is_plain {
            self.0.push((text.to_owned(), variable.to_owned()));
        }
    }

    /// A text as one word of a command.
    pub(super) fn quote(&self, text: &str) -> String {
        let mut quoted = format!("'{}'", text.replace('\'', r"'\''"));
        for (text, variable) in &self.0 {
            quoted = quoted.replace(text, &format!("'\"${variable}\"'"));
        }
        quoted
    }
}

#[cfg(test)]
mod tests {
    use super::Variables;

    #[test]
    fn what_is_quoted() {
        let mut variables = Variables::default();
        variables.define("12345678-9abc", "SPACE");
        variables.define("short", "NEVER");
        let cases = [
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$HOME `x`", "'$HOME `x`'"),
            ("x/12345678-9abc/short", "'x/'\"$SPACE\"'/short'"),
        ];
        for (text, expected) in cases {
            assert_eq!(variables.quote(text), expected);
        }
    }
}
