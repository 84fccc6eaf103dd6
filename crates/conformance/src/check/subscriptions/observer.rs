//! A subscriber who follows the events of all subscriptions, and keeps those that a check asks for. Not for what they say.

use assay_client::{Dialect, TopicMatcher};

use super::{Marked, document::Told, naming};
use crate::{
    lab::{Lab, Stream},
    request::{Proof, Request},
    stop::Stop,
    wire::WireError,
};

/// Follows the events of subscriptions.
pub(in crate::check) struct Observer<'l, 'h> {
    stream: Stream<'l, 'h>,
    topic: String,
    // What has come and was not asked for yet.
    waiting: Vec<Told>,
}

/// The parameter that follows all of them, and the topic that proves the stream.
fn following(lab: &Lab<'_>) -> (&'static str, String) {
    let root = naming::root(lab);
    match lab.hub().dialect {
        Dialect::V0 => ("topic", format!("{root}/{{topic}}/{{subscriber}}")),
        Dialect::V1 => (
            "match_urlpattern",
            format!("{root}/:type/:match/:subscriber"),
        ),
    }
}

/// A subscription to the events of all subscriptions, by anyone: it needs a token that grants them.
pub(in crate::check) fn follow(lab: &Lab<'_>) -> Result<Request, Stop> {
    let (parameter, matcher) = following(lab);
    Ok(lab
        .subscribe(&lab.topic("observer"))?
        .param(parameter, matcher))
}

impl<'l, 'h> Observer<'l, 'h> {
    /// Follows all, with a token that grants everything; comes back when the stream is alive.
    pub(in crate::check) async fn of_all(lab: &'l Lab<'h>) -> Result<Self, Stop> {
        Self::by(
            lab,
            follow(lab)?.bearer(lab.subscriber(&[TopicMatcher::Any])?),
        )
        .await
    }

    /// Follows one topic, with a token that grants everything.
    pub(in crate::check) async fn of_topic(lab: &'l Lab<'h>, topic: &str) -> Result<Self, Stop> {
        Self::by(lab, lab.entitled_to(&[&lab.topic("observer"), topic])?).await
    }

    /// Follows what this request asks for.
    pub(in crate::check) async fn by(lab: &'l Lab<'h>, request: Request) -> Result<Self, Stop> {
        let mut stream = lab.opened(&request).await?;
        let topic = request.proof()?.0.to_owned();
        // What it resumes from a cursor comes before.
        let replayed = stream.fence(&topic, Proof::Public).await?;
        Ok(Self {
            stream,
            topic,
            waiting: replayed.into_iter().map(Told::of).collect(),
        })
    }

    /// For each of these, the events about it, as soon as there is one about each and all that came before that: or what came
    /// in time.
    pub(in crate::check) async fn about_each(
        &mut self,
        marked: &[&Marked],
    ) -> Result<Vec<Vec<Told>>, Stop> {
        self.about_each_times(marked, 1).await
    }

    /// The same, waiting for so many about each.
    pub(in crate::check) async fn about_each_times(
        &mut self,
        marked: &[&Marked],
        times: usize,
    ) -> Result<Vec<Vec<Told>>, Stop> {
        let deadline = self.stream.lab().deadline();
        let mut missing = vec![times; marked.len()];
        let mut came = |told: &Told| {
            if let Some(index) = subject(told, marked) {
                missing[index] = missing[index].saturating_sub(1);
            }
            missing.iter().all(|&missing| missing == 0)
        };
        let mut complete = false;
        for told in &self.waiting {
            complete = came(told);
        }
        while !complete {
            match self.stream.next_by(deadline).await {
                Ok(Some(event)) => {
                    let told = Told::of(event);
                    complete = came(&told);
                    self.waiting.push(told);
                }
                Ok(None) => return Err(Stop::Control("the hub ended the stream".to_owned())),
                Err(WireError::Timeout { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.so_far(marked).await
    }

    /// The events about each of these that came before an update which is published now.
    pub(in crate::check) async fn so_far(
        &mut self,
        marked: &[&Marked],
    ) -> Result<Vec<Vec<Told>>, Stop> {
        let before = self.stream.fence(&self.topic, Proof::Public).await?;
        self.waiting.extend(before.into_iter().map(Told::of));
        let mut about = vec![Vec::new(); marked.len()];
        for told in std::mem::take(&mut self.waiting) {
            match subject(&told, marked) {
                Some(index) => about[index].push(told),
                None => self.waiting.push(told),
            }
        }
        Ok(about)
    }

    /// The data of the updates of this check among what came and was about none that was asked for.
    pub(in crate::check) fn own_data(&self) -> Vec<String> {
        let data = self.waiting.iter().map(|told| told.data.clone());
        data.filter(|data| self.stream.lab().owns(data)).collect()
    }
}

// Which of these an event is about, however wrong it is: no encoding changes the mark.
fn subject(told: &Told, marked: &[&Marked]) -> Option<usize> {
    marked
        .iter()
        .position(|marked| told.data.contains(&marked.mark))
}
