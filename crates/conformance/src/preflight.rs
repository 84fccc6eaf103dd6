//! Is it the hub, or is it the setup? Looks at reachability, TLS, path, clock and token before any check runs, names the first
//! thing that is wrong, then finds out what the hub has. Not for judging the hub.

mod calibration;
mod ladder;

use std::time::{Duration, Instant};

use assay_client::{Dialect, TopicMatcher};
use assay_results::{Feature, PreflightStep, StepOutcome};
use uuid::Uuid;

use crate::{
    answer::Answer,
    features::{Features, OptionalFeature, Pace},
    hub::Hub,
    lab::Lab,
    request::{Place, Proof, Request},
    row,
    runner::Progress,
    stop::Stop,
    target::{DialectChoice, Target},
    wire::Server,
};

/// What was found.
pub(crate) struct Preflight {
    pub(crate) steps: Vec<PreflightStep>,
    pub(crate) features: Vec<Feature>,
    /// None when not even a socket can be aimed at.
    pub(crate) hub: Option<Hub>,
    /// Whether checks make sense.
    pub(crate) usable: bool,
}

struct Steps<'p> {
    dialect: Dialect,
    done: Vec<PreflightStep>,
    progress: &'p mut (dyn FnMut(Progress) + Send),
}

impl Steps<'_> {
    fn push(&mut self, name: &str, outcome: StepOutcome, detail: impl Into<String>) {
        let step = PreflightStep {
            name: name.to_owned(),
            dialect: Some(row::dialect(self.dialect)),
            outcome,
            detail: detail.into(),
        };
        (self.progress)(Progress::Preflight(step.clone()));
        self.done.push(step);
    }

    fn failed(&self) -> bool {
        self.done
            .iter()
            .any(|step| step.outcome == StepOutcome::Failed)
    }
}

/// Looks at the hub in one dialect, and finds out what it has.
pub(crate) async fn run(
    target: &Target,
    choice: &DialectChoice,
    run_id: &str,
    now_unix_s: u64,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Preflight {
    let Look { steps, hub, usable } = look(target, choice, run_id, now_unix_s, progress).await;
    let Some(mut hub) = hub else {
        return Preflight {
            steps,
            features: Vec::new(),
            hub: None,
            usable,
        };
    };
    let mut features = Vec::new();
    if usable {
        features = calibration::run(&mut hub).await;
    } else {
        // Whoever goes on by force wants every check to try.
        hub.features = Features::assumed();
    }
    Preflight {
        steps,
        features,
        hub: Some(hub),
        usable,
    }
}

/// What was seen on the way from the name to a delivered update.
pub(crate) struct Look {
    pub(crate) steps: Vec<PreflightStep>,
    /// None when not even a socket can be aimed at.
    pub(crate) hub: Option<Hub>,
    /// Whether each step was as it should be.
    pub(crate) usable: bool,
}

/// Climbs from the name to a delivered update, and stops at the first thing that is wrong.
pub(crate) async fn look(
    target: &Target,
    choice: &DialectChoice,
    run_id: &str,
    now_unix_s: u64,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Look {
    let mut steps = Steps {
        dialect: choice.dialect,
        done: Vec::new(),
        progress,
    };
    steps.push(
        "dialect",
        StepOutcome::Ok,
        format!("{}: {}", choice.dialect, choice.evidence),
    );
    let servers = match servers(target).await {
        Ok(servers) => servers,
        Err(error) => {
            steps.push(
                "name",
                StepOutcome::Failed,
                format!("{error}: is the host of the URL spelt right?"),
            );
            return Look {
                steps: steps.done,
                hub: None,
                usable: false,
            };
        }
    };
    let mut hub = Hub {
        target: target.clone(),
        variant: None,
        dialect: choice.dialect,
        subscribe_server: servers.0,
        publish_server: servers.1,
        features: Features::default(),
        pace: Pace::from_delivery(None),
        run_id: run_id.to_owned(),
        now_unix_s,
        began: Instant::now(),
    };
    reach(&hub, &mut steps).await;
    if !steps.failed() {
        if calibration::is_anonymous(&hub).await {
            hub.features.add(OptionalFeature::Anonymous);
        }
        ladder::climb(&hub, &mut steps).await;
    }
    if !steps.failed() {
        deliver(&mut hub, &mut steps).await;
    }
    Look {
        usable: !steps.failed(),
        steps: steps.done,
        hub: Some(hub),
    }
}

async fn servers(target: &Target) -> Result<(Server, Server), std::io::Error> {
    let endpoint = target.endpoint.clone();
    let look_up = tokio::task::spawn_blocking(move || {
        let server = |destination: &assay_client::Destination| {
            destination.socket_addrs().map(|addrs| Server {
                destination: destination.clone(),
                addrs,
            })
        };
        Ok((server(endpoint.hub())?, server(endpoint.publish())?))
    });
    look_up
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))
}

