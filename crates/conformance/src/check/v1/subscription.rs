//! Section "Subscription": how a stream is asked for. Not for what a matcher selects: see [`super::matching`].

mod active;
mod limits;
mod names;
mod parameters;
mod parsing;
mod query_method;
mod replay_by_query_method;
mod values;

use assay_client::Dialect;

use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Section},
    lab::Lab,
    request::Request,
    shape::Change,
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Subscription,
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    [
        parameters::checks(),
        names::checks(),
        parsing::checks(),
        values::checks(),
        query_method::checks(),
        replay_by_query_method::checks(),
        limits::checks(),
        active::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A subscription to a topic, proved by public updates.
fn subscription(lab: &Lab<'_>) -> Result<Request, Stop> {
    lab.subscribe(&lab.topic("a"))
}

/// The same by QUERY, the matcher in its body.
fn subscription_by_query_method(lab: &Lab<'_>) -> Result<Request, Stop> {
    Ok(subscription(lab)?.by_query_method())
}

/// 400, whatever its body says.
fn bad_request() -> AcceptSet {
    AcceptSet::pass(Outcome::Status(&[400]))
}

/// A parameter stands behind the right ones.
fn parameter(says: &'static str, name: &'static str, value: &'static str) -> Change {
    Change::new(says, move |request, _| {
        *request = request.clone().param(name, value);
        Ok(())
    })
}

/// The query component ends with this text as it is.
fn raw(says: &'static str, text: &'static str) -> Change {
    Change::new(says, move |request, _| {
        text.clone_into(&mut request.raw_query);
        Ok(())
    })
}

/// A field stands behind the right ones in the body.
fn field(says: &'static str, name: &'static str, value: &'static str) -> Change {
    Change::new(says, move |request, _| {
        *request = request.clone().field(name, value);
        Ok(())
    })
}
