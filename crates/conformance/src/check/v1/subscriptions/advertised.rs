//! Section "Active Subscriptions": what the metadata say of the feature, and whether it is so.

use serde_json::Value;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Outcome},
    check::{
        Check, Findings,
        subscriptions::{
            api::{asked, object},
            naming,
        },
        tells_of_subscriptions,
        v1::right::metadata_document,
    },
    lab::Lab,
    stop::Stop,
};

const TRUE: &str = "`mercure_subscriptions` is true, and events and API are there";
const WITHOUT_API: &str = "`mercure_subscriptions` is true, events come, and there is no API";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("subscriptions/advertised", |lab| Box::pin(advertised(lab)))
            .judges(
                "subscriptions.advertised",
                AcceptSet::fact(TRUE).or_warn(Outcome::Fact(WITHOUT_API)),
            ),
    ]
}

async fn advertised(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let metadata = lab.ask(&metadata_document(lab)).await?;
    let said = metadata
        .json()
        .filter(|_| metadata.status == 200)
        .and_then(|document| document.get("mercure_subscriptions").cloned());
    let told = tells_of_subscriptions(lab).await?;
    let api = object(&lab.ask(&asked(lab, naming::root(lab))?).await?).is_some();
    let is_said = said == Some(Value::Bool(true));
    if !told && !api && !is_said {
        return Err(Stop::Unsupported(
            "the hub serves no subscription API, and does not say that it does".to_owned(),
        ));
    }
    Ok(match (is_said, told, api) {
        (true, true, true) => Findings::fact(TRUE),
        (true, true, false) => Findings::fact(WITHOUT_API),
        _ => Findings::other(format!(
            "`mercure_subscriptions` is {}, events come: {told}, API: {api}",
            said.unwrap_or_default()
        )),
    })
}
