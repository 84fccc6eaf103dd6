//! The plan that both readers and the hub know: one topic, everyone follows it, a frame of about 150 bytes.

use assay_load::clock::Micros;
use assay_load::plan::{
    Phase, PhaseKind, Plan, PlanParts, PlannedPublication, PlannedSubscriber, PlannedTopic,
};
use assay_load::stamp::Stamp;
use std::time::Duration;

/// So that a frame has 150 bytes, as in the figures of other readers.
const PAYLOAD_BYTES: u32 = 92;

pub(crate) fn plan(subscribers: usize, updates: usize) -> Plan {
    let end = Micros(3_600_000_000);
    Plan::new(PlanParts {
        run_id: 7,
        seed: 7,
        phases: vec![Phase {
            name: "measure".to_owned(),
            kind: PhaseKind::Measure,
            start: Micros::ZERO,
            end,
        }],
        topics: vec![PlannedTopic {
            iri: "https://example.com/matches/1".to_owned(),
            private: false,
        }],
        subscribers: vec![PlannedSubscriber::of(&[0]); subscribers],
        publications: vec![
            PlannedPublication {
                publisher: 0,
                sequence: 0,
                topic: 0,
                at: Micros::ZERO,
                phase: PhaseKind::Measure,
                payload_bytes: PAYLOAD_BYTES,
                author: None,
            };
            updates
        ],
        publishers: 1,
        patterns: Vec::new(),
        faults: Vec::new(),
        late_after: Duration::from_secs(1),
        drain_deadline: end,
    })
}

/// The event of a publication as it stands on the wire.
pub(crate) fn frame(plan: &Plan, publication: usize) -> Vec<u8> {
    let planned = &plan.publications[publication];
    let mut frame =
        format!("id: urn:uuid:00000000-0000-4000-8000-{publication:012x}\ndata: ").into_bytes();
    let stamp = Stamp {
        run_id: plan.run_id,
        publisher: planned.publisher,
        sequence: planned.sequence,
        planned_at: planned.at,
    };
    stamp.write(&mut frame, planned.payload_bytes as usize);
    frame.extend_from_slice(b"\n\n");
    frame
}
