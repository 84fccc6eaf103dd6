//! Publishers against scripted hubs: what they write, and what they make of every kind of answer.

mod support;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use assay_client::{BearerToken, Endpoint, EndpointOptions, TlsOptions};
use assay_load::clock::{Clock, Micros};
use assay_load::plan::Plan;
use assay_load::publishers::{PublisherRecord, Publishers};
use assay_load::reach::Reach;
use assay_load::record::PublicationOutcome;
use assay_load::stamp::Stamp;
use assay_load::stop::Stop;
use assay_load::target::Target;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use support::read_request;
use url::form_urlencoded;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1";

/// Three updates, ten milliseconds apart.
fn three() -> Arc<Plan> {
    let at = [100_000, 110_000, 120_000].map(|at| (0, Micros(at)));
    let mut plan = support::plan(1, &[&[0]], &at);
    plan.drain_deadline = Micros(10_000_000);
    Arc::new(plan)
}

/// Accepts connections on a free port and serves each on a thread of its own.
fn listen(serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (serve, stream) = (Arc::clone(&serve), stream.unwrap());
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

fn target(port: u16) -> Target {
    support::target(
        &format!("http://127.0.0.1:{port}/hub"),
        EndpointOptions::for_url,
    )
}

fn publish(plan: &Arc<Plan>, target: &Target, connections: u32) -> PublisherRecord {
    let clock = Clock::starting_in(Duration::ZERO);
    let hub = Reach::find(target).unwrap().publish;
    let publishers =
        Publishers::start(plan, target, hub, &clock, &Stop::new(), connections).unwrap();
    publishers.join()
}

/// One request, its body included; none when the peer is gone.
fn request(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let head = read_request(stream)?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))?;
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// Answers every request of a connection alike.
fn answering(mut stream: impl Read + Write, answer: &[u8]) -> io::Result<()> {
    while request(&mut stream).is_some() {
        stream.write_all(answer)?;
        stream.flush()?;
    }
    Ok(())
}

fn outcomes(record: &PublisherRecord) -> Vec<&PublicationOutcome> {
    record
        .publications
        .iter()
        .map(|publication| &publication.outcome)
        .collect()
}

#[test]
fn an_update_is_a_form_with_topic_stamp_token_and_nothing_else() {
    let (send, received) = std::sync::mpsc::channel();
    let port = listen(move |mut stream| {
        while let Some(request) = request(&mut stream) {
            send.send(request).unwrap();
            stream.write_all(OK)?;
        }
        Ok(())
    });
    let mut plan = Arc::unwrap_or_clone(three());
    plan.topics[0].private = true;
    let plan = Arc::new(plan);
    let mut target = target(port);
    target.publisher_token = Some(BearerToken::new("a.b.c").unwrap());
    let record = publish(&plan, &target, 1);
    let (head, body) = received.recv().unwrap();
    assert!(
        head.starts_with("POST /hub HTTP/1.1\r\nHost: 127.0.0.1:"),
        "{head}"
    );
    assert!(head.contains("Authorization: Bearer a.b.c\r\n"), "{head}");
    assert!(
        head.contains("Content-Type: application/x-www-form-urlencoded\r\n"),
        "{head}"
    );
    let fields: Vec<_> = form_urlencoded::parse(&body).collect();
    assert_eq!(
        fields[0],
        ("topic".into(), plan.topics[0].iri.as_str().into())
    );
    assert_eq!(fields[1], ("private".into(), "on".into()));
    let (name, data) = &fields[2];
    let stamp = Stamp::read(data.as_bytes()).unwrap();
    assert_eq!((name.as_ref(), data.len(), fields.len()), ("data", 300, 3));
    assert_eq!(
        (stamp.run_id, stamp.sequence, stamp.planned_at),
        (plan.run_id, 0, plan.publications[0].at)
    );
    for (publication, planned) in record.publications.iter().zip(&plan.publications) {
        assert!(
            publication.sent_at >= Some(planned.at)
                && publication.answered_at >= publication.sent_at,
            "{publication:?}"
        );
    }
}

/// Publishes to a hub that gives each connection the same answer, and expects the same outcome thrice.
#[track_caller]
fn check_answer(answer: &'static [u8], expected: &PublicationOutcome) {
    let port = listen(move |stream| answering(stream, answer));
    let record = publish(&three(), &target(port), 2);
    assert_eq!(
        outcomes(&record),
        [expected; 3],
        "{:?}",
        String::from_utf8_lossy(answer)
    );
}

