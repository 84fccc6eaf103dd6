//! Who receives which update: the fence. Updates that must stay hidden are followed by a sentinel on the same stream, and an
//! entitled twin must receive them, so that silence is not mistaken for obedience. Not for the bytes of an event.

use std::fmt;

use super::Build;
use crate::{
    accept::Observation,
    check::Findings,
    lab::{Lab, Stream},
    request::Request,
    stop::Stop,
    wire::event_stream::Event,
};

/// Exactly the right updates came, in order.
pub(crate) const AS_DUE: &str = "every update that is due arrives, once and in order, and no other";

/// What has to become of an update on the judged stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Must arrive: judged.
    Due,
    /// Must not arrive: judged, and the twin must receive it.
    Hidden,
}

type Updates = Box<dyn Fn(&Lab<'_>) -> Result<Vec<(Fate, Request)>, Stop> + Send + Sync>;

/// Publishes updates one after the other, and looks at what arrives.
pub(crate) struct Deliveries {
    says: &'static str,
    subscriber: Build,
    updates: Updates,
    judges_opening: bool,
}

/// An update that was published.
struct Sent {
    fate: Fate,
    topic: String,
    data: String,
}

impl Deliveries {
    /// `says` is what the subscriber and the updates are, in one clause; the subscriber's request names a topic on which a
    /// public update reaches it: that of the sentinel. The data of the updates are overwritten.
    pub(crate) fn new(
        says: &'static str,
        subscriber: impl Fn(&Lab<'_>) -> Result<Request, Stop> + Send + Sync + 'static,
        updates: impl Fn(&Lab<'_>) -> Result<Vec<(Fate, Request)>, Stop> + Send + Sync + 'static,
    ) -> Self {
        Self {
            says,
            subscriber: Box::new(subscriber),
            updates: Box::new(updates),
            judges_opening: false,
        }
    }

    /// The subscription is judged too: a plain one to the sentinel's topic is the control, after which a refusal, or a stream
    /// that does not live, is an outcome.
    pub(crate) fn judging_the_opening(mut self) -> Self {
        self.judges_opening = true;
        self
    }

    /// Runs it.
    pub(crate) async fn run(&self, lab: &Lab<'_>) -> Result<Findings, Stop> {
        let request = (self.subscriber)(lab)?;
        let observation = if self.judges_opening {
            let (topic, _) = request.proof()?;
            lab.subscribed(&lab.subscribe(topic)?).await?;
            self.judged(lab, &request).await?
        } else {
            let stream = lab.subscribed(&request).await?;
            self.seen_by(lab, &request, stream).await?
        };
        Ok(Findings::Cases(vec![(self.says, observation)]))
    }

    async fn judged(&self, lab: &Lab<'_>, request: &Request) -> Result<Observation, Stop> {
        let mut stream = match lab.open(request).await? {
            Ok(stream) => stream,
            Err(answer) => return Ok(Observation::Refused(answer)),
        };
        let (topic, proof) = request.proof()?;
        match stream.fence(topic, proof).await {
            Ok(_) => self.seen_by(lab, request, stream).await,
            Err(Stop::Control(reason)) => Ok(Observation::Other(reason)),
            Err(stop) => Err(stop),
        }
    }

    async fn seen_by(
        &self,
        lab: &Lab<'_>,
        request: &Request,
        mut stream: Stream<'_, '_>,
    ) -> Result<Observation, Stop> {
        let mut updates = (self.updates)(lab)?;
        let mut twin = twin(lab, &updates).await?;
        let mut sent = Vec::new();
        for (fate, update) in &mut updates {
            let data = lab.marker();
            update.set_field("data", &data);
            lab.published(update).await?;
            sent.push(Sent {
                fate: *fate,
                topic: update.form_field("topic").unwrap_or_default().to_owned(),
                data,
            });
        }
        let last_hidden = sent.iter().rfind(|update| update.fate == Fate::Hidden);
        if let (Some(twin), Some(last)) = (&mut twin, last_hidden) {
            twin.until(&last.data).await?;
        }
        let (topic, proof) = request.proof()?;
        let seen = match stream.fence(topic, proof).await {
            Err(Stop::Control(reason)) if self.judges_opening => {
                return Ok(Observation::Other(reason));
            }
            seen => seen?,
        };
        let seen: Vec<_> = seen
            .iter()
            .filter_map(Event::data)
            // On a shared hub a wildcard sees what others publish; that is none of this check's.
            .filter(|data| lab.owns(data))
            .collect();
        Ok(compare(&sent, &seen))
    }
}

// Receives every hidden update: so they were dispatched.
async fn twin<'l, 'h>(
    lab: &'l Lab<'h>,
    updates: &[(Fate, Request)],
) -> Result<Option<Stream<'l, 'h>>, Stop> {
    let hidden = updates.iter().filter(|(fate, _)| *fate == Fate::Hidden);
    let topics: Vec<_> = hidden
        .filter_map(|(_, update)| update.form_field("topic"))
        .collect();
    if topics.is_empty() {
        return Ok(None);
    }
    Ok(Some(lab.subscribed(&lab.entitled_to(&topics)?).await?))
}

fn compare(sent: &[Sent], seen: &[String]) -> Observation {
    let is_seen = |update: &&Sent| seen.contains(&update.data);
    let (due, hidden): (Vec<_>, Vec<_>) = sent.iter().partition(|update| update.fate == Fate::Due);
    if due.iter().map(|update| &update.data).eq(seen) {
        return Observation::Fact(AS_DUE);
    }
    let missing: Vec<_> = due.iter().filter(|update| !is_seen(update)).collect();
    let foreign = seen
        .iter()
        .filter(|data| !due.iter().any(|update| update.data == **data))
        .count();
    let repeated = seen
        .iter()
        .enumerate()
        .filter(|(index, data)| seen[..*index].contains(data))
        .count();
    if (missing.len(), foreign, repeated) == (0, 0, 0) {
        return Observation::Other("the updates that are due arrive in another order".to_owned());
    }
    Observation::Other(format!(
        "before the sentinel {} of {} due updates are missing{}, {foreign} came that are not due{}, {repeated} came again",
        missing.len(),
        due.len(),
        named(missing.first().map(|update| &***update)),
        named(hidden.into_iter().find(is_seen)),
    ))
}

// The first one will do to repeat it by hand.
fn named(update: Option<&Sent>) -> String {
    update
        .map(|update| format!(" (such as that on {:?})", update.topic))
        .unwrap_or_default()
}

impl fmt::Display for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.says)
    }
}

