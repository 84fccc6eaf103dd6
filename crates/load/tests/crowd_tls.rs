//! The crowd over TLS: encrypted streams are read whole, and a hub that is not trusted, or speaks no TLS, is a clear failure.

mod support;

use assay_client::{EndpointOptions, TlsOptions};
use assay_load::clock::{Clock, Micros};
use assay_load::crowd::{Crowd, Failure, Part, Step};
use assay_load::ledger::{Ending, settle};
use assay_load::stop::Stop;
use assay_load::target::Target;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use support::{STREAM_HEAD, accepted, event, plan, read_request, unhurried, wait_until};

const FIRST: Micros = Micros(1_000_000);

/// A certificate for 127.0.0.1, as PEM and as a server's configuration.
fn certificate() -> (String, Arc<ServerConfig>) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (cert.pem(), Arc::new(config))
}

fn target(port: u16, cacert_pem: Option<String>) -> Target {
    support::target(
        &format!("https://127.0.0.1:{port}/.well-known/mercure"),
        |url| EndpointOptions {
            tls: TlsOptions {
                insecure: cacert_pem.is_none(),
                cacert_pem: cacert_pem.map(String::into_bytes),
            },
            ..EndpointOptions::for_url(url)
        },
    )
}

/// The next connection, its TLS taken off and its request read; none when the peer does not get so far.
fn accept_tls(
    listener: &TcpListener,
    config: &Arc<ServerConfig>,
) -> Option<StreamOwned<ServerConnection, TcpStream>> {
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut stream = StreamOwned::new(connection, listener.accept().unwrap().0);
    read_request(&mut stream).map(|_| stream)
}

#[test]
fn encrypted_streams_are_read_whole() {
    let mut parts = unhurried(plan(1, &[&[0], &[0], &[0]], &[(0, FIRST), (0, FIRST)]));
    parts.subscribers[1].probe = true;
    let plan = Arc::new(parts);
    let (pem, config) = certificate();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let target = target(address.port(), Some(pem));
    let (clock, stop) = (Clock::starting_in(Duration::ZERO), Stop::new());
    let crowd = Crowd::start(
        &plan,
        &target,
        address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let mut streams: Vec<_> = (0..3)
        .map(|_| accept_tls(&listener, &config).unwrap())
        .collect();
    for stream in &mut streams {
        stream.write_all(STREAM_HEAD.as_bytes()).unwrap();
    }
    clock.sleep_until(FIRST);
    for stream in &mut streams {
        // Larger than a TLS record, so that it comes in several.
        let comment = format!(": {}\n", "x".repeat(40_000));
        let bytes = [event(&plan, 0), comment, event(&plan, 1)].concat();
        stream.write_all(bytes.as_bytes()).unwrap();
    }
    let live = crowd.live().clone();
    wait_until(&clock, "six receipts", || live.progress().receipts == 6);
    stop.request();
    let ledger = settle(&plan, &accepted(&plan), &crowd.join(), Ending::Whole);
    assert_eq!(
        (ledger.counts.expected, ledger.counts.on_time),
        (6, 6),
        "{:?}",
        ledger.wrong
    );
}

fn check_failure(
    target: &Target,
    address: SocketAddr,
    serve: impl FnOnce() + Send + 'static,
) -> Failure {
    let plan = Arc::new(plan(1, &[&[0]], &[]));
    let (clock, stop) = (Clock::starting_in(Duration::ZERO), Stop::new());
    let serving = std::thread::spawn(serve);
    let crowd = Crowd::start(
        &plan,
        target,
        address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let live = crowd.live().clone();
    wait_until(&clock, "the subscriber gives up", || {
        live.progress().gave_up == 1
    });
    stop.request();
    serving.join().unwrap();
    crowd.join().subscribers[0].failure.clone().unwrap()
}

#[test]
fn tls_that_fails_is_said_so() {
    let (_, config) = certificate();
    let (other_pem, _) = certificate();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let untrusted = target(address.port(), Some(other_pem));
    let failure = check_failure(&untrusted, address, move || {
        assert!(accept_tls(&listener, &config).is_none());
    });
    assert!(
        matches!(&failure, Failure::Tls(reason) if reason.contains("certificate")),
        "{failure}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let speaks_plain = target(address.port(), None);
    let failure = check_failure(&speaks_plain, address, move || {
        let (mut socket, _) = listener.accept().unwrap();
        // Unread bytes would turn the end of the connection into a reset.
        let _ = socket.read(&mut [0; 4_096]).unwrap();
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    assert!(matches!(failure, Failure::Tls(_)), "{failure}");
}

/// A hub that takes the connection and says nothing: it is the handshake that is missing.
#[test]
fn a_handshake_that_was_under_way_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let plan = Arc::new(plan(1, &[&[0]], &[(0, FIRST)]));
    let (clock, stop) = (Clock::starting_in(Duration::ZERO), Stop::new());
    let target = target(address.port(), None);
    let crowd = Crowd::start(
        &plan,
        &target,
        address,
        &clock,
        &stop,
        Part::Whole { reader_threads: 1 },
    )
    .unwrap();
    let (socket, _) = listener.accept().unwrap();
    // The begin of the handshake is there.
    assert!(socket.peek(&mut [0]).unwrap() > 0);
    stop.request();
    let record = crowd.join();
    assert_eq!(
        record.subscribers[0].failure,
        Some(Failure::Opening(Step::Handshake))
    );
}