#[test]
fn every_kind_of_answer_is_written_down() {
    let accepted = PublicationOutcome::Accepted;
    check_answer(OK, &accepted);
    check_answer(
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nid\r\n0\r\n\r\n",
        &accepted,
    );
    check_answer(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        &accepted,
    );
    check_answer(
        b"HTTP/1.1 429 Slow Down\r\nContent-Length: 0\r\n\r\n",
        &PublicationOutcome::Refused { status: 429 },
    );
    let garbage =
        PublicationOutcome::Unanswered("not an HTTP/1.1 answer: invalid HTTP version".to_owned());
    check_answer(b"220 smtp.example.com\r\n", &garbage);
}

#[test]
fn a_connection_that_the_hub_closes_while_idle_is_opened_again() {
    let port = listen(|mut stream| {
        if request(&mut stream).is_some() {
            stream.write_all(OK)?;
        }
        // Whoever dropped in for a look, or has had its answer, is sent away without a word.
        Ok(())
    });
    // Far more apart than an opening takes.
    let at = [1, 2, 3].map(|place| (0, Micros(place * 800_000)));
    let plan = Arc::new(support::plan(1, &[&[0]], &at));
    let record = publish(&plan, &target(port), 1);
    assert_eq!(outcomes(&record), [&PublicationOutcome::Accepted; 3]);
    assert!(record.held_back.is_empty());
}

#[test]
fn a_hub_that_hangs_up_leaves_updates_unanswered_and_the_others_unsent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        // The first is the search for the address.
        drop(listener.accept().unwrap());
        let (mut stream, _) = listener.accept().unwrap();
        drop(listener);
        request(&mut stream);
    });
    let mut plan = Arc::unwrap_or_clone(three());
    plan.drain_deadline = Micros(1_000_000);
    let record = publish(&Arc::new(plan), &target(port), 1);
    let [first, second, third] = outcomes(&record)[..] else {
        panic!("{record:?}")
    };
    assert!(
        matches!(first, PublicationOutcome::Unanswered(reason) if reason.contains("closed the connection instead")),
        "{first:?}"
    );
    for unsent in [second, third] {
        assert!(
            matches!(unsent, PublicationOutcome::NotSent(reason) if reason.contains("Connection refused")),
            "{unsent:?}"
        );
    }
    // The first may have waited for its connection.
    let is_first = |held_back: &u32| *held_back == 0;
    assert!(
        record.held_back.iter().all(is_first),
        "never sent is not sent late"
    );
}

#[test]
fn updates_go_out_over_tls() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![cert.der().clone()], key)
    .unwrap();
    let config = Arc::new(config);
    let port = listen(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        answering(StreamOwned::new(connection, stream), OK)
    });
    let target = |tls| {
        support::target(&format!("https://127.0.0.1:{port}/hub"), |url| {
            EndpointOptions {
                tls,
                ..EndpointOptions::for_url(url)
            }
        })
    };
    let trusting = target(TlsOptions {
        cacert_pem: Some(cert.pem().into_bytes()),
        insecure: false,
    });
    let record = publish(&three(), &trusting, 2);
    assert_eq!(outcomes(&record), [&PublicationOutcome::Accepted; 3]);
}

#[test]
fn nobody_listening_is_said_at_once() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = Reach::find(&target(port)).unwrap_err();
    assert_eq!(error.source.kind(), io::ErrorKind::ConnectionRefused);
    let sentence = error.to_string();
    assert!(
        sentence.starts_with(&format!("cannot connect to 127.0.0.1:{port}: ")),
        "{sentence}"
    );
}

/// Publishers may post elsewhere: each destination is searched for.
#[test]
fn each_destination_is_found_where_it_answers() {
    let [hub, publish] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [hub_at, publish_at] = [&hub, &publish].map(|one| one.local_addr().unwrap());
    let mut options = EndpointOptions::for_url(
        format!("http://localhost:{}/hub", hub_at.port())
            .parse()
            .unwrap(),
    );
    options.publish_url = Some(format!("http://{publish_at}/hub").parse().unwrap());
    let mut target = target(hub_at.port());
    target.endpoint = Endpoint::new(options).unwrap();
    let reach = Reach::find(&target).unwrap();
    assert_eq!((reach.hub, reach.publish), (hub_at, publish_at));
}
