//! What a hub costs, fitted to the seconds of a run: memory as a slope over connections, CPU as idle + publishes + deliveries
//! (ordinary least squares). Not a prediction: it says what this run showed, and nothing where it showed too little.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::load::phase::PhaseKind;
use crate::load::second::Second;
use crate::student;

/// Fewer points than this make a line, but no finding.
const POINTS_LEAST: usize = 6;
/// Of what one regressor is not explained by the other; below, the two cannot be told apart.
const INDEPENDENT_LEAST: f64 = 0.02;

/// What a hub costs, as far as a run showed it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HubCost {
    /// Bytes of memory for each further connection, while they came.
    pub bytes_a_connection: Option<Estimate>,
    /// CPU time a second without any update, in µs.
    pub idle_cpu_us: Option<Estimate>,
    /// CPU time a publish, in µs; absent where it cannot be told apart from that of its deliveries.
    pub cpu_us_a_publish: Option<Estimate>,
    /// CPU time a delivery, in µs.
    pub cpu_us_a_delivery: Option<Estimate>,
}

/// A fitted figure with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The best guess.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl HubCost {
    /// Fits it to the seconds of a run; none where nothing of the hub was seen.
    pub fn of(seconds: &[Second]) -> Option<Self> {
        let memory = seconds
            .iter()
            .filter(|second| matches!(second.phase, PhaseKind::Ramp | PhaseKind::Settle))
            .filter_map(|second| {
                Some((second.connections as f64, second.hub_memory_bytes? as f64))
            });
        let (connections, bytes): (Vec<f64>, Vec<f64>) = memory.unzip();
        let load: Vec<(f64, f64, f64)> = seconds
            .iter()
            .filter(|second| matches!(second.phase, PhaseKind::WarmUp | PhaseKind::Measure))
            .filter_map(|second| {
                let cpu_us = second.hub_cpu? * 1e6;
                Some((second.answered as f64, second.delivered as f64, cpu_us))
            })
            .collect();
        let publishes: Vec<f64> = load.iter().map(|(publishes, ..)| *publishes).collect();
        let deliveries: Vec<f64> = load.iter().map(|(_, deliveries, _)| *deliveries).collect();
        let cpu_us: Vec<f64> = load.iter().map(|(.., cpu_us)| *cpu_us).collect();
        let mut cost = Self {
            bytes_a_connection: fit(&[&connections], &bytes).map(|fitted| fitted[1]),
            ..Self::default()
        };
        if let Some(fitted) = fit(&[&publishes, &deliveries], &cpu_us) {
            cost.idle_cpu_us = Some(fitted[0]);
            cost.cpu_us_a_publish = Some(fitted[1]);
            cost.cpu_us_a_delivery = Some(fitted[2]);
        } else if let Some(fitted) = fit(&[&deliveries], &cpu_us) {
            cost.idle_cpu_us = Some(fitted[0]);
            cost.cpu_us_a_delivery = Some(fitted[1]);
        }
        (cost != Self::default()).then_some(cost)
    }
}

/// Least squares of `observed` on a constant and the regressors: the constant first. None with too few points, or where the regressors do
/// not vary, or only together.
fn fit(regressors: &[&[f64]], observed: &[f64]) -> Option<Vec<Estimate>> {
    let (points, unknowns) = (observed.len(), regressors.len() + 1);
    if points < POINTS_LEAST.max(unknowns + 2) || !are_independent(regressors) {
        return None;
    }
    // Scaled, so that connections and bytes are of one size.
    let scales: Vec<f64> = regressors
        .iter()
        .map(|one| {
            one.iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()))
        })
        .collect();
    let row = |point: usize| -> Vec<f64> {
        let scaled = regressors.iter().zip(&scales);
        std::iter::once(1.0)
            .chain(scaled.map(|(one, scale)| one[point] / scale))
            .collect()
    };
    let mut normal = vec![vec![0.0; unknowns]; unknowns];
    let mut right = vec![0.0; unknowns];
    for (point, value) in observed.iter().enumerate() {
        let row = row(point);
        for i in 0..unknowns {
            right[i] += row[i] * value;
            for j in 0..unknowns {
                normal[i][j] += row[i] * row[j];
            }
        }
    }
    let inverse = inverted(normal)?;
    let solved: Vec<f64> = inverse
        .iter()
        .map(|line| line.iter().zip(&right).map(|(a, b)| a * b).sum())
        .collect();
    let residual: f64 = observed
        .iter()
        .enumerate()
        .map(|(point, value)| {
            let fitted: f64 = row(point).iter().zip(&solved).map(|(a, b)| a * b).sum();
            (value - fitted).powi(2)
        })
        .sum();
    let freedom = points - unknowns;
    let variance = residual / freedom as f64;
    let estimates = (0..unknowns).map(|place| {
        let scale = if place == 0 { 1.0 } else { scales[place - 1] };
        let value = solved[place] / scale;
        let reach =
            student::two_sided(0.95, freedom) * (variance * inverse[place][place]).sqrt() / scale;
        Estimate {
            value,
            low: value - reach,
            high: value + reach,
        }
    });
    Some(estimates.collect())
}

