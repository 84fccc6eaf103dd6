use assay_client::sse::{Event, Item, Parser, SseError};
use proptest::{collection::vec, prelude::*, sample::select};

/// An item, owned and decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owned {
    Event {
        data: String,
        event_type: String,
        id: String,
    },
    Comment(String),
    Retry(u64),
}

impl From<Item<'_>> for Owned {
    fn from(item: Item<'_>) -> Self {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        match item {
            Item::Event(Event {
                data,
                event_type,
                id,
            }) => Self::Event {
                data: text(data),
                event_type: text(event_type),
                id: text(id),
            },
            Item::Comment(comment) => Self::Comment(text(comment)),
            Item::Retry(retry_ms) => Self::Retry(retry_ms),
        }
    }
}

fn event(data: &str, event_type: &str, id: &str) -> Owned {
    Owned::Event {
        data: data.into(),
        event_type: event_type.into(),
        id: id.into(),
    }
}

/// WHATWG HTML, section 9.2.6, on the whole stream, sentence by sentence.
fn naive(stream: &[u8]) -> Vec<Owned> {
    let mut out = Vec::new();
    // "Streams must be decoded using the UTF-8 decode algorithm", which strips one byte order mark.
    let decoded = String::from_utf8_lossy(stream).into_owned();
    let mut rest = decoded.strip_prefix('\u{FEFF}').unwrap_or(&decoded);
    let (mut data, mut event_type, mut id) = (String::new(), String::new(), String::new());
    // Lines end with CRLF, LF or CR; an unterminated last line is part of what is discarded at the end of the file.
    while let Some(end) = rest.find(['\r', '\n']) {
        let line = &rest[..end];
        let length = if rest[end..].starts_with("\r\n") {
            2
        } else {
            1
        };
        rest = &rest[end + length..];
        if line.is_empty() {
            // "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and return."
            if !data.is_empty() {
                // "If the data buffer's last character is a LF, then remove the last character."
                data.pop();
                out.push(event(&data, &event_type, &id));
            }
            data.clear();
            event_type.clear();
            continue;
        }
        let (field, value) = match line.split_once(':') {
            Some(("", comment)) => {
                out.push(Owned::Comment(comment.to_owned()));
                continue;
            }
            Some((field, value)) => (field, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        match field {
            "event" => value.clone_into(&mut event_type),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut id),
            // The standard does not say what the empty sequence of digits is as a number; browsers pass over it.
            "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                out.push(Owned::Retry(value.parse().unwrap_or(u64::MAX)));
            }
            _ => {}
        }
    }
    out
}

fn read_all<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Owned> {
    let (items, result) = read_limited(chunks, u32::MAX);
    result.unwrap();
    items
}

fn read_limited<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    limit_bytes: u32,
) -> (Vec<Owned>, Result<(), SseError>) {
    let mut parser = Parser::with_limit(limit_bytes);
    let mut items = Vec::new();
    for chunk in chunks {
        let result = parser.push(chunk, &mut |item| items.push(item.into()));
        if result.is_err() {
            return (items, result);
        }
    }
    (items, Ok(()))
}

fn split<'a>(stream: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut positions: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    positions.extend([0, stream.len()]);
    positions.sort_unstable();
    positions
        .windows(2)
        .map(|pair| &stream[pair[0]..pair[1]])
        .collect()
}

#[track_caller]
fn check(stream: &str, expected: &[Owned]) {
    let stream = stream.as_bytes();
    assert_eq!(read_all([stream]), expected, "in one piece");
    assert_eq!(read_all(stream.chunks(1)), expected, "byte by byte");
    assert_eq!(naive(stream), expected, "the naive reader");
}

#[test]
fn the_rules_of_the_standard() {
    check("data: a\n\n", &[event("a", "", "")]);
    check(
        "data:a\r\rdata:  b\r\n\r\n",
        &[event("a", "", ""), event(" b", "", "")],
    );
    check("data: a\r\ndata: b\r\n\r\n", &[event("a\nb", "", "")]);
    check("data: a\ndata\ndata: b\n\n", &[event("a\n\nb", "", "")]);
    check("data\n\ndata:\n\n", &[event("", "", ""), event("", "", "")]);
    check("event: x\n\ndata: a\n\n", &[event("a", "", "")]);
    check("event: x\nevent: y\ndata: a\n\n", &[event("a", "y", "")]);
    check(
        "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
        &[event("a", "", "1"), event("b", "", "1"), event("c", "", "")],
    );
    check("id: 1\n\ndata: a\n\n", &[event("a", "", "1")]);
    check(
        "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
        &[event("a", "", "1"), event("b", "", "1")],
    );
    check(
        ": hello\n:\n",
        &[
            Owned::Comment(" hello".into()),
            Owned::Comment(String::new()),
        ],
    );
    check(
        "retry: 10\nretry: 1x\nretry:\nretry: +1\n",
        &[Owned::Retry(10)],
    );
    check(
        "retry: 99999999999999999999999\n",
        &[Owned::Retry(u64::MAX)],
    );
    check(
        "\u{FEFF}data: a\n\n\u{FEFF}data: b\n\n",
        &[event("a", "", "")],
    );
    check("\u{FEFF}\u{FEFF}data: a\n\n", &[]);
    check("Data: a\n data: a\nfoo: b\n\n", &[]);
    check("data: a\n\ndata: lost\n", &[event("a", "", "")]);
    check("data: a:b: c\n\n", &[event("a:b: c", "", "")]);
}

