//! A hub on a free port, a peer that writes raw bytes, tokens, and the log that the hub leaves.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use assay_hub::{HubOptions, Reload, ServeError, Server, Source, Written, bind};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The secret of both roles.
pub(crate) const SECRET: &str = "a secret of the tests, longer than thirty-two bytes";
/// The longest that anything here may take: reached only by a defect.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what has to happen.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future)
        .await
        .expect("it did not happen in time")
}

/// A setting as from the command line.
pub(crate) fn written(name: &'static str, value: &str) -> Written {
    Written::new(name, Source::Flag, value)
}

/// The options of most tests: both dialects, anonymous subscribers, one key.
pub(crate) fn open_hub() -> HubOptions {
    HubOptions {
        jwt_key: Some(written("jwt-key", SECRET)),
        dialects: Some(written("dialects", "1.0,0.x")),
        anonymous: true,
        ..HubOptions::default()
    }
}

/// A hub that serves until it is dropped or stopped.
pub(crate) struct RunningHub {
    pub(crate) address: SocketAddr,
    reload: Reload,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), ServeError>>,
}

/// Starts a hub on a free port.
pub(crate) fn start(options: &HubOptions) -> RunningHub {
    let (config, _) = options.check().expect("the options of a test are right");
    let history = config.open_history().expect("a history");
    start_server(Server::new(config, history))
}

/// Starts any hub on a free port.
pub(crate) fn start_server(server: Server) -> RunningHub {
    Log::init();
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = listener
        .local_addr()
        .expect("a bound listener has an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let reload = server.reload();
    let served = tokio::spawn(server.serve(listener, async {
        let _ = stopped.await;
    }));
    RunningHub {
        address,
        reload,
        stop: Some(stop),
        served,
    }
}

impl RunningHub {
    /// Tells the hub to stop; [`Self::stopped`] waits for it.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().expect("stopped once").send(());
    }

    /// Puts these options in force, and waits until they are.
    pub(crate) async fn reload(&self, options: &HubOptions) {
        let (config, _) = options.check().expect("the options of a test are right");
        soon(self.reload.send(config)).await;
    }

    /// How serving ended.
    pub(crate) async fn stopped(self) -> Result<(), ServeError> {
        soon(self.served).await.expect("the server does not panic")
    }

    /// The hub's URL, which is also its resource identifier.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/.well-known/mercure", self.address)
    }

    /// Sends `request` and reads until the hub closes or the answer is whole. Line ends are `\n` in tests, `HUB` is the
    /// host and port, and `Connection: close` is added.
    pub(crate) async fn exchange(&self, request: &str) -> Answer {
        let mut stream = self.send(request).await;
        let mut bytes = Vec::new();
        soon(stream.read_to_end(&mut bytes))
            .await
            .expect("an answer");
        Answer::parse(&bytes)
    }

    /// A connection whose peer buffers little, so that not reading is soon felt.
    pub(crate) async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .set_recv_buffer_size(64 * 1024)
            .expect("a buffer size");
        soon(socket.connect(self.address))
            .await
            .expect("the hub accepts")
    }

    /// Sends `request` and leaves the connection open.
    pub(crate) async fn send(&self, request: &str) -> TcpStream {
        let mut stream = self.connect().await;
        let (head, body) = request
            .split_once("\n\n")
            .unwrap_or((request.trim_end(), ""));
        let mut head = head
            .replace("HUB", &self.address.to_string())
            .replace('\n', "\r\n");
        if !body.is_empty() {
            head = format!("{head}\r\nContent-Length: {}", body.len());
        }
        let request = format!("{head}\r\nConnection: close\r\n\r\n{body}");
        soon(stream.write_all(request.as_bytes()))
            .await
            .expect("the hub reads");
        stream
    }

    /// Opens a stream with a GET of the hub's path and `query`, plus `fields` (each with its line end).
    pub(crate) async fn subscribe(&self, query: &str, fields: &str) -> EventReader {
        let request = format!("GET /.well-known/mercure?{query} HTTP/1.1\nHost: HUB\n{fields}");
        EventReader::open(self.send(&request).await).await
    }

    /// Opens a stream with any request.
    pub(crate) async fn query(&self, request: &str) -> EventReader {
        EventReader::open(self.send(request).await).await
    }

    /// Publishes with `token`; the whole answer.
    pub(crate) async fn publish(&self, token: &str, form: &str) -> Answer {
        let request = format!(
            "POST /.well-known/mercure HTTP/1.1\nHost: HUB\nAuthorization: Bearer {token}\n\
             Content-Type: application/x-www-form-urlencoded\n\n{form}"
        );
        self.exchange(&request).await
    }

    /// Publishes so many updates of a megabyte each on `a`: more than the system buffers for a peer after a few of them.
    pub(crate) async fn flood(&self, updates: usize) {
        let token = self.token();
        let form = format!("topic=a&data={}", "x".repeat(1_000_000));
        for _ in 0..updates {
            assert_eq!(self.publish(&token, &form).await.status, 200);
        }
    }

    /// A 1.0 token for this hub that may publish and subscribe to everything.
    pub(crate) fn token(&self) -> String {
        Claims::of(self)
            .grant("publish", "*")
            .grant("subscribe", "*")
            .sign()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = find(bytes, b"\r\n\r\n").expect("a whole head");
        let (status, fields) = head(&bytes[..end]);
        Self {
            status,
            fields,
            body: String::from_utf8_lossy(&bytes[end + 4..]).into_owned(),
        }
    }

    /// The value of a field, if it is there once.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.fields, name)
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
}

