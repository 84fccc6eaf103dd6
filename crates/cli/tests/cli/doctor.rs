//! `doctor`: each way in which hubs and proxies are set up wrongly is named, with what to change.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use assay_crooked::{Crooked, NULL_HUBS, NullHub, Straight, mutants};
use tempfile::tempdir;

use crate::program::{Ended, Hub, KEY, assay, closed_port, command};

const WELL: Option<i32> = Some(0);
const BROKEN: Option<i32> = Some(1);
const UNREACHABLE: Option<i32> = Some(3);
const ORIGIN: &str = "https://app.example";

fn doctor(url: &str, more: &[&str]) -> Ended {
    assay(&[["doctor", url].as_slice(), more].concat())
}

/// What it says, in the order of the ladder; the last rung is the broken one.
fn check(url: &str, more: &[&str], code: Option<i32>, named: &str) {
    let ended = doctor(url, more);
    assert_eq!(ended.code, code, "{more:?}: {ended:?}");
    let broken: Vec<_> = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("broken"))
        .collect();
    let said = match code {
        WELL => ended.stdout.clone(),
        _ => broken.last().copied().unwrap_or_default().to_owned(),
    };
    assert!(said.contains(named), "{more:?}: no {named:?} in {ended:?}");
    assert!(
        !ended.stdout.contains(KEY) && !ended.stderr.contains(KEY),
        "{ended:?}"
    );
}

/// A hub with a key of its own choice; it ends with the test.
struct Keyed(Child, String);

impl Keyed {
    fn start(key: &str) -> Self {
        use std::io::BufRead;
        let mut child = command(&["hub", "--listen", "127.0.0.1:0", "--dialects", "1.0,0.x"])
            .env("ASSAY_HUB_JWT_KEY", key)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        std::io::BufReader::new(stdout)
            .read_line(&mut line)
            .unwrap();
        Self(child, line.trim().to_owned())
    }
}

impl Drop for Keyed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_hub_that_is_set_up_rightly_is_well() {
    let hub = Hub::start_with(&["--dialects", "1.0,0.x", "--cors-origin", ORIGIN]);
    for dialect in ["1.0", "0.x"] {
        let more = ["--jwt-key", KEY, "--dialect", dialect, "--origin", ORIGIN];
        check(
            &hub.url,
            &more,
            WELL,
            "private update    published and received",
        );
    }
}

#[test]
fn keys_that_are_nearly_right() {
    let quoted = Keyed::start(&format!("\"{KEY}\""));
    check(&quoted.1, &["--jwt-key", KEY], BROKEN, "quotes around it");
    let hub = Keyed::start(KEY);
    let with_blank = format!(" {KEY}");
    for (key, named) in [
        (format!("'{KEY}'"), "without the quotes"),
        (with_blank, "without the blanks"),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJtZXJjdXJlIjp7fX0.c2lnbmF0dXJl".to_owned(),
            "is a token",
        ),
        (
            "another key, also of more than thirty-two bytes".to_owned(),
            "not the one that the hub knows",
        ),
    ] {
        check(&hub.1, &["--jwt-key", &key], BROKEN, named);
    }
}

#[test]
fn tokens_that_lack_something() {
    let hub = Hub::start();
    let token = |more: &[&str]| {
        let base = ["token", "--jwt-key", KEY, "--dialect", "0.x"];
        assay(&[base.as_slice(), more].concat())
            .stdout
            .trim()
            .to_owned()
    };
    let reading = token(&["--subscribe", "*"]);
    let v0 = ["--dialect", "0.x", "--publisher-token", &reading];
    check(&hub.url, &v0, BROKEN, "no `mercure.publish`");
    let writing = token(&["--publish", "*"]);
    let v1 = ["--dialect", "1.0", "--publisher-token", &writing];
    let modern = Hub::start_with(&["--dialects", "1.0"]);
    check(&modern.url, &v1, BROKEN, "--dialect 0.x");
    let v0 = ["--dialect", "0.x", "--publisher-token", &writing];
    check(&hub.url, &v0, WELL, "no key or token of subscribers");
    check(&hub.url, &[], BROKEN, "--jwt-key");
}

