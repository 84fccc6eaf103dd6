//! What is left of a thread's subscribers when it ends: their records, each with the reason why it has no stream, if it has none.

use super::failure::{Failure, Step};
use super::receipt::CrowdPart;
use super::recorder::Recorder;
use super::subscriber::{State, Subscriber};
use crate::clock::Micros;
use crate::plan::Plan;

/// Of all subscribers of a thread that stopped reading `now`.
pub(crate) fn of(
    subscribers: Vec<Subscriber>,
    recorder: Recorder,
    plan: &Plan,
    now: Micros,
) -> CrowdPart {
    let queued = queued_for(&subscribers);
    let is_due = |index: u32| plan.subscribers[index as usize].connect_at <= now;
    let subscribers = subscribers.into_iter().map(|subscriber| {
        let unfinished = match subscriber.opening_step() {
            Some(step) => Some(Failure::Opening(step)),
            None if matches!(subscriber.state, State::Streaming(_)) => None,
            None if is_due(subscriber.index) => queued.map(Failure::Queued),
            None => Some(Failure::RunEnded),
        };
        let mut record = subscriber.record;
        // What a first attempt ended with says more than that a second one was under way.
        record.failure = record.failure.or(unfinished);
        (subscriber.index, record)
    });
    CrowdPart {
        subscribers: subscribers.collect(),
        unattributed_named: recorder.unattributed_named,
        unattributed: recorder.unattributed,
        foreign: recorder.foreign,
        ended_at: now,
    }
}

/// What most of the openings wait for, which others stand in the queue behind.
fn queued_for(subscribers: &[Subscriber]) -> Option<Step> {
    let steps = || subscribers.iter().filter_map(Subscriber::opening_step);
    [Step::Accept, Step::Handshake, Step::Head]
        .into_iter()
        .map(|step| (steps().filter(|one| *one == step).count(), step))
        .filter(|(waiting, _)| *waiting > 0)
        .max()
        .map(|(_, step)| step)
}
