//! What the crowd writes down: eight bytes a delivery, twelve at a probe, in the order of the stream. Not for judging: that is the
//! ledger.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::clock::Micros;

/// One event of this run, as one subscriber received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Index into [`crate::plan::Plan::publications`].
    pub publication: u32,
    /// R − I in the lower 31 bits, and whether `data` was damaged in the highest.
    packed: u32,
}

const CORRUPT: u32 = 1 << 31;

impl Receipt {
    /// A whole event, received `latency_us` (R − I) after its planned instant. Above 35 minutes it is recorded as 35 minutes.
    pub fn whole(publication: u32, latency_us: u64) -> Self {
        Self {
            publication,
            packed: u32::try_from(latency_us).map_or(CORRUPT - 1, |us| us.min(CORRUPT - 1)),
        }
    }

    /// An event whose `data` was damaged, but whose stamp is whole.
    pub fn corrupt(publication: u32, latency_us: u64) -> Self {
        let whole = Self::whole(publication, latency_us);
        Self {
            packed: whole.packed | CORRUPT,
            ..whole
        }
    }

    /// R − I, in microseconds.
    pub fn latency_us(self) -> u64 {
        u64::from(self.packed & !CORRUPT)
    }

    /// Whether `data` was damaged on the way.
    pub fn is_corrupt(self) -> bool {
        self.packed & CORRUPT != 0
    }
}

/// R − K of one receipt at a probe, where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadLag(u32);

impl ReadLag {
    /// Another event of the same read followed, or the kernel gave no stamp.
    pub const UNKNOWN: Self = Self(u32::MAX);

    /// Above 71 minutes it is recorded as 71 minutes.
    pub fn of_us(read_lag_us: u64) -> Self {
        Self(u32::try_from(read_lag_us).map_or(u32::MAX - 1, |us| us.min(u32::MAX - 1)))
    }

    /// In microseconds.
    pub fn us(self) -> Option<u64> {
        (self != Self::UNKNOWN).then_some(u64::from(self.0))
    }
}

/// One stream of a subscriber: the first, or one after a reconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRecord {
    /// When its response head was read.
    pub opened_at: Micros,
    /// When it ended before its subscriber meant it to; none when it lasted until then.
    pub broke_at: Option<Micros>,
    /// Whether that was our doing, since the scenario says so.
    pub was_dropped: bool,
    /// How many receipts the subscriber had before it.
    pub first_receipt: u32,
}

/// Everything that one subscriber saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriberRecord {
    /// From the planned instant until TCP was connected, in microseconds; none when it never was.
    pub connect_us: Option<u64>,
    /// From the planned instant until the response head was read, in microseconds; none when it never was.
    pub head_us: Option<u64>,
    /// From the planned instant until the first event of this run, in microseconds; none when none came.
    pub first_event_us: Option<u64>,
    /// In order; empty when it never connected.
    pub streams: Vec<StreamRecord>,
    /// In the order of receipt.
    pub receipts: Vec<Receipt>,
    /// For a probe, R − K of each receipt, in the same order. Empty for all others.
    pub read_lags: Vec<ReadLag>,
    /// When it left by plan.
    pub left_at: Option<Micros>,
    /// Why it is not connected at the end; none when it is, or has left by plan.
    pub failure: Option<Failure>,
}

impl SubscriberRecord {
    /// The receipts of each stream.
    pub fn receipts_by_stream(&self) -> impl Iterator<Item = &[Receipt]> {
        let ends = self
            .streams
            .iter()
            .skip(1)
            .map(|stream| stream.first_receipt as usize);
        let ends = ends.chain([self.receipts.len()]);
        self.streams
            .iter()
            .zip(ends)
            .map(|(stream, end)| &self.receipts[stream.first_receipt as usize..end])
    }

    /// Notes R − K for the last of the receipts after the first `before`, which one read brought; that of the others is not known.
    pub(crate) fn stamp_last(&mut self, before: usize, read_lag: ReadLag) {
        if self.receipts.len() > before {
            self.read_lags
                .resize(self.receipts.len() - 1, ReadLag::UNKNOWN);
            self.read_lags.push(read_lag);
        }
    }

