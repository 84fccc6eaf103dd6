//! Name-value pairs of `application/x-www-form-urlencoded`, by the parsing algorithm of the URL standard, except that
//! bytes which are no UTF-8 are reported instead of being replaced.
//!
//! Not here: what the names mean.

use std::borrow::Cow;

/// One pair, decoded but not yet known to be UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    name: Cow<'a, [u8]>,
    value: Cow<'a, [u8]>,
}

/// Bytes that are no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

impl Pair<'_> {
    /// The name; one that is no UTF-8 is nobody's name, and comes out with replacement characters.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    pub(crate) fn value(&self) -> Result<&str, NotUtf8> {
        std::str::from_utf8(&self.value).map_err(|_| NotUtf8)
    }
}

/// The pairs of `input` in order: split at `&`, empty sequences skipped, each split at its first `=`.
/// subscribe.parse.first-equals, .bare-name, .raw-semicolon
pub(crate) fn pairs(input: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    input
        .split(|&byte| byte == b'&')
        .filter(|sequence| !sequence.is_empty())
        .map(|sequence| {
            let equals = sequence.iter().position(|&byte| byte == b'=');
            let (name, value) = match equals {
                Some(at) => (&sequence[..at], &sequence[at + 1..]),
                None => (sequence, &sequence[..0]),
            };
            Pair {
                name: decode(name),
                value: decode(value),
            }
        })
}

/// `+` is a space, `%` with two hex digits an octet, and a stray `%` itself. subscribe.parse.plus-is-space, .stray-percent
fn decode(input: &[u8]) -> Cow<'_, [u8]> {
    if !input.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(input);
    }
    let mut decoded = Vec::with_capacity(input.len());
    let mut rest = input;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                _ => decoded.push(b'%'),
            },
            (other, _) => decoded.push(*other),
        }
    }
    Cow::Owned(decoded)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pairs_are_split_and_decoded() {
        fn check(input: &str, expected: &[(&str, &str)]) {
            let read: Vec<_> = pairs(input.as_bytes())
                .map(|pair| {
                    (
                        pair.name().into_owned(),
                        pair.value().expect("UTF-8").to_owned(),
                    )
                })
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect();
            assert_eq!(read, expected, "{input:?}");
        }
        check("", &[]);
        check("&&a=b&", &[("a", "b")]);
        check("a", &[("a", "")]);
        check("a=", &[("a", "")]);
        check("=b", &[("", "b")]);
        check("a=b=c", &[("a", "b=c")]);
        check("a+b=c%2Bd", &[("a b", "c+d")]);
        check("%6Datch=T", &[("match", "T")]);
        check(
            "a=100%&b=%zz&c=%4",
            &[("a", "100%"), ("b", "%zz"), ("c", "%4")],
        );
        check("a=%%41", &[("a", "%A")]);
        check("a=b;c=d", &[("a", "b;c=d")]);
        check("a=%C3%A9", &[("a", "é")]);
    }

    #[test]
    fn bytes_that_are_no_utf8_are_reported() {
        for input in [
            "a=%FF",
            "a=%C3%28",
            "a=%ED%A0%80",
            "a=%C0%AF",
            "a=%F4%90%80%80",
        ] {
            let read: Vec<_> = pairs(input.as_bytes())
                .map(|pair| pair.value().map(str::to_owned))
                .collect();
            assert_eq!(read, [Err(NotUtf8)], "{input}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_the_url_crate_reads(input in "[a-c=&+%;0-9A-F é]{0,40}") {
            let ours: Vec<_> = pairs(input.as_bytes())
                .map(|pair| (pair.name().into_owned(), String::from_utf8_lossy(&pair.value).into_owned()))
                .collect();
            let theirs: Vec<_> = url::form_urlencoded::parse(input.as_bytes()).into_owned().collect();
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn never_panics(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            for pair in pairs(&input) {
                let _ = (pair.name(), pair.value());
            }
        }
    }
}
