//! `assay doctor`: is it the hub, or is it the setup? A ladder from the name to a delivered private update, which stops at the
//! first broken rung and says what to change. The causes are the common ones of the field. Not for judging the protocol: that
//! are the checks.

mod cross_origin;
mod identity;
mod network;
mod silence;
mod stream;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assay_client::Endpoint;
use assay_results::{PreflightStep, StepOutcome};
use uuid::Uuid;

use crate::{
    hub::Hub,
    preflight, row,
    runner::Progress,
    target::{DialectChoice, Target},
};

/// How a time-out of the wire begins that waited for a head.
const NO_ANSWER: &str = "no answer within";

/// What else to look at.
#[derive(Debug, Clone, Default)]
pub struct Complaint {
    /// The origin of the page that has trouble, such as `https://example.com`.
    pub origin: Option<String>,
    /// Whether that page counts on a cookie.
    pub by_cookie: bool,
    /// How long a stream shall be left without updates, to see whether something cuts it.
    pub idle: Option<Duration>,
}

/// The rungs that were climbed, in order; the last one is the broken one, if one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Each with what was seen, and what to change when it is broken.
    pub rungs: Vec<PreflightStep>,
}

impl Diagnosis {
    /// Whether there is nothing to talk to: what is wrong is below HTTP.
    pub fn is_unreachable(&self) -> bool {
        let broken = |rung: &PreflightStep| rung.outcome == StepOutcome::Failed;
        let mut rungs = self.rungs.iter();
        rungs.any(|rung| broken(rung) && rung.name != identity::RUNG)
    }

    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.rungs
            .iter()
            .all(|rung| rung.outcome != StepOutcome::Failed)
    }
}

/// The rungs that no token is needed for: name, port and TLS of the hub's URL, and of the publishers' if that is another; and
/// whether it is a hub that answers.
pub async fn reach(endpoint: &Endpoint, progress: &mut (dyn FnMut(Progress) + Send)) -> Diagnosis {
    let mut ladder = Ladder::new(None, progress);
    network::climb(endpoint, &mut ladder).await;
    if !ladder.is_broken() {
        identity::climb(endpoint, &mut ladder).await;
    }
    ladder.end()
}

/// The rungs from HTTP upwards.
pub async fn diagnose(
    target: &Target,
    choice: &DialectChoice,
    complaint: &Complaint,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Diagnosis {
    let run_id = Uuid::new_v4().simple().to_string()[..8].to_owned();
    // A clock before 1970 makes tokens that the ladder will find expired.
    let now_unix_s = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let look = preflight::look(target, choice, &run_id, now_unix_s, progress).await;
    let mut ladder = Ladder::new(Some(row::dialect(choice.dialect)), progress);
    ladder.rungs = look.steps;
    let Some(hub) = look.hub else {
        return ladder.end();
    };
    if look.usable {
        climb_on(&hub, complaint, &mut ladder).await;
    } else if ladder.is_silent() {
        ladder.explain(&silence::cause(&hub).await);
    }
    ladder.end()
}

async fn climb_on(hub: &Hub, complaint: &Complaint, ladder: &mut Ladder<'_>) {
    stream::private(hub, ladder).await;
    stream::compressed(hub, ladder).await;
    if let Some(origin) = &complaint.origin {
        cross_origin::climb(hub, origin, complaint.by_cookie, ladder).await;
    }
    if let Some(idle) = complaint.idle {
        stream::idle(hub, idle, ladder).await;
    }
}

/// The rungs so far; nothing is added above a broken one.
struct Ladder<'p> {
    dialect: Option<assay_results::Dialect>,
    rungs: Vec<PreflightStep>,
    progress: &'p mut (dyn FnMut(Progress) + Send),
}

impl<'p> Ladder<'p> {
    fn new(
        dialect: Option<assay_results::Dialect>,
        progress: &'p mut (dyn FnMut(Progress) + Send),
    ) -> Self {
        Self {
            dialect,
            rungs: Vec::new(),
            progress,
        }
    }

    fn is_broken(&self) -> bool {
        let last = self.rungs.last();
        last.is_some_and(|rung| rung.outcome == StepOutcome::Failed)
    }

    /// Whether what was accepted did not come: an update, or the very head of a stream.
    fn is_silent(&self) -> bool {
        let silent = |rung: &PreflightStep| match rung.name.as_str() {
            "delivery" => true,
            "subscriber token" => rung.detail.starts_with(NO_ANSWER),
            _ => false,
        };
        self.is_broken() && self.rungs.last().is_some_and(silent)
    }

    /// Adds a rung: what was seen, or what is wrong and how to mend it.
    fn push(&mut self, name: &str, seen: Result<String, String>) {
        if self.is_broken() {
            return;
        }
        let (outcome, detail) = match seen {
            Ok(detail) => (StepOutcome::Ok, detail),
            Err(detail) => (StepOutcome::Failed, detail),
        };
        self.add(name, outcome, detail);
    }

    /// Adds a rung that could not be looked at.
    fn skip(&mut self, name: &str, why: &str) {
        if !self.is_broken() {
            self.add(name, StepOutcome::Skipped, why.to_owned());
        }
    }

    fn add(&mut self, name: &str, outcome: StepOutcome, detail: String) {
        let rung = PreflightStep {
            name: name.to_owned(),
            dialect: self.dialect,
            outcome,
            detail,
        };
        (self.progress)(Progress::Preflight(rung.clone()));
        self.rungs.push(rung);
    }

    /// Adds a cause to the broken rung.
    fn explain(&mut self, cause: &str) {
        if let Some(rung) = self.rungs.last_mut() {
            if rung.detail.contains(cause) {
                return;
            }
            rung.detail = format!("{}. {cause}", rung.detail);
            (self.progress)(Progress::Preflight(rung.clone()));
        }
    }

    fn end(self) -> Diagnosis {
        Diagnosis { rungs: self.rungs }
    }
}
