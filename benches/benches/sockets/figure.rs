//! One figure of one round.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Figure {
    /// What is measured: a row of the table.
    pub(crate) row: &'static str,
    pub(crate) side: String,
    pub(crate) subscribers: usize,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>8} {:>6} subscribers  {:<34} {:>12.2} {}",
            self.side, self.subscribers, self.row, self.value, self.unit
        )
    }
}

/// The value below which a share `quantile` of all lies.
pub(crate) fn quantile_ms(durations: &mut [Duration], quantile: f64) -> f64 {
    durations.sort_unstable();
    let place = ((durations.len() as f64 * quantile).ceil() as usize).clamp(1, durations.len());
    durations[place - 1].as_secs_f64() * 1e3
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let (low, high) = ((values.len() - 1) / 2, values.len() / 2);
    f64::midpoint(values[low], values[high])
}
