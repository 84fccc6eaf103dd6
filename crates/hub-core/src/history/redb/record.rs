//! An update as the bytes of one record, and back.
//!
//! Numbers are little-endian. A record is: the stamp in milliseconds (8 bytes), flags (1; 1 is private), the id, the number of
//! topics (2), each topic as its name and its URL, and the event. A text is its length (4) and its bytes; a URL is a byte that
//! tells whether there is none, whether it is the name, or whether a text follows. What a topic resolves to is kept, since the
//! URL of the hub at the time of publication decided it.

use url::Url;

use crate::EventId;
use crate::publication::Visibility;
use crate::topic::Topic;
use crate::update::Update;

const PRIVATE: u8 = 1;
const NO_URL: u8 = 0;
const URL_IS_NAME: u8 = 1;
const URL_FOLLOWS: u8 = 2;
const STAMP_BYTES: usize = 8;

/// A record that no hub of this version wrote.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record of the history is damaged")]
pub(super) struct DamagedRecord;

/// The record of an update that was stored at `stamp_ms`.
pub(super) fn encode(update: &Update, stamp_ms: u64) -> Vec<u8> {
    let mut record = Vec::with_capacity(update.event().len() + 256);
    record.extend_from_slice(&stamp_ms.to_le_bytes());
    record.push(match update.visibility() {
        Visibility::Public => 0,
        Visibility::Private => PRIVATE,
    });
    put(&mut record, update.id().as_str().as_bytes());
    // A publication has far fewer; see `Limits::topics`.
    let topics = u16::try_from(update.topics().len()).unwrap_or(u16::MAX);
    record.extend_from_slice(&topics.to_le_bytes());
    for topic in update.topics().iter().take(usize::from(topics)) {
        put(&mut record, topic.as_str().as_bytes());
        match topic.url().map(Url::as_str) {
            None => record.push(NO_URL),
            Some(url) if url == topic.as_str() => record.push(URL_IS_NAME),
            Some(url) => {
                record.push(URL_FOLLOWS);
                put(&mut record, url.as_bytes());
            }
        }
    }
    put(&mut record, update.event());
    record
}

fn put(record: &mut Vec<u8>, bytes: &[u8]) {
    // Publish bodies are bounded far below 4 GiB.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(bytes);
}

/// The update of a record.
pub(super) fn decode(record: &[u8]) -> Result<Update, DamagedRecord> {
    let mut rest = Rest(record);
    rest.take(STAMP_BYTES)?;
    let visibility = match rest.byte()? {
        0 => Visibility::Public,
        PRIVATE => Visibility::Private,
        _ => return Err(DamagedRecord),
    };
    let id = EventId::stored(rest.text()?);
    let topics = u16::from_le_bytes(rest.array()?);
    let topics: Vec<_> = (0..topics)
        .map(|_| rest.topic())
        .collect::<Result<_, _>>()?;
    let event = rest.bytes()?;
    if topics.is_empty() || !rest.0.is_empty() {
        return Err(DamagedRecord);
    }
    Ok(Update::stored(id, topics, visibility, event))
}

/// When the update of a record was stored.
pub(super) fn stamp_ms(record: &[u8]) -> Result<u64, DamagedRecord> {
    Rest(record).array().map(u64::from_le_bytes)
}

/// The id of the update of a record.
pub(super) fn id(record: &[u8]) -> Result<&str, DamagedRecord> {
    let mut rest = Rest(record);
    rest.take(STAMP_BYTES + 1)?;
    rest.text()
}

/// What is still to be read of a record.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], DamagedRecord> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DamagedRecord)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DamagedRecord> {
        self.take(N)?.try_into().map_err(|_| DamagedRecord)
    }

    fn byte(&mut self) -> Result<u8, DamagedRecord> {
        self.array().map(|[byte]| byte)
    }

    fn bytes(&mut self) -> Result<&'a [u8], DamagedRecord> {
        let length = u32::from_le_bytes(self.array()?);
        self.take(usize::try_from(length).map_err(|_| DamagedRecord)?)
    }

    fn text(&mut self) -> Result<&'a str, DamagedRecord> {
        std::str::from_utf8(self.bytes()?).map_err(|_| DamagedRecord)
    }

    fn topic(&mut self) -> Result<Topic, DamagedRecord> {
        let name = self.text()?;
        let url = match self.byte()? {
            NO_URL => None,
            URL_IS_NAME => Some(name),
            URL_FOLLOWS => Some(self.text()?),
            _ => return Err(DamagedRecord),
        };
        let url = url.map(Url::parse).transpose().map_err(|_| DamagedRecord)?;
        Ok(Topic::stored(name, url))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_support::{hub_url, publication};
    use crate::{Dialect, Limits, Publication};

    fn check(update: &Update) {
        let record = encode(update, 7);
        let stored = decode(&record).expect("just written");
        assert_eq!(stored.id(), update.id());
        assert_eq!(stored.topics(), update.topics());
        assert_eq!(stored.visibility(), update.visibility());
        assert_eq!(stored.event(), update.event());
        assert_eq!(stored.chunk(), update.chunk());
        assert_eq!(id(&record), Ok(update.id().as_str()));
        assert_eq!(stamp_ms(&record), Ok(7));
        for length in 0..record.len() {
            assert!(decode(&record[..length]).is_err(), "cut off at {length}");
        }
    }

    #[test]
    fn an_update_comes_back_as_it_was() {
        for form in [
            "topic=T",
            "topic=T&topic=https://example.com/a&topic=/relative&topic=https://[&data=a%0Ab&private",
            "topic=urn:x&type=t&retry=5&data=x",
        ] {
            let id = EventId::supplied("urn:x:1", Dialect::V1, &Limits::DEFAULT).expect("good");
            check(&Update::new(publication(form), id));
        }
    }

    proptest! {
        #[test]
        fn whatever_a_publisher_sends_comes_back(topic in ".{1,30}", id in ".{1,12}", data in "(?s:.){0,40}") {
            let form = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("topic", &topic)
                .append_pair("id", &id)
                .append_pair("data", &data)
                .finish();
            if let Ok(publication) = Publication::from_form(form.as_bytes(), Dialect::V0, &hub_url(), &Limits::DEFAULT) {
                let id = publication.id().expect("not empty").clone();
                check(&Update::new(publication, id));
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&bytes);
        }
    }
}
