//! A subscription, with a token that may receive everything: is it taken, does what it listens to come, is what was missed
//! replayed?

use assay_client::TopicMatcher;
use assay_results::{End, Fate};
use serde_json::Value;

use super::{
    arrival::{Arrival, of_witness, private_update, sees},
    entitled, parameter, refusal, stream,
};
use crate::{
    answer::Answer,
    lab::Lab,
    migration::{
        limits::SELECTORS_TRIED_AT_MOST,
        subscription::{Subscription, Witness},
    },
    request::{Credential, Request},
    stop::Stop,
};

/// What becomes of it.
pub(super) async fn attempt(
    lab: &Lab<'_>,
    subscription: &Subscription,
    witnesses: &[Witness],
) -> Result<Fate, Stop> {
    match subscription.cursor() {
        Some(cursor) => replayed(lab, subscription, witnesses, &cursor).await,
        None => live(lab, subscription, witnesses).await,
    }
}

/// As the site sends it, but for its token, in whose place stands one that may receive everything.
pub(super) fn request(lab: &Lab<'_>, subscription: &Subscription) -> Result<Request, Stop> {
    let mut request = match subscription.token_parameter() {
        Some(name) => {
            let token = lab.subscriber(&[TopicMatcher::Any])?;
            stream().with(Credential::Query(name, token))
        }
        None => stream().with(entitled(lab)?),
    };
    request.raw_query = subscription.listening_query();
    Ok(request)
}

async fn live(
    lab: &Lab<'_>,
    subscription: &Subscription,
    witnesses: &[Witness],
) -> Result<Fate, Stop> {
    let request = request(lab, subscription)?;
    let mut stream = match lab.open(&request).await? {
        Ok(stream) => stream,
        Err(answer) => return Ok(Fate::tried(End::Refused, refusal::told(&answer))),
    };
    for witness in witnesses.iter().take(SELECTORS_TRIED_AT_MOST) {
        match of_witness(&mut stream, witness).await? {
            Arrival::Came => {}
            Arrival::Missing(what) => {
                return Ok(Fate::tried(End::Silent, format!("200, but {what}")));
            }
            Arrival::Refused(answer) => return Ok(unpublishable(witness, &refusal::told(&answer))),
        }
    }
    Ok(if witnesses.is_empty() {
        Fate::tried(End::Silent, "200, and it listens to nothing")
    } else {
        Fate::tried(End::Works, "200, and a private update came")
    })
}

fn unpublishable(witness: &Witness, answer: &str) -> Fate {
    let topic = match witness {
        Witness::Topic(topic) => topic.as_str(),
        _ => "a topic",
    };
    Fate::tried(
        End::Silent,
        format!("200, but nobody can publish on {topic}: {answer}"),
    )
}

/// Something is missed, then the site comes back with its cursor.
async fn replayed(
    lab: &Lab<'_>,
    subscription: &Subscription,
    witnesses: &[Witness],
    (name, value): &(String, String),
) -> Result<Fate, Stop> {
    let mut request = request(lab, subscription)?;
    let witness = match witnesses.first().cloned() {
        Some(Witness::AnyTopic) => Witness::Topic(lab.topic("missed")),
        Some(witness) => witness,
        None => {
            let topic = lab.topic("missed");
            request = request.param(parameter(lab.hub().dialect), &topic);
            Witness::Topic(topic)
        }
    };
    let cursor = lab.publish(&lab.topic("before"), &lab.marker())?;
    let cursor = lab.published(&cursor).await?;
    let missed = match miss(lab, &witness).await? {
        Ok(missed) => missed,
        Err(answer) => return Ok(unpublishable(&witness, &refusal::told(&answer))),
    };
    let cursor = if value == "earliest" { value } else { &cursor };
    request = request.param(name, cursor);
    let mut stream = match lab.open(&request).await? {
        Ok(stream) => stream,
        Err(answer) => return Ok(Fate::tried(End::Refused, refusal::told(&answer))),
    };
    // Replayed ones come before live ones, so a live one is the fence.
    if sees(&mut stream, &missed, lab.deadline()).await? {
        return Ok(Fate::tried(
            End::Works,
            "200, and what was missed was replayed",
        ));
    }
    Ok(match of_witness(&mut stream, &witness).await? {
        Arrival::Came => Fate::tried(
            End::Silent,
            "200, and what comes from now on comes, but what was missed is not replayed",
        ),
        Arrival::Missing(what) => Fate::tried(End::Silent, format!("200, but {what}")),
        Arrival::Refused(answer) => unpublishable(&witness, &refusal::told(&answer)),
    })
}

/// Lets something happen that nobody hears; gives a text that stands in its event.
async fn miss(lab: &Lab<'_>, witness: &Witness) -> Result<Result<String, Answer>, Stop> {
    let topic = match witness {
        Witness::SubscriptionEvent => {
            let topic = lab.topic("missed");
            come_and_gone(lab, &topic).await?;
            return Ok(Ok(topic));
        }
        Witness::Topic(topic) => topic,
        Witness::AnyTopic | Witness::Unknown(_) => {
            return Err(Stop::NotMeasurable(
                "nothing can be published on what it listens to".to_owned(),
            ));
        }
    };
    let missed = lab.marker();
    let answer = lab.ask(&private_update(lab, topic, &missed)?).await?;
    Ok(if (200..300).contains(&answer.status) {
        Ok(missed)
    } else {
        Err(answer)
    })
}

/// Subscribes to a topic and ends that, until both events of it are over: a late one would look like a replayed one.
async fn come_and_gone(lab: &Lab<'_>, topic: &str) -> Result<(), Stop> {
    let fresh = lab.topic("observer");
    let mut observer = lab.subscribed(&lab.entitled_to(&[&fresh, "*"])?).await?;
    drop(lab.subscribed(&lab.subscribe_private(topic)?).await?);
    let patience = lab.deadline();
    loop {
        let event = observer.next_by(patience).await?;
        let event = event.ok_or_else(|| Stop::Control("the hub ended the stream".to_owned()))?;
        let data = event.data().unwrap_or_default();
        let document: Value = serde_json::from_str(&data).unwrap_or_default();
        let is_own = document["topic"] == topic || document["match"] == topic;
        if is_own && document["active"] == false {
            return Ok(());
        }
    }
}
