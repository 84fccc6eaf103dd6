//! A hub behind TLS, with a certificate of a throw-away authority.

use std::sync::Arc;

use assay_client::{Endpoint, EndpointError, EndpointOptions, PublishForm, Publisher, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

struct TlsHub {
    port: u16,
    ca_pem: String,
}

/// Answers each publication with the id `1`, as `hub.example`.
async fn start() -> TlsHub {
    let mut ca = CertificateParams::new([]).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(["hub.example".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &ca).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(socket).await else {
                continue;
            };
            let mut request = Vec::new();
            while !request.ends_with(b"data=d") {
                stream.read_buf(&mut request).await.unwrap();
            }
            assert!(String::from_utf8_lossy(&request).contains("host: hub.example:8443\r\n"));
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n1";
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.ok();
        }
    });
    TlsHub {
        port,
        ca_pem: ca.pem(),
    }
}

async fn publish(hub: &TlsHub, url: &str, tls: TlsOptions) -> Result<String, String> {
    let mut options = EndpointOptions::for_url(url.parse().unwrap());
    options.connect_to = Some(format!("127.0.0.1:{}", hub.port).parse().unwrap());
    options.tls = tls;
    let endpoint = Endpoint::new(options).map_err(|error: EndpointError| error.to_string())?;
    let publisher = Publisher::new(&endpoint, None).map_err(|error| error.to_string())?;
    publisher
        .publish(&PublishForm::new("t", "d"))
        .await
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn certificates_decide_unless_told_otherwise() {
    let hub = start().await;
    let trusting = TlsOptions {
        cacert_pem: Some(hub.ca_pem.clone().into_bytes()),
        ..TlsOptions::default()
    };
    let stranger = KeyPair::generate().unwrap();
    let stranger = CertificateParams::new([])
        .unwrap()
        .self_signed(&stranger)
        .unwrap()
        .pem();
    let strange = TlsOptions {
        cacert_pem: Some(stranger.into_bytes()),
        ..TlsOptions::default()
    };
    let insecure = TlsOptions {
        insecure: true,
        ..TlsOptions::default()
    };

    let url = "https://hub.example:8443/hub";
    assert_eq!(
        publish(&hub, url, trusting.clone()).await,
        Ok("1".to_owned())
    );
    assert_eq!(publish(&hub, url, insecure).await, Ok("1".to_owned()));
    for (url, tls, expected) in [
        (url, strange, "pass --cacert FILE, or --insecure"),
        (
            "https://other.example:8443/hub",
            trusting.clone(),
            "its certificate is for another name",
        ),
        (
            "https://10.0.0.1:8443/hub",
            trusting,
            "--connect-to with https needs a host name",
        ),
    ] {
        let error = publish(&hub, url, tls).await.unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