fn head(bytes: &[u8]) -> (u16, Vec<(String, String)>) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|code| code.parse().ok());
    let fields = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()));
    (status.expect("a status line"), fields.collect())
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields
        .iter()
        .filter(|(found, _)| found == name)
        .map(|(_, value)| value.as_str());
    let first = found.next();
    assert_eq!(found.next(), None, "{name} is there twice");
    first
}

/// How a stream went on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StreamPart {
    /// A block of lines up to an empty line, without comments.
    Event(String),
    /// The last chunk: a clean end.
    End,
    /// The connection ended in the middle.
    Cut,
}

/// Reads an event stream over HTTP/1.1 with chunks.
#[derive(Debug)]
pub(crate) struct EventReader {
    stream: TcpStream,
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    raw: Vec<u8>,
    text: Vec<u8>,
    /// How far `text` was looked through for the end of an event.
    searched: usize,
    comments: usize,
    ended: bool,
}

impl EventReader {
    /// Reads the head of the answer.
    pub(crate) async fn open(mut stream: TcpStream) -> Self {
        let mut raw = Vec::new();
        let end = loop {
            if let Some(end) = find(&raw, b"\r\n\r\n") {
                break end;
            }
            assert_ne!(
                soon(stream.read_buf(&mut raw)).await.expect("a head"),
                0,
                "closed before the head"
            );
        };
        let (status, fields) = head(&raw[..end]);
        raw.drain(..end + 4);
        let mut reader = Self {
            stream,
            status,
            fields,
            raw,
            text: Vec::new(),
            searched: 0,
            comments: 0,
            ended: false,
        };
        // Events may have come with the head; an answer that is no stream has no chunks.
        if reader.status == 200 {
            reader.unchunk();
        }
        reader
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.fields, name)
    }

    /// The next event, or the end.
    pub(crate) async fn next(&mut self) -> StreamPart {
        loop {
            self.take_comments();
            let from = self.searched.saturating_sub(1).min(self.text.len());
            self.searched = self.text.len();
            if let Some(end) = find(&self.text[from..], b"\n\n").map(|at| from + at) {
                self.searched = 0;
                let event = self.text.drain(..end + 2).take(end).collect();
                return StreamPart::Event(String::from_utf8(event).expect("events are UTF-8"));
            }
            if self.ended {
                return StreamPart::End;
            }
            if !self.more().await {
                return StreamPart::Cut;
            }
        }
    }

    /// Waits until the connection is over, without reading anything.
    pub(crate) async fn cut(&self) {
        let over = soon(self.stream.ready(Interest::ERROR)).await;
        assert!(over.expect("a socket").is_error());
    }

    /// The data of the next event.
    pub(crate) async fn next_data(&mut self) -> String {
        let StreamPart::Event(event) = self.next().await else {
            panic!("the stream ended")
        };
        event
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .expect("data")
            .to_owned()
    }

    /// Waits for one more comment line.
    pub(crate) async fn next_comment(&mut self) {
        let before = self.comments;
        while self.comments == before {
            assert!(self.more().await, "the stream ended");
            self.take_comments();
        }
    }

    /// The rest of the stream as parts, whatever comes.
    pub(crate) async fn rest(&mut self) -> Vec<StreamPart> {
        let mut parts = Vec::new();
        loop {
            let part = self.next().await;
            let last = part == StreamPart::End || part == StreamPart::Cut;
            parts.push(part);
            if last {
                return parts;
            }
        }
    }

    fn take_comments(&mut self) {
        while self.text.first() == Some(&b':') {
            let Some(end) = find(&self.text, b"\n") else {
                return;
            };
            self.text.drain(..=end);
            self.searched = 0;
            self.comments += 1;
        }
    }

    /// Reads on; false when the connection is over.
    async fn more(&mut self) -> bool {
        let read = soon(self.stream.read_buf(&mut self.raw)).await.unwrap_or(0);
        self.unchunk();
        read != 0
    }

    /// Takes the chunk framing off what was read.
    fn unchunk(&mut self) {
        while let Some(line) = find(&self.raw, b"\r\n") {
            let size = std::str::from_utf8(&self.raw[..line]).expect("a chunk size");
            let size = usize::from_str_radix(size, 16).expect("a chunk size");
            if self.raw.len() < line + 2 + size + 2 {
                break;
            }
            self.text
                .extend_from_slice(&self.raw[line + 2..line + 2 + size]);
            self.raw.drain(..line + 2 + size + 2);
            self.ended |= size == 0;
        }
    }
}

