//! A run from its first connection to the end of its drain. Not for what comes before (scenario, plan, limits of the machine) or after
//! (ledger, percentiles, document): [`run`] takes a plan and returns a [`RunRecord`].
//!
//! It ends at the plan's drain deadline at the latest, whatever the hub does, and earlier when everything has arrived, when it is
//! asked to stop, or when there is no hub any more.

mod arrivals;
mod faults;
mod watch;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use assay_results::{Partial, PartialCause, RampPoint};

use crate::clock::{Clock, ClockStep, Micros};
use crate::crowd::{CrowdRecord, StartError};
use crate::health::SystemSecond;
use crate::hub_control::HubControl;
use crate::plan::{Arithmetic, Plan};
use crate::preflight::{HubAnswer, Refused, check_hub};
use crate::progress::Progress;
use crate::publishers::{PublisherError, PublisherRecord, Publishers};
use crate::reach::{Reach, Unreachable};
use crate::shard::{self, PoolError, Spread, WholeCrowd};
use crate::stop::Stop;
use crate::target::Target;
use watch::Watch;

pub use faults::FaultRecord;
use faults::Faults;

/// Time for threads to come up before the first planned instant.
const LEAD: Duration = Duration::from_millis(100);
/// From one look to the next.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// What may still come after everything has: duplicates.
const AFTER_ALL_ARRIVED: Duration = Duration::from_millis(400);
/// How long deliveries under way are awaited after a stop was requested.
const AFTER_STOP: Duration = Duration::from_secs(1);

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The hub does not take what publishers or subscribers say.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The hub answered a moment ago, and accepts no further connection.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The subscribers' side.
    #[error(transparent)]
    Crowd(#[from] StartError),
    /// Its other processes.
    #[error(transparent)]
    Workers(#[from] PoolError),
    /// The publishers' side.
    #[error(transparent)]
    Publishers(#[from] PublisherError),
}

/// What a run is to be carried out with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The timetable.
    pub plan: Arc<Plan>,
    /// Its sums.
    pub sums: Arithmetic,
    /// The hub.
    pub target: Target,
    /// Who reads the crowd.
    pub spread: Spread,
}

/// Everything that was recorded.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// What the hub said of itself before the load.
    pub hub: HubAnswer,
    /// Why it ended early, if it did.
    pub partial: Option<Partial>,
    /// The publishers' side.
    pub publishers: PublisherRecord,
    /// The subscribers' side.
    pub crowd: CrowdRecord,
    /// How the ramp went.
    pub ramp: Vec<RampPoint>,
    /// What came of the faults.
    pub faults: Vec<FaultRecord>,
    /// When the publishers were told to end; updates planned later were not due.
    pub ended_at: Micros,
    /// The epoch, from which all instants count, in milliseconds of Unix time.
    pub started_unix_ms: u64,
    pub(crate) system: Vec<SystemSecond>,
    pub(crate) steps: Vec<ClockStep>,
}

/// Asks the hub once whether publishers and subscribers are let in, then carries the plan out; blocks until that has ended.
/// `on_progress` is called a few times a second.
/// `control` is what the plan's faults do to the hub.
pub fn run(
    setup: &Setup,
    stop: &Stop,
    control: Option<Box<dyn HubControl>>,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<RunRecord, RunError> {
    let Setup {
        plan,
        sums,
        target,
        spread,
    } = setup;
    let hub = check_hub(plan, target)?;
    // The epoch comes after every search, however long that took: the ramp must have all of its time.
    let reach = Reach::find(target)?;
    let crowd = shard::get_ready(spread, plan, target, &reach)?;
    let clock = Clock::starting_in(LEAD);
    let (crowd_stop, publisher_stop, faults_stop) = (Stop::new(), Stop::new(), Stop::new());
    let crowd = crowd.start(plan, target, &reach, &clock, &crowd_stop)?;
    let publishers = Publishers::start(
        plan,
        target,
        reach.publish,
        &clock,
        &publisher_stop,
        sums.in_flight,
    )
    // Nobody would end the crowd's threads before its deadline.
    .inspect_err(|_| crowd_stop.request())?;
    let faults = Faults::start(plan, &clock, &faults_stop, control).map_err(|source| {
        crowd_stop.request();
        publisher_stop.request();
        StartError {
            name: "faults".to_owned(),
            source,
        }
    })?;
    let mut watch = Watch::new(
        plan,
        &clock,
        target.hub_gauge.clone(),
        crowd.live(),
        &publishers,
    );
    let mut closing = Closing::default();
    let partial = loop {
        let progress = watch.look();
        on_progress(&progress);
        if stop.is_requested() {
            closing.ask(PartialCause::Interrupted, "interrupted", progress.at);
        } else if let Some(reason) = watch.hub_is_unusable(&progress) {
            closing.ask(PartialCause::HubUnusable, &reason, progress.at);
        } else if let Some(reason) = crowd.lost() {
            closing.ask(PartialCause::WorkbenchExhausted, &reason, progress.at);
        }
        if closing.is_asked() {
            publisher_stop.request();
        }
        if let ControlFlow::Break(partial) =
            closing.decide(plan, &progress, &watch, &crowd, &publishers)
        {
            break partial;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    publisher_stop.request();
    crowd_stop.request();
    faults_stop.request();
    let ended_at = partial
        .as_ref()
        .map_or_else(|| clock.now(), |partial: &Partial| Micros(partial.at_us));
    let (ramp, system, steps) = watch.into_parts();
    Ok(RunRecord {
        hub,
        partial,
        publishers: publishers.join(),
        crowd: crowd.join(),
        ramp,
        faults: faults.join(),
        ended_at,
        started_unix_ms: clock.epoch_unix_ms(),
        system,
        steps,
    })
}

/// When and why a run ends.
#[derive(Debug, Default)]
struct Closing {
    asked: Option<Partial>,
    all_arrived_at: Option<Micros>,
}

impl Closing {
    fn ask(&mut self, cause: PartialCause, reason: &str, at: Micros) {
        if self.asked.is_none() {
            self.asked = Some(Partial {
                cause,
                reason: reason.to_owned(),
                at_us: at.0,
            });
        }
    }

    fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether the run goes on; when it breaks off, why it ended early, if it did.
    fn decide(
        &mut self,
        plan: &Plan,
        progress: &Progress,
        watch: &Watch<'_>,
        crowd: &WholeCrowd,
        publishers: &Publishers,
    ) -> ControlFlow<Option<Partial>> {
        let now = progress.at;
        let all_ended = crowd.is_finished() && publishers.is_finished();
        if now >= plan.drain_deadline || all_ended {
            return ControlFlow::Break(self.asked.take());
        }
        if publishers.is_finished() && watch.all_arrived() {
            let since = *self.all_arrived_at.get_or_insert(now);
            if now >= since.plus(AFTER_ALL_ARRIVED) {
                return ControlFlow::Break(self.asked.take());
            }
        } else {
            self.all_arrived_at = None;
        }
        match &self.asked {
            Some(asked) if now >= Micros(asked.at_us).plus(AFTER_STOP) => {
                ControlFlow::Break(self.asked.take())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
