//! What publishers did and were told, and whether a log keeps to it: nothing acknowledged is missing, nothing is there twice, and
//! what was acknowledged before another was sent stands before it.

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::peer::{Answer, Publisher};

/// An update that was sent.
#[derive(Clone, Copy)]
struct Sent {
    /// When, among all that was sent and answered.
    sent_at: usize,
    end: End,
}

/// What became of it, as far as its publisher was told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Acknowledged {
        at: usize,
    },
    Refused,
    /// There was no answer: the log may have it or not.
    Unknown,
}

/// All that publishers did and were told.
#[derive(Default)]
pub(crate) struct Book {
    moment: AtomicUsize,
    acknowledged: AtomicUsize,
    sent: Mutex<HashMap<String, Sent>>,
}

impl Book {
    /// Publishes, and writes down what came of it.
    pub(crate) fn publish(
        &self,
        publisher: &mut Publisher<'_>,
        id: String,
        data: &str,
    ) -> io::Result<Answer> {
        let sent_at = self.now();
        let answer = publisher.publish(&id, data);
        let end = match &answer {
            Ok(answer) if answer.status == 200 => {
                self.acknowledged.fetch_add(1, Ordering::SeqCst);
                End::Acknowledged { at: self.now() }
            }
            Ok(_) => End::Refused,
            Err(_) => End::Unknown,
        };
        self.sent.lock().unwrap().insert(id, Sent { sent_at, end });
        answer
    }

    fn now(&self) -> usize {
        self.moment.fetch_add(1, Ordering::SeqCst)
    }

    /// How many updates were sent.
    pub(crate) fn sent(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// How many of them were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Holds a log, the oldest first, against what publishers were told.
    pub(crate) fn check(&self, log: &[String]) {
        let sent = self.sent.lock().unwrap();
        let places: HashMap<&String, usize> = log.iter().zip(0..).collect();
        assert_eq!(places.len(), log.len(), "none twice");
        for (id, one) in sent.iter() {
            match (one.end, places.contains_key(id)) {
                (End::Acknowledged { .. }, is_there) => assert!(is_there, "{id} is lost"),
                (End::Refused, is_there) => assert!(!is_there, "{id} was refused, and is there"),
                (End::Unknown, _) => {}
            }
        }
        let mut earliest = usize::MAX;
        for id in log.iter().rev() {
            let one = sent[id];
            assert!(
                earliest >= one.sent_at,
                "{id} stands before what was acknowledged before it"
            );
            if let End::Acknowledged { at } = one.end {
                earliest = earliest.min(at);
            }
        }
    }
}
