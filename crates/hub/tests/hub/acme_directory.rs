//! A small ACME directory (RFC 8555) over TLS, with an authority of its own: it verifies what is signed, looks for the proofs
//! on the ports that it is told, and certifies what it is asked to.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use assay_hub::bind;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD as BASE64, Engine};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, IsCa, Issuer, KeyPair,
    SanType, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::support::{now_unix_s, soon};
use crate::tls::any_certificate;

const DAY_S: u64 = 86_400;

/// See the module. It answers until the test ends.
pub(crate) struct Directory {
    pub(crate) url: String,
    /// Whom to trust about it, and about what it certifies.
    pub(crate) root: CertificateDer<'static>,
    pub(crate) root_pem: String,
    desk: Arc<Desk>,
}

/// Where it looks for proofs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) tls: SocketAddr,
    pub(crate) http: SocketAddr,
}

struct Desk {
    base: String,
    issuer: Issuer<'static, KeyPair>,
    requests: AtomicUsize,
    nonces: Mutex<BTreeSet<String>>,
    accounts: Mutex<Vec<Value>>,
    orders: Mutex<Vec<Order>>,
    ports: watch::Sender<Option<Ports>>,
    /// No certificate leaves before it is open.
    gate: watch::Sender<bool>,
    /// How many days ago its certificates began, and in how many they end.
    days: Mutex<(u64, u64)>,
    refusal: Mutex<Option<Value>>,
}

struct Order {
    account: usize,
    hosts: Vec<String>,
    proofs: Vec<Proof>,
    certificate: Option<String>,
}

/// The state of one authorization.
#[derive(Clone, Default)]
struct Proof {
    /// By which kind of challenge, and why not, where it failed.
    outcome: Option<(String, Result<(), String>)>,
}

type Answer = (u16, Value, Option<String>);

impl Directory {
    pub(crate) fn start() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(params, key);
        let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        let own_key = KeyPair::generate().expect("a key");
        let own = own.signed_by(&own_key, &issuer).expect("a certificate");
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let desk = Arc::new(Desk {
            base: format!("https://{address}"),
            issuer,
            requests: AtomicUsize::new(0),
            nonces: Mutex::default(),
            accounts: Mutex::default(),
            orders: Mutex::default(),
            ports: watch::Sender::new(None),
            gate: watch::Sender::new(true),
            days: Mutex::new((1, 89)),
            refusal: Mutex::default(),
        });
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], key)
            .expect("a certificate with its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let desk_of_all = Arc::clone(&desk);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, desk) = (acceptor.clone(), Arc::clone(&desk_of_all));
                tokio::spawn(async move {
                    let Ok(session) = acceptor.accept(socket).await else {
                        return;
                    };
                    let service = service_fn(move |request| Arc::clone(&desk).answer(request));
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(session), service)
                        .await;
                });
            }
        });
        Self {
            url: format!("https://{address}/directory"),
            root: root.der().clone(),
            root_pem: root.pem(),
            desk,
        }
    }

    /// Looks for proofs here from now on; until it knows, it waits.
    pub(crate) fn look_at(&self, ports: Ports) {
        self.desk.ports.send_replace(Some(ports));
    }

    /// Refuses all orders, or no longer.
    pub(crate) fn refuse(&self, problem: Option<Value>) {
        *lock(&self.desk.refusal) = problem;
    }

    /// Issues certificates that began so many days ago, and end in so many.
    pub(crate) fn issue(&self, began_days_ago: u64, days: u64) {
        *lock(&self.desk.days) = (began_days_ago, days);
    }

    /// Issues no certificate until it is open.
    pub(crate) fn gate(&self, open: bool) {
        self.desk.gate.send_replace(open);
    }

    /// Forgets everybody.
    pub(crate) fn forget_accounts(&self) {
        for account in lock(&self.desk.accounts).iter_mut() {
            *account = Value::Null;
        }
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.desk.requests.load(Ordering::SeqCst)
    }

    /// The kinds of challenge that were taken for each host of each order, with `!` where they failed.
    pub(crate) fn proofs(&self) -> Vec<String> {
        let orders = lock(&self.desk.orders);
        let proofs = orders.iter().flat_map(|order| &order.proofs);
        let outcomes = proofs.filter_map(|proof| proof.outcome.as_ref());
        outcomes
            .map(|(kind, outcome)| format!("{}{kind}", if outcome.is_ok() { "" } else { "!" }))
            .collect()
    }

    /// The contacts of each account.
    pub(crate) fn contacts(&self) -> Vec<Value> {
        let accounts = lock(&self.desk.accounts);
        accounts.iter().map(|it| it["contact"].clone()).collect()
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().expect("nobody panics with it")
}

