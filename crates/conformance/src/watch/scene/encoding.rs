//! Names and values of a form, with the bytes that they stood in, so that a rule can see what a parser forgives.

/// A pair of `application/x-www-form-urlencoded`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::watch) struct Pair {
    pub(in crate::watch) name: String,
    pub(in crate::watch) value: String,
    /// As it stood, encoded.
    pub(in crate::watch) raw: Vec<u8>,
    /// Whether both are UTF-8 behind their encoding.
    pub(in crate::watch) is_utf8: bool,
}

impl Pair {
    /// Whether it says what to subscribe to, in either dialect and however it is spelt.
    pub(in crate::watch) fn is_matcher(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        name == "topic" || name.starts_with("match")
    }
}

/// Cuts a query or a body into its pairs.
pub(in crate::watch) fn pairs(encoded: &[u8]) -> Vec<Pair> {
    encoded
        .split(|&byte| byte == b'&')
        .filter(|raw| !raw.is_empty())
        .map(|raw| {
            let at = raw
                .iter()
                .position(|&byte| byte == b'=')
                .unwrap_or(raw.len());
            let (name, value) = (
                decoded(&raw[..at]),
                decoded(raw.get(at + 1..).unwrap_or(&[])),
            );
            Pair {
                is_utf8: std::str::from_utf8(&name).is_ok() && std::str::from_utf8(&value).is_ok(),
                name: String::from_utf8_lossy(&name).into_owned(),
                value: String::from_utf8_lossy(&value).into_owned(),
                raw: raw.to_vec(),
            }
        })
        .collect()
}

fn decoded(encoded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut at = 0;
    while let Some(&byte) = encoded.get(at) {
        let triplet = (byte == b'%').then(|| triplet(encoded, at)).flatten();
        at += if triplet.is_some() { 3 } else { 1 };
        bytes.push(match (triplet, byte) {
            (Some(decoded), _) => decoded,
            (None, b'+') => b' ',
            (None, other) => other,
        });
    }
    bytes
}

/// The byte that `%XX` stands for, if it does.
pub(in crate::watch) fn triplet(encoded: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*encoded.get(at)?).to_digit(16);
    u8::try_from(digit(at + 1)? * 16 + digit(at + 2)?).ok()
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn pairs_are_read_as_urlsearchparams_reads_them() {
        for text in ["a=b&c=d+e%20f", "a&=b&&c==d", "%C3%A9=%e9", "a=%zz%4", ""] {
            let read: Vec<_> = pairs(text.as_bytes())
                .into_iter()
                .map(|pair| (pair.name, pair.value))
                .collect();
            let expected: Vec<_> = form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect();
            assert_eq!(read, expected, "{text}");
        }
        assert!(!pairs(b"a=%e9")[0].is_utf8);
    }
}
