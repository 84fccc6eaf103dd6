//! The fields `type`, `retry` and `data`: values that are kept for the hub, that are no number, and that are nobody's affair.
//! Not for forbidden characters: see [`super::characters`].

use super::{SECTION, bad_request, field_is, with_field};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Check, Findings, Shape},
    lab::Lab,
    request::Request,
    shape::{
        Change,
        accepted::Accepted,
        carried::{AS_PUBLISHED, Carry},
        sandwich::Sandwich,
    },
    stop::Stop,
};

const NOT_MERCURE: &str = "accepted, and the type of the event is not `mercure`";

/// More than any integer of 64 bits holds.
const MANY_DIGITS: &str = "99999999999999999999";
/// As long as an encrypted payload may well be.
const LONG: &str = match str::from_utf8(&[b'Q'; 10_000]) {
    Ok(text) => text,
    Err(_) => "",
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal(
                "publish/type-mercure",
                Sandwich::table(typed, reserved_types()),
            )
            .also(Shape::Accepted(Accepted::table(typed, free_types())))
            .also(Shape::Probe(|lab| {
                Box::pin(seen_types(
                    lab,
                    &[
                        (
                            "the second of two types is `mercure`",
                            "type=news&type=mercure",
                        ),
                        (
                            "the first of two types is `mercure`",
                            "type=mercure&type=news",
                        ),
                    ],
                ))
            }))
            .judges(
                "publish.type.mercure",
                bad_request().or_pass(Outcome::Fact(NOT_MERCURE)),
            ),
        SECTION
            .probe("publish/type-mercure-padded", |lab| {
                Box::pin(seen_types(
                    lab,
                    &[
                        ("a space stands before `mercure`", "type=+mercure"),
                        ("a space stands behind `mercure`", "type=mercure+"),
                        ("two spaces stand before `mercure`", "type=++mercure"),
                    ],
                ))
            })
            .judges(
                "publish.type.mercure-padded",
                AcceptSet::pass(Outcome::Status(&[400])).or_pass(Outcome::Fact(NOT_MERCURE)),
            ),
        SECTION
            .refusal("publish/retry", Sandwich::table(with_retry, no_numbers()))
            .also(Shape::Accepted(Accepted::table(with_retry, numbers())))
            .judges("publish.retry.digits", bad_request()),
        SECTION
            .carried("publish/retry-large", many_digits())
            .judges(
                "publish.retry.large",
                AcceptSet::fact(AS_PUBLISHED)
                    .or_pass(Outcome::Status(&[413]))
                    .or_warn(Outcome::Status(&[400])),
            ),
        SECTION
            .carried("publish/data-opaque", opaque())
            .judges("publish.data.opaque", AcceptSet::fact(AS_PUBLISHED)),
    ]
}

fn typed(lab: &Lab<'_>) -> Result<Request, Stop> {
    with_field("type", "news")(lab)
}

fn with_retry(lab: &Lab<'_>) -> Result<Request, Stop> {
    with_field("retry", "3000")(lab)
}

fn reserved_types() -> Vec<Change> {
    vec![
        field_is("the type is `mercure`", "type", "mercure"),
        Change::new("the type is `mercure`, percent-encoded", |request, _| {
            request.remove_field("type");
            "type=%6Dercure".clone_into(&mut request.raw_form);
            Ok(())
        }),
    ]
}

fn free_types() -> Vec<Change> {
    vec![
        field_is("the type is `Mercure`", "type", "Mercure"),
        field_is("the type is `MERCURE`", "type", "MERCURE"),
        field_is("the type is `mercure2`", "type", "mercure2"),
    ]
}

/// Publishes with these fields more, encoded, and looks at the type of each event as a subscriber reads it.
async fn seen_types(
    lab: &Lab<'_>,
    cases: &'static [(&'static str, &'static str)],
) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let mut observations = Vec::new();
    for (says, raw) in cases {
        let data = lab.marker();
        let mut update = lab.publish(&topic, &data)?;
        (*raw).clone_into(&mut update.raw_form);
        let answer = lab.ask(&update).await?;
        let observation = if answer.status == 200 {
            let (_, event) = stream.until_event(&data).await?;
            match event.field("event") {
                Some("mercure") => Observation::Other(event.to_string()),
                _ => Observation::Fact(NOT_MERCURE),
            }
        } else {
            Observation::Answer(answer)
        };
        observations.push((*says, observation));
    }
    Ok(Findings::Cases(observations))
}

fn no_numbers() -> Vec<Change> {
    const VALUES: &[(&str, &str)] = &[
        ("`retry` is `abc`", "abc"),
        ("`retry` is `-1`", "-1"),
        ("`retry` is `+5`", "+5"),
        ("`retry` is `1.5`", "1.5"),
        ("`retry` is `1e3`", "1e3"),
        ("`retry` is `0x10`", "0x10"),
        ("`retry` is `1_000`", "1_000"),
        ("`retry` begins with a space", " 5"),
        ("`retry` ends with a space", "5 "),
        ("`retry` ends with a line feed", "5\n"),
        ("`retry` ends with a NUL", "5\0"),
        ("`retry` is a fullwidth digit", "\u{ff15}"),
        ("`retry` is an Arabic-Indic digit", "\u{665}"),
    ];
    let change = |&(says, value)| field_is(says, "retry", value);
    VALUES.iter().map(change).collect()
}

fn numbers() -> Vec<Change> {
    vec![
        field_is("`retry` is 0", "retry", "0"),
        field_is("`retry` is 5", "retry", "5"),
        field_is("`retry` is 0005", "retry", "0005"),
    ]
}

fn many_digits() -> Vec<Carry> {
    vec![Carry::new(
        "`retry` has more digits than an integer of 64 bits",
        &[("retry", MANY_DIGITS)],
        |event, _| event.field("retry") == Some(MANY_DIGITS),
    )]
}

fn opaque() -> Vec<Carry> {
    const VALUES: &[(&str, &str)] = &[
        ("the data are broken JSON", "{\"broken json"),
        ("the data are an element", "<a>"),
        ("the data are `null`", "null"),
        ("the data are `*`", "*"),
        (
            "the data begin and end with spaces",
            "  leading and trailing  ",
        ),
        ("the data begin with U+FEFF", "\u{feff}mark"),
        ("the data have U+0000 inside", "a\0b"),
        (
            "the data have U+0085, U+2028, U+000B and U+000C inside",
            "a\u{85}b\u{2028}c\u{b}d\u{c}e",
        ),
        ("the data look like a comment", ": no comment"),
        ("the data look like a field", "id: forged"),
        ("the data are 10,000 characters", LONG),
    ];
    let carry = |&(says, value)| Carry::data(says, value, value);
    VALUES.iter().map(carry).collect()
}
