//! An update as the bytes of one record, and back.
//!
//! Numbers are little-endian. A record is: the stamp in milliseconds (8 bytes), flags (1; 1 is private, and 2, 4 or 6 tell for
//! whom the hub made it), the id, the number of topics (2), each topic as its name and its URL, and the event. A text is its length (4) and its bytes; a URL is a byte that
//! tells whether there is none, whether it is the name, whether a text follows, or whether it is on each URL of the hub. What a topic resolves to is kept, since the
//! URL of the hub at the time of publication decided it.

use url::Url;

use crate::publication::Visibility;
use crate::topic::{Address, Topic};
use crate::update::{Audience, Update};
use crate::{Dialect, EventId};

const PRIVATE: u8 = 1;
const NO_URL: u8 = 0;
const URL_IS_NAME: u8 = 1;
const URL_FOLLOWS: u8 = 2;
const ON_ANY_HUB_URL: u8 = 3;
/// Where the audience is in the flags.
const AUDIENCE: u8 = 2 + 4;
const WATCHERS_V0: u8 = 2;
const WATCHERS_V1: u8 = 4;
const NOBODY: u8 = 6;
const STAMP_BYTES: usize = 8;

/// A record that no hub of this version wrote.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record of the history is damaged")]
pub(super) struct DamagedRecord;

/// The record of an update that was stored at `stamp_ms`.
pub(super) fn encode(update: &Update, stamp_ms: u64) -> Vec<u8> {
    let mut record = Vec::with_capacity(update.event().len() + 256);
    record.extend_from_slice(&stamp_ms.to_le_bytes());
    let visibility = match update.visibility() {
        Visibility::Public => 0,
        Visibility::Private => PRIVATE,
    };
    let audience = match update.audience() {
        Audience::Everyone => 0,
        Audience::Watchers(Dialect::V0) => WATCHERS_V0,
        Audience::Watchers(Dialect::V1) => WATCHERS_V1,
        Audience::Nobody => NOBODY,
    };
    record.push(visibility | audience);
    put(&mut record, update.id().as_str().as_bytes());
    // A publication has far fewer; see `Limits::topics`.
    let topics = u16::try_from(update.topics().len()).unwrap_or(u16::MAX);
    record.extend_from_slice(&topics.to_le_bytes());
    for topic in update.topics().iter().take(usize::from(topics)) {
        put(&mut record, topic.as_str().as_bytes());
        match topic.address() {
            Address::Nowhere => record.push(NO_URL),
            Address::At(url) if url.as_str() == topic.as_str() => record.push(URL_IS_NAME),
            Address::At(url) => {
                record.push(URL_FOLLOWS);
                put(&mut record, url.as_str().as_bytes());
            }
            Address::OnAnyHubUrl => record.push(ON_ANY_HUB_URL),
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
    let flags = rest.byte()?;
    let visibility = match flags & !AUDIENCE {
        0 => Visibility::Public,
        PRIVATE => Visibility::Private,
        _ => return Err(DamagedRecord),
    };
    let audience = match flags & AUDIENCE {
        WATCHERS_V0 => Audience::Watchers(Dialect::V0),
        WATCHERS_V1 => Audience::Watchers(Dialect::V1),
        NOBODY => Audience::Nobody,
        _ => Audience::Everyone,
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
    Ok(Update::stored(id, topics, (visibility, audience), event))
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
            NO_URL => return Ok(Topic::stored(name, Address::Nowhere)),
            ON_ANY_HUB_URL => return Ok(Topic::stored(name, Address::OnAnyHubUrl)),
            URL_IS_NAME => name,
            URL_FOLLOWS => self.text()?,
            _ => return Err(DamagedRecord),
        };
        let url = Url::parse(url).map_err(|_| DamagedRecord)?;
        Ok(Topic::stored(name, Address::At(Box::new(url))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_support::{hub_url, publication};
    use crate::{Limits, Publication};

    fn check(update: &Update) {
        let record = encode(update, 7);
        let stored = decode(&record).expect("just written");
        assert_eq!(stored.id(), update.id());
        assert_eq!(stored.topics(), update.topics());
        assert_eq!(stored.visibility(), update.visibility());
        assert_eq!(stored.audience(), update.audience());
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

    #[test]
    fn what_the_hub_made_comes_back_for_the_same_readers() {
        for audience in [
            Audience::Watchers(Dialect::V0),
            Audience::Watchers(Dialect::V1),
            Audience::Nobody,
        ] {
            let topic = Topic::of_hub("/.well-known/mercure/subscriptions/exact/T/s");
            let publication = Publication::of_hub(topic, Some("mercure"), "{}".to_owned());
            let id = EventId::supplied("urn:x:1", Dialect::V1, &Limits::DEFAULT).expect("good");
            check(&Update::with_audience(publication, id, audience));
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
