//! Does an update arrive on a stream that is under trial? Silence counts only where an entitled subscriber heard the same.

use crate::{
    answer::Answer,
    lab::{Lab, Stream},
    migration::subscription::Witness,
    request::Request,
    stop::Stop,
    wire::{Deadline, WireError},
};

/// What became of an update that a stream should receive.
pub(super) enum Arrival {
    /// It came.
    Came,
    /// It did not, though the hub delivers on this topic.
    Missing(String),
    /// The hub does not take an update on it, from anyone.
    Refused(Answer),
}

/// Provokes what a witness stands for, and looks for it on a stream.
pub(super) async fn of_witness(
    stream: &mut Stream<'_, '_>,
    witness: &Witness,
) -> Result<Arrival, Stop> {
    let lab = stream.lab();
    match witness {
        Witness::AnyTopic => of_update(stream, &lab.topic("any")).await,
        Witness::Topic(topic) => of_update(stream, topic).await,
        Witness::SubscriptionEvent => of_subscription_event(stream).await,
        Witness::Unknown(text) => Err(Stop::NotMeasurable(format!(
            "which topic {text} selects cannot be told from it: name one as a sample"
        ))),
    }
}

/// Publishes private updates on a topic until one has come, or patience is over and an entitled twin has received one.
pub(super) async fn of_update(stream: &mut Stream<'_, '_>, topic: &str) -> Result<Arrival, Stop> {
    let lab = stream.lab();
    let patience = lab.deadline();
    loop {
        let data = lab.marker();
        let answer = lab.ask(&private_update(lab, topic, &data)?).await?;
        if !(200..300).contains(&answer.status) {
            return Ok(Arrival::Refused(answer));
        }
        if sees(stream, &data, Deadline::after(lab.hub().pace.retry)).await? {
            return Ok(Arrival::Came);
        }
        if patience.passed() {
            break;
        }
    }
    // The control: whoever asks for everything, and may have it, hears of this topic.
    let fresh = lab.topic("twin");
    let mut twin = lab.subscribed(&lab.entitled_to(&[&fresh, "*"])?).await?;
    let data = lab.marker();
    lab.published(&private_update(lab, topic, &data)?).await?;
    twin.until(&data).await?;
    if sees(stream, &data, Deadline::after(lab.hub().pace.retry)).await? {
        return Ok(Arrival::Came);
    }
    Ok(Arrival::Missing(format!(
        "an update on {topic} that an entitled subscriber received did not come"
    )))
}

async fn of_subscription_event(stream: &mut Stream<'_, '_>) -> Result<Arrival, Stop> {
    let lab = stream.lab();
    let topic = lab.topic("presence");
    let _subscriber = lab.opened(&lab.subscribe_private(&topic)?).await?;
    let patience = lab.deadline();
    loop {
        match stream.next_by(patience).await {
            Ok(Some(event)) if event.data().is_some_and(|data| data.contains(&topic)) => {
                return Ok(Arrival::Came);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(Arrival::Missing("the hub ended the stream".to_owned())),
            Err(WireError::Timeout { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Arrival::Missing(
        "the event of a new subscription did not come".to_owned(),
    ))
}

/// Which of these topics a request receives: each is published, then the fence, which it is known to receive.
pub(super) async fn selected(
    lab: &Lab<'_>,
    request: &Request,
    fence: &str,
    topics: &[String],
) -> Result<Vec<Option<bool>>, Stop> {
    let mut stream = lab.opened(request).await?;
    // Alive before the first topic, so that none is missed.
    if !matches!(of_update(&mut stream, fence).await?, Arrival::Came) {
        return Err(Stop::Control(format!("nothing comes on {fence}")));
    }
    let mut sent = Vec::new();
    for topic in topics {
        let data = lab.marker();
        let answer = lab.ask(&private_update(lab, topic, &data)?).await?;
        sent.push((200..300).contains(&answer.status).then_some(data));
    }
    let last = lab.marker();
    lab.published(&private_update(lab, fence, &last)?).await?;
    let before = stream.until(&last).await?;
    let came = |data: &String| {
        before
            .iter()
            .any(|event| event.data().as_ref() == Some(data))
    };
    Ok(sent.iter().map(|data| data.as_ref().map(came)).collect())
}

/// A private update by a publisher who may publish everything.
pub(super) fn private_update(lab: &Lab<'_>, topic: &str, data: &str) -> Result<Request, Stop> {
    let update = lab.publish(topic, data)?;
    Ok(update.field("private", "on"))
}

/// Whether data are this text, or a document about a subscription to it.
fn tells(data: &str, text: &str) -> bool {
    data == text || (data.starts_with('{') && data.contains(text))
}

/// Whether an event with these data, or about a subscription to this topic, comes by a deadline.
pub(super) async fn sees(
    stream: &mut Stream<'_, '_>,
    text: &str,
    deadline: Deadline,
) -> Result<bool, Stop> {
    loop {
        match stream.next_by(deadline).await {
            Ok(Some(event)) if event.data().is_some_and(|data| tells(&data, text)) => {
                return Ok(true);
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(WireError::Timeout { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
}
