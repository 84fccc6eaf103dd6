//! Student's t, for intervals around means of a few values. Not for anything that is not about normal: ratios of latencies enter as
//! logarithms.

use std::f64::consts::FRAC_2_PI;

/// Halvings of the bracket: more than a double has digits.
const HALVINGS: u32 = 80;

/// The t that |T| does not exceed with this probability (`0.0..1.0`), with so many degrees of freedom (1 at least).
pub(crate) fn two_sided(probability: f64, freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while within(high, freedom) < probability && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if within(middle, freedom) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The probability of |T| ≤ t (Abramowitz and Stegun, 26.7.3 and 26.7.4).
fn within(t: f64, freedom: usize) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let is_odd = freedom % 2 == 1;
    // Even: 1 + c²/2 + (1·3)/(2·4)·c⁴ …; odd: c + 2/3·c³ + (2·4)/(3·5)·c⁵ …; up to the power freedom - 2.
    let (mut term, mut power) = if is_odd { (cosine, 1) } else { (1.0, 0) };
    let mut sum = 0.0;
    while power + 2 <= freedom {
        sum += term;
        term *= cosine * cosine * (power + 1) as f64 / (power + 2) as f64;
        power += 2;
    }
    if is_odd {
        FRAC_2_PI * (angle + sine * sum)
    } else {
        sine * sum
    }
}

#[cfg(test)]
mod tests {
    use super::two_sided;

    #[test]
    fn t_is_as_in_the_tables() {
        for (probability, freedom, table) in [
            (0.95, 1, 12.706),
            (0.95, 2, 4.303),
            (0.95, 3, 3.182),
            (0.95, 5, 2.571),
            (0.95, 10, 2.228),
            (0.95, 30, 2.042),
            (0.95, 1_000, 1.962),
            (0.99, 4, 4.604),
            (0.99, 5, 4.032),
            (0.998, 5, 5.893),
            (0.6, 5, 0.920),
        ] {
            let t = two_sided(probability, freedom);
            assert!(
                (t - table).abs() < 6e-4,
                "{probability} with {freedom}: {t}"
            );
        }
    }
}