fn decoded(text: &Value) -> Vec<u8> {
    let text = text.as_str().expect("a text");
    BASE64.decode(text).expect("base64")
}

fn problem(status: u16, kind: &str, detail: &str) -> Answer {
    let kind = format!("urn:ietf:params:acme:error:{kind}");
    (status, json!({ "type": kind, "detail": detail }), None)
}

impl Desk {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let path = request.uri().path().to_owned();
        let method = request.method().clone();
        let body = request.into_body().collect().await.expect("a body");
        let (status, document, location) = if method == Method::POST {
            self.post(&path, &body.to_bytes()).await
        } else {
            let at = |path: &str| format!("{}/{path}", self.base);
            let all = json!({ "newNonce": at("nonce"), "newAccount": at("account"), "newOrder": at("order") });
            (200, all, None)
        };
        let nonce = format!("{:016x}", rand::random::<u64>());
        lock(&self.nonces).insert(nonce.clone());
        let mut response = Response::builder()
            .status(status)
            .header("replay-nonce", nonce);
        if let Some(location) = location {
            response = response.header("location", format!("{}/{location}", self.base));
        }
        if status >= 400 {
            response = response.header("content-type", "application/problem+json");
        }
        let body = match document {
            Value::String(text) => text,
            document => document.to_string(),
        };
        Ok(response.body(Full::from(body)).expect("an answer"))
    }

    /// A signed request (RFC 8555, section 6.2).
    async fn post(self: &Arc<Self>, path: &str, body: &[u8]) -> Answer {
        let signed: Value = serde_json::from_slice(body).expect("JSON");
        let head: Value = serde_json::from_slice(&decoded(&signed["protected"])).expect("JSON");
        assert_eq!(head["url"], format!("{}{path}", self.base));
        assert_eq!(head["alg"], "ES256");
        let nonce = head["nonce"].as_str().expect("a nonce");
        if !lock(&self.nonces).remove(nonce) {
            return problem(400, "badNonce", "used before");
        }
        let account = head["kid"].as_str().map(|url| {
            let number = url.rsplit('/').next().expect("a number");
            number.parse::<usize>().expect("a number")
        });
        let key = match account {
            Some(number) => lock(&self.accounts)[number]["key"].clone(),
            None => head["jwk"].clone(),
        };
        if key.is_null() {
            return problem(400, "accountDoesNotExist", "who are you?");
        }
        let point = [vec![4], decoded(&key["x"]), decoded(&key["y"])].concat();
        let [head, payload] = ["protected", "payload"].map(|it| signed[it].as_str().expect("text"));
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(
                format!("{head}.{payload}").as_bytes(),
                &decoded(&signed["signature"]),
            )
            .expect("a signature");
        let payload = serde_json::from_slice(&decoded(&signed["payload"])).unwrap_or(Value::Null);
        let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
        let number = |at: usize| parts[at].parse::<usize>().expect("a number");
        match parts[..] {
            ["account"] => self.open_account(&key, &payload),
            ["order"] => self.open_order(account.expect("an account"), &payload),
            ["order", _] => (200, self.order(number(1)), None),
            ["authorization", _, _] => (200, self.authorization(number(1), number(2)), None),
            ["challenge", _, _, kind] => self.look(number(1), number(2), kind),
            ["finalize", _] => self.finalize(number(1), &payload).await,
            ["certificate", _] => {
                let orders = lock(&self.orders);
                let issued = orders[number(1)].certificate.clone();
                (200, Value::String(issued.expect("a certificate")), None)
            }
            _ => problem(404, "malformed", "nothing is here"),
        }
    }

    fn open_account(&self, key: &Value, payload: &Value) -> Answer {
        assert_eq!(payload["termsOfServiceAgreed"], true);
        let mut accounts = lock(&self.accounts);
        accounts.push(json!({ "key": key, "contact": payload["contact"] }));
        let location = format!("account/{}", accounts.len() - 1);
        (201, json!({ "status": "valid" }), Some(location))
    }

    fn open_order(&self, account: usize, payload: &Value) -> Answer {
        if let Some(problem) = lock(&self.refusal).clone() {
            return (403, problem, None);
        }
        let identifiers = payload["identifiers"].as_array().expect("identifiers");
        let host = |it: &Value| it["value"].as_str().expect("a host").to_owned();
        let hosts: Vec<_> = identifiers.iter().map(host).collect();
        let number = {
            let mut orders = lock(&self.orders);
            let proofs = vec![Proof::default(); hosts.len()];
            orders.push(Order {
                account,
                hosts,
                proofs,
                certificate: None,
            });
            orders.len() - 1
        };
        (201, self.order(number), Some(format!("order/{number}")))
    }

    fn order(&self, number: usize) -> Value {
        let orders = lock(&self.orders);
        let order = &orders[number];
        let outcomes = || order.proofs.iter().map(|proof| proof.outcome.as_ref());
        let failed = outcomes().any(|it| it.is_some_and(|(_, outcome)| outcome.is_err()));
        let status = if order.certificate.is_some() {
            "valid"
        } else if failed {
            "invalid"
        } else if outcomes().all(|it| it.is_some()) {
            "ready"
        } else {
            "pending"
        };
        let authorization = |of: usize| format!("{}/authorization/{number}/{of}", self.base);
        let authorizations: Vec<_> = (0..order.hosts.len()).map(authorization).collect();
        json!({
            "status": status,
            "authorizations": authorizations,
            "finalize": format!("{}/finalize/{number}", self.base),
            "certificate": format!("{}/certificate/{number}", self.base),
        })
    }

    fn authorization(&self, number: usize, of: usize) -> Value {
        let orders = lock(&self.orders);
        let outcome = orders[number].proofs[of].outcome.clone();
        let status = match &outcome {
            None => "pending",
            Some((_, Ok(()))) => "valid",
            Some((_, Err(_))) => "invalid",
        };
        let challenge = |kind: &str| {
            let error = match &outcome {
                Some((taken, Err(why))) if taken == kind => {
                    json!({ "type": "urn:ietf:params:acme:error:connection", "detail": why })
                }
                _ => Value::Null,
            };
            json!({
                "type": kind, "url": format!("{}/challenge/{number}/{of}/{kind}", self.base),
                "status": "pending", "token": format!("token-{number}-{of}-{kind}"), "error": error,
            })
        };
        let challenges = ["dns-01", "http-01", "tls-alpn-01"].map(challenge);
        json!({
            "status": status, "identifier": { "type": "dns", "value": orders[number].hosts[of] },
            "challenges": challenges,
        })
    }

    /// Goes and looks; whoever asks how the order stands is told.
    fn look(self: &Arc<Self>, number: usize, of: usize, kind: &str) -> Answer {
        let (host, account) = {
            let orders = lock(&self.orders);
            let order = &orders[number];
            (order.hosts[of].clone(), order.account)
        };
        let key = lock(&self.accounts)[account]["key"].clone();
        // RFC 7638: these members, in this order.
        let thumbprint = format!(
            "{{\"crv\":{},\"kty\":{},\"x\":{},\"y\":{}}}",
            key["crv"], key["kty"], key["x"], key["y"]
        );
        let thumbprint = BASE64.encode(digest(&SHA256, thumbprint.as_bytes()));
        let token = format!("token-{number}-{of}-{kind}");
        let expected = format!("{token}.{thumbprint}");
        let (desk, kind) = (Arc::clone(self), kind.to_owned());
        let document = json!({ "type": kind, "url": "", "status": "processing", "token": token });
        tokio::spawn(async move {
            let mut ports = desk.ports.subscribe();
            let ports = *ports.wait_for(Option::is_some).await.expect("a desk");
            let ports = ports.expect("known by now");
            let outcome = match kind.as_str() {
                "http-01" => look_at_text(ports.http, &host, &token, &expected).await,
                _ => look_at_certificate(ports.tls, &host, &expected).await,
            };
            lock(&desk.orders)[number].proofs[of].outcome = Some((kind, outcome));
        });
        (200, document, None)
    }

    async fn finalize(&self, number: usize, payload: &Value) -> Answer {
        let mut gate = self.gate.subscribe();
        gate.wait_for(|open| *open).await.expect("a desk");
        let csr = decoded(&payload["csr"]);
        let mut csr = CertificateSigningRequestParams::from_der(&csr.into()).expect("a request");
        let (ago, ahead) = *lock(&self.days);
        let today = now_unix_s();
        let at = |unix_s: u64| date_time_ymd(1970, 1, 1) + Duration::from_secs(unix_s);
        csr.params.not_before = at(today - ago * DAY_S);
        csr.params.not_after = at(today + ahead * DAY_S);
        let asked = csr.params.subject_alt_names.iter().map(|name| match name {
            SanType::DnsName(name) => name.as_str().to_owned(),
            other => panic!("{other:?}"),
        });
        let asked: Vec<_> = asked.collect();
        assert_eq!(asked, lock(&self.orders)[number].hosts);
        let certificate = csr.signed_by(&self.issuer).expect("a certificate");
        lock(&self.orders)[number].certificate = Some(certificate.pem());
        (200, self.order(number), None)
    }
}

