//! One subscriber comes and goes, and an observer looks on. Shared by the tables of both dialects.

use super::{Marked, document::Told, observer::Observer, subscription};
use crate::{accept::Observation, check::Findings, lab::Lab, stop::Stop};

/// What was told of each matcher of a subscriber.
pub(in crate::check) struct Lifecycle {
    /// While it was connected.
    pub(in crate::check) created: Vec<Vec<Told>>,
    /// After it was gone.
    pub(in crate::check) terminated: Vec<Vec<Told>>,
}

/// Opens a stream with these matchers, and closes it.
pub(in crate::check) async fn observe(
    lab: &Lab<'_>,
    marked: &[&Marked],
) -> Result<Lifecycle, Stop> {
    let mut observer = Observer::of_all(lab).await?;
    let stream = lab
        .opened(&subscription(lab, marked.iter().copied())?)
        .await?;
    let created = observer.about_each(marked).await?;
    drop(stream);
    let terminated = observer.about_each(marked).await?;
    Ok(Lifecycle {
        created,
        terminated,
    })
}

/// An event came about each subscription when it began.
pub(in crate::check) const CREATED: &str =
    "the observer receives an event about each subscription that begins";
/// An event came about each subscription when it ended.
pub(in crate::check) const TERMINATED: &str =
    "the observer receives an event about each subscription that ends";

fn all_told(told: &[Vec<Told>], fact: &'static str, what: &str) -> Observation {
    let missing = told.iter().filter(|told| told.is_empty()).count();
    if missing == 0 {
        return Observation::Fact(fact);
    }
    Observation::Other(format!(
        "of {} subscriptions of one stream that {what}, no event came about {missing}",
        told.len()
    ))
}

/// Three subscriptions of one stream begin.
pub(in crate::check) async fn created(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let marked = [Marked::plain(), Marked::url(), Marked::plain()];
    let lifecycle = observe(lab, &marked.each_ref()).await?;
    Ok(Findings::All(all_told(
        &lifecycle.created,
        CREATED,
        "began",
    )))
}

/// Three subscriptions of one stream end.
pub(in crate::check) async fn terminated(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let marked = [Marked::plain(), Marked::url(), Marked::plain()];
    let lifecycle = observe(lab, &marked.each_ref()).await?;
    Ok(Findings::All(all_told(
        &lifecycle.terminated,
        TERMINATED,
        "ended",
    )))
}
