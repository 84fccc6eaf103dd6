//! Section "Publication": what a publisher may send, what is refused, and what is answered. Not for what a grant covers: see
//! [`super::publishers`].

mod answers;
mod body;
mod characters;
mod fields;
mod ids;
mod limits;
mod private;
mod requests;
mod reserved;
mod topics;
mod utf8;

use assay_client::Dialect;

use super::right::publication;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Section},
    lab::Lab,
    request::Request,
    shape::{Change, accepted::WORKS},
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Publication,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [
        requests::checks(),
        topics::checks(),
        reserved::checks(),
        characters::checks(),
        utf8::checks(),
        fields::checks(),
        private::checks(),
        ids::checks(),
        answers::checks(),
        limits::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is bad is refused with 400; and what only resembles it works, though the draft does not say that it must.
fn bad_request() -> AcceptSet {
    only_bad_request().or_warn(Outcome::Status(&[400]).refused())
}

/// What is bad is refused with 400, and what only resembles it works.
fn only_bad_request() -> AcceptSet {
    AcceptSet::pass(Outcome::Status(&[400])).or_pass(Outcome::Fact(WORKS))
}

/// What is bad is refused, however; that an id is refused with 400 is a rule of its own: publish.id.reject-400.
fn refused() -> AcceptSet {
    AcceptSet::pass(Outcome::ClientError)
        .or_pass(Outcome::Fact(WORKS))
        .or_warn(Outcome::ClientError.refused())
}

/// A publication with a right value of a field, from which the field alone differs.
fn with_field(
    name: &'static str,
    right: &'static str,
) -> impl Fn(&Lab<'_>) -> Result<Request, Stop> + Send + Sync + 'static {
    move |lab| Ok(publication(lab)?.field(name, fresh(right)))
}

/// The field has this value, in which `{fresh}` is a text of this request alone.
fn field_is(says: &'static str, name: &'static str, value: &'static str) -> Change {
    Change::new(says, move |request, _| {
        request.set_field(name, &fresh(value));
        Ok(())
    })
}

fn fresh(value: &str) -> String {
    value.replace("{fresh}", &uuid::Uuid::new_v4().to_string())
}

/// Another topic comes first, and so is the canonical one; the right one, which an observer sees, comes behind.
fn topic_before(says: &'static str, topic: &'static str) -> Change {
    Change::new(says, move |request, _| {
        request.prepend_field("topic", topic);
        Ok(())
    })
}

/// Other topics come behind the right one.
fn topics_behind(says: &'static str, topics: &'static [&'static str]) -> Change {
    Change::new(says, move |request, _| {
        for topic in topics {
            *request = request.clone().field("topic", *topic);
        }
        Ok(())
    })
}