#[cfg(test)]
mod tests {
    use super::{AS_DUE, Fate, Sent, compare};

    #[test]
    fn each_deviation_is_named() {
        let cases: [(&[&str], &[&str], &str); 6] = [
            (&["a", "b"], &["a", "b"], AS_DUE),
            (&["a", "b"], &["b", "a"], "another order"),
            (
                &["a", "b"],
                &["a"],
                "1 of 2 due updates are missing (such as that on \"topic of b\"), 0 came",
            ),
            (
                &["a"],
                &["a", "x"],
                "0 of 1 due updates are missing, 1 came that are not due, 0 came again",
            ),
            (
                &["a"],
                &["hidden", "a"],
                "1 came that are not due (such as that on \"topic of hidden\")",
            ),
            (&["a"], &["a", "a"], "1 came again"),
        ];
        for (due, seen, expected) in cases {
            let sent = |fate| {
                move |data: &str| Sent {
                    fate,
                    topic: format!("topic of {data}"),
                    data: data.to_owned(),
                }
            };
            let mut updates: Vec<_> = due.iter().copied().map(sent(Fate::Due)).collect();
            updates.push(sent(Fate::Hidden)("hidden"));
            let seen: Vec<_> = seen.iter().map(|&text| text.to_owned()).collect();
            let text = compare(&updates, &seen).to_string();
            assert!(text.contains(expected), "{text}");
        }
    }
}
