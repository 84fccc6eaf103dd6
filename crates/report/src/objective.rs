//! How objectives are spoken of. Not for judging them: the document says how they ended.

use assay_results::{SloLevel, SloObserved, SloVerdict};

use crate::number::{grouped, quantile};

pub(crate) const fn slo_verdict(verdict: SloVerdict) -> &'static str {
    match verdict {
        SloVerdict::Met => "met",
        SloVerdict::Missed => "missed",
        SloVerdict::Undecided => "undecided",
    }
}

pub(crate) const fn slo_level(level: SloLevel) -> &'static str {
    match level {
        SloLevel::Must => "must",
        SloLevel::Should => "should",
    }
}

pub(crate) fn slo_observed(observed: SloObserved) -> String {
    match observed {
        SloObserved::LatencyUs(value) => quantile(value),
        SloObserved::Count(count) => grouped(count),
        SloObserved::Percent(Some(percent)) => {
            // Three digits that say something, however small it is.
            let digits = (2.0 - percent.abs().max(1e-6).log10().floor()).clamp(0.0, 8.0);
            format!("{percent:.*}\u{a0}%", digits as usize)
        }
        SloObserved::Percent(None) => "nothing".to_owned(),
    }
}
