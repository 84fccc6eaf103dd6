//! An open stream of a check: fences and proofs of life. Not for the bytes of an event: see [`crate::wire::event_stream`].

use std::time::Instant;

use serde_json::Value;

use super::{Lab, PROOF};
use crate::{
    answer::Answer,
    request::{Proof, Request},
    stop::Stop,
    transcript::Direction,
    wire::{
        Deadline, WireError,
        event_stream::{Event, EventStream},
    },
};

/// An open stream of a check.
pub(crate) struct Stream<'l, 'h> {
    pub(super) lab: &'l Lab<'h>,
    pub(super) connection: u32,
    pub(super) events: EventStream,
}

impl Drop for Stream<'_, '_> {
    fn drop(&mut self) {
        self.lab.transcript.closed(self.connection);
    }
}

impl<'l, 'h> Stream<'l, 'h> {
    /// Where it was opened.
    pub(crate) fn lab(&self) -> &'l Lab<'h> {
        self.lab
    }

    /// Status and fields.
    pub(crate) fn head(&self) -> &Answer {
        self.events.head()
    }

    /// All bytes so far, throw-away updates included.
    pub(crate) fn raw(&self) -> &[u8] {
        self.events.raw()
    }

    /// The next event that is no throw-away one; none when the hub ended the stream.
    pub(crate) async fn next_by(&mut self, deadline: Deadline) -> Result<Option<Event>, WireError> {
        loop {
            match self.any_next(deadline).await? {
                Some(event) if event.data().is_some_and(|data| data.starts_with(PROOF)) => {}
                event => return Ok(event),
            }
        }
    }

    /// The events up to the one with these data, which is not among them. Stops the check when it does not come.
    pub(crate) async fn until(&mut self, data: &str) -> Result<Vec<Event>, Stop> {
        match self.until_event(data).await {
            Ok((before, _)) => Ok(before),
            Err(stop) => self.lab.failed(stop, Vec::new()),
        }
    }

    /// The events before the one with these data, and that one.
    pub(crate) async fn until_event(&mut self, data: &str) -> Result<(Vec<Event>, Event), Stop> {
        let deadline = self.lab.deadline();
        let mut before = Vec::new();
        loop {
            match self.next_by(deadline).await? {
                Some(event) if event.data().as_deref() == Some(data) => return Ok((before, event)),
                Some(event) => before.push(event),
                None => {
                    return Err(Stop::Control(
                        "the hub ended the stream before the expected event".to_owned(),
                    ));
                }
            }
        }
    }

    /// Publishes throw-away updates on a topic until one of them has come; gives the other events that came before it. Stops
    /// the check when none comes.
    pub(crate) async fn fence(&mut self, topic: &str, proof: Proof) -> Result<Vec<Event>, Stop> {
        let mut before = Vec::new();
        match self.fenced(topic, proof, &mut before).await {
            Ok(()) => Ok(before),
            Err(stop) => self.lab.failed(stop, before),
        }
    }

    async fn fenced(
        &mut self,
        topic: &str,
        proof: Proof,
        before: &mut Vec<Event>,
    ) -> Result<(), Stop> {
        let deadline = self.lab.deadline();
        loop {
            let data = format!("{PROOF}{}", self.lab.marker());
            let mut update = self.lab.publish(topic, &data)?;
            if proof == Proof::Private {
                update.set_field("private", "on");
            }
            self.lab.published(&update).await?;
            if self
                .sees(&data, before, Deadline::after(self.lab.hub.pace.retry))
                .await?
            {
                return Ok(());
            }
            if deadline.passed() {
                let kind = match proof {
                    Proof::Public => "a public",
                    Proof::Private => "a private",
                };
                return Err(Stop::Control(format!(
                    "{kind} update that this subscriber must receive was accepted but never came"
                )));
            }
        }
    }

