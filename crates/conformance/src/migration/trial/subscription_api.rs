//! A question to the subscription API about a subscription that is there: is it in the answer?

use assay_client::{Dialect, TopicMatcher};
use assay_results::{End, Fate};
use serde_json::Value;

use super::refusal;
use crate::{
    answer::Answer,
    lab::Lab,
    migration::api_path::{ApiPath, Depth},
    request::{Place, Request},
    stop::Stop,
};

/// What becomes of it.
pub(super) async fn attempt(lab: &Lab<'_>, path: &ApiPath) -> Result<Fate, Stop> {
    let topic = lab.topic("presence");
    let _subscriber = lab.subscribed(&lab.subscribe_private(&topic)?).await?;
    let subscriber = match path.depth {
        Depth::Single => subscriber_of(lab, &topic).await?,
        Depth::All | Depth::OfTopic => String::new(),
    };
    let answer = ask(lab, &path.below_hub(&topic, &subscriber)).await?;
    if answer.status != 200 {
        return Ok(Fate::tried(End::Refused, refusal::told(&answer)));
    }
    let media_type = answer.media_type().unwrap_or_default();
    let Some(document) = answer.json().filter(|_| answer.text().contains(&topic)) else {
        return Ok(Fate::tried(
            End::Silent,
            format!("200 {media_type}, but a subscription that is there is not in it"),
        ));
    };
    // The path works; whoever reads the document by other names finds nothing.
    let members = members(&document, &topic);
    let fitting = match path.dialect {
        Dialect::V0 => "topic",
        Dialect::V1 => "match",
    };
    let end = if members.contains(&fitting) {
        End::Works
    } else {
        End::Silent
    };
    Ok(Fate::tried(
        end,
        format!(
            "200 {media_type}, the subscription with {}",
            members.join(", ")
        ),
    ))
}

/// The members of the document about a subscription, alone or in a collection.
fn members<'d>(document: &'d Value, topic: &str) -> Vec<&'d str> {
    let of_topic = |it: &&Value| it["topic"] == topic || it["match"] == topic;
    let collection = document["subscriptions"].as_array().into_iter().flatten();
    let own = collection.chain([document]).find(of_topic);
    let members = own.and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, _)| name.as_str()).collect()
}

async fn subscriber_of(lab: &Lab<'_>, topic: &str) -> Result<String, Stop> {
    let answer = ask(lab, "/subscriptions").await?;
    let unknown = || {
        Stop::NotMeasurable(format!(
            "the collection of subscriptions does not show the one that is there: {}",
            refusal::told(&answer)
        ))
    };
    let document = answer.json().ok_or_else(unknown)?;
    let all = document["subscriptions"].as_array().into_iter().flatten();
    let mut own = all.filter(|it| it["topic"] == topic || it["match"] == topic);
    let subscriber = own.find_map(|it| it["subscriber"].as_str());
    subscriber.map(str::to_owned).ok_or_else(unknown)
}

async fn ask(lab: &Lab<'_>, below_hub: &str) -> Result<Answer, Stop> {
    let hub = lab.hub().target.endpoint.hub().url();
    let base = url::Url::parse(hub.as_given())
        .map_err(|error| Stop::Defect(format!("a checked URL is none: {error}")))?;
    let path = format!("{}{below_hub}", base.path().trim_end_matches('/'));
    let request =
        Request::ask("GET", Place::Path(path)).bearer(lab.subscriber(&[TopicMatcher::Any])?);
    lab.ask(&request).await
}