#[test]
fn an_audience_that_only_the_inside_knows() {
    let hub = Hub::start_with(&["--dialects", "1.0"]);
    let internal = [
        "--jwt-key",
        KEY,
        "--dialect",
        "1.0",
        "--audience",
        "http://mercure/.well-known/mercure",
    ];
    check(
        &hub.url,
        &internal,
        BROKEN,
        "pass --audience http://127.0.0.1",
    );
}

#[test]
fn origins_and_cookies_that_no_browser_takes() {
    let hub = Hub::start_with(&["--dialects", "1.0", "--cors-origin", ORIGIN]);
    let see = |origin: &[&str], named| {
        let more = [["--jwt-key", KEY].as_slice(), origin].concat();
        check(&hub.url, &more, BROKEN, named);
    };
    see(&["--origin", "https://app.example/"], "slash at its end");
    see(
        &["--origin", "https://other.example"],
        "add https://other.example",
    );
    see(
        &["--origin", ORIGIN, "--by-cookie"],
        "never sent to 127.0.0.1",
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let straight = Straight {
        url: hub.url.clone(),
        secret: KEY.to_owned(),
        issuer: "https://localhost".to_owned(),
        publish_origin: ORIGIN.to_owned(),
        issuers: Vec::new(),
    };
    for (name, named) in [
        ("cors-wildcard", "browsers refuse"),
        (
            "credentials-not-allowed",
            "Access-Control-Allow-Credentials",
        ),
    ] {
        let mutant = mutants::all().find(|mutant| mutant.name == name).unwrap();
        let crooked = runtime.block_on(Crooked::start(&straight, mutant)).unwrap();
        crooked.turn();
        let more = ["--jwt-key", KEY, "--dialect", "1.0", "--origin", ORIGIN];
        check(crooked.url(), &more, BROKEN, named);
    }
}

#[test]
fn two_hubs_where_one_was_meant() {
    let (hub, other) = (Hub::start(), Hub::start());
    let more = [
        "--jwt-key",
        KEY,
        "--dialect",
        "0.x",
        "--publish-url",
        &other.url,
    ];
    check(&hub.url, &more, BROKEN, "different hubs");
}

#[test]
fn a_project_says_what_it_uses() {
    let (hub, other) = (Hub::start(), Hub::start());
    let folder = tempdir().unwrap();
    let file = folder.path().join(".env");
    let examine = |text: &str| {
        std::fs::write(&file, text).unwrap();
        assay(&[
            "doctor",
            "--env",
            &file.display().to_string(),
            "--dialect",
            "0.x",
        ])
    };
    let project = |publish: &str, public: &str| {
        format!(
            "MERCURE_URL={publish}\nMERCURE_PUBLIC_URL=\"{public}\"\nMERCURE_JWT_SECRET='{KEY}'\n"
        )
    };
    let ended = examine(&project(&hub.url, &hub.url));
    assert_eq!(ended.code, WELL, "{ended:?}");
    let ended = examine(&project(&other.url, &hub.url));
    assert_eq!(ended.code, BROKEN, "{ended:?}");
    for (text, named) in [
        ("MERCURE_URL=\"http://a", "line 1"),
        ("MERCURE_PUBLIC_URL=${URI}/x", "another variable"),
        ("APP_ENV=dev", "neither MERCURE_PUBLIC_URL"),
    ] {
        let ended = examine(text);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(named), "{ended:?}");
    }
}

#[test]
fn what_cannot_be_reached() {
    let hub = Hub::start();
    let key = ["--jwt-key", KEY];
    let (_closed, address) = closed_port();
    let closed = format!("http://{address}/.well-known/mercure");
    check(&closed, &key, UNREACHABLE, "does the hub run");
    check(
        "http://no-such-host.invalid/.well-known/mercure",
        &key,
        UNREACHABLE,
        "spelt right",
    );
    let plain = hub.url.replace("http://", "https://");
    check(&plain, &key, UNREACHABLE, "TLS");
    let nowhere = hub.url.replace("mercure", "nowhere");
    check(
        &nowhere,
        &[key.as_slice(), &["--dialect", "0.x"]].concat(),
        BROKEN,
        "/.well-known/mercure",
    );
}

