//! A hub of a hundred lines that does fan out over HTTP/1.1, in dialect 1.0 and without tokens, and that can be told to misbehave:
//! whoever starts it may bring what delivers.
//!
//! One thread writes to all subscribers; the connections' own threads hand over to it and share no lock, on which they would queue up
//! when the machine is busy.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use assay_client::{Dialect, Endpoint, EndpointOptions};
use assay_load::hub_process::HubGauge;
use assay_load::target::{SubscriberTokens, Target};
use url::form_urlencoded;

/// A hub on a free port of 127.0.0.1.
pub(crate) struct FanOutHub {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Every connection, for dying.
    connections: Mutex<Vec<TcpStream>>,
    /// Held while the hub is paused: publishes then wait, connections do not.
    paused: Mutex<()>,
    /// What publishes are answered with; 0 stands for 200.
    publish_status: AtomicU16,
    /// What subscriptions are answered with; 0 stands for 200.
    subscribe_status: AtomicU16,
    dead: AtomicBool,
    /// Publishes taken so far.
    published: AtomicU64,
    /// The publish of this number is taken and fanned out to nobody.
    forgotten: AtomicU64,
}

/// What is done with each update, one after the other; a publish is answered when that has returned.
pub(crate) trait Deliver: Send + 'static {
    fn deliver(&mut self, update: &Update, subscribers: &mut [Subscriber]);
}

/// One who hears.
pub(crate) struct Subscriber {
    pub(crate) topics: Vec<String>,
    pub(crate) stream: TcpStream,
}

/// What was published.
pub(crate) struct Update {
    /// From 0 with the preflight's.
    pub(crate) number: u64,
    pub(crate) topic: String,
    pub(crate) data: String,
}

impl Update {
    /// As it stands on a stream.
    pub(crate) fn event(&self) -> String {
        format!("id: {}\ndata: {}\n\n", self.number, self.data)
    }
}

impl Subscriber {
    /// Whoever is gone hears nothing.
    pub(crate) fn write(&mut self, event: &str) {
        let _ = self.stream.write_all(event.as_bytes());
    }
}

/// Everyone gets what they follow, at once.
struct Faithfully;

impl Deliver for Faithfully {
    fn deliver(&mut self, update: &Update, subscribers: &mut [Subscriber]) {
        let event = update.event();
        for subscriber in subscribers {
            if subscriber.topics.contains(&update.topic) {
                subscriber.write(&event);
            }
        }
    }
}

impl FanOutHub {
    pub(crate) fn start() -> Self {
        Self::delivering(Faithfully)
    }

    pub(crate) fn delivering(deliver: impl Deliver) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        state.forgotten.store(u64::MAX, Relaxed);
        let (orders, received) = mpsc::channel();
        std::thread::spawn(move || fan_out(deliver, &received));
        let accepting = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                // The connection that tells of the death is the last one.
                if accepting.dead.load(Relaxed) {
                    return;
                }
                let (state, orders) = (Arc::clone(&accepting), orders.clone());
                lock(&state.connections).push(stream.try_clone().unwrap());
                std::thread::spawn(move || serve(&state, &orders, stream));
            }
        });
        Self { address, state }
    }

    pub(crate) fn target(&self) -> Target {
        target(&format!("http://{}/.well-known/mercure", self.address))
    }

    pub(crate) fn answer_publishes_with(&self, status: u16) {
        self.state.publish_status.store(status, Relaxed);
    }

    pub(crate) fn answer_subscriptions_with(&self, status: u16) {
        self.state.subscribe_status.store(status, Relaxed);
    }

    /// Takes the publish of this number, from 0 with the preflight's, and gives it to nobody.
    pub(crate) fn forget(&self, number: u64) {
        self.state.forgotten.store(number, Relaxed);
    }

    /// Publishes wait until the guard is dropped.
    pub(crate) fn pause(&self) -> MutexGuard<'_, ()> {
        lock(&self.state.paused)
    }

    /// Closes every connection and accepts no more.
    pub(crate) fn die(&self) {
        self.state.dead.store(true, Relaxed);
        let _ = TcpStream::connect(self.address);
        for connection in lock(&self.state.connections).iter() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

/// A target in dialect 1.0 without tokens.
pub(crate) fn target(url: &str) -> Target {
    Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(url.parse().unwrap())).unwrap(),
        dialect: Dialect::V1,
        publisher_token: None,
        subscriber_tokens: SubscriberTokens::Anonymous,
        hub_gauge: HubGauge::default(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread that writes to subscribers is to do.
enum Order {
    /// Open the stream of a subscriber of these topics.
    Subscribe(Vec<String>, TcpStream),
    /// Send this to all subscribers of the topic, and say when that is done.
    Publish(Update, mpsc::Sender<()>),
}

fn fan_out(mut deliver: impl Deliver, orders: &mpsc::Receiver<Order>) {
    let mut subscribers: Vec<Subscriber> = Vec::new();
    for order in orders {
        match order {
            Order::Subscribe(topics, mut stream) => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:\n";
                if stream.write_all(head.as_bytes()).is_ok() {
                    subscribers.push(Subscriber { topics, stream });
                }
            }
            Order::Publish(update, done) => {
                deliver.deliver(&update, &mut subscribers);
                let _ = done.send(());
            }
        }
    }
}

/// Answers requests until the peer goes; a subscriber's connection is left to the publishes.
fn serve(state: &State, orders: &mpsc::Sender<Order>, stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = read_request(&mut stream) {
        let target = head.split(' ').nth(1).unwrap_or_default();
        if head.starts_with("GET") {
            subscribe(state, orders, target, stream.into_inner());
            return;
        }
        let answer = publish(state, orders, &body);
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn subscribe(state: &State, orders: &mpsc::Sender<Order>, target: &str, mut stream: TcpStream) {
    let status = state.subscribe_status.load(Relaxed);
    if status != 0 {
        let _ = stream.write_all(refusal(status).as_bytes());
        return;
    }
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let topics = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "match")
        .map(|(_, topic)| topic.into_owned())
        .collect();
    orders.send(Order::Subscribe(topics, stream)).unwrap();
}

fn publish(state: &State, orders: &mpsc::Sender<Order>, body: &[u8]) -> String {
    let status = state.publish_status.load(Relaxed);
    if status != 0 {
        return refusal(status);
    }
    drop(lock(&state.paused));
    let number = state.published.fetch_add(1, Relaxed);
    let field = |wanted: &str| {
        let mut fields = form_urlencoded::parse(body);
        fields
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let (topic, data) = (field("topic").unwrap(), field("data").unwrap());
    if number != state.forgotten.load(Relaxed) {
        let update = Update {
            number,
            topic,
            data,
        };
        let (done, is_done) = mpsc::channel();
        orders.send(Order::Publish(update, done)).unwrap();
        is_done.recv().unwrap();
    }
    let id = number.to_string();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{id}",
        id.len()
    )
}

fn refusal(status: u16) -> String {
    format!("HTTP/1.1 {status} No\r\nWWW-Authenticate: Bearer\r\nContent-Length: 2\r\n\r\nno")
}

/// A head and as much body as it announces.
fn read_request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}
