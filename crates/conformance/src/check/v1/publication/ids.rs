//! The field `id`, and what a hub makes of an update without one. Not for forbidden characters one by one: see
//! [`super::characters`]; nor for ids in general: see [`crate::check::v1::event_id`].

use super::{SECTION, field_is, refused, with_field};
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Shape,
        publishing::{AGREE, IRIS, chosen_id, generated_ids},
    },
    lab::Lab,
    request::Request,
    shape::{Change, accepted::Accepted, sandwich::Sandwich},
    stop::Stop,
};

/// How many generated ids are looked at.
const IDS: usize = 20;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .refusal("publish/id-hash", Sandwich::table(chosen, fragments()))
            .also(Shape::Accepted(Accepted::new(
                chosen,
                field_is("the id has a `#` inside", "id", "{fresh}#b"),
            )))
            .judges("publish.id.no-hash", refused()),
        SECTION
            .refusal("publish/id-earliest", Sandwich::new(chosen, earliest()))
            .also(Shape::Accepted(
                Accepted::new(chosen, field_is("the id is `Earliest`", "id", "Earliest")).and(
                    field_is("the id begins with `earliest`", "id", "earliest-{fresh}"),
                ),
            ))
            .judges("publish.id.no-earliest", refused()),
        SECTION
            .refusal(
                "publish/id-status",
                Sandwich::table(chosen, fragments())
                    .or(earliest())
                    .or(field_is("the id has U+0009 inside", "id", "a\tb"))
                    .or(field_is("the id has U+007F inside", "id", "a\u{7f}b"))
                    .or(field_is("the id has U+0085 inside", "id", "a\u{85}b"))
                    .or(field_is("the id has U+200B inside", "id", "a\u{200b}b")),
            )
            .judges(
                "publish.id.reject-400",
                AcceptSet::pass(Outcome::Status(&[400])),
            ),
        SECTION
            .probe("publish/id-generated", |lab| {
                Box::pin(generated_ids(lab, IDS))
            })
            .judges("publish.id.generated", AcceptSet::fact(IRIS)),
        SECTION
            .probe("publish/id-chosen", |lab| Box::pin(chosen_id(lab)))
            .judges("publish.id.ignored", AcceptSet::fact(AGREE)),
    ]
}

fn chosen(lab: &Lab<'_>) -> Result<Request, Stop> {
    with_field("id", "urn:uuid:{fresh}")(lab)
}

fn fragments() -> Vec<Change> {
    vec![
        field_is("the id is a fragment", "id", "#{fresh}"),
        field_is("the id is `#`", "id", "#"),
    ]
}

fn earliest() -> Change {
    field_is("the id is `earliest`", "id", "earliest")
}