/// Web servers, services and hubs of other protocols: the first thing that is told is that they are none of ours.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mercure_hub() {
    for (name, named) in [
        // A static site, and the front page of one.
        (
            "404 to everything",
            "match= gives status 404 and no event stream",
        ),
        (
            "200 {} to everything",
            "it answers 200 to a publication without token and topic",
        ),
        // As nchan and other hubs of server-sent events do.
        (
            "opens streams and drops publications",
            "it answers 200 to a publication without token and topic",
        ),
    ] {
        let null = NULL_HUBS.iter().find(|null| null.name == name).unwrap();
        let hub = NullHub::start(null).await.unwrap();
        for more in [[].as_slice(), &["--dialect", "0.x"]] {
            let more = [["--jwt-key", KEY].as_slice(), more].concat();
            let told = format!("hub               this is not a Mercure hub: {named}");
            let url = hub.url();
            tokio::task::spawn_blocking(move || check(&url, &more, BROKEN, &told))
                .await
                .unwrap();
        }
    }
}

/// What a proxy does to streams.
#[derive(Clone, Copy)]
enum Habit {
    /// Hands the stream on in pieces of so many bytes.
    Buffers(usize),
    /// The same, from the head on, as what compresses does.
    Holds(usize),
    /// Holds back what it may compress, as nginx does with `gzip` for this type: whoever asks without `Accept-Encoding` sees nothing
    /// of it.
    Compresses,
    /// Closes what was silent for so long.
    CutsAfter(Duration),
}

/// A proxy with a bad habit; its threads end with the process.
fn proxy(hub: &Hub, habit: Habit) -> String {
    let upstream = hub.url.split('/').nth(2).unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = hub
        .url
        .replace(&upstream, &listener.local_addr().unwrap().to_string());
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(&upstream).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let may_compress = Arc::new(AtomicBool::new(false));
            let asked = Arc::clone(&may_compress);
            thread::spawn(move || hand_on(&mut from, &mut to, &asked));
            thread::spawn(move || hand_back(server, client, habit, &may_compress));
        }
    });
    url
}

fn hand_on(from: &mut TcpStream, to: &mut TcpStream, may_compress: &AtomicBool) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let text = String::from_utf8_lossy(&buffer[..read]).to_lowercase();
        may_compress.fetch_or(text.contains("accept-encoding:"), Relaxed);
        if to.write_all(&buffer[..read]).is_err() {
            return;
        }
    }
}

fn hand_back(
    mut server: TcpStream,
    mut client: TcpStream,
    habit: Habit,
    may_compress: &AtomicBool,
) {
    if let Habit::CutsAfter(silence) = habit {
        server.set_read_timeout(Some(silence)).unwrap();
    }
    let (mut held, mut buffer, mut streaming) = (Vec::new(), [0; 4096], false);
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        held.extend_from_slice(&buffer[..read]);
        let stream = held.starts_with(b"HTTP")
            && String::from_utf8_lossy(&held).contains("text/event-stream");
        streaming |= stream;
        let enough = match habit {
            Habit::Buffers(bytes) if !stream => bytes,
            Habit::Holds(bytes) => bytes,
            Habit::Compresses if may_compress.load(Relaxed) => usize::MAX,
            Habit::Buffers(_) | Habit::Compresses | Habit::CutsAfter(_) => 0,
        };
        if !streaming || held.len() >= enough {
            let _ = client.write_all(&held);
            held.clear();
        }
    }
    let _ = client.write_all(&held);
    let _ = client.shutdown(std::net::Shutdown::Both);
}

#[test]
fn proxies_that_do_not_let_streams_through() {
    let hub = Hub::start();
    let key = ["--jwt-key", KEY, "--dialect", "0.x"];
    for habit in [Habit::Buffers(64 << 10), Habit::Holds(64 << 10)] {
        check(&proxy(&hub, habit), &key, BROKEN, "proxy_buffering off");
    }
    let compressing = proxy(&hub, Habit::Compresses);
    check(
        &compressing,
        &key,
        BROKEN,
        "no compression of text/event-stream",
    );
    let impatient = proxy(&hub, Habit::CutsAfter(Duration::from_secs(1)));
    let idle = [key.as_slice(), &["--idle", "4"]].concat();
    check(&impatient, &idle, BROKEN, "proxy_read_timeout");
    check(&hub.url, &idle, WELL, "was there after 4 s");
}
