//! Short spellings for tests.

use std::sync::Arc;

use crate::{Dialect, EventId, HubUrl, Limits, Publication, Topic, Update};

pub(crate) const HUB: &str = "https://hub.example/.well-known/mercure";

pub(crate) fn hub_url() -> HubUrl {
    HubUrl::parse(HUB).expect("a hub URL")
}

/// A 1.0 publication from a form body.
pub(crate) fn publication(form: &str) -> Publication {
    Publication::from_form(form.as_bytes(), Dialect::V1, &hub_url(), &Limits::DEFAULT)
        .expect("a good form")
}

/// A public update on one topic.
pub(crate) fn update(topic: &str, id: &str) -> Arc<Update> {
    let id = EventId::supplied(id, Dialect::V1, &Limits::DEFAULT).expect("a good id");
    Arc::new(Update::new(publication(&format!("topic={topic}")), id))
}

pub(crate) fn topic(name: &str) -> Topic {
    Topic::supplied(name, Dialect::V0, &hub_url(), &Limits::DEFAULT).expect("a good topic")
}
