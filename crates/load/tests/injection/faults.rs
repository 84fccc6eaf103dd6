//! Which deliveries a hub gets wrong, and how: drawn from a plan by a seed, played by a hub on sockets or put into records.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use assay_load::crowd::{Receipt, StreamRecord, SubscriberRecord};
use assay_load::plan::{PhaseKind, Plan};
use assay_results::WrongKind;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::fan_out_hub::{Deliver, Subscriber, Update};
use crate::published;

/// Between two faults at one subscriber so many updates of its topic are left alone, so that neither explains the other.
const APART: usize = 3;

/// Wrong deliveries by subscriber and publication. A reordered one comes after the next update of its topic.
pub(crate) struct Faults {
    kinds: HashMap<(u32, u32), WrongKind>,
}

/// A wrong delivery as a report names it: kind, subscriber, publisher, sequence.
pub(crate) type Name = (WrongKind, u32, u16, u32);

impl Faults {
    /// So many of each kind among the measured deliveries, spread at random.
    pub(crate) fn drawn(plan: &Plan, each: usize, seed: u64) -> Self {
        let mut faults = Self {
            kinds: HashMap::new(),
        };
        let mut rng = StdRng::seed_from_u64(seed);
        let measured: Vec<u32> = (0..plan.publications.len() as u32)
            .filter(|&update| is_measured(plan, update))
            .collect();
        for kind in WrongKind::ALL {
            let mut left = each;
            while left > 0 {
                let publication = measured[rng.random_range(0..measured.len())];
                let subscriber = rng.random_range(0..plan.subscribers.len() as u32);
                if faults.has_room(plan, kind, subscriber, publication) {
                    faults.kinds.insert((subscriber, publication), kind);
                    left -= 1;
                }
            }
        }
        faults
    }

    /// From its `share` of the measured updates on, everything is lost at each of these subscribers, the last update at least: the
    /// connection is dead, and nobody was told.
    pub(crate) fn silence(plan: &Plan, subscribers: &[(u32, f64)]) -> Self {
        let of_one = |&(subscriber, share): &(u32, f64)| {
            let follows = &plan.subscribers[subscriber as usize].topics;
            let updates: Vec<u32> = (0..plan.publications.len() as u32)
                .filter(|&update| is_measured(plan, update))
                .filter(|&update| follows.contains(&plan.publications[update as usize].topic))
                .collect();
            let begin = ((updates.len() as f64 * share) as usize).min(updates.len() - 1);
            let lost = updates.into_iter().skip(begin);
            lost.map(move |update| ((subscriber, update), WrongKind::Lost))
        };
        Self {
            kinds: subscribers.iter().flat_map(of_one).collect(),
        }
    }

    fn has_room(&self, plan: &Plan, kind: WrongKind, subscriber: u32, publication: u32) -> bool {
        let topic = plan.publications[publication as usize].topic;
        let follows = plan.subscribers[subscriber as usize]
            .topics
            .contains(&topic);
        let updates = plan.updates_of(topic);
        let place = updates.partition_point(|&update| update < publication);
        let around = place.saturating_sub(APART)..updates.len().min(place + APART + 1);
        let has_next = place + APART < updates.len();
        let is_alone = around
            .clone()
            .all(|place| !self.kinds.contains_key(&(subscriber, updates[place])));
        follows == (kind != WrongKind::Leaked) && has_next && is_alone
    }

    pub(crate) fn of(&self, subscriber: u32, publication: u32) -> Option<WrongKind> {
        self.kinds.get(&(subscriber, publication)).copied()
    }

    pub(crate) fn names(&self, plan: &Plan) -> BTreeSet<Name> {
        let name = |(&(subscriber, publication), &kind): (&(u32, u32), &WrongKind)| {
            let update = &plan.publications[publication as usize];
            (kind, subscriber, update.publisher, update.sequence)
        };
        self.kinds.iter().map(name).collect()
    }

