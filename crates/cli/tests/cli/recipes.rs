//! The environments that the articles on the protocol and its hub set up, with this hub in the place of that one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::program::{assay, command};

/// A hub that its environment alone describes, but for its port.
struct Hub {
    child: Child,
    url: String,
}

impl Hub {
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = command(&["hub", "--listen", "127.0.0.1:0"])
            .envs(variables.iter().copied())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let url = line.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url:?}");
        Self { child, url }
    }

    /// The head of the answer.
    fn head(&self, method: &str, target: &str, fields: &str) -> String {
        let authority = self.url.split('/').nth(2).unwrap();
        let mut peer = TcpStream::connect(authority).unwrap();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {authority}\r\n{fields}Connection: close\r\n\r\n"
        );
        peer.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && peer.read(&mut byte).unwrap() > 0 {
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap().to_lowercase()
    }

    fn publish(&self, key: &str) -> Option<i32> {
        assay(&[
            "publish",
            &self.url,
            "https://example.com/books/1",
            "{}",
            "--jwt-key",
            key,
            "--dialect",
            "0.x",
        ])
        .code
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Compose, behind Apache, with two sites and a key for each role.
#[test]
fn chat_and_notifications() {
    let (publisher, subscriber) = (
        "q6Pq3G0C0w2nq7pW9i0m0X0f0Yc1s8Zb0eJ5k2v8H0A=",
        "w6Pq3G0C0w2nq7pW9i0m0X0f0Yc1s8Zb0eJ5k2v8H0B=",
    );
    let hub = Hub::start(&[
        ("SERVER_NAME", ":80"),
        ("MERCURE_PUBLISHER_JWT_KEY", publisher),
        ("MERCURE_SUBSCRIBER_JWT_KEY", subscriber),
        (
            "MERCURE_EXTRA_DIRECTIVES",
            "cors_origins https://www.example.com https://example.com\nanonymous",
        ),
    ]);
    let head = hub.head(
        "GET",
        "/.well-known/mercure?topic=test",
        "Origin: https://example.com\r\n",
    );
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("access-control-allow-origin: https://example.com\r\n"),
        "{head}"
    );
    assert!(
        head.contains("access-control-allow-credentials: true"),
        "{head}"
    );
    assert!(hub.head("GET", "/", "").starts_with("http/1.1 200"));
    assert_eq!(hub.publish(publisher), Some(0));
    assert_ne!(hub.publish(subscriber), Some(0));
}

/// The hub of 2018, in the form of its demo.
#[test]
fn the_first_hub() {
    let hub = Hub::start(&[
        ("PUBLISHER_JWT_KEY", "myPublisherKey"),
        ("SUBSCRIBER_JWT_KEY", "mySubscriberKey"),
        ("DEMO", "1"),
        ("ALLOW_ANONYMOUS", "1"),
        ("DEBUG", "1"),
    ]);
    for path in ["/subscribe", "/hub", "/.well-known/mercure"] {
        let target = format!(
            "{path}?topic=https://example.com/books/%7Bid%7D&topic=https://example.com/users/dunglas"
        );
        let head = hub.head("GET", &target, "");
        assert!(head.starts_with("http/1.1 200"), "{path} {head}");
    }
    // Without a token; but it is there.
    let head = hub.head("POST", "/publish", "");
    assert!(head.starts_with("http/1.1 401"), "{head}");
    let home = hub.head("GET", "/", "");
    assert!(home.contains("content-type: text/html"), "{home}");
    assert_eq!(hub.publish("myPublisherKey"), Some(0));
}

/// A page from a disk, and a key that is too short for 1.0.
#[test]
fn a_live_score() {
    let key = "twenty-eight-characters-long";
    let hub = Hub::start(&[
        ("JWT_KEY", key),
        ("DEMO", "1"),
        ("ALLOW_ANONYMOUS", "1"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("PUBLISH_ALLOWED_ORIGINS", "http://localhost"),
    ]);
    let head = hub.head("GET", "/hub?topic=score", "Origin: null\r\n");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("access-control-allow-origin: *\r\n"),
        "{head}"
    );
    assert_eq!(hub.publish(key), Some(0));
}
