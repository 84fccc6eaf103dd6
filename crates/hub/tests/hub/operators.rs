//! What operators and their tools ask: health, and numbers on a listener of their own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Waker;

use assay_hub::{HubOptions, Server, bind};
use assay_hub_core::history::{
    Clock, History, HistoryBounds, HistoryError, MemoryHistory, Outcome, Overrun, Position, Read,
    Resumed, Ticket,
};
use assay_hub_core::{LastEventId, Sign, Update};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Log, RunningHub, open_hub, soon, start_server, written};

async fn get(address: SocketAddr, path: &str) -> String {
    let mut peer = soon(TcpStream::connect(address)).await.expect("it accepts");
    let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    peer.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    soon(peer.read_to_string(&mut answer))
        .await
        .expect("an answer");
    answer
}

/// A hub with a listener for operators, and its address.
fn with_operators(options: &HubOptions) -> (RunningHub, SocketAddr) {
    let (config, _) = options.check().expect("right options");
    let history = config.open_history().expect("a history");
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = Server::new(config, history).with_operators(listener);
    (start_server(server), address)
}

#[tokio::test]
async fn health_is_told_to_strangers_and_operators() {
    let (mut hub, operators) = with_operators(&open_hub());
    for address in [hub.address, operators] {
        for (path, body) in [
            ("/healthz", "ok\n"),
            ("/health/live", "{\"status\":\"live\"}\n"),
            ("/health/ready", "{\"status\":\"ready\"}\n"),
        ] {
            let answer = get(address, path).await;
            assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
            assert!(answer.ends_with(body), "{path}: {answer}");
        }
    }
    assert!(get(operators, "/").await.starts_with("HTTP/1.1 404 "));
    let numbers = get(hub.address, "/metrics").await;
    assert!(numbers.starts_with("HTTP/1.1 404 "), "{numbers}");
    hub.stop();
    hub.stopped().await.expect("drained");
}

#[tokio::test]
async fn numbers_are_counted() {
    let (hub, operators) = with_operators(&HubOptions {
        stream_threads: Some(written("stream-threads", "1")),
        ..open_hub()
    });
    let token = hub.token();
    let mut streams = Vec::new();
    for _ in 0..2 {
        streams.push(hub.subscribe("match=secret-topic", "").await);
    }
    for data in ["1", "2", "3"] {
        let form = format!("topic=secret-topic&data={data}");
        assert_eq!(hub.publish(&token, &form).await.status, 200);
        for stream in &mut streams {
            assert_eq!(stream.next_data().await, data);
        }
    }
    let mut late = hub
        .subscribe("match=secret-topic&last_event_id=earliest", "")
        .await;
    assert_eq!(late.next_data().await, "1");
    assert_eq!(hub.publish("wrong", "topic=a").await.status, 401);
    drop(streams);
    // The hub sees them leave in its own time.
    let page = loop {
        let page = get(operators, "/metrics").await;
        if page.contains("assay_hub_subscribers 1\n") {
            break page;
        }
    };
    for line in [
        "assay_hub_updates_published_total 3",
        "assay_hub_deliveries_total 6",
        "assay_hub_updates_replayed_total 3",
        "assay_hub_queue_high_water 0",
        "assay_hub_history_updates 3",
        "assay_hub_streams_closed_total{reason=\"stream.connection-gone\"} 2",
        "assay_hub_refusals_total{reason=\"token.malformed\"} 1",
        "assay_hub_fan_out_seconds_bucket{le=\"+Inf\"} 3",
        "assay_hub_publish_seconds_count 3",
        "# TYPE assay_hub_fan_out_seconds histogram",
        "# TYPE process_resident_memory_bytes gauge",
        "# TYPE process_max_fds gauge",
    ] {
        assert!(
            page.lines().any(|found| found == line),
            "{line:?} is not in {page}"
        );
    }
    assert!(!page.contains("secret-topic"), "{page}");
}

/// A history that hangs while it takes an update, as on a disk that does not answer, until it is told what to do with it; or while
/// it stores one, as a thread of its own that stands still.
struct Hanging {
    memory: MemoryHistory,
    go_on: Mutex<mpsc::Receiver<Taken>>,
    store: Arc<HangingStore>,
}

/// What is to become of an update: it is taken, or refused.
type Taken = Result<(), HistoryError>;

