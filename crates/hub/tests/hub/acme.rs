//! Certificates that the hub gets by itself, from a directory that looks for the proofs on the hub's own ports.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use assay_hub::{HubOptions, Server, bind};
use rustls::pki_types::CertificateDer;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::acme_directory::{Directory, Ports};
use crate::support::{Log, RunningHub, open_hub, soon, start_server, written};
use crate::tls::{self, any_certificate, publish_over, read_until, subscribe};

const HOST: &str = "hub.example";

/// Settings that ask `directory`, and keep what comes in `folder`.
fn options(directory: &Directory, folder: &Path) -> HubOptions {
    HubOptions {
        acme_hosts: vec![written("acme-host", "hub.example,www.hub.example")],
        acme_contacts: vec![written("acme-contact", "ops@hub.example")],
        acme_cache: Some(written("acme-cache", &folder.display().to_string())),
        acme_directory: Some(written("acme-directory", &directory.url)),
        acme_ca_file: Some(written("acme-ca-file", &directory.root_pem)),
        ..open_hub()
    }
}

/// A hub with its other listeners.
struct Started {
    hub: RunningHub,
    operators: SocketAddr,
    http: Option<SocketAddr>,
}

fn free_port() -> (tokio::net::TcpListener, SocketAddr) {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

fn start(options: &HubOptions) -> Started {
    let (config, _) = options.check().expect("right options");
    let history = config.open_history().expect("a history");
    let (listener, operators) = free_port();
    let wants_http = config.acme_http01_listen().is_some();
    let mut server = Server::new(config, history).with_operators(listener);
    let mut http = None;
    if wants_http {
        let (listener, address) = free_port();
        server = server.with_http01(listener);
        http = Some(address);
    }
    Started {
        hub: start_server(server),
        operators,
        http,
    }
}

impl Started {
    /// Where a directory finds it; the port of plain HTTP is closed if it has none.
    fn ports(&self) -> Ports {
        Ports {
            tls: self.hub.address,
            http: self.http.unwrap_or(free_port().1),
        }
    }

    async fn connect(&self, directory: &Directory) -> TlsStream<TcpStream> {
        let session = tls::connect(&directory.root, HOST, &self.hub, b"http/1.1").await;
        session.expect("a session")
    }

    async fn numbers(&self) -> String {
        plain(self.operators, "GET /metrics HTTP/1.1\nHost: h").await
    }

    async fn stop(mut self) {
        self.hub.stop();
        self.hub.stopped().await.expect("drained");
    }
}

async fn plain(address: SocketAddr, head: &str) -> String {
    let mut peer = soon(TcpStream::connect(address)).await.expect("it accepts");
    let request = format!("{head}\nConnection: close\n\n").replace('\n', "\r\n");
    peer.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    soon(peer.read_to_string(&mut answer)).await.expect("text");
    answer
}

fn folder() -> (TempDir, std::path::PathBuf) {
    let parent = TempDir::new().expect("a folder");
    let folder = parent.path().join("certificates");
    (parent, folder)
}

fn shown(session: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let certificates = session.get_ref().1.peer_certificates();
    certificates.expect("a certificate")[0].clone()
}

/// And after a restart it is there at once, and nobody is asked.
async fn a_certificate_is_got_by(with_http: bool, proof: &str) {
    let log = Log::capture();
    let directory = Directory::start();
    let (_parent, folder) = folder();
    let options = HubOptions {
        acme_http01_listen: with_http.then(|| written("acme-http01-listen", ":80")),
        ..options(&directory, &folder)
    };
    let started = start(&options);
    directory.look_at(started.ports());
    log.until("certificate issued").await;
    assert_eq!(directory.proofs(), [proof, proof]);
    assert_eq!(directory.contacts(), [json!(["mailto:ops@hub.example"])]);
    let mut stream = started.connect(&directory).await;
    let first = shown(&stream);
    subscribe(&mut stream, &started.hub).await;
    let token = tls::token(&started.hub);
    let peer = started.connect(&directory).await;
    let answer = publish_over(peer, &started.hub, &token, "hello").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    read_until(&mut stream, "data: hello\n").await;
    let numbers = started.numbers().await;
    assert!(
        numbers.contains("\nassay_hub_certificate_expiry_seconds 1"),
        "{numbers}"
    );
    // The proof is no longer given.
    let proof = any_certificate(started.hub.address, HOST, b"acme-tls/1").await;
    assert!(proof.is_err());
    // Settings that are read again begin with no certificate.
    started.hub.reload(&options).await;
    assert_eq!(shown(&started.connect(&directory).await), first);
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&folder), 0o700);
    let files = fs::read_dir(&folder).expect("a folder");
    let files: Vec<_> = files.map(|it| it.expect("a file").path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files.iter().all(|it| mode(it) == 0o600), "{files:?}");
    started.stop().await;

    let asked = directory.requests();
    let started = start(&options);
    assert_eq!(shown(&started.connect(&directory).await), first);
    started.stop().await;
    assert_eq!(directory.requests(), asked);
}

