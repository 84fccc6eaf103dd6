//! Section "Subscription": the stream is a well-formed `text/event-stream`, and what a standard reader makes of it is what was
//! published. Observed without the controls of other checks, which rest on just that.

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    answer::Answer,
    check::{Check, Findings},
    lab::{Lab, Stream},
    request::Request,
    stop::Stop,
    wire::event_stream::Event,
};

const WELL_FORMED: &str =
    "the bytes follow the grammar, and of each of the updates comes one event with its data";
const OTHER_FIELDS: &str = "as it should be, but for fields that no reader knows";
const SAME_DATA: &str = "`data` of the event is what was published";

/// So many lanes publish at the same time …
const LANES: usize = 4;
/// … so many updates each.
const UPDATES_A_LANE: usize = 25;
/// Of one update; far below what any hub refuses.
const LONG_DATA_BYTES: usize = 4_000;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("sse/framing", |lab| Box::pin(framing(lab)))
            .judges(
                "sse.content-type",
                AcceptSet::pass(Outcome::All(vec![
                    Outcome::MediaType("text/event-stream"),
                    Outcome::Shows("no parameter but `charset=utf-8`", is_plain),
                ]))
                .or_note(Outcome::MediaType("text/event-stream")),
            )
            .judges(
                "sse.wellformed",
                AcceptSet::fact(WELL_FORMED).or_note(Outcome::Fact(OTHER_FIELDS)),
            ),
        SECTION
            .probe("sse/data-content", |lab| Box::pin(content(lab)))
            .judges("sse.data-content", AcceptSet::fact(SAME_DATA)),
    ]
}

fn is_plain(answer: &Answer) -> bool {
    let value = answer.header("content-type").unwrap_or_default();
    let mut parameters = value.split(';').skip(1).map(str::trim);
    parameters.all(|parameter| {
        let parameter = parameter.to_ascii_lowercase().replace('"', "");
        parameter.is_empty() || parameter == "charset=utf-8"
    })
}

async fn framing(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.any_stream(&lab.subscribe(&topic)?).await?;
    alive(lab, &mut stream, &topic).await?;
    let (a, b, c, d) = tokio::try_join!(
        lane(lab, &topic, 0),
        lane(lab, &topic, 1),
        lane(lab, &topic, 2),
        lane(lab, &topic, 3),
    )?;
    alive(lab, &mut stream, &topic).await?;
    let published: Vec<_> = [a, b, c, d].into_iter().flatten().collect();
    let events = stream.parsed();
    let missing = published
        .iter()
        .filter(|data| count(&events, data) != 1)
        .count();
    let wellformed = match (grammar(stream.raw()), missing) {
        (Ok(()), 0) => Observation::Fact(WELL_FORMED),
        (Err(Fault::OtherField(_)), 0) => Observation::Fact(OTHER_FIELDS),
        (grammar, missing) => Observation::Other(format!(
            "of {missing} of {} updates no event, or more than one, has the data{}",
            published.len(),
            grammar
                .err()
                .map_or_else(String::new, |fault| format!("; {fault}"))
        )),
    };
    Ok(Findings::Each(vec![
        (
            "sse.content-type",
            Observation::Answer(stream.head().clone()),
        ),
        ("sse.wellformed", wellformed),
    ]))
}

// What was published before has come as a whole when this has.
async fn alive(lab: &Lab<'_>, stream: &mut Stream<'_, '_>, topic: &str) -> Result<(), Stop> {
    for _ in 0..2 {
        let data = lab.marker();
        stream.arrived(&lab.publish(topic, &data)?, &data).await?;
    }
    Ok(())
}

// Publishes one after the other; gives what a reader has to see.
async fn lane(lab: &Lab<'_>, topic: &str, lane: usize) -> Result<Vec<String>, Stop> {
    let mut due = Vec::new();
    for number in 0..UPDATES_A_LANE {
        let data = varied(&lab.marker(), lane * UPDATES_A_LANE + number);
        lab.published(&update(lab, topic, &data, number)?).await?;
        due.push(data.replace("\r\n", "\n").replace('\r', "\n"));
    }
    Ok(due)
}

fn update(lab: &Lab<'_>, topic: &str, data: &str, number: usize) -> Result<Request, Stop> {
    let update = lab.publish(topic, data)?;
    Ok(match number % 4 {
        1 => update.field("type", "news"),
        2 => update.field("retry", "3000"),
        3 => update.field("id", format!("urn:uuid:{}", uuid::Uuid::new_v4())),
        _ => update,
    })
}