#[derive(Default)]
struct HangingStore {
    hangs: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl HangingStore {
    fn go_on(&self) {
        self.hangs.store(false, Relaxed);
        let waker = self.waker.lock().expect("nobody panics with it").take();
        waker.expect("a hub that waits").wake();
    }
}

impl Hanging {
    fn new(store: Arc<HangingStore>) -> (Box<Self>, mpsc::Sender<Taken>) {
        let (go, go_on) = mpsc::channel();
        let clock = Clock::new(|| std::time::Duration::ZERO);
        let history = Self {
            memory: MemoryHistory::new(HistoryBounds::MEMORY, clock),
            go_on: Mutex::new(go_on),
            store,
        };
        (Box::new(history), go)
    }
}

impl History for Hanging {
    fn submit(&mut self, batch: Vec<Arc<Update>>) -> Result<Ticket, HistoryError> {
        let go_on = self.go_on.get_mut().expect("nobody panics with it");
        go_on.recv().expect("told to go on")?;
        self.memory.submit(batch)
    }

    fn send_sign(&mut self, sign: Sign) {
        self.memory.send_sign(sign);
    }

    fn next_outcome(&mut self) -> Option<Outcome> {
        let hangs = self.store.hangs.load(Relaxed);
        (!hangs).then(|| self.memory.next_outcome())?
    }

    fn notify(&mut self, waker: Waker) {
        let mut told = self.store.waker.lock().expect("nobody panics with it");
        *told = Some(waker);
    }

    fn resume(&mut self, cursor: &LastEventId) -> Resumed {
        self.memory.resume(cursor)
    }

    fn end(&self) -> Position {
        self.memory.end()
    }

    fn read(&self, from: Position, batch: &mut Vec<Arc<Update>>) -> Result<Read, Overrun> {
        self.memory.read(from, batch)
    }
}

/// Asks until it is answered like this.
async fn until_ready_says(address: SocketAddr, status: &str, word: &str) {
    let end = format!("{{\"status\":\"{word}\"}}\n");
    let answer = loop {
        let answer = get(address, "/health/ready").await;
        if answer.ends_with(&end) {
            break answer;
        }
    };
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hub_that_hands_nothing_on_is_alive_and_not_ready() {
    let (config, _) = open_hub().check().expect("right options");
    let (history, go) = Hanging::new(Arc::default());
    let hub = Arc::new(start_server(Server::new(config, history)));
    let publisher = {
        let hub = Arc::clone(&hub);
        tokio::spawn(async move { hub.publish(&hub.token(), "topic=a").await.status })
    };
    until_ready_says(hub.address, "503", "stalled").await;
    let alive = get(hub.address, "/health/live").await;
    assert!(alive.starts_with("HTTP/1.1 200 "), "{alive}");
    go.send(Ok(())).expect("it waits");
    until_ready_says(hub.address, "200", "ready").await;
    assert_eq!(soon(publisher).await.expect("no panic"), 200);
}

/// The lock of the hub is free, and all that is asked of the history is answered at once.
#[tokio::test]
async fn a_hub_whose_history_stores_nothing_is_not_ready() {
    let (config, _) = open_hub().check().expect("right options");
    let store = Arc::<HangingStore>::default();
    let (history, _go) = Hanging::new(Arc::clone(&store));
    let hub = start_server(Server::new(config, history));
    until_ready_says(hub.address, "200", "ready").await;
    store.hangs.store(true, Relaxed);
    until_ready_says(hub.address, "503", "stalled").await;
    store.go_on();
    until_ready_says(hub.address, "200", "ready").await;
}

/// The log says why; the publisher only what it can do about it.
#[tokio::test]
async fn what_the_history_does_not_take_is_refused_with_a_reason() {
    let log = Log::capture();
    let (config, _) = open_hub().check().expect("right options");
    let (history, go) = Hanging::new(Arc::default());
    let hub = start_server(Server::new(config, history));
    let mut subscriber = hub.subscribe("match=a", "").await;
    for (error, status, reason) in [
        (HistoryError::Busy, 503, "publish.overloaded"),
        (
            HistoryError::NoSpace("/secret/path".to_owned()),
            507,
            "publish.no-space",
        ),
        (
            HistoryError::Storage("/secret/path".to_owned()),
            503,
            "publish.not-stored",
        ),
    ] {
        go.send(Err(error)).expect("a hub");
        let refused = hub.publish(&hub.token(), "topic=a&data=refused").await;
        assert_eq!(
            (refused.status, refused.field("retry-after")),
            (status, Some("5"))
        );
        assert!(!refused.body.contains("secret"), "{}", refused.body);
        log.until(&format!("reason={reason} status={status}")).await;
    }
    // Nobody got any of it, and it goes on.
    go.send(Ok(())).expect("a hub");
    let taken = hub.publish(&hub.token(), "topic=a&data=taken").await;
    assert_eq!(taken.status, 200);
    assert_eq!(subscriber.next_data().await, "taken");
}