/// Whether each varies, and no two of them only together.
fn are_independent(regressors: &[&[f64]]) -> bool {
    let spread = |one: &[f64]| {
        let mean = one.iter().sum::<f64>() / one.len() as f64;
        one.iter().map(|value| value - mean).collect::<Vec<f64>>()
    };
    let spreads: Vec<Vec<f64>> = regressors.iter().map(|one| spread(one)).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let vary = spreads.iter().all(|one| dot(one, one) > 0.0);
    vary && spreads.iter().enumerate().all(|(place, one)| {
        spreads[..place].iter().all(|other| {
            let together = dot(one, other).powi(2) / (dot(one, one) * dot(other, other));
            1.0 - together >= INDEPENDENT_LEAST
        })
    })
}

/// Gauss and Jordan; none of a singular matrix.
fn inverted(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut inverse: Vec<Vec<f64>> = (0..size)
        .map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    for column in 0..size {
        let pivot = (column..size).max_by(|a, b| {
            matrix[*a][column]
                .abs()
                .total_cmp(&matrix[*b][column].abs())
        })?;
        if matrix[pivot][column].abs() < 1e-12 {
            return None;
        }
        matrix.swap(column, pivot);
        inverse.swap(column, pivot);
        let by = matrix[column][column];
        for value in matrix[column].iter_mut().chain(&mut inverse[column]) {
            *value /= by;
        }
        for other in (0..size).filter(|other| *other != column) {
            let by = matrix[other][column];
            for place in 0..size {
                matrix[other][place] -= by * matrix[column][place];
                inverse[other][place] -= by * inverse[column][place];
            }
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed disturbance without a mean, so that no seed decides a test.
    fn noise(place: usize) -> f64 {
        [0.4, -0.7, 0.1, 0.9, -0.5, -0.2][place % 6]
    }

    #[test]
    fn what_went_in_comes_out_within_its_interval() {
        let publishes: Vec<f64> = (0..30).map(|at| f64::from(at % 7) * 10.0).collect();
        let deliveries: Vec<f64> = (0..30).map(|at| f64::from(at % 5) * 1_000.0).collect();
        let cpu: Vec<f64> = (0..30)
            .map(|at| 500.0 + 30.0 * publishes[at] + 4.0 * deliveries[at] + 100.0 * noise(at))
            .collect();
        let fitted = fit(&[&publishes, &deliveries], &cpu).unwrap();
        for (estimate, truth) in fitted.iter().zip([500.0, 30.0, 4.0]) {
            assert!(estimate.low < truth && truth < estimate.high, "{fitted:?}");
        }
        assert!(fitted[2].high - fitted[2].low < 0.2, "{fitted:?}");
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_fitted() {
        let publishes: Vec<f64> = (0..30).map(f64::from).collect();
        let deliveries: Vec<f64> = publishes.iter().map(|one| one * 1_000.0).collect();
        let cpu = deliveries.clone();
        assert_eq!(
            fit(&[&publishes, &deliveries], &cpu),
            None,
            "one is the other"
        );
        assert!(fit(&[&deliveries], &cpu).is_some());
        assert_eq!(fit(&[&[3.0; 30]], &cpu), None, "nothing varies");
        assert_eq!(fit(&[&publishes[..5]], &cpu[..5]), None, "too few");
    }
}