    /// How long each reconnect took, from the break until the next response head, in microseconds.
    pub fn reconnect_gaps_us(&self) -> impl Iterator<Item = u64> {
        self.streams.windows(2).filter_map(|pair| {
            let broke_at = pair[0].broke_at?;
            Some(pair[1].opened_at.micros_since(broke_at))
        })
    }
}

/// An event that is not a whole update of this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddity {
    /// Index into [`crate::plan::Plan::subscribers`].
    pub subscriber: u32,
    /// When it was received.
    pub at: Micros,
}

/// What the whole crowd, the probes included, saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrowdRecord {
    /// In the order of [`crate::plan::Plan::subscribers`].
    pub subscribers: Vec<SubscriberRecord>,
    /// Stamped events too damaged to say which update they were; the first of them, see `unattributed`.
    pub unattributed_named: Vec<Oddity>,
    /// How many of those there were.
    pub unattributed: u64,
    /// How many events carried no stamp of this run, such as those of other publishers on the same topics.
    pub foreign: u64,
    /// When the crowd stopped reading.
    pub ended_at: Micros,
}

/// What a part of the crowd saw: a thread's share, or some of it on its way from another process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CrowdPart {
    /// By their place in the plan.
    pub(crate) subscribers: Vec<(u32, SubscriberRecord)>,
    pub(crate) unattributed_named: Vec<Oddity>,
    pub(crate) unattributed: u64,
    pub(crate) foreign: u64,
    pub(crate) ended_at: Micros,
}

impl CrowdRecord {
    /// Of nobody yet.
    pub(crate) fn of(subscribers: usize) -> Self {
        Self {
            subscribers: vec![SubscriberRecord::default(); subscribers],
            ..Self::default()
        }
    }

    /// Takes a part in; parts are of different subscribers, and come in any order.
    pub(crate) fn add(&mut self, part: CrowdPart) {
        for (index, subscriber) in part.subscribers {
            self.subscribers[index as usize] = subscriber;
        }
        self.unattributed_named.extend(part.unattributed_named);
        self.unattributed += part.unattributed;
        self.foreign += part.foreign;
        self.ended_at = self.ended_at.max(part.ended_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_keeps_its_latency_up_to_the_bound() {
        for (latency_us, kept) in [
            (0, 0),
            (61, 61),
            (60_000_000, 60_000_000),
            (1 << 31, (1 << 31) - 1),
            (u64::MAX, (1 << 31) - 1),
        ] {
            let whole = Receipt::whole(7, latency_us);
            let corrupt = Receipt::corrupt(7, latency_us);
            assert_eq!((whole.latency_us(), whole.is_corrupt()), (kept, false));
            assert_eq!((corrupt.latency_us(), corrupt.is_corrupt()), (kept, true));
        }
        assert_eq!(size_of::<Receipt>(), 8);
    }

    #[test]
    fn receipts_are_cut_where_streams_begin() {
        let stream = |first_receipt, opened, broke: Option<u64>| StreamRecord {
            opened_at: Micros(opened),
            broke_at: broke.map(Micros),
            was_dropped: false,
            first_receipt,
        };
        let record = SubscriberRecord {
            streams: vec![
                stream(0, 10, Some(50)),
                stream(2, 80, Some(90)),
                stream(2, 95, None),
            ],
            receipts: (0..5)
                .map(|publication| Receipt::whole(publication, 1))
                .collect(),
            ..SubscriberRecord::default()
        };
        let lengths: Vec<usize> = record.receipts_by_stream().map(<[_]>::len).collect();
        assert_eq!(lengths, [2, 0, 3]);
        assert_eq!(record.reconnect_gaps_us().collect::<Vec<_>>(), [30, 5]);
        assert_eq!(SubscriberRecord::default().receipts_by_stream().count(), 0);
    }
}
