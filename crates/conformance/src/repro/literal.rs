//! Texts as a shell reads them: quoted, and with the parts that another run, or another hub, has otherwise taken from variables.

/// What is taken from a variable wherever it stands: the text, and how a shell takes it.
#[derive(Debug, Default)]
pub(super) struct Variables(Vec<(String, String)>);

/// The path of a subscription is a matcher of others.
const ENCODINGS_AT_MOST: usize = 2;
/// A shorter text may stand anywhere by chance.
const BYTES_AT_LEAST: usize = 8;

impl Variables {
    /// From now on this text is what the variable holds, also where it stands encoded as in a form, or so within what is.
    pub(super) fn define(&mut self, text: &str, variable: &str) {
        // No quote has to be minded within one.
        let is_plain = !text.contains(['\'', '"', '\n']);
        if text.len() < BYTES_AT_LEAST || !is_plain {
            return;
        }
        let (mut text, mut taken) = (text.to_owned(), format!("${variable}"));
        for _ in 0..=ENCODINGS_AT_MOST {
            let encoded = form(&text);
            let is_last = encoded == text;
            self.0.push((text, format!("\"{taken}\"")));
            if is_last {
                break;
            }
            taken = format!("$(form \"{taken}\")");
            text = encoded;
        }
    }

    /// A text as one word of a command.
    pub(super) fn quote(&self, text: &str) -> String {
        let mut quoted = format!("'{}'", text.replace('\'', r"'\''"));
        for (text, taken) in &self.0 {
            quoted = quoted.replace(text, &format!("'{taken}'"));
        }
        quoted
    }
}

/// A text as it stands in a form.
pub(super) fn form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::Variables;

    #[test]
    fn what_is_quoted() {
        let mut variables = Variables::default();
        variables.define("12345678-9abc", "SPACE");
        variables.define("short", "NEVER");
        variables.define("urn:id:1", "ID_1");
        let cases = [
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$HOME `x`", "'$HOME `x`'"),
            ("x/12345678-9abc/short", "'x/'\"$SPACE\"'/short'"),
            ("x=urn:id:1", "'x='\"$ID_1\"''"),
            ("x=urn%3Aid%3A1", r#"'x='"$(form "$ID_1")"''"#),
            ("urn%253Aid%253A1", r#"''"$(form "$(form "$ID_1")")"''"#),
        ];
        for (text, expected) in cases {
            assert_eq!(variables.quote(text), expected);
        }
    }
}
