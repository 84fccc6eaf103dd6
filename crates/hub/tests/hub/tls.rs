//! TLS: the hub over it is the same hub, the certificate can change, and who does not finish the handshake is left.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use assay_hub::HubOptions;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Claims, Log, RunningHub, open_hub, soon, start, written};

/// A certificate of its own making for `localhost`, and its key, in PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
    der: CertificateDer<'static>,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let names = vec!["localhost".to_owned()];
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).expect("a certificate");
        Self {
            certificate: cert.pem(),
            key: signing_key.serialize_pem(),
            der: cert.der().clone(),
        }
    }

    fn options(&self) -> HubOptions {
        HubOptions {
            tls_cert: Some(written("tls-cert", &self.certificate)),
            tls_key: Some(written("tls-key", &self.key)),
            ..open_hub()
        }
    }

    async fn connect(
        &self,
        hub: &RunningHub,
        protocol: &[u8],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        connect(&self.der, "localhost", hub, protocol).await
    }
}

/// A session with a hub that `host` has to be certified for by `root`, and that speaks `protocol`.
pub(crate) async fn connect(
    root: &CertificateDer<'static>,
    host: &'static str,
    hub: &RunningHub,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from(host).expect("a name");
    let connector = TlsConnector::from(Arc::new(config));
    soon(connector.connect(name, hub.connect().await)).await
}

/// The certificate that is shown to whoever asks for `host` and `protocol`, and what is spoken, believed as it comes.
pub(crate) async fn any_certificate(
    address: SocketAddr,
    host: &str,
    protocol: &[u8],
) -> std::io::Result<(CertificateDer<'static>, Option<Vec<u8>>)> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Arc::new(Credulous(Arc::clone(&provider)));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let connector = TlsConnector::from(Arc::new(config));
    let peer = TcpStream::connect(address).await?;
    let session = soon(connector.connect(name, peer)).await?;
    let session = session.get_ref().1;
    let certificates = session.peer_certificates().expect("a certificate");
    let protocol = session.alpn_protocol().map(<[u8]>::to_vec);
    Ok((certificates[0].clone(), protocol))
}

/// Believes everybody: what is critical about a certificate that proves a name is strange to what verifies others.
#[derive(Debug)]
struct Credulous(Arc<CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A token for the URL that a request to this hub over TLS names.
pub(crate) fn token(hub: &RunningHub) -> String {
    let audience = format!("https://{}/.well-known/mercure", hub.address);
    let claims = Claims::of(hub).with("aud", audience);
    claims.grant("publish", "*").grant("subscribe", "*").sign()
}

pub(crate) async fn read_until(peer: &mut TlsStream<TcpStream>, text: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        assert_ne!(soon(peer.read_buf(&mut read)).await.expect("bytes"), 0);
    }
    String::from_utf8_lossy(&read).into_owned()
}

async fn send(peer: &mut TlsStream<TcpStream>, request: &str) {
    let request = request.replace('\n', "\r\n");
    soon(peer.write_all(request.as_bytes()))
        .await
        .expect("the hub reads");
}

pub(crate) async fn subscribe(peer: &mut TlsStream<TcpStream>, hub: &RunningHub) {
    let request = format!(
        "GET /.well-known/mercure?match=a HTTP/1.1\nHost: {}\n\n",
        hub.address
    );
    send(peer, &request).await;
    read_until(peer, ":\n").await;
}

/// Publishes, over a connection of its own.
async fn publish(identity: &Identity, hub: &RunningHub, token: &str, data: &str) -> String {
    let peer = identity.connect(hub, b"http/1.1").await.expect("TLS");
    publish_over(peer, hub, token, data).await
}

/// Publishes over `peer`, which is closed then.
pub(crate) async fn publish_over(
    mut peer: TlsStream<TcpStream>,
    hub: &RunningHub,
    token: &str,
    data: &str,
) -> String {
    let body = format!("topic=a&data={data}");
    let request = format!(
        "POST /.well-known/mercure HTTP/1.1\nHost: {}\nAuthorization: Bearer {token}\nConnection: close\n\
         Content-Type: application/x-www-form-urlencoded\nContent-Length: {}\n\n{body}",
        hub.address,
        body.len()
    );
    send(&mut peer, &request).await;
    read_until(&mut peer, "\r\n\r\n").await
}

#[tokio::test]
async fn a_hub_with_a_certificate_is_one_of_https() {
    let identity = Identity::new();
    let (config, _) = identity.options().check().expect("right options");
    assert_eq!(
        config.url(config.listen()),
        "https://127.0.0.1:3000/.well-known/mercure"
    );
    let mut hub = start(&identity.options());
    let mut stream = identity.connect(&hub, b"http/1.1").await.expect("TLS");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    subscribe(&mut stream, &hub).await;
    // auth.audience: the URL of the request begins with https.
    let answer = publish(&identity, &hub, &token(&hub), "hello").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let refused = publish(&identity, &hub, &hub.token(), "hello").await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    read_until(&mut stream, "data: hello\n").await;
    hub.stop();
    read_until(&mut stream, "0\r\n\r\n").await;
    // No cut in the middle: the session is closed by the hub.
    assert_eq!(soon(stream.read(&mut [0; 1])).await.expect("closed"), 0);
    hub.stopped().await.expect("drained");
}

