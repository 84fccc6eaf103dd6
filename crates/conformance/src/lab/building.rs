//! The right requests that checks begin with, in the words of the dialect. Not for sending.

use assay_client::{Dialect, TopicMatcher};

use super::Lab;
use crate::{
    request::{Place, Proof, Purpose, Request},
    stop::Stop,
};

impl Lab<'_> {
    /// A subscription to a topic, exactly, by anyone.
    pub(crate) fn subscribe(&self, topic: &str) -> Result<Request, Stop> {
        Ok(self.stream(topic)?.param(self.matcher_parameter(), topic))
    }

    /// A subscription without matchers yet, by anyone; `topic` is one that it will match.
    pub(crate) fn stream(&self, topic: &str) -> Result<Request, Stop> {
        let mut request = Request::ask("GET", Place::Hub).header("Accept", "text/event-stream");
        request.credentials = self.anyone()?;
        request.purpose = Purpose::Subscribe {
            topic: topic.to_owned(),
            proof: Proof::Public,
        };
        Ok(request)
    }

    /// A subscription to a topic by a subscriber whose token grants this topic, and which is alive when a private update came.
    pub(crate) fn subscribe_private(&self, topic: &str) -> Result<Request, Stop> {
        let mut request = self
            .subscribe(topic)?
            .bearer(self.subscriber(&[TopicMatcher::Exact(topic.to_owned())])?);
        request.purpose = Purpose::Subscribe {
            topic: topic.to_owned(),
            proof: Proof::Private,
        };
        Ok(request)
    }

    /// A subscription to these topics by a subscriber who may receive everything: a twin or an observer.
    pub(crate) fn entitled_to(&self, topics: &[&str]) -> Result<Request, Stop> {
        let Some((first, rest)) = topics.split_first() else {
            return Err(Stop::Defect("a twin has at least one topic".to_owned()));
        };
        let mut request = self.subscribe(first)?;
        for topic in rest {
            request = request.param(self.matcher_parameter(), *topic);
        }
        // Where no token can be had the observer is anyone, and public updates must do.
        match self.subscriber(&[TopicMatcher::Any]) {
            Ok(token) => Ok(request.bearer(token)),
            Err(_) => Ok(request),
        }
    }

    fn matcher_parameter(&self) -> &'static str {
        match self.hub.dialect {
            Dialect::V0 => "topic",
            Dialect::V1 => "match",
        }
    }

    /// A public update on a topic by a publisher who may publish everything.
    pub(crate) fn publish(&self, topic: &str, data: &str) -> Result<Request, Stop> {
        let mut request = Request::ask("POST", Place::Publish)
            .field("topic", topic)
            .field("data", data)
            .bearer(self.publisher(&[TopicMatcher::Any])?);
        request.purpose = Purpose::Publish;
        Ok(request)
    }
}
