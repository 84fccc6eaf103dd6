//! What an update looks like on the stream: each is published alone to a stream that is alive, and the one event that comes of it
//! is compared with what was published. Not for who receives it: see [`super::deliveries`].

use std::fmt;

use assay_results::Difference;

use crate::{
    accept::Observation,
    check::Findings,
    lab::{Lab, Stream},
    request::{Proof, Request},
    stop::Stop,
    wire::event_stream::Event,
};

/// The event is as it has to be.
pub(crate) const AS_PUBLISHED: &str = "accepted, and one event comes, which has what was published";

/// Whether an event is right, given the body of the answer to its publisher.
type Judge = Box<dyn Fn(&Event, &str) -> bool + Send + Sync>;

/// One update, and the event that has to come of it.
pub(crate) struct Carry {
    says: &'static str,
    fields: Vec<(&'static str, &'static str)>,
    right: Judge,
    /// What a reader has to get out of the event, where that is a text: its field, and the text.
    reads: Option<(&'static str, String)>,
}

impl Carry {
    /// With these fields besides topic and data; `says` follows "when".
    pub(crate) fn new(
        says: &'static str,
        fields: &[(&'static str, &'static str)],
        right: impl Fn(&Event, &str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            says,
            fields: fields.to_vec(),
            right: Box::new(right),
            reads: None,
        }
    }

    /// With these fields besides topic and data, one of which the event has to have under this name.
    pub(crate) fn field(
        says: &'static str,
        fields: &[(&'static str, &'static str)],
        name: &'static str,
        value: &'static str,
    ) -> Self {
        let right = move |event: &Event, _: &str| event.field(name) == Some(value);
        Self {
            reads: Some((name, value.to_owned())),
            ..Self::new(says, fields, right)
        }
    }

    /// With these data, of which a reader has to put together these.
    pub(crate) fn data(
        says: &'static str,
        published: &'static str,
        read: impl Into<String>,
    ) -> Self {
        let read = read.into();
        let reads = Some(("data", read.clone()));
        let right = move |event: &Event, _: &str| event.data().as_deref() == Some(&read);
        Self {
            reads,
            ..Self::new(says, &[("data", published)], right)
        }
    }

    /// What came in the place of what had to.
    fn instead(&self, events: &[Event]) -> Observation {
        let says = listed(events);
        let ([event], Some((name, expected))) = (events, &self.reads) else {
            return Observation::Other(says);
        };
        let came = match *name {
            "data" => event.data(),
            name => event.field(name).map(str::to_owned),
        };
        let difference = Difference {
            of: format!("`{name}` of the event"),
            expected: expected.clone(),
            came: came.unwrap_or_default(),
        };
        Observation::Instead(says, difference)
    }
}

/// Publishes updates one after the other, and looks at the event of each.
pub(crate) struct Carried(Vec<Carry>);

impl Carried {
    /// These updates.
    pub(crate) fn table(rows: Vec<Carry>) -> Self {
        Self(rows)
    }

    /// Runs it.
    pub(crate) async fn run(&self, lab: &Lab<'_>) -> Result<Findings, Stop> {
        let topic = lab.topic("a");
        let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
        let mut cases = Vec::new();
        for row in &self.0 {
            lab.remark(0, &format!("next: {}", row.says));
            let mut update = lab.publish(&topic, &lab.marker())?;
            for (name, value) in &row.fields {
                update.set_field(name, value);
            }
            let observation = match sent(lab, &mut stream, &update).await? {
                Sent::Refused(observation) => observation,
                Sent::Dispatched { body, events } => match events.as_slice() {
                    [event] if (row.right)(event, &body) => Observation::Fact(AS_PUBLISHED),
                    events => row.instead(events),
                },
            };
            cases.push((row.says, observation));
        }
        Ok(Findings::Cases(cases))
    }
}

/// What came of an update.
pub(crate) enum Sent {
    /// It was not accepted.
    Refused(Observation),
    /// It was.
    Dispatched {
        /// What the publisher was answered, as it came.
        body: String,
        /// What came of it.
        events: Vec<Event>,
    },
}

/// Publishes an update to a stream that follows its topic and was found alive.
pub(crate) async fn sent(
    lab: &Lab<'_>,
    stream: &mut Stream<'_, '_>,
    update: &Request,
) -> Result<Sent, Stop> {
    let topic = update
        .form_field("topic")
        .ok_or_else(|| Stop::Defect("an update to be seen has a topic".to_owned()))?;
    let answer = lab.ask(update).await?;
    if !(200..300).contains(&answer.status) {
        return Ok(Sent::Refused(Observation::Answer(answer)));
    }
    let body = answer.text();
    let events = stream.fence(topic, Proof::Public).await?;
    Ok(Sent::Dispatched { body, events })
}

/// Events in words.
pub(crate) fn listed(events: &[Event]) -> String {
    match events {
        [] => "accepted, and no event comes".to_owned(),
        events => events
            .iter()
            .map(Event::to_string)
            .collect::<Vec<_>>()
            .join(" and "),
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let says: Vec<_> = self.0.iter().map(|row| row.says).collect();
        write!(f, "updates, each alone: {}", says.join("; "))
    }
}
