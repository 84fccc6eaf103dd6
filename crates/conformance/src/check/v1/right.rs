//! Right requests of 1.0, from which the checks change one datum. Not for wrong ones: see [`super::datum`].

use assay_client::{TopicMatcher, token::AUTHORIZATION_DETAIL_TYPE};
use serde_json::{Value, json};

pub(super) use crate::check::subscriptions::naming::{hub_path, origin as hub_origin};
use crate::{
    check::subscriptions::naming,
    lab::Lab,
    request::{Place, Proof, Purpose, Request},
    stop::Stop,
};

/// A publication by a publisher who may publish everything.
pub(super) fn publication(lab: &Lab<'_>) -> Result<Request, Stop> {
    lab.publish(&lab.topic("a"), "")
}

/// A subscription whose token grants its topic, proved by private updates.
pub(super) fn subscription(lab: &Lab<'_>) -> Result<Request, Stop> {
    lab.subscribe_private(&lab.topic("a"))
}

/// A publication by a publisher who may publish this topic alone.
pub(super) fn granted_publication(lab: &Lab<'_>) -> Result<Request, Stop> {
    let topic = lab.topic("a");
    publication_with(lab, &topic, json!([publish(json!([exact(&topic)]))]))
}

/// A publication whose token has these authorization details.
pub(super) fn publication_with(
    lab: &Lab<'_>,
    topic: &str,
    details: Value,
) -> Result<Request, Stop> {
    let mut request = lab.publish(topic, "")?.bearer(lab.publisher(&[])?);
    request.draft()?.claims["authorization_details"] = details;
    Ok(request)
}

/// A subscription whose token has these authorization details, proved by updates of this kind.
pub(super) fn subscription_with(
    lab: &Lab<'_>,
    topic: &str,
    proof: Proof,
    details: Value,
) -> Result<Request, Stop> {
    let mut request = lab.subscribe(topic)?.bearer(lab.subscriber(&[])?);
    request.draft()?.claims["authorization_details"] = details;
    request.purpose = Purpose::Subscribe {
        topic: topic.to_owned(),
        proof,
    };
    Ok(request)
}

/// A private update on a topic.
pub(super) fn private_update(lab: &Lab<'_>, topic: &str) -> Result<Request, Stop> {
    Ok(lab.publish(topic, "")?.field("private", "on"))
}

/// A request for all active subscriptions by somebody who may see them.
pub(super) fn subscription_api(lab: &Lab<'_>) -> Result<Request, Stop> {
    Ok(Request::ask("GET", Place::Path(naming::root(lab)))
        .bearer(lab.subscriber(&[TopicMatcher::Any])?))
}

/// A request for the protected resource metadata.
pub(super) fn metadata_document(lab: &Lab<'_>) -> Request {
    let path = format!("/.well-known/oauth-protected-resource{}", hub_path(lab));
    Request::ask("GET", Place::Path(path))
}

/// The hub URL without its last segment and the slash before that: what relative references begin at.
pub(super) fn hub_directory(lab: &Lab<'_>) -> String {
    let path = hub_path(lab);
    let directory = path.rfind('/').map_or("", |slash| &path[..slash]);
    format!("{}{directory}", hub_origin(lab))
}

/// A relative topic of this execution alone, which begins with a slash.
pub(super) fn relative(lab: &Lab<'_>, name: &str) -> String {
    lab.topic(name).replacen("https://example.com", "", 1)
}

/// A Mercure authorization detail.
pub(super) fn detail(actions: Value, topics: Value) -> Value {
    let mut detail = json!({ "type": AUTHORIZATION_DETAIL_TYPE });
    detail["actions"] = actions;
    detail["topics"] = topics;
    detail
}

/// One that grants publishing.
pub(super) fn publish(topics: Value) -> Value {
    detail(json!(["publish"]), topics)
}

/// One that grants subscribing.
pub(super) fn subscribe(topics: Value) -> Value {
    detail(json!(["subscribe"]), topics)
}

/// A matcher of a topic, exactly, by default.
pub(super) fn exact(topic: &str) -> Value {
    json!({ "match": topic })
}

/// A URL pattern.
pub(super) fn pattern(pattern: &str) -> Value {
    json!({ "match": pattern, "match_type": "urlpattern" })
}
