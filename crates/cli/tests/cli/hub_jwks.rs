//! `hub` with a JWK set behind `https`: whom it trusts is what the system trusts, or the file that `SSL_CERT_FILE` names.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::program::{Hub, KEY, assay};

/// The private half of a key, and the public one as a JWK.
const PRIVATE: &str = include_str!("../../../hub/tests/hub/fixtures/issuer-a-private.pem");
const PUBLIC: &str = include_str!("../../../hub/tests/hub/fixtures/issuer-a.jwk");

/// Who issues certificates, and trusts itself.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), certificate)
    }

    /// A server of the JWK set, with a certificate for this host.
    fn serve(&self, host: &str) -> SocketAddr {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key.into());
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                // Who does not trust it ends the handshake.
                let _ = answer(socket.unwrap(), Arc::clone(&config));
            }
        });
        address
    }
}

fn answer(socket: TcpStream, config: Arc<ServerConfig>) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, socket);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let set = format!("{{\"keys\":[{PUBLIC}]}}");
    let length = set.len();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{set}");
    stream.write_all(answer.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

struct Scene {
    folder: TempDir,
    own: Authority,
    other: Authority,
}

impl Scene {
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// How a publication ends at a hub that trusts this authority, where the set is served with a certificate for this host, and
    /// what the log says.
    fn check(&self, trusted: &Authority, host: &str, (code, logged): (i32, &str)) {
        let served = self.own.serve(host);
        let url = format!("https://localhost:{}/keys", served.port());
        let log = self.file("log", "");
        let mut command = Hub::command(&["--log", "info", "--publisher-jwks", &url]);
        command
            .args(["--jwks-allow-internal", "localhost"])
            .env("SSL_CERT_FILE", self.file("trusted.pem", &trusted.1))
            .env_remove("SSL_CERT_DIR")
            .stderr(fs::File::create(&log).unwrap());
        let hub = Hub::of(&mut command);
        let key = format!("@{}", self.file("key.pem", PRIVATE).display());
        let publish = ["publish", &hub.url, "t", "x", "--jwt-algorithm", "ES256"];
        let published = assay(&[&publish[..], &["--jwt-key", &key]].concat());
        assert_eq!(published.code, Some(code), "{published:?}");
        let said = fs::read_to_string(&log).unwrap();
        assert!(said.contains(logged), "{logged}: {said}");
        // What the library says of it too has no reason code.
        assert!(!said.contains("ERROR"), "{said}");
        assert!(!said.contains(KEY), "{said}");
    }
}

#[test]
fn a_set_over_tls_is_taken_from_whom_the_hub_trusts() {
    let scene = Scene {
        folder: tempfile::tempdir().unwrap(),
        own: Authority::new("own"),
        other: Authority::new("other"),
    };
    scene.check(&scene.own, "localhost", (0, "keys fetched"));
    let failed = "reason=jwks.fetch-failed";
    scene.check(&scene.other, "localhost", (3, failed));
    scene.check(&scene.other, "localhost", (3, "UnknownIssuer"));
    scene.check(&scene.own, "other.example", (3, "not valid for name"));
}