async fn reach(hub: &Hub, steps: &mut Steps<'_>) {
    let lab = Lab::new(hub, "preflight");
    let answer = match lab.try_ask(&Request::ask("GET", Place::Hub)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            let url = hub.target.endpoint.hub().url();
            let hint = if url.is_https() {
                "is it running, does that port speak TLS, and is its certificate trusted (--cacert, --insecure)?"
            } else {
                "is it running, and does that port speak plain HTTP?"
            };
            return steps.push(
                "reachable",
                StepOutcome::Failed,
                format!("{url}: {error}: {hint}"),
            );
        }
        Err(stop) => return steps.push("reachable", StepOutcome::Failed, text(&stop)),
    };
    let server = answer
        .header("server")
        .unwrap_or("no Server field")
        .to_owned();
    steps.push(
        "reachable",
        StepOutcome::Ok,
        format!(
            "{} over {} ({server})",
            hub.target.endpoint.hub().url(),
            hub.target.http.as_str()
        ),
    );
    match answer.status {
        404 => steps.push(
            "path",
            StepOutcome::Failed,
            "404: nothing there; the usual path is /.well-known/mercure",
        ),
        status @ (301 | 302 | 303 | 307 | 308) => steps.push(
            "path",
            StepOutcome::Failed,
            format!(
                "{status} to {}: give that URL",
                answer.header("location").unwrap_or("nowhere")
            ),
        ),
        status if status >= 500 => {
            steps.push(
                "path",
                StepOutcome::Failed,
                format!("{status}: the server behind the URL is broken"),
            );
        }
        200 if !answer.is_event_stream() => steps.push(
            "path",
            StepOutcome::Failed,
            "answers 200 to a request without parameters, and that is no event stream: something else than a hub is there",
        ),
        status => steps.push(
            "path",
            StepOutcome::Ok,
            format!("answers {status} to a request without parameters"),
        ),
    }
    clock(&answer, hub, steps);
}

/// Clocks that differ by less are what tokens are made for.
const SKEW_S_AT_MOST: u64 = 30;

fn clock(answer: &Answer, hub: &Hub, steps: &mut Steps<'_>) {
    let Some(date) = answer.header("date").and_then(ladder::http_date_unix_s) else {
        return steps.push("clock", StepOutcome::Skipped, "the hub sends no Date");
    };
    let skew_s = date.abs_diff(hub.now_unix_s);
    if skew_s > SKEW_S_AT_MOST {
        steps.push(
            "clock",
            StepOutcome::Failed,
            format!("the clocks differ by {skew_s} s: set one of them"),
        );
    } else {
        steps.push(
            "clock",
            StepOutcome::Ok,
            format!("the clocks differ by at most {} s", skew_s + 1),
        );
    }
}

async fn deliver(hub: &mut Hub, steps: &mut Steps<'_>) {
    match measure_delivery(hub).await {
        Ok(delivery) => {
            hub.pace = Pace::from_delivery(Some(delivery));
            let patience_ms = hub.pace.patience.as_millis();
            steps.push(
                "delivery",
                StepOutcome::Ok,
                format!(
                    "an update takes {:.1} ms; deadlines are {patience_ms} ms",
                    delivery.as_secs_f64() * 1_000.0
                ),
            );
        }
        Err(stop) => steps.push("delivery", StepOutcome::Failed, text(&stop)),
    }
}

async fn measure_delivery(hub: &Hub) -> Result<Duration, Stop> {
    // A slow hub must not fail for the deadlines that only this measurement can give.
    let mut patient = hub.clone();
    patient.pace = Pace::PATIENT;
    let lab = Lab::new(&patient, "preflight");
    let topic = lab.topic("delivery");
    let mut stream = lab.subscribed(&lab.entitled_to(&[&topic])?).await?;
    let began = Instant::now();
    stream.fence(&topic, Proof::Public).await?;
    Ok(began.elapsed())
}

pub(crate) fn text(stop: &Stop) -> String {
    match stop {
        Stop::Control(text)
        | Stop::NotMeasurable(text)
        | Stop::Unsupported(text)
        | Stop::Defect(text) => text.clone(),
    }
}

/// A topic for the preflight alone.
fn grant_all() -> [TopicMatcher; 1] {
    [TopicMatcher::Any]
}

fn nonsense() -> String {
    Uuid::new_v4().simple().to_string()
}
