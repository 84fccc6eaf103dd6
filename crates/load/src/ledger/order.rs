//! Which deliveries came in an order that the publishes did not have (measuring.md, "The ledger").
//!
//! Two rules, both within one topic. On one stream, a comes after b although a's answer was read before b's first byte was
//! written (`A_a < S_b`). Or two streams show the same two updates in opposite orders: then those deliveries are reordered that
//! differ from the order which most streams show, unless the publishes had that order themselves. Each finding rests on a pair that was really seen: none is inferred through
//! a third update.

use std::collections::HashSet;
use std::rc::Rc;

use super::usual_order::{Places, UsualOrder};
use crate::clock::Micros;
use crate::crowd::CrowdRecord;
use crate::plan::Plan;
use crate::record::PublicationRecord;

/// A delivery that came in the wrong order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reordered {
    /// Whose stream it was.
    pub(crate) subscriber: u32,
    /// Which update came too late in it.
    pub(crate) publication: u32,
    /// Which update it came after.
    pub(crate) after: u32,
}

/// The updates of one topic on one stream, in the order of receipt, each once. Streams that show the same share the list: with an
/// orderly hub that is nearly all of them.
#[derive(Debug)]
pub(super) struct Showing {
    pub(super) subscriber: u32,
    pub(super) updates: Rc<[u32]>,
}

/// All reordered deliveries, by topic, then by subscriber. Damaged ones have no part in it.
pub(crate) fn reordered(
    plan: &Plan,
    publications: &[PublicationRecord],
    crowd: &CrowdRecord,
) -> Vec<Reordered> {
    let mut exchanges = vec![Exchange::default(); plan.publications.len()];
    for record in publications {
        exchanges[record.publication as usize] = Exchange {
            sent_at: record.sent_at,
            answered_at: record.answered_at,
        };
    }
    let published_before = |first: u32, second: u32| {
        let answered_at = exchanges[first as usize].answered_at;
        answered_at.is_some() && answered_at < exchanges[second as usize].sent_at
    };
    let mut found = Vec::new();
    let mut places = Places::new(plan.publications.len());
    for showings in showings_by_topic(plan, crowd) {
        let mut usual = UsualOrder::of(&showings, &mut places);
        for showing in &showings {
            let mut latest = LatestSent::default();
            for (place, &publication) in showing.updates.iter().enumerate() {
                let exchange = exchanges[publication as usize];
                let after = latest
                    .sent_after(exchange)
                    .or_else(|| usual.contradicted_by(showing, place, published_before));
                if let Some(after) = after {
                    found.push(Reordered {
                        subscriber: showing.subscriber,
                        publication,
                        after,
                    });
                }
                latest.see(publication, exchange);
            }
        }
    }
    found
}

/// S and A of a publication, where known.
#[derive(Clone, Copy, Debug, Default)]
struct Exchange {
    sent_at: Option<Micros>,
    answered_at: Option<Micros>,
}

/// Of the updates seen so far on a stream, the one that was sent last.
#[derive(Debug, Default)]
struct LatestSent(Option<(Micros, u32)>);

impl LatestSent {
    /// The update before on this stream that was sent only after `exchange` was over.
    fn sent_after(&self, exchange: Exchange) -> Option<u32> {
        let (sent_at, publication) = self.0?;
        (exchange.answered_at? < sent_at).then_some(publication)
    }

    fn see(&mut self, publication: u32, exchange: Exchange) {
        if let Some(sent_at) = exchange.sent_at {
            self.0 = self.0.max(Some((sent_at, publication)));
        }
    }
}

fn showings_by_topic(plan: &Plan, crowd: &CrowdRecord) -> Vec<Vec<Showing>> {
    let mut by_topic: Vec<Topic> = plan.topics.iter().map(|_| Topic::default()).collect();
    // By publication: the stream that showed it last, so that its repeats there are skipped. 0 is no stream.
    let mut shown_on = vec![0_u32; plan.publications.len()];
    let mut stream = 0;
    // Topics that the present stream has shown.
    let mut shown = Vec::new();
    for (subscriber, record) in (0_u32..).zip(&crowd.subscribers) {
        for receipts in record.receipts_by_stream() {
            stream += 1;
            for receipt in receipts.iter().filter(|receipt| !receipt.is_corrupt()) {
                let publication = receipt.publication;
                if std::mem::replace(&mut shown_on[publication as usize], stream) == stream {
                    continue;
                }
                let topic = plan.publications[publication as usize].topic as usize;
                let present = &mut by_topic[topic].present;
                if present.is_empty() {
                    shown.push(topic);
                }
                present.push(publication);
            }
            for topic in shown.drain(..) {
                by_topic[topic].end_stream_of(subscriber);
            }
        }
    }
    by_topic.into_iter().map(|topic| topic.showings).collect()
}

/// What the streams seen so far show of one topic.
#[derive(Debug, Default)]
struct Topic {
    showings: Vec<Showing>,
    /// The different lists among them.
    distinct: HashSet<Rc<[u32]>>,
    /// Of the stream that is being looked at.
    present: Vec<u32>,
}

impl Topic {
    fn end_stream_of(&mut self, subscriber: u32) {
        let known = self.distinct.get(self.present.as_slice()).cloned();
        let updates = known.unwrap_or_else(|| {
            let new: Rc<[u32]> = self.present.as_slice().into();
            self.distinct.insert(Rc::clone(&new));
            new
        });
        self.present.clear();
        self.showings.push(Showing {
            subscriber,
            updates,
        });
    }
}
