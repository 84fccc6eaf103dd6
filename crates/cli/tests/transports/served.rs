//! The reference hub as a cell of the table needs it: `assay hub` as a child, over TLS or not.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use crate::Cell;

/// The origin that the hub allows, for reading and for publishing.
pub(crate) const ORIGIN: &str = "https://app.example";
/// Of both roles.
pub(crate) const KEY: &str = "a-key-that-is-long-enough-for-dialect-1.0-0123456789";

/// A certificate for 127.0.0.1 and its key, in files.
pub(crate) struct Certificate {
    folder: TempDir,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        Self { folder }
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}

/// A running hub; dropping it ends it.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
}

impl Served {
    pub(crate) fn start(cell: Cell, certificate: &Certificate) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command
            .args(["hub", "--listen", "127.0.0.1:0", "--exit-with-parent"])
            .arg("--subscriptions")
            .args(["--dialects", cell.dialect])
            .args(["--cors-origin", ORIGIN, "--publish-origin", ORIGIN])
            .arg(format!("--anonymous={}", cell.anonymous));
        if cell.tls {
            command
                .arg("--tls-cert")
                .arg(certificate.certificate())
                .arg("--tls-key")
                .arg(certificate.key());
        }
        let mut child = command
            .env("ASSAY_HUB_JWT_KEY", KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        let url = url.trim().to_owned();
        assert_eq!(url.starts_with("https://"), cell.tls, "{url:?}");
        Self { child, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It ended already if these fail.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