#[tokio::test]
async fn a_certificate_is_got_by_tls_alpn_01_and_kept() {
    a_certificate_is_got_by(false, "tls-alpn-01").await;
}

#[tokio::test]
async fn a_certificate_is_got_by_http_01_and_kept() {
    a_certificate_is_got_by(true, "http-01").await;
}

/// The hub lives, says why once for each attempt, and goes on when it is told to.
#[tokio::test]
async fn a_directory_that_refuses_is_asked_again() {
    let log = Log::capture();
    let directory = Directory::start();
    directory.refuse(Some(json!({
        "type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "not\nfor you",
    })));
    let (_parent, folder) = folder();
    let options = options(&directory, &folder);
    let started = start(&options);
    directory.look_at(started.ports());
    log.until("the directory refuses: not for you (rejectedIdentifier)")
        .await;
    let text = log.text();
    assert!(
        text.contains("reason=certificate.refused next_in_s=60"),
        "{text}"
    );
    let refused = tls::connect(&directory.root, HOST, &started.hub, b"http/1.1").await;
    assert!(refused.is_err());
    let numbers = started.numbers().await;
    let failures = "assay_hub_certificate_failures_total{reason=\"certificate.refused\"} 1";
    assert!(numbers.contains(failures), "{numbers}");
    assert!(!numbers.contains("certificate_expiry"), "{numbers}");
    directory.refuse(None);
    started.hub.reload(&options).await;
    log.until("certificate issued").await;
    started.connect(&directory).await;
    assert_eq!(log.text().matches("reason=certificate.").count(), 1);
    started.stop().await;
}

#[tokio::test]
async fn a_proof_that_is_not_found_is_named_and_the_other_kind_is_tried() {
    let log = Log::capture();
    let directory = Directory::start();
    let (_parent, folder) = folder();
    let options = HubOptions {
        acme_http01_listen: Some(written("acme-http01-listen", ":80")),
        ..options(&directory, &folder)
    };
    let started = start(&options);
    directory.look_at(Ports {
        http: free_port().1,
        ..started.ports()
    });
    log.until("hub.example was not proved to be this hub's by http-01: Connection refused")
        .await;
    assert!(log.text().contains("reason=certificate.challenge "));
    started.hub.reload(&options).await;
    log.until("certificate issued").await;
    let proofs = ["!http-01", "!http-01", "tls-alpn-01", "tls-alpn-01"];
    assert_eq!(directory.proofs(), proofs);
    started.stop().await;
}

/// One that is near its end serves until the next one is there, and who is connected notices nothing.
#[tokio::test]
async fn a_certificate_is_renewed_without_cutting_a_stream() {
    let directory = Directory::start();
    let (_parent, folder) = folder();
    let options = options(&directory, &folder);
    directory.issue(89, 1);
    {
        let log = Log::capture();
        let started = start(&options);
        directory.look_at(started.ports());
        log.until("certificate issued").await;
        started.stop().await;
    }
    directory.issue(1, 89);
    directory.gate(false);
    let log = Log::capture();
    let started = start(&options);
    directory.look_at(started.ports());
    let mut stream = started.connect(&directory).await;
    subscribe(&mut stream, &started.hub).await;
    let expiry = |numbers: String| {
        let line = numbers
            .lines()
            .find_map(|line| line.strip_prefix("assay_hub_certificate_expiry_seconds "));
        line.and_then(|it| it.parse::<u64>().ok()).expect("a date")
    };
    let before = expiry(started.numbers().await);
    directory.gate(true);
    log.until("certificate issued").await;
    let new = started.connect(&directory).await;
    assert_ne!(shown(&new), shown(&stream));
    let after = expiry(started.numbers().await);
    assert!(after - before > 80 * 86_400, "{before} {after}");
    let token = tls::token(&started.hub);
    let answer = publish_over(new, &started.hub, &token, "on-it-goes").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    read_until(&mut stream, "data: on-it-goes\n").await;
    // The account is that of before.
    assert_eq!(directory.contacts().len(), 1);
    started.stop().await;
}

