//! When a subscriber that failed tries again: as soon as the hub lets it, spread, and as long as there is hope and time.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

use super::failure::Failure;
use super::limits;
use super::subscriber::Subscriber;
use crate::clock::Micros;
use crate::plan::{PhaseKind, Plan, PlannedSubscriber, Reads};

/// What all subscribers of a thread go by.
pub(crate) struct Attempts {
    /// Until when a subscriber of the ramp that never connected tries again.
    connect_until: Micros,
    drain_deadline: Micros,
    jitter: StdRng,
}

impl Attempts {
    /// Of a thread with these subscribers.
    pub(crate) fn of(plan: &Plan, subscribers: &[u32]) -> Self {
        let settled = plan
            .phase(PhaseKind::Settle)
            .or(plan.phase(PhaseKind::Ramp));
        let thread_seed = plan.seed ^ u64::from(subscribers.first().copied().unwrap_or_default());
        Self {
            connect_until: settled.map_or(plan.drain_deadline, |phase| phase.end),
            drain_deadline: plan.drain_deadline,
            jitter: StdRng::seed_from_u64(thread_seed),
        }
    }

    /// When the next attempt of a subscriber begins whose last one, or whose stream, ended `now`; none if there is to be none.
    pub(crate) fn after(
        &mut self,
        subscriber: &mut Subscriber,
        planned: &PlannedSubscriber,
        failure: &Failure,
        now: Micros,
    ) -> Option<Micros> {
        let end = planned.leave_at.unwrap_or(self.drain_deadline);
        let (pause, until) = if subscriber.record.streams.is_empty() {
            let is_of_ramp = planned.connect_at <= self.connect_until;
            let until = if is_of_ramp {
                self.connect_until.min(end)
            } else {
                end
            };
            (limits::CONNECT_RETRY, until)
        } else if planned.reads == Reads::Never {
            // It was asleep, and does not notice.
            (limits::RETRY_DEFAULT, Micros::ZERO)
        } else {
            (reconnection_time(subscriber.retry_ms), end)
        };
        let longer = pause * 2_u32.pow(subscriber.fruitless.min(6));
        let longer = failure
            .retry_after()
            .map_or(longer, |asked| asked.max(longer));
        // Never earlier than the hub asked for; spread, so that a thousand do not come back at once.
        let jittered = longer
            .min(limits::RETRY_MAX)
            .mul_f64(self.jitter.random_range(1.0..1.5));
        subscriber.fruitless += 1;
        let again_at = now.plus(jittered);
        (failure.is_transient() && again_at < until).then_some(again_at)
    }
}

/// How long to wait before a reconnect: what the hub has asked for, within bounds.
fn reconnection_time(retry_ms: Option<u64>) -> Duration {
    retry_ms.map_or(limits::RETRY_DEFAULT, |retry_ms| {
        Duration::from_millis(retry_ms).clamp(limits::RETRY_MIN, limits::RETRY_MAX)
    })
}
