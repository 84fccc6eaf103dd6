//! The shapes that most checks have, so that a check is a row of a table. Not for judging: a shape observes, the accept-set
//! of the check judges.

pub(crate) mod accepted;
pub(crate) mod carried;
pub(crate) mod deliveries;
pub(crate) mod sandwich;

use crate::{
    accept::Observation,
    answer::Answer,
    lab::{Lab, Stream},
    request::{Purpose, Request},
    stop::Stop,
};

/// Makes a right request.
pub(crate) type Build = Box<dyn Fn(&Lab<'_>) -> Result<Request, Stop> + Send + Sync>;

/// Changes one datum of it.
pub(crate) type Edit = Box<dyn Fn(&mut Request, &Lab<'_>) -> Result<(), Stop> + Send + Sync>;

/// One declared datum that differs.
pub(crate) struct Change {
    /// What is different, to follow "except that": `aud names another resource`.
    pub(crate) says: &'static str,
    /// Makes it so.
    pub(crate) apply: Edit,
}

impl Change {
    /// A change.
    pub(crate) fn new(
        says: &'static str,
        apply: impl Fn(&mut Request, &Lab<'_>) -> Result<(), Stop> + Send + Sync + 'static,
    ) -> Self {
        Self {
            says,
            apply: Box::new(apply),
        }
    }
}

/// Makes requests that should work, and sees whether they do.
pub(crate) struct Works<'l, 'h> {
    lab: &'l Lab<'h>,
    // Sees what a publication dispatches; none for subscriptions and documents.
    observer: Option<Stream<'l, 'h>>,
}

impl<'l, 'h> Works<'l, 'h> {
    /// Sets up for requests like this one.
    pub(crate) async fn set_up(lab: &'l Lab<'h>, like: &Request) -> Result<Self, Stop> {
        let observer = match (&like.purpose, like.form_field("topic")) {
            (Purpose::Publish, Some(topic)) => {
                match lab.subscribed(&lab.entitled_to(&[topic])?).await {
                    Ok(observer) => Some(observer),
                    Err(stop) => lab.failed(stop, None)?,
                }
            }
            (Purpose::Publish, None) => {
                return Err(Stop::Defect(
                    "a publication that should work has a topic".to_owned(),
                ));
            }
            (Purpose::Subscribe { .. } | Purpose::Ask, _) => None,
        };
        Ok(Self { lab, observer })
    }

    /// Sends it. When it works: the events that its observer saw before its own. When not: what came instead.
    pub(crate) async fn send(
        &mut self,
        mut request: Request,
    ) -> Result<Result<Vec<String>, Observation>, Stop> {
        match (&request.purpose, &mut self.observer) {
            (Purpose::Subscribe { .. }, _) => subscribe(self.lab, &request).await,
            (Purpose::Publish, Some(observer)) => {
                let data = self.lab.marker();
                request.set_field("data", &data);
                publish(self.lab, &request, &data, observer).await
            }
            // Without an observer only where controls were dropped.
            (Purpose::Publish, None) | (Purpose::Ask, _) => ask(self.lab, &request).await,
        }
    }

    /// Sends it as a control: the check stops when it does not work.
    pub(crate) async fn control(&mut self, request: Request) -> Result<Vec<String>, Stop> {
        let reason = match self.send(request).await {
            Ok(Ok(events)) => return Ok(events),
            Ok(Err(observation)) => {
                format!("control failed: what should work was answered {observation}")
            }
            Err(Stop::Control(reason)) => reason,
            Err(stop) => return Err(stop),
        };
        self.lab.failed(Stop::Control(reason), Vec::new())
    }
}

async fn subscribe(
    lab: &Lab<'_>,
    request: &Request,
) -> Result<Result<Vec<String>, Observation>, Stop> {
    match lab.open(request).await? {
        Err(answer) => Ok(Err(Observation::Answer(answer))),
        Ok(mut stream) => {
            let (topic, proof) = request.proof()?;
            stream.fence(topic, proof).await?;
            Ok(Ok(Vec::new()))
        }
    }
}

async fn publish(
    lab: &Lab<'_>,
    request: &Request,
    data: &str,
    observer: &mut Stream<'_, '_>,
) -> Result<Result<Vec<String>, Observation>, Stop> {
    let answer = match lab.try_ask(request).await? {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(Observation::Other(format!("no answer: {error}")))),
    };
    if !is_success(&answer) {
        return Ok(Err(Observation::Answer(answer)));
    }
    let before = observer.until(data).await?;
    Ok(Ok(before
        .iter()
        .map(|event| event.data().unwrap_or_default())
        .collect()))
}

async fn ask(lab: &Lab<'_>, request: &Request) -> Result<Result<Vec<String>, Observation>, Stop> {
    Ok(match lab.try_ask(request).await? {
        Ok(answer) if is_success(&answer) => Ok(Vec::new()),
        Ok(answer) => Err(Observation::Answer(answer)),
        Err(error) => Err(Observation::Other(format!("no answer: {error}"))),
    })
}

fn is_success(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
}
