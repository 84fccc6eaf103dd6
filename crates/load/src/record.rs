//! What became of each planned update on the publishers' side. Not for deliveries: those are the crowd's record.

use crate::clock::Micros;

/// One planned update, as its publisher saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicationRecord {
    /// Index into [`crate::plan::Plan::publications`].
    pub publication: u32,
    /// S: when the first byte of the request was written; none when it never was.
    pub sent_at: Option<Micros>,
    /// A: when the answer was read; none when none came.
    pub answered_at: Option<Micros>,
    /// What came of it.
    pub outcome: PublicationOutcome,
}

/// What came of an update that was to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicationOutcome {
    /// The hub answered 2xx: it is expected at each of its subscribers.
    Accepted,
    /// The hub answered otherwise: it is expected nowhere.
    Refused {
        /// The status of the answer.
        status: u16,
    },
    /// It was written, wholly or in part, and no answer came: whether the hub has it is unknown.
    Unanswered(String),
    /// Nothing of it was written, for the reason given: it is expected nowhere.
    NotSent(String),
}
