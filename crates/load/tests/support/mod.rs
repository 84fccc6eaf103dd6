//! A hub on raw sockets that does exactly what a test says, and the plans that tests run against it.

#![allow(dead_code, reason = "each test binary uses its own part")]

use assay_client::{Dialect, Endpoint, EndpointOptions};
use assay_load::clock::{Clock, Micros};
use assay_load::hub_process::HubGauge;
use assay_load::plan::{
    Phase, PhaseKind, Plan, PlanParts, PlannedPublication, PlannedSubscriber, PlannedTopic,
};
use assay_load::record::{PublicationOutcome, PublicationRecord};
use assay_load::stamp::Stamp;
use assay_load::target::{SubscriberTokens, Target};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

/// How long a test waits for what must come, before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// The head of a stream that ends with its connection.
pub(crate) const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// The head of a chunked stream.
pub(crate) const CHUNKED_HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A listening socket and those who came.
pub(crate) struct ScriptedHub {
    pub(crate) address: SocketAddr,
    accepted: mpsc::Receiver<(String, TcpStream)>,
}

impl ScriptedHub {
    /// Listens on a free port and reads the request of each connection.
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (send, accepted) = mpsc::channel();
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                // Whoever hangs up without a request is no subscriber.
                let Some(request) = read_request(&mut stream) else {
                    continue;
                };
                if send.send((request, stream)).is_err() {
                    return;
                }
            }
        });
        Self { address, accepted }
    }

    /// The next subscriber: its request head and its connection.
    pub(crate) fn next(&self) -> (String, TcpStream) {
        self.accepted
            .recv_timeout(PATIENCE)
            .expect("a subscriber connects")
    }

    /// The next `count` subscribers, each answered with `head`.
    pub(crate) fn open(&self, count: usize, head: &str) -> Vec<TcpStream> {
        (0..count)
            .map(|_| {
                let (_, mut stream) = self.next();
                stream.set_nodelay(true).unwrap();
                stream.write_all(head.as_bytes()).unwrap();
                stream
            })
            .collect()
    }

    /// The target that this hub is.
    pub(crate) fn target(&self) -> Target {
        target(
            &format!("http://{}/.well-known/mercure", self.address),
            EndpointOptions::for_url,
        )
    }
}

/// A target in dialect 1.0 without tokens.
pub(crate) fn target(
    url: &str,
    options: impl FnOnce(assay_client::HubUrl) -> EndpointOptions,
) -> Target {
    Target {
        endpoint: Endpoint::new(options(url.parse().unwrap())).unwrap(),
        dialect: Dialect::V1,
        publisher_token: None,
        subscriber_tokens: SubscriberTokens::Anonymous,
        hub_gauge: HubGauge::default(),
    }
}

/// Reads until the blank line; none when the peer closes before.
pub(crate) fn read_request(stream: &mut impl Read) -> Option<String> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
    }
    String::from_utf8(request).ok()
}

/// One subscriber a line of `topics`; publications of topic and instant, on one publisher, 300 bytes each, all measured.
pub(crate) fn plan(topics: usize, subscribers: &[&[u32]], publications: &[(u32, Micros)]) -> Plan {
    let end = Micros(60_000_000);
    Plan::new(PlanParts {
        run_id: 0x00a5_5a17,
        seed: 1,
        phases: vec![Phase {
            name: "measure".to_owned(),
            kind: PhaseKind::Measure,
            start: Micros::ZERO,
            end,
        }],
        topics: (0..topics)
            .map(|topic| PlannedTopic {
                iri: format!("https://example.com/matches/{topic}?a b"),
                private: false,
            })
            .collect(),
        subscribers: subscribers
            .iter()
            .map(|topics| PlannedSubscriber::of(topics))
            .collect(),
        publications: publications
            .iter()
            .map(|&(topic, at)| PlannedPublication {
                publisher: 0,
                sequence: 0,
                topic,
                at,
                phase: PhaseKind::Measure,
                payload_bytes: 300,
                author: None,
            })
            .collect(),
        publishers: 1,
        patterns: Vec::new(),
        faults: Vec::new(),
        late_after: Duration::from_secs(1),
        drain_deadline: end,
    })
}

/// The plan with so much time for each delivery that none is late, however busy the machine is.
pub(crate) fn unhurried(mut plan: Plan) -> Plan {
    plan.late_after = Duration::from_mins(1);
    plan
}

/// The `data` of a planned publication.
pub(crate) fn data(plan: &Plan, publication: u32) -> String {
    let planned = &plan.publications[publication as usize];
    let stamp = Stamp {
        run_id: plan.run_id,
        publisher: planned.publisher,
        sequence: planned.sequence,
        planned_at: planned.at,
    };
    let mut data = Vec::new();
    stamp.write(&mut data, planned.payload_bytes as usize);
    String::from_utf8(data).unwrap()
}

/// The event of a planned publication; its id is its index.
pub(crate) fn event(plan: &Plan, publication: u32) -> String {
    format!("id: {publication}\ndata: {}\n\n", data(plan, publication))
}

/// Records of publishes that were sent and answered as planned.
pub(crate) fn accepted(plan: &Plan) -> Vec<PublicationRecord> {
    (0_u32..)
        .zip(&plan.publications)
        .map(|(publication, planned)| PublicationRecord {
            publication,
            sent_at: Some(planned.at),
            answered_at: Some(planned.at),
            outcome: PublicationOutcome::Accepted,
        })
        .collect()
}

/// Waits until `done`, and fails the test when that takes too long.
pub(crate) fn wait_until(clock: &Clock, what: &str, mut done: impl FnMut() -> bool) {
    let deadline = clock.now().plus(PATIENCE);
    while !done() {
        assert!(clock.now() < deadline, "timed out: {what}");
        std::thread::yield_now();
    }
}