#[test]
fn a_byte_order_mark_may_be_cut_and_may_be_none() {
    assert_eq!(
        read_all([&b"\xEF"[..], b"\xBB", b"\xBFdata: a\n\n"]),
        [event("a", "", "")]
    );
    assert_eq!(read_all([&b"\xEF\xBB"[..], b"data: a\n\n"]), []);
    assert_eq!(
        read_all([&b"\xEF\xBB"[..], b"\ndata: a\n\n"]),
        [event("a", "", "")]
    );
}

#[test]
fn bytes_that_are_not_utf8_are_replaced() {
    assert_eq!(
        read_all([&b"data: \xFF\n\n"[..]]),
        [event("\u{FFFD}", "", "")]
    );
}

#[test]
fn an_idle_parser_is_small() {
    assert!(size_of::<Parser>() <= 48, "{}", size_of::<Parser>());
    let mut parser = Parser::new();
    parser.push(b"id: 1\ndata: a\nda", &mut |_| {}).unwrap();
    assert!(parser.is_mid_event());
    parser.push(b"ta: b\n\n", &mut |_| {}).unwrap();
    assert!(!parser.is_mid_event());
    assert_eq!(parser.last_event_id(), b"1");
}

#[test]
fn a_new_connection_keeps_the_cursor_and_drops_the_rest() {
    let mut parser = Parser::new();
    parser
        .push(b"id: 1\ndata: a\n\nid: 2\ndata: half", &mut |_| {})
        .unwrap();
    parser.restart();
    let mut items = Vec::new();
    parser
        .push(b"\xEF\xBB\xBFdata: b\n\n", &mut |item| {
            items.push(Owned::from(item));
        })
        .unwrap();
    assert_eq!(items, [event("b", "", "1")]);
}

#[test]
fn limits_hold_however_the_stream_is_cut() {
    let line = Err(SseError::LineTooLong { limit_bytes: 10 });
    let event_too_long = Err(SseError::EventTooLong { limit_bytes: 10 });
    for (stream, expected) in [
        ("data: 4567\n\n", Ok(())),
        ("data: 45678\n\n", line),
        ("data: 45678", line),
        (":0123456789", line),
        ("data:12345\ndata:1234\n\n", Ok(())),
        ("data:12345\ndata:12345\n\n", event_too_long),
        ("id:123456\ndata:12345\n\n", event_too_long),
        ("id:12345\n\nid:12345\n\ndata:12345\n\n", Ok(())),
    ] {
        let stream = stream.as_bytes();
        assert_eq!(read_limited([stream], 10).1, expected, "in one piece");
        assert_eq!(
            read_limited(stream.chunks(1), 10).1,
            expected,
            "byte by byte"
        );
    }
}

/// Pieces that make the interesting collisions likely.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"data",
        b"event",
        b"id",
        b"retry",
        b":",
        b" ",
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\0",
        b"\xEF\xBB\xBF",
        b"\xEF",
        b"\xBB",
        b"\xFF",
        b"\xC3",
        "é".as_bytes(),
        b"7",
        b"x",
        b"data: some text\n",
        b"id: 42\n",
        b"id: 4\x002\n",
        b"retry: 1500\n",
        b": comment\n",
    ];
    vec(select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_the_naive_reader(stream in stream(), cuts in vec(any::<prop::sample::Index>(), 0..6)) {
        let expected = naive(&stream);
        prop_assert_eq!(&read_all([&stream[..]]), &expected);
        prop_assert_eq!(&read_all(stream.chunks(1)), &expected);
        prop_assert_eq!(&read_all(split(&stream, &cuts)), &expected);
    }

    #[test]
    fn agrees_on_any_bytes(stream in vec(any::<u8>(), 0..200), cuts in vec(any::<prop::sample::Index>(), 0..6)) {
        prop_assert_eq!(read_all(split(&stream, &cuts)), naive(&stream));
    }

    #[test]
    fn a_limit_does_not_depend_on_cuts(
        stream in stream(),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
        limit_bytes in 1_u32..40,
    ) {
        let whole = read_limited([&stream[..]], limit_bytes);
        prop_assert_eq!(&read_limited(split(&stream, &cuts), limit_bytes), &whole);
        prop_assert_eq!(&read_limited(stream.chunks(1), limit_bytes), &whole);
    }
}
