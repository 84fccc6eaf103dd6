//! Where handshakes find the certificate of the hub, and those who ask for an ACME directory what proves that a name is ours.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Certificate;

/// The protocol that is no conversation but a proof (RFC 8737).
pub(crate) const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// See the module. A certificate is exchanged without anybody who is connected noticing.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    certificate: RwLock<Option<Arc<Certificate>>>,
    proofs: Mutex<Proofs>,
}

/// What is answered to challenges while an order is under way.
#[derive(Debug, Default)]
struct Proofs {
    /// For http-01, by token.
    texts: BTreeMap<String, String>,
    /// For tls-alpn-01, by host.
    certificates: BTreeMap<String, Arc<CertifiedKey>>,
}

impl Shelf {
    /// One that has `certificate`, if there is one yet.
    pub(crate) fn new(certificate: Option<Certificate>) -> Self {
        Self {
            certificate: RwLock::new(certificate.map(Arc::new)),
            proofs: Mutex::default(),
        }
    }

    /// The certificate in use.
    pub(crate) fn certificate(&self) -> Option<Arc<Certificate>> {
        // Nobody panics while it is exchanged.
        let certificate = self.certificate.read();
        certificate.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Uses `certificate` from the next handshake on.
    pub(crate) fn put(&self, certificate: Certificate) {
        let mut current = self
            .certificate
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(certificate));
    }

    /// The answer to an http-01 challenge, if there is one with this token.
    pub(crate) fn text(&self, token: &str) -> Option<String> {
        self.proofs().texts.get(token).cloned()
    }

    fn proofs(&self) -> MutexGuard<'_, Proofs> {
        self.proofs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Shelf {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // RFC 8737, section 3: that protocol alone. Whoever offers others too is answered with those.
        let is_challenge = hello
            .alpn()
            .is_some_and(|mut offered| offered.all(|it| it == ACME_PROTOCOL));
        if is_challenge {
            let proofs = self.proofs();
            return proofs.certificates.get(hello.server_name()?).cloned();
        }
        self.certificate().map(|it| it.key())
    }
}

/// Answers to challenges that are given until this is dropped, however an order ends.
#[derive(Debug)]
pub(crate) struct Offer<'a>(&'a Shelf);

impl<'a> Offer<'a> {
    /// None yet.
    pub(crate) fn new(shelf: &'a Shelf) -> Self {
        Self(shelf)
    }

    /// `text` for whoever asks for `token` (RFC 8555, section 8.3).
    pub(crate) fn text(&self, token: &str, text: &str) {
        let mut proofs = self.0.proofs();
        proofs.texts.insert(token.to_owned(), text.to_owned());
    }

    /// `certificate` for whoever asks for the proof of `host`.
    pub(crate) fn certificate(&self, host: &str, certificate: CertifiedKey) {
        let mut proofs = self.0.proofs();
        let certificate = Arc::new(certificate);
        proofs.certificates.insert(host.to_owned(), certificate);
    }
}

impl Drop for Offer<'_> {
    fn drop(&mut self) {
        *self.0.proofs() = Proofs::default();
    }
}