    /// What a subscriber writes down when these faults, and no others, befall it.
    pub(crate) fn record(&self, plan: &Plan, subscriber: u32) -> SubscriberRecord {
        let planned = &plan.subscribers[subscriber as usize];
        let mut receipts = Vec::new();
        let mut held: Option<Receipt> = None;
        for publication in 0..plan.publications.len() as u32 {
            let follows = planned
                .topics
                .contains(&plan.publications[publication as usize].topic);
            let kind = self.of(subscriber, publication);
            if !follows && kind.is_none() {
                continue;
            }
            let receipt = Receipt::whole(publication, 900);
            match kind {
                Some(WrongKind::Lost) => {}
                Some(WrongKind::Duplicate) => receipts.extend([receipt; 2]),
                Some(WrongKind::Corrupt) => receipts.push(Receipt::corrupt(publication, 900)),
                Some(WrongKind::Reordered) => held = Some(receipt),
                Some(WrongKind::Leaked) => receipts.push(receipt),
                None => {
                    receipts.push(receipt);
                    receipts.extend(held.take());
                }
            }
        }
        SubscriberRecord {
            connect_us: Some(100),
            head_us: Some(200),
            first_event_us: Some(300),
            streams: vec![StreamRecord {
                opened_at: planned.connect_at,
                broke_at: None,
                was_dropped: false,
                first_receipt: 0,
            }],
            receipts,
            ..SubscriberRecord::default()
        }
    }
}

pub(crate) fn is_measured(plan: &Plan, publication: u32) -> bool {
    plan.publications[publication as usize].phase == PhaseKind::Measure
}

/// The hub that does so. It knows its subscribers apart by the one topic that each has alone.
pub(crate) struct FaultyHub {
    plan: Arc<Plan>,
    faults: Arc<Faults>,
    by_own_topic: HashMap<String, u32>,
    /// By stream: whose it is.
    subscribers: Vec<Option<u32>>,
    /// By stream: what is to come after the next update.
    held: Vec<Option<String>>,
}

impl FaultyHub {
    pub(crate) fn new(plan: &Arc<Plan>, faults: &Arc<Faults>) -> Self {
        let mut followers = vec![Vec::new(); plan.topics.len()];
        for (subscriber, planned) in (0_u32..).zip(&plan.subscribers) {
            for &topic in &*planned.topics {
                followers[topic as usize].push(subscriber);
            }
        }
        let own = plan.topics.iter().zip(followers);
        Self {
            by_own_topic: own
                .filter(|(_, followers)| followers.len() == 1)
                .map(|(topic, followers)| (topic.iri.clone(), followers[0]))
                .collect(),
            plan: Arc::clone(plan),
            faults: Arc::clone(faults),
            subscribers: Vec::new(),
            held: Vec::new(),
        }
    }

    fn know(&mut self, subscribers: &[Subscriber]) {
        for new in &subscribers[self.subscribers.len()..] {
            let mut own = new.topics.iter();
            self.subscribers
                .push(own.find_map(|topic| self.by_own_topic.get(topic).copied()));
            self.held.push(None);
        }
    }
}

impl Deliver for FaultyHub {
    fn deliver(&mut self, update: &Update, subscribers: &mut [Subscriber]) {
        self.know(subscribers);
        let event = update.event();
        let publication = published(&self.plan, &update.data);
        for (place, stream) in subscribers.iter_mut().enumerate() {
            let kind = self.subscribers[place]
                .zip(publication)
                .and_then(|(subscriber, publication)| self.faults.of(subscriber, publication));
            match kind {
                Some(WrongKind::Duplicate) => {
                    stream.write(&event);
                    stream.write(&event);
                }
                // Its last byte: the stamp stays whole.
                Some(WrongKind::Corrupt) => {
                    stream.write(&format!("{}~\n\n", &event[..event.len() - 3]));
                }
                Some(WrongKind::Reordered) => self.held[place] = Some(event.clone()),
                Some(WrongKind::Leaked) => stream.write(&event),
                None if stream.topics.contains(&update.topic) => {
                    stream.write(&event);
                    if let Some(held) = self.held[place].take() {
                        stream.write(&held);
                    }
                }
                Some(WrongKind::Lost) | None => {}
            }
        }
    }
}
