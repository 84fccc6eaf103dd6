//! `hub` that cannot start: exit code 2, the setting, and what to do. Where only a user without rights is refused, the cases stand
//! beside the code.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;

use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};

use crate::program::{Ended, Hub, KEY, command, finish};

/// `assay hub` in a folder; what is not said in the flags is on a free port.
fn start(folder: &Path, flags: &[&str]) -> Ended {
    let mut command = command(&["hub"]);
    command.args(flags).env("ASSAY_HUB_JWT_KEY", KEY);
    if !flags.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    finish(command.current_dir(folder).spawn().unwrap())
}

/// It is refused with all of this, and with nothing twice.
fn check(folder: &Path, flags: &[&str], expected: &[&str]) {
    let ended = start(folder, flags);
    let context = format!("{flags:?}: {ended:?}");
    assert_eq!(ended.code, Some(2), "{context}");
    let said = ended.stderr.lines().last().expect("a line");
    for part in expected {
        assert_eq!(said.matches(part).count(), 1, "{part:?}: {context}");
    }
    assert!(!said.contains(KEY), "{context}");
}

#[test]
fn an_address_that_it_cannot_have() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("file"), "").unwrap();
    let _other = UnixListener::bind(folder.join("taken")).unwrap();
    let hub = Hub::start();
    let taken = hub.url.trim_start_matches("http://");
    let taken = taken.split('/').next().unwrap();
    let long = format!("unix:{}", "x".repeat(120));
    for (address, advice) in [
        (
            "unix:missing/x.sock",
            "there is no folder missing: make it first",
        ),
        ("unix:file/x.sock", "file is no folder"),
        ("unix:file", "what is there is no socket, and stays"),
        ("unix:taken", "another hub listens there: end it"),
        (&long, "it has 120 bytes"),
        (taken, "end what listens there"),
        // RFC 5737: nobody has it.
        ("192.0.2.1:3000", "this machine has no such address"),
    ] {
        let named = address.trim_start_matches("unix:");
        let named = format!("cannot listen on {named}: ");
        check(
            folder,
            &["--listen", address],
            &["--listen: ", &named, advice],
        );
    }
    assert_eq!(fs::read(folder.join("file")).unwrap(), b"");
    for flag in ["--metrics-listen", "--acme-http01-listen"] {
        let acme = ["--acme-host", "hub.example.com", "--acme-cache", "cache"];
        let flags = [&acme[..], &[flag, taken]].concat();
        check(
            folder,
            &flags,
            &[&format!("{flag}: "), "end what listens there"],
        );
    }
}

#[test]
fn a_history_that_it_cannot_have() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::write(folder.path().join("file"), "a text").unwrap();
    for (history, advice) in [
        (
            "redb:missing/h",
            "missing: there is no such folder; make it first",
        ),
        ("redb:folder", "folder: the history cannot be opened: "),
        ("redb:folder", "; name a file in this folder"),
        (
            "redb:file",
            "file: this file is no history of updates; name another",
        ),
    ] {
        check(
            folder.path(),
            &["--history", history],
            &["--history: ", advice],
        );
    }
}

/// What keys and certificates come as, where nobody asked for PEM.
#[test]
fn a_file_that_is_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    // The head of a PKCS #12 (RFC 7292, section 4), and bytes that are nothing.
    let bundle = [0x30, 0x82, 0x0A, 0x30, 0x02, 0x01, 0x03, 0xFF].to_vec();
    for (flag, bytes, what, instead) in [
        (
            "--tls-cert",
            certificate.der().to_vec(),
            "a certificate in DER, and PEM is wanted",
            "`openssl x509 -inform der -in it -out it.pem`",
        ),
        (
            "--tls-key",
            key.serialize_der(),
            "a private key in DER, and PEM is wanted",
            "`openssl pkey -inform der -in it -out it.pem`",
        ),
        (
            "--subscriber-jwt-key",
            key.subject_public_key_info(),
            "a public key in DER, and PEM is wanted",
            "`openssl pkey -pubin -inform der -in it -out it.pem`",
        ),
        (
            "--tls-cert",
            bundle,
            "a bundle of PKCS #12, and PEM is wanted",
            "`openssl pkcs12 -nodes -in it -out it.pem`",
        ),
        (
            "--jwt-key",
            vec![0xFF; 32],
            "is no text",
            "`openssl rand -hex 32`",
        ),
        (
            "--jwt-key",
            vec![0x30, 0xFF],
            "is no text",
            "`openssl rand -hex 32`",
        ),
    ] {
        let path = folder.path().join("it");
        fs::write(&path, bytes).unwrap();
        let path = path.display().to_string();
        let instead = instead.replace(" it", &format!(" {path}"));
        check(
            folder.path(),
            &[flag, &format!("@{path}")],
            &[flag, what, &instead],
        );
    }
}