#[tokio::test]
async fn http2_is_negotiated() {
    let identity = Identity::new();
    let hub = start(&identity.options());
    let session = identity.connect(&hub, b"h2").await.expect("TLS");
    assert_eq!(session.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut peer, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(session))
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let url = format!("https://{}/.well-known/mercure", hub.address);
    let request = Request::get(format!("{url}?match=a")).body(Full::<Bytes>::default());
    let stream = soon(peer.send_request(request.expect("a request"))).await;
    let mut stream = stream.expect("an answer").into_body();
    let publication = Request::post(&url)
        .header("authorization", format!("Bearer {}", token(&hub)))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::from("topic=a&data=hello"))
        .expect("a request");
    let answer = soon(peer.send_request(publication)).await.expect("answer");
    assert_eq!(answer.status(), 200);
    let mut text = Vec::new();
    while !text.ends_with(b"data: hello\n\n") {
        let frame = soon(stream.frame()).await.expect("a frame").expect("data");
        text.extend_from_slice(frame.data_ref().expect("data"));
    }
}

/// Who was there goes on; who comes sees the new certificate, and needs a token of the new key.
#[tokio::test]
async fn a_reload_changes_the_certificate_and_the_keys_and_cuts_nobody() {
    const NEW_SECRET: &str = "another secret of the tests, longer than thirty-two bytes";
    let (old, new) = (Identity::new(), Identity::new());
    let hub = start(&old.options());
    let mut stream = old.connect(&hub, b"http/1.1").await.expect("TLS");
    subscribe(&mut stream, &hub).await;
    let answer = publish(&old, &hub, &token(&hub), "before").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let options = HubOptions {
        jwt_key: Some(written("jwt-key", NEW_SECRET)),
        ..new.options()
    };
    hub.reload(&options).await;
    assert!(old.connect(&hub, b"http/1.1").await.is_err());
    let refused = publish(&new, &hub, &token(&hub), "refused").await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    hub.reload(&HubOptions {
        jwt_key: open_hub().jwt_key,
        ..options
    })
    .await;
    let answer = publish(&new, &hub, &token(&hub), "after").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let text = read_until(&mut stream, "data: after\n").await;
    assert!(!text.contains("refused"), "{text}");
}

#[tokio::test]
async fn who_does_not_speak_tls_is_left() {
    let log = Log::capture();
    let hub = start(&Identity::new().options());
    let mut peer = hub.connect().await;
    peer.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .expect("the hub reads");
    let mut answer = Vec::new();
    // An alert at most, and the end.
    let _ = soon(peer.read_to_end(&mut answer)).await;
    assert!(answer.len() < 16, "{answer:?}");
    log.until("reason=connection.handshake").await;
}

/// The clock stands still, and goes on at once where nothing but time is waited for.
#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_go_on_is_left_after_ten_seconds() {
    for begun in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let log = Log::capture();
        let hub = start(&Identity::new().options());
        let mut peer = TcpStream::connect(hub.address).await.expect("it accepts");
        peer.write_all(begun).await.expect("it reads");
        let begun_at = tokio::time::Instant::now();
        let _ = peer.read_to_end(&mut Vec::new()).await;
        let waited = begun_at.elapsed();
        assert!(waited >= Duration::from_secs(9), "{waited:?}");
        assert!(waited <= Duration::from_secs(31), "{waited:?}");
        assert!(log.text().contains("reason=connection.handshake"));
    }
}

/// What TLS keeps for a peer that does not read is not taken for what the peer has read.
#[tokio::test]
async fn a_peer_that_stops_reading_is_given_up_over_tls_too() {
    let log = Log::capture();
    let identity = Identity::new();
    let hub = start(&HubOptions {
        write_timeout: Some(written("write-timeout", "500ms")),
        heartbeat: Some(written("heartbeat", "100ms")),
        ..identity.options()
    });
    let mut stalled = identity.connect(&hub, b"http/1.1").await.expect("TLS");
    subscribe(&mut stalled, &hub).await;
    let token = token(&hub);
    let data = "x".repeat(900_000);
    for _ in 0..14 {
        let answer = publish(&identity, &hub, &token, &data).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    log.until("reason=connection.write-timeout").await;
}

#[test]
fn mistakes_are_named_with_what_to_write() {
    let (one, other) = (Identity::new(), Identity::new());
    let check = |certificate: Option<&str>, key: Option<&str>, expected: &[&str]| {
        let options = HubOptions {
            tls_cert: certificate.map(|pem| written("tls-cert", pem)),
            tls_key: key.map(|pem| written("tls-key", pem)),
            ..open_hub()
        };
        let error = options.check().expect_err("a mistake").to_string();
        for part in expected {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
        assert!(!error.contains(&one.key[40..60]), "{error}");
    };
    let (certificate, key) = (one.certificate.as_str(), one.key.as_str());
    check(Some(certificate), None, &["--tls-cert needs --tls-key"]);
    check(None, Some(key), &["--tls-key needs --tls-cert"]);
    check(Some(key), Some(key), &["--tls-cert", "no certificate"]);
    check(
        Some("nothing"),
        Some(key),
        &["--tls-cert", "BEGIN CERTIFICATE"],
    );
    let broken = certificate.replace("-----END", "");
    check(Some(&broken), Some(key), &["--tls-cert", "PEM"]);
    check(Some(certificate), Some(certificate), &["--tls-key", "key"]);
    let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
    check(Some(certificate), Some(&encrypted), &["openssl pkey -in"]);
    check(
        Some(certificate),
        Some(&other.key),
        &["--tls-cert", "not that of the first certificate"],
    );
}