#[tokio::test]
async fn an_account_that_is_no_longer_known_is_replaced() {
    let directory = Directory::start();
    let (_parent, folder) = folder();
    let options = options(&directory, &folder);
    directory.issue(89, 1);
    let log = Log::capture();
    let started = start(&options);
    directory.look_at(started.ports());
    log.until("certificate issued").await;
    started.stop().await;
    directory.forget_accounts();
    let started = start(&options);
    directory.look_at(started.ports());
    log.until("reason=certificate.refused").await;
    started.hub.reload(&options).await;
    soon(async {
        while directory.contacts().len() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    started.stop().await;
}

#[tokio::test]
async fn the_port_of_plain_http_leads_to_the_hub() {
    let directory = Directory::start();
    directory.gate(false);
    let (_parent, folder) = folder();
    let started = start(&HubOptions {
        acme_http01_listen: Some(written("acme-http01-listen", ":80")),
        ..options(&directory, &folder)
    });
    let address = started.http.expect("a listener");
    for (request, expected) in [
        (
            "GET /a?b=c HTTP/1.1\nHost: hub.example",
            &["HTTP/1.1 308 ", "location: https://hub.example/a?b=c\r\n"][..],
        ),
        (
            "HEAD / HTTP/1.1\nHost: WWW.hub.example:80",
            &["HTTP/1.1 308 ", "location: https://www.hub.example/\r\n"],
        ),
        (
            "POST /.well-known/mercure HTTP/1.1\nHost: hub.example\nContent-Length: 1000000",
            &["HTTP/1.1 403 ", "use https"],
        ),
        (
            "GET / HTTP/1.1\nHost: other.example",
            &["HTTP/1.1 404 ", "no such host"],
        ),
        ("GET / HTTP/1.0", &[" 404 "]),
        (
            "GET /.well-known/acme-challenge/x HTTP/1.1\nHost: hub.example",
            &["HTTP/1.1 404 ", "no challenge"],
        ),
    ] {
        let answer = plain(address, request).await;
        for part in expected {
            assert!(answer.contains(part), "{request}: {answer}");
        }
    }
    started.stop().await;
}

/// A mistake is told at the start, where somebody looks.
#[tokio::test]
async fn folders_that_cannot_be_used() {
    let directory = Directory::start();
    let parent = TempDir::new().expect("a folder");
    let open = |folder: &Path| {
        let (config, _) = options(&directory, folder).check().expect("right options");
        config.open_certificates()
    };
    let file = parent.path().join("file");
    fs::write(&file, "").expect("a file");
    let shared = parent.path().join("shared");
    fs::create_dir(&shared).expect("a folder");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).expect("its owner");
    for (folder, expected) in [
        (file.clone(), "cannot be kept here"),
        (file.join("below"), "cannot be kept here"),
        (shared, "chmod 700"),
    ] {
        let error = open(&folder).expect_err("a mistake").to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains(&folder.display().to_string()), "{error}");
        assert!(error.contains("--acme-cache"), "{error}");
    }
    open(&parent.path().join("new").join("folder")).expect("it is made");
}

/// What is kept and cannot be used is no reason not to start.
#[tokio::test]
async fn a_file_that_is_damaged_is_replaced() {
    let directory = Directory::start();
    let (_parent, folder) = folder();
    let options = options(&directory, &folder);
    let log = Log::capture();
    let started = start(&options);
    directory.look_at(started.ports());
    log.until("certificate issued").await;
    started.stop().await;
    drop(log);
    for file in fs::read_dir(&folder).expect("a folder") {
        fs::write(file.expect("a file").path(), "damaged").expect("a file");
    }
    let log = Log::capture();
    let started = start(&options);
    directory.look_at(started.ports());
    log.until("certificate issued").await;
    let text = log.text();
    assert!(text.contains("reason=certificate.cache\n"), "{text}");
    started.connect(&directory).await;
    started.stop().await;
}

