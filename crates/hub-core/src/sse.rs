//! An update as the bytes of one server-sent event, framed once for all who get it.
//!
//! Not here: comments for keep-alive, which the transport writes; reading of events, which only a client does.

use bytes::Bytes;

use crate::EventId;
use crate::publication::Publication;

/// Writes one event: `id`, `event`, `retry`, one `data` line for each line of the content, and the blank line.
///
/// A space follows each colon, so that a leading space of a value survives the reader. sse.data-leading-space
/// Id, type and retry hold no line break by construction. sse.field-injection
///
/// Returns the event, and the same bytes with the framing of a chunk around them.
pub(crate) fn encode(publication: &Publication, id: &EventId) -> (Bytes, Bytes) {
    let mut buffer = begin_frame(publication.data().len() + id.as_str().len() + 80);
    let mut line = |field: &str, value: &str| {
        buffer.extend_from_slice(field.as_bytes());
        buffer.extend_from_slice(b": ");
        buffer.extend_from_slice(value.as_bytes());
        buffer.push(b'\n');
    };
    line("id", id.as_str());
    if let Some(event_type) = publication.event_type() {
        line("event", event_type);
    }
    if let Some(retry) = publication.retry() {
        line("retry", retry);
    }
    for content in lines(publication.data()) {
        line("data", content);
    }
    buffer.push(b'\n');
    end_frame(buffer)
}

/// An event that was written before, and the same bytes with the framing of a chunk around them.
pub(crate) fn frame(event: &[u8]) -> (Bytes, Bytes) {
    let mut buffer = begin_frame(event.len() + 2);
    buffer.extend_from_slice(event);
    end_frame(buffer)
}

/// Room for the size of a chunk, which is known at its end.
fn begin_frame(capacity: usize) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(FRAME_START + capacity);
    buffer.extend_from_slice(&[b' '; CHUNK_SIZE_DIGITS]);
    buffer.extend_from_slice(b"\r\n");
    buffer
}

fn end_frame(mut buffer: Vec<u8>) -> (Bytes, Bytes) {
    let (start, end) = (FRAME_START, buffer.len());
    buffer.extend_from_slice(b"\r\n");
    // The size stands right before its line break; what is left of the room for it is cut off.
    let size = format!("{:x}", end - start);
    let first = CHUNK_SIZE_DIGITS - size.len();
    buffer[first..CHUNK_SIZE_DIGITS].copy_from_slice(size.as_bytes());
    let buffer = Bytes::from(buffer);
    (buffer.slice(start..end), buffer.slice(first..))
}

/// Hexadecimal digits of the largest size.
const CHUNK_SIZE_DIGITS: usize = usize::BITS as usize / 4;
/// Where the event begins in a buffer.
const FRAME_START: usize = CHUNK_SIZE_DIGITS + 2;