/// RFC 8555, section 8.3.
async fn look_at_text(
    address: SocketAddr,
    host: &str,
    token: &str,
    expected: &str,
) -> Result<(), String> {
    let peer = TcpStream::connect(address).await;
    let mut peer = peer.map_err(|error| error.to_string())?;
    let request =
        format!("GET /.well-known/acme-challenge/{token} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    peer.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    soon(peer.read_to_string(&mut answer)).await.expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    if head.starts_with("HTTP/1.1 200 ") && body == expected {
        Ok(())
    } else {
        Err(format!("found {answer:?}"))
    }
}

/// RFC 8737, section 3.
async fn look_at_certificate(
    address: SocketAddr,
    host: &str,
    expected: &str,
) -> Result<(), String> {
    let shown = any_certificate(address, host, b"acme-tls/1").await;
    let (certificate, protocol) = shown.map_err(|error| error.to_string())?;
    assert_eq!(protocol.as_deref(), Some(&b"acme-tls/1"[..]));
    let (_, certificate) = x509_parser::parse_x509_certificate(&certificate).expect("X.509");
    let names = certificate.subject_alternative_name().expect("readable");
    let names = &names.expect("names").value.general_names;
    let named =
        matches!(names[..], [x509_parser::extensions::GeneralName::DNSName(name)] if name == host);
    let digest = digest(&SHA256, expected.as_bytes());
    // An octet string of 32 bytes.
    let value = [&[4, 32], digest.as_ref()].concat();
    let proved = certificate.extensions().iter().any(|extension| {
        extension.oid.to_id_string() == "1.3.6.1.5.5.7.1.31"
            && extension.critical
            && extension.value == value
    });
    if named && proved {
        Ok(())
    } else {
        Err("another certificate".to_owned())
    }
}