#[test]
fn mistakes_are_named_with_what_to_write() {
    let check = |change: &dyn Fn(&mut HubOptions), expected: &[&str]| {
        let mut options = HubOptions {
            acme_hosts: vec![written("acme-host", HOST)],
            ..open_hub()
        };
        change(&mut options);
        let error = options.check().expect_err("a mistake").to_string();
        for part in expected {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    };
    for (host, expected) in [
        ("192.0.2.1", "is an address"),
        ("2001:db8::1", "is an address"),
        ("[::1]", "is an address"),
        ("*.example.com", "has a wildcard"),
        ("hub.example.com:443", "has a port"),
        ("https://hub.example.com", "is a URL"),
        ("hub.example.com/path", "is a URL"),
        ("hub_1.example.com", "is no name"),
        ("-.example.com", "is no name"),
        ("hub..example.com", "is no name"),
        ("hub.example.com.", "is no name"),
        ("a b", "is no name"),
        ("hub.example,", "is no name"),
        ("", "is no name"),
    ] {
        let change = |it: &mut HubOptions| it.acme_hosts = vec![written("acme-host", host)];
        check(&change, &["--acme-host: ", expected]);
    }
    let many: Vec<_> = (0..101).map(|it| format!("h{it}.example")).collect();
    let many = many.join(",");
    check(
        &|it| it.acme_hosts = vec![written("acme-host", &many)],
        &["--acme-host", "100 at most"],
    );
    for contact in [
        "ops",
        "@example.com",
        "a@b@c",
        "o ps@example.com",
        "a@b?subject=x",
    ] {
        let change =
            |it: &mut HubOptions| it.acme_contacts = vec![written("acme-contact", contact)];
        check(&change, &["--acme-contact: ", "ops@example.com"]);
    }
    for url in [
        "http://ca.example/directory",
        "ca.example",
        "https://a:b@ca.example/",
    ] {
        let change = |it: &mut HubOptions| it.acme_directory = Some(written("acme-directory", url));
        check(&change, &["--acme-directory: ", "https"]);
    }
    check(
        &|it| it.acme_ca_file = Some(written("acme-ca-file", "nothing")),
        &["--acme-ca-file: ", "no certificate"],
    );
    check(
        &|it| it.acme_cache = Some(written("acme-cache", "")),
        &["--acme-cache", "names no folder"],
    );
    check(
        &|it| it.acme_http01_listen = Some(written("acme-http01-listen", "80")),
        &["--acme-http01-listen: ", "address and port"],
    );
    for file in ["tls-cert", "tls-key"] {
        let change = |it: &mut HubOptions| {
            let field = if file == "tls-cert" {
                &mut it.tls_cert
            } else {
                &mut it.tls_key
            };
            *field = Some(written(file, "x"));
        };
        let both = format!("--acme-host and --{file} both say");
        check(&change, &[&both]);
    }
    check(
        &|it| {
            it.acme_hosts.clear();
            it.acme_contacts = vec![written("acme-contact", "ops@example.com")];
        },
        &["--acme-contact says how", "--acme-host"],
    );
}

#[test]
fn what_is_asked_for_is_what_clients_see() {
    for (listen, host, http01, url, warned) in [
        (
            ":443",
            "Hub.Example",
            None,
            "https://hub.example/.well-known/mercure",
            false,
        ),
        (
            ":8443",
            "hub.example",
            Some(":80"),
            "https://hub.example:8443/.well-known/mercure",
            false,
        ),
        (
            ":8443",
            "bücher.example",
            Some(":81"),
            "https://xn--bcher-kva.example:8443/.well-known/mercure",
            true,
        ),
    ] {
        let options = HubOptions {
            listen: Some(written("listen", listen)),
            acme_hosts: vec![written("acme-host", host)],
            acme_http01_listen: http01.map(|it| written("acme-http01-listen", it)),
            resource_identifier: Some(written("resource-identifier", "https://hub.example/")),
            ..open_hub()
        };
        let (config, warnings) = options.check().expect("right options");
        assert_eq!(config.url(config.listen()), url);
        let words = warnings.iter().map(ToString::to_string);
        let words = words.collect::<String>();
        assert_eq!(
            words.contains("the hub listens on neither"),
            warned,
            "{words}"
        );
    }
}
