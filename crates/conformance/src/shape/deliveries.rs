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
        }
    }

    /// Runs it.
    pub(crate) async fn run(&self, lab: &Lab<'_>) -> Result<Findings, Stop> {
        let request = (self.subscriber)(lab)?;
        let mut stream = lab.subscribed(&request).await?;
        let mut updates = (self.updates)(lab)?;
        let mut twin = twin(lab, &updates).await?;
        let (mut due, mut hidden) = (Vec::new(), Vec::new());
        for (fate, update) in &mut updates {
            let data = lab.marker();
            update.set_field("data", &data);
            lab.published(update).await?;
            match fate {
                Fate::Due => due.push(data),
                Fate::Hidden => hidden.push(data),
            }
        }
        if let (Some(twin), Some(last)) = (&mut twin, hidden.last()) {
            twin.until(last).await?;
        }
        let (topic, proof) = request.proof()?;
        let seen = stream.fence(topic, proof).await?;
        let seen: Vec<_> = seen
            .iter()
            .filter_map(Event::data)
            // On a shared hub a wildcard sees what others publish; that is none of this check's.
            .filter(|data| lab.owns(data))
            .collect();
        Ok(Findings::Cases(vec![(self.says, compare(&due, &seen))]))
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

fn compare(due: &[String], seen: &[String]) -> Observation {
    if due == seen {
        return Observation::Fact(AS_DUE);
    }
    let missing = due.iter().filter(|data| !seen.contains(data)).count();
    let foreign = seen.iter().filter(|data| !due.contains(data)).count();
    let repeated = seen
        .iter()
        .enumerate()
        .filter(|(index, data)| seen[..*index].contains(data))
        .count();
    let what = match (missing, foreign, repeated) {
        (0, 0, 0) => "the updates that are due arrive in another order".to_owned(),
        _ => format!(
            "before the sentinel {missing} of {} due updates are missing, {foreign} came that are not due, {repeated} came again",
            due.len()
        ),
    };
    Observation::Other(what)
}

impl fmt::Display for Deliveries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.says)
    }
}

#[cfg(test)]
mod tests {
    use super::{AS_DUE, compare};

    #[test]
    fn each_deviation_is_named() {
        let cases: [(&[&str], &[&str], &str); 5] = [
            (&["a", "b"], &["a", "b"], AS_DUE),
            (&["a", "b"], &["b", "a"], "another order"),
            (
                &["a", "b"],
                &["a"],
                "1 of 2 due updates are missing, 0 came",
            ),
            (
                &["a"],
                &["a", "x"],
                "0 of 1 due updates are missing, 1 came",
            ),
            (&["a"], &["a", "a"], "1 came again"),
        ];
        for (due, seen, expected) in cases {
            let owned =
                |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
            let text = compare(&owned(due), &owned(seen)).to_string();
            assert!(text.contains(expected), "{text}");
        }
    }
}
