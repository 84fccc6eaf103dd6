//! Section "Publication", `data`: it is cut into lines at CR, LF and CRLF, one `data:` field each, and nothing else is done to it.

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Check, Findings},
    lab::Lab,
    shape::carried::{AS_PUBLISHED, Carry, Sent, listed, sent},
    stop::Stop,
};

const NOTHING_DISPATCHED: &str =
    "an update without a `data` field is accepted, and no event with data comes";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let check = |id, requirement, rows| {
        SECTION
            .carried(id, rows)
            .judges(requirement, AcceptSet::fact(AS_PUBLISHED))
    };
    vec![
        check("sse/data-lf", "sse.data-line-lf", at_lf()),
        check("sse/data-cr", "sse.data-line-cr", at_cr()),
        check("sse/data-crlf", "sse.data-line-crlf", at_crlf()),
        check(
            "sse/data-empty-lines",
            "sse.data-trailing-newline",
            empty_lines(),
        ),
        check(
            "sse/data-other-separators",
            "sse.data-other-separators",
            other_separators(),
        ),
        check(
            "sse/data-leading-space",
            "sse.data-leading-space",
            beginnings(),
        ),
        SECTION
            .probe("sse/data-empty", |lab| Box::pin(empty(lab)))
            .judges(
                "sse.data-empty",
                AcceptSet::fact(AS_PUBLISHED).or_warn(Outcome::Fact(NOTHING_DISPATCHED)),
            ),
    ]
}

// The same fields of the event as without the forged lines: an update of this check has neither `event` nor `retry`, and its id
// is the hub's.
fn forged(says: &'static str, published: &'static str) -> Carry {
    let read = published.replace("\r\n", "\n").replace('\r', "\n");
    Carry::new(says, &[("data", published)], move |event, id| {
        event.data().as_deref() == Some(&read)
            && event.field("event").is_none()
            && event.id() == id.trim()
            && event.count("id") == 1
            && event.field("retry") != Some("1")
    })
}

fn at_lf() -> Vec<Carry> {
    vec![
        Carry::data("`data` has an LF", "a\nb", "a\nb"),
        forged(
            "`data` has other fields and an empty line behind LFs",
            "a\nevent: evil\nid: evil\nretry: 1\n\ndata: forged",
        ),
    ]
}

fn at_cr() -> Vec<Carry> {
    vec![
        Carry::data("`data` has a CR", "a\rb", "a\nb"),
        forged(
            "`data` has other fields and an empty line behind CRs",
            "a\revent: evil\rid: evil\rretry: 1\r\rdata: forged",
        ),
        forged(
            "`data` has other fields behind a CR and a CRLF",
            "a\revent:evil\r\ndata:forged",
        ),
    ]
}

fn at_crlf() -> Vec<Carry> {
    vec![
        Carry::data("`data` has a CRLF", "a\r\nb", "a\nb"),
        Carry::data("`data` has an LF before a CR", "a\n\rb", "a\n\nb"),
        Carry::data("`data` has a CR before a CRLF", "a\r\r\nb", "a\n\nb"),
        Carry::data("`data` has two CRLFs", "a\r\n\r\nb", "a\n\nb"),
    ]
}

fn empty_lines() -> Vec<Carry> {
    vec![
        Carry::data("`data` ends with an LF", "a\n", "a\n"),
        Carry::data("`data` begins with an LF", "\na", "\na"),
        Carry::data("`data` is an LF", "\n", "\n"),
        Carry::data("`data` has empty lines", "a\n\n\nb", "a\n\n\nb"),
        Carry::data("`data` ends with a CRLF", "a\r\n", "a\n"),
        Carry::data("`data` ends with a CR", "a\r", "a\n"),
    ]
}

// Each of them ends a line for some library function that splits lines, and for no reader of an event stream.
fn other_separators() -> Vec<Carry> {
    const ROWS: [(&str, &str); 8] = [
        ("`data` has U+000B", "a\u{b}b"),
        ("`data` has U+000C", "a\u{c}b"),
        ("`data` has U+001C", "a\u{1c}b"),
        ("`data` has U+001D", "a\u{1d}b"),
        ("`data` has U+001E", "a\u{1e}b"),
        ("`data` has U+0085", "a\u{85}b"),
        ("`data` has U+2028", "a\u{2028}b"),
        ("`data` has U+2029", "a\u{2029}b"),
    ];
    ROWS.map(|(says, data)| {
        Carry::new(says, &[("data", data)], move |event, _| {
            event.count("data") == 1 && event.field("data") == Some(data)
        })
    })
    .into()
}

fn beginnings() -> Vec<Carry> {
    const ROWS: [(&str, &str); 5] = [
        ("`data` begins with a space", " x"),
        ("lines of `data` begin with spaces", "  x\n y"),
        ("`data` begins with a colon", ":x"),
        ("`data` begins with U+FEFF", "\u{feff}x"),
        ("`data` ends with a space", "x "),
    ];
    ROWS.map(|(says, data)| Carry::data(says, data, data))
        .into()
}

async fn empty(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let with = lab.publish(&topic, "")?;
    let mut without = with.clone();
    without.remove_field("data");
    let mut cases = Vec::new();
    for (says, update, nothing) in [
        ("`data` is empty", with, None),
        // The draft makes the field optional, and the property mandatory.
        (
            "there is no `data`",
            without,
            Some(Observation::Fact(NOTHING_DISPATCHED)),
        ),
    ] {
        let observation = match sent(lab, &mut stream, &update).await? {
            Sent::Refused(observation) => observation,
            Sent::Dispatched { body, events } => match events.as_slice() {
                [event] if event.data().as_deref() == Some("") && event.id() == body.trim() => {
                    Observation::Fact(AS_PUBLISHED)
                }
                events if events.iter().all(|event| event.data().is_none()) => {
                    nothing.unwrap_or_else(|| Observation::Other(listed(events)))
                }
                events => Observation::Other(listed(events)),
            },
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}