    /// Publishes an update again and again until these bytes of it have come, however they are framed; gives the first answer.
    /// Stops the check when they do not come.
    pub(crate) async fn arrived(&mut self, update: &Request, needle: &str) -> Result<Answer, Stop> {
        let deadline = self.lab.deadline();
        let mut first = None;
        loop {
            let answer = self.lab.ask(update).await?;
            let answer = first.get_or_insert(answer).clone();
            let retry = Deadline::after(self.lab.hub.pace.retry);
            match self.events.reads(needle.as_bytes(), retry).await {
                Ok(true) => return Ok(answer),
                Ok(false) => return Err(Stop::Control("the hub ended the stream".to_owned())),
                Err(WireError::Timeout { .. }) if !deadline.passed() => {}
                Err(WireError::Timeout { .. }) => {
                    return Err(Stop::Control(format!(
                        "an update that this subscriber must receive was answered {answer} and never came"
                    )));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Publishes an update, and waits for bytes, in whatever coding. Stops the check when none come.
    pub(crate) async fn moves(&mut self, update: &Request) -> Result<(), Stop> {
        self.lab.published(update).await?;
        match self.events.grows(self.lab.deadline()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Stop::Control("the hub ended the stream".to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// The events that have come and were not looked at yet.
    pub(crate) fn parsed(&mut self) -> Vec<Event> {
        self.events.take_parsed()
    }

    /// Whether a comment line comes by a deadline, from now on.
    pub(crate) async fn comments_by(&mut self, deadline: Deadline) -> Result<bool, Stop> {
        let behind = self.events.raw().len();
        match self.events.comments(behind, deadline).await {
            Ok(true) => Ok(true),
            Ok(false) => Err(Stop::Control("the hub ended the stream".to_owned())),
            Err(WireError::Timeout { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the hub ends the stream by a deadline; whatever comes before is passed over.
    pub(crate) async fn ended_by(&mut self, deadline: Deadline) -> bool {
        let began = Instant::now();
        let is_ended = loop {
            match self.any_next(deadline).await {
                Ok(Some(_)) => {}
                Err(WireError::Timeout { .. }) => break false,
                // However rudely: it is over.
                Ok(None) | Err(_) => break true,
            }
        };
        self.lab.transcript.waited(began.elapsed());
        is_ended
    }

    async fn sees(
        &mut self,
        data: &str,
        before: &mut Vec<Event>,
        deadline: Deadline,
    ) -> Result<bool, Stop> {
        loop {
            match self.any_next(deadline).await {
                Ok(Some(event)) => match event.data() {
                    Some(seen) if seen == data => return Ok(true),
                    Some(seen) if seen.starts_with(PROOF) => {}
                    _ => before.push(event),
                },
                Ok(None) => return Err(Stop::Control("the hub ended the stream".to_owned())),
                Err(WireError::Timeout { .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn any_next(&mut self, deadline: Deadline) -> Result<Option<Event>, WireError> {
        let event = self.events.next(deadline).await;
        match &event {
            Ok(Some(event)) => {
                let lines: Vec<_> = event
                    .fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                self.lab
                    .transcript
                    .entry(self.connection, Direction::Received, &lines.join("\n"));
                if let Some((matcher, subscriber)) = event.data().as_deref().and_then(told_of) {
                    self.lab
                        .transcript
                        .told_of(self.connection, &matcher, &subscriber);
                }
            }
            Ok(None) => self.lab.remark(self.connection, "the hub ended the stream"),
            Err(error) => self.lab.remark(self.connection, &error.to_string()),
        }
        event
    }
}

/// The matcher and the subscriber that an event about a subscription names.
fn told_of(data: &str) -> Option<(String, String)> {
    // Most are none, and are not read.
    if !data.contains("\"subscriber\"") {
        return None;
    }
    let document: Value = serde_json::from_str(data).ok()?;
    let text = |name| document.get(name)?.as_str();
    let matcher = text("match").or_else(|| text("topic"))?;
    Some((matcher.to_owned(), text("subscriber")?.to_owned()))
}
