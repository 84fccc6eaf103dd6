//! Whether the crowd may be trusted with time: the probes beside it (measuring.md, "Is it us?").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantile::events_needed;

/// Smallest difference that marks a run.
const DIFFERENCE_US: u64 = 1_000;

/// Probes and crowd side by side: delivery (R − I), in µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeComparison {
    /// How many subscribers were probes.
    pub probes: u64,
    /// Measured publishes behind the quantiles: where they are too few to state one (`events_needed`), it is not compared either.
    #[serde(default)]
    pub events: u64,
    /// Median at the probes.
    pub probes_p50: Option<u64>,
    /// Median of the crowd.
    pub crowd_p50: Option<u64>,
    /// 99th percentile at the probes.
    pub probes_p99: Option<u64>,
    /// 99th percentile of the crowd.
    pub crowd_p99: Option<u64>,
}

impl ProbeComparison {
    /// True when p50 or p99, as far as enough events stand behind it, differs by more than max(1 ms, 10 %): the run is marked, and the
    /// probes are shown first.
    pub fn differs(&self) -> bool {
        let states = |q| self.events >= events_needed(q);
        (states(0.5) && differ(self.probes_p50, self.crowd_p50))
            || (states(0.99) && differ(self.probes_p99, self.crowd_p99))
    }
}

fn differ(probes: Option<u64>, crowd: Option<u64>) -> bool {
    let (Some(probes), Some(crowd)) = (probes, crowd) else {
        return false;
    };
    probes.abs_diff(crowd) > DIFFERENCE_US.max(probes / 10)
}