/// Splits at CR, LF and CRLF, and at nothing else; empty content is one empty line, a final line break starts another.
/// sse.data-line-crlf, sse.data-trailing-newline, sse.data-other-separators
fn lines(data: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(data);
    std::iter::from_fn(move || {
        let content = rest?;
        let Some(end) = content.find(['\r', '\n']) else {
            rest = None;
            return Some(content);
        };
        let break_bytes = if content[end..].starts_with("\r\n") {
            2
        } else {
            1
        };
        rest = Some(&content[end + break_bytes..]);
        Some(&content[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{hub_url, publication};
    use crate::{Dialect, Limits};
    use proptest::prelude::*;

    fn event_id(id: &str) -> EventId {
        EventId::supplied(id, Dialect::V1, &Limits::DEFAULT).expect("a good id")
    }

    #[test]
    fn fields_become_lines() {
        fn check(form: &str, expected: &str) {
            let (event, chunk) = encode(&publication(form), &event_id("i"));
            assert_eq!(std::str::from_utf8(&event), Ok(expected), "{form}");
            let framed = format!("{:x}\r\n{expected}\r\n", expected.len());
            assert_eq!(std::str::from_utf8(&chunk), Ok(&*framed), "{form}");
        }
        check("topic=T&data=x", "id: i\ndata: x\n\n");
        check(
            "topic=T&data=x&type=greeting&retry=4321",
            "id: i\nevent: greeting\nretry: 4321\ndata: x\n\n",
        );
        check(
            "topic=T&data=x&type=+mercure&retry=0",
            "id: i\nevent:  mercure\nretry: 0\ndata: x\n\n",
        );
        check("topic=T", "id: i\ndata: \n\n");
        check("topic=T&data=&type=&retry=&id=", "id: i\ndata: \n\n");
        check("topic=T&data=a%0Ab", "id: i\ndata: a\ndata: b\n\n");
        check(
            "topic=T&data=a%0Db%0D%0Ac",
            "id: i\ndata: a\ndata: b\ndata: c\n\n",
        );
        check(
            "topic=T&data=a%0A%0Db",
            "id: i\ndata: a\ndata: \ndata: b\n\n",
        );
        check(
            "topic=T&data=a%0D%0D%0Ab",
            "id: i\ndata: a\ndata: \ndata: b\n\n",
        );
        check("topic=T&data=%0Aa%0A", "id: i\ndata: \ndata: a\ndata: \n\n");
        check("topic=T&data=%20x%0A:y", "id: i\ndata:  x\ndata: :y\n\n");
        check(
            "topic=T&data=a%0B%C2%85%E2%80%A8%00b",
            "id: i\ndata: a\u{b}\u{85}\u{2028}\0b\n\n",
        );
        check(
            "topic=T&data=x%0Aevent:+evil%0A%0Aid:+forged",
            "id: i\ndata: x\ndata: event: evil\ndata: \ndata: id: forged\n\n",
        );
    }

    /// What a reader by the rules of the HTML standard makes of one event: the id, the type and the data.
    fn read(event: &str) -> (String, String, String) {
        let (mut id, mut event_type, mut data) = (String::new(), String::new(), String::new());
        let mut lines: Vec<_> = event.split('\n').collect();
        assert_eq!(
            lines.split_off(lines.len() - 2),
            ["", ""],
            "one blank line, at the end"
        );
        for line in lines {
            assert!(!line.is_empty() && !line.contains('\r'), "{line:?}");
            let (field, value) = line.split_once(':').expect("a field");
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => id = value.to_owned(),
                "event" => event_type = value.to_owned(),
                "data" => {
                    data.push_str(value);
                    data.push('\n');
                }
                other => panic!("unknown field {other:?}"),
            }
        }
        data.pop();
        (id, event_type, data)
    }

    proptest! {
        #[test]
        fn a_reader_gets_back_what_was_published(
            data in "[a-z :\\r\\n\u{2028}é]{0,40}",
            event_type in "[a-z ]{1,9}x",
            dialect in prop_oneof![Just(Dialect::V0), Just(Dialect::V1)],
        ) {
            let form = url::form_urlencoded::Serializer::new("topic=T".to_owned())
                .append_pair("data", &data)
                .append_pair("type", &event_type)
                .finish();
            let publication = Publication::from_form(form.as_bytes(), dialect, &hub_url(), &Limits::DEFAULT).expect("good");
            let (event, _) = encode(&publication, &event_id("urn:x:1"));
            let (id, read_type, read_data) = read(std::str::from_utf8(&event).expect("UTF-8"));
            prop_assert_eq!(id, "urn:x:1");
            prop_assert_eq!(read_type, event_type);
            prop_assert_eq!(read_data, data.replace("\r\n", "\n").replace('\r', "\n"));
        }

        #[test]
        fn no_field_of_either_dialect_breaks_out_of_its_line(
            id in ".{1,12}", event_type in ".{1,12}", data in "(?s:.){0,20}",
            dialect in prop_oneof![Just(Dialect::V0), Just(Dialect::V1)],
        ) {
            let form = url::form_urlencoded::Serializer::new("topic=T".to_owned())
                .append_pair("data", &data)
                .append_pair("type", &event_type)
                .append_pair("id", &id)
                .finish();
            if let Ok(publication) = Publication::from_form(form.as_bytes(), dialect, &hub_url(), &Limits::DEFAULT) {
                let supplied = publication.id().expect("not empty").clone();
                let (event, _) = encode(&publication, &supplied);
                let (read_id, read_type, _) = read(std::str::from_utf8(&event).expect("UTF-8"));
                prop_assert_eq!(read_id, id);
                prop_assert_eq!(read_type, event_type);
            }
        }
    }
}
