//! The workbench's own health a second at a time, for the gates.

use assay_results::HealthSecond;

use super::metrics::PublisherTimes;
use crate::health::SystemSecond;
use crate::percentiles::SubscriberTimes;
use crate::plan::{PhaseKind, Plan};

/// Every whole second up to the last look. A look that came late, as it does when we are starved, stands for all the seconds
/// since the one before: none of them escapes the gates.
pub(super) fn seconds(
    plan: &Plan,
    looks: &[SystemSecond],
    times: &SubscriberTimes,
    publishers: &PublisherTimes,
) -> Vec<HealthSecond> {
    let measure = plan.phase(PhaseKind::Measure);
    let mut next = 0;
    looks
        .iter()
        .flat_map(|look| {
            let since = std::mem::replace(&mut next, look.second + 1);
            (since..=look.second).map(move |at_s| (at_s, look))
        })
        .map(|(at_s, system)| {
            let second = at_s as usize;
            let (start_us, end_us) = (
                u64::from(at_s) * 1_000_000,
                (u64::from(at_s) + 1) * 1_000_000,
            );
            HealthSecond {
                at_s,
                measured: measure
                    .is_some_and(|phase| phase.start.0 <= start_us && end_us <= phase.end.0),
                schedule_lag_p99_us: look_up(&publishers.schedule_lag_p99_us, second),
                read_lag_p99_us: look_up(&times.probes.read_lag_p99_us, second),
                busiest_thread: system.busiest_thread.clone(),
                kernel_drops: system.kernel.dropped_segments + system.kernel.dropped_packets,
                throttled_us: system.kernel.throttled_us,
            }
        })
        .collect()
}

/// Of whatever there is: a gate looks at the worst, not at what can be stated with confidence.
fn look_up(p99_us: &[Option<u64>], second: usize) -> Option<u64> {
    p99_us.get(second).copied().flatten()
}

#[cfg(test)]
mod tests {
    use assay_results::{GateName, Health, ThreadShare};

    use super::*;
    use crate::clock::Micros;
    use crate::plan::schedule;
    use crate::publishers::PublisherRecord;
    use crate::scenario::{Scenario, preset};

    /// Live score measures from 4.5 s to 14 s.
    #[test]
    fn seconds_without_a_look_of_their_own_do_not_escape_the_gates() {
        let scenario = Scenario::parse("x", preset("live-score").unwrap()).unwrap();
        let plan = schedule(&scenario, 1, 1);
        let look = |second, share| SystemSecond {
            second,
            busiest_thread: Some(ThreadShare {
                thread: "crowd-0".to_owned(),
                share,
            }),
            ..SystemSecond::default()
        };
        let looks: Vec<_> = (0..6)
            .map(|second| look(second, 0.1))
            .chain([look(9, 0.99), look(13, 0.1)])
            .collect();
        let lags = PublisherTimes::of(&plan, &PublisherRecord::default(), Micros::ZERO);
        let seconds = seconds(&plan, &looks, &SubscriberTimes::default(), &lags);
        assert!(seconds.iter().map(|second| second.at_s).eq(0..14));
        let health = Health::judge(seconds, 0);
        let busy = health
            .gates
            .iter()
            .find(|gate| gate.name == GateName::ThreadShare)
            .unwrap();
        assert_eq!((health.seconds, busy.seconds_past), (9, 4));
        assert!(health.saturated());
    }
}