fn varied(marker: &str, number: usize) -> String {
    match number % (2 * LANES) {
        0 => marker.to_owned(),
        1 => format!("{marker}\nsecond line\n\nfourth"),
        2 => format!("{{\"mark\": \"{marker}\", \"text\": \"日本語 🐚\"}}"),
        3 => format!(":{marker}\r\ndata: no field"),
        4 => format!("\n{marker}\n"),
        5 => format!("{marker} {}", "x".repeat(LONG_DATA_BYTES)),
        6 => format!(" {marker}\revent: no field"),
        _ => format!("{marker}\u{2028}\u{85}\t"),
    }
}

fn count(events: &[Event], data: &str) -> usize {
    events
        .iter()
        .filter(|event| event.data().as_deref() == Some(data))
        .count()
}

async fn content(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.any_stream(&lab.subscribe(&topic)?).await?;
    let long = "0123456789 abcdefghijklmnopqrstuvwxyz;".repeat(LONG_DATA_BYTES / 38);
    let mut cases = Vec::new();
    for (says, before, after) in [
        ("the data is a long text", long.as_str(), ""),
        ("the data is JSON", "{\"foo\":\"bär\", \"mark\":\"", "\"}"),
        ("the data is XML", "<a b='&lt;'>", "</a>"),
    ] {
        let mark = lab.marker();
        let data = format!("{before}{mark}{after}");
        stream.arrived(&lab.publish(&topic, &data)?, &mark).await?;
        alive(lab, &mut stream, &topic).await?;
        let events = stream.parsed();
        let observation = match events.first() {
            _ if count(&events, &data) > 0 => Observation::Fact(SAME_DATA),
            Some(event) => Observation::Other(event.to_string()),
            None => Observation::Other("no event comes".to_owned()),
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}

/// How bytes break the grammar of an event stream.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    /// Not UTF-8.
    Encoding,
    /// U+0000 in `id` or `event`.
    Nul,
    /// A `retry` that is no number.
    Retry(String),
    /// A field that readers pass over.
    OtherField(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Encoding => f.write_str("the bytes are not UTF-8"),
            Self::Nul => f.write_str("a field has U+0000"),
            Self::Retry(value) => write!(f, "`retry: {value}`"),
            Self::OtherField(name) => write!(f, "there is a field {name:?}"),
        }
    }
}

// The grammar of HTML, "Parsing an event stream", except that a lone field name which no reader knows is the least of the faults.
fn grammar(raw: &[u8]) -> Result<(), Fault> {
    // The last character may still be on its way.
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&raw[..error.valid_up_to()]).map_err(|_| Fault::Encoding)?
        }
        Err(_) => return Err(Fault::Encoding),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // So may the last line.
    let whole = text.rfind(['\r', '\n']).map_or("", |end| &text[..end]);
    let mut other = Ok(());
    for line in whole.split(['\r', '\n']) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match name {
            "event" | "id" if value.contains('\0') => return Err(Fault::Nul),
            "retry" if !is_number => return Err(Fault::Retry(value.to_owned())),
            // The first is a comment, or an empty line.
            "" | "data" | "event" | "id" | "retry" => {}
            name => other = Err(Fault::OtherField(name.to_owned())),
        }
    }
    other
}

#[cfg(test)]
mod tests {
    use super::{Fault, grammar};

    #[test]
    fn only_what_readers_understand_follows_the_grammar() {
        let other = |name: &str| Err(Fault::OtherField(name.to_owned()));
        let cases: [(&[u8], Result<(), Fault>); 9] = [
            (b":\n\nid: 1\ndata: a\nevent:x\nretry: 5\n\n", Ok(())),
            (b"\xef\xbb\xbfdata\r\rdata:\r\n\r\n", Ok(())),
            (b"data: a\n\nda", Ok(())),
            (b"data: \xc3", Ok(())),
            (b"data: \xff\n\n", Err(Fault::Encoding)),
            (b"id: a\0b\n\n", Err(Fault::Nul)),
            (b"retry: 5s\n\n", Err(Fault::Retry("5s".to_owned()))),
            (b"topic: a\n\n", other("topic")),
            (b"no colon\ndata: a\n\n", other("no colon")),
        ];
        for (bytes, expected) in cases {
            assert_eq!(
                grammar(bytes),
                expected,
                "{:?}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}