/// The claims of a token in the making.
#[derive(Debug, Clone)]
pub(crate) struct Claims(pub(crate) Value);

impl Claims {
    /// A 1.0 token for `hub`, without grants, that expires in an hour.
    pub(crate) fn of(hub: &RunningHub) -> Self {
        Self(json!({
            "iss": "https://localhost", "aud": hub.url(), "sub": "test", "client_id": "test", "jti": "1",
            "iat": now_unix_s(), "exp": now_unix_s() + 3600, "authorization_details": [],
        }))
    }

    /// One more detail.
    pub(crate) fn grant(mut self, action: &str, matcher: &str) -> Self {
        let detail = json!({
            "type": "https://mercure.rocks/authorization-detail", "actions": [action], "topics": [{ "match": matcher }],
        });
        self.0["authorization_details"]
            .as_array_mut()
            .expect("an array")
            .push(detail);
        self
    }

    /// Sets a claim.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }

    /// The token in 1.0's form.
    pub(crate) fn sign(&self) -> String {
        sign("at+jwt", &self.0)
    }
}

/// A 0.x token.
pub(crate) fn v0_token(publish: &[&str], subscribe: &[&str]) -> String {
    sign(
        "JWT",
        &json!({ "mercure": { "publish": publish, "subscribe": subscribe } }),
    )
}

/// Signs any claims with [`SECRET`].
pub(crate) fn sign(typ: &str, claims: &Value) -> String {
    sign_with(SECRET, typ, claims)
}

/// Signs any claims with any secret.
pub(crate) fn sign_with(secret: &str, typ: &str, claims: &Value) -> String {
    let header = Header {
        typ: Some(typ.to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    jsonwebtoken::encode(
        &header,
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .expect("claims can be signed")
}

/// The present, as tokens count it.
pub(crate) fn now_unix_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970")
        .as_secs()
}

/// What the hubs that this test starts from now on log, on their lanes' threads too, while this lives.
///
/// One subscriber for all tests, which tells them apart by the span in which each runs: with one a thread, the levels that
/// are on would be recomputed, and lines lost, whenever another test begins or ends.
pub(crate) struct Log {
    lines: Lines,
    name: String,
    _entered: tracing::span::EnteredSpan,
}

#[derive(Clone, Default)]
struct Lines(Arc<(Mutex<String>, Notify)>);

/// By what each line of a test has in front.
static LOGS: Mutex<BTreeMap<String, Lines>> = Mutex::new(BTreeMap::new());

impl Log {
    /// Before anything is logged: a place in the code that logs for the first time while the subscriber is set may be taken
    /// for one that nobody listens to, and stay so.
    fn init() {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let log = tracing_subscriber::fmt()
                .with_max_level(tracing::Level::INFO)
                .with_ansi(false);
            log.with_writer(|| ByTest).init();
        });
    }

    pub(crate) fn capture() -> Self {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        Self::init();
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("test{{number={number}}}");
        let lines = Lines::default();
        LOGS.lock()
            .expect("nobody panics with it")
            .insert(name.clone(), lines.clone());
        Self {
            lines,
            name,
            _entered: tracing::info_span!("test", number).entered(),
        }
    }

    /// Waits until `text` was logged.
    pub(crate) async fn until(&self, text: &str) {
        soon(async {
            loop {
                let notified = self.lines.0.1.notified();
                if self.text().contains(text) {
                    return;
                }
                notified.await;
            }
        })
        .await;
    }

    pub(crate) fn text(&self) -> String {
        self.lines
            .0
            .0
            .lock()
            .expect("nobody panics with it")
            .clone()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        LOGS.lock()
            .expect("nobody panics with it")
            .remove(&self.name);
    }
}

/// Writes each line to the log of its test.
struct ByTest;

impl io::Write for ByTest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        let logs = LOGS.lock().expect("nobody panics with it");
        if let Some((_, Lines(lines))) = logs.iter().find(|(name, _)| line.contains(name.as_str()))
        {
            lines
                .0
                .lock()
                .expect("nobody panics with it")
                .push_str(&line);
            lines.1.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
