//! No key, token or password is ever shown: not in what is refused, not in a log at any level, not in what a run leaves.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;
use tempfile::tempdir;

use crate::program::{Hub, KEY, assay_in, command, finish, texts_in};
use crate::scenario::short;

const HUSH: &str = "hush-hush-hush";

/// Runs to its end with these words, separated by spaces, and with these variables; `HUSH` is the secret.
fn check(words: &str, variables: &[(&str, &str)], code: i32) {
    let words = words.replace("HUSH", HUSH);
    let mut line = command(&words.split(' ').collect::<Vec<_>>());
    for (name, value) in variables {
        line.env(name, value.replace("HUSH", HUSH));
    }
    let ended = finish(line.spawn().unwrap());
    let context = format!("{words} {variables:?}: {ended:?}");
    assert_eq!(ended.code, Some(code), "{context}");
    assert!(
        !ended.stdout.contains(HUSH) && !ended.stderr.contains(HUSH),
        "{context}"
    );
}

#[test]
fn what_is_refused_shows_no_secret() {
    for words in [
        "run live-score --jwt-key HUSH --bogus",
        "run live-score --jwt-key= HUSH",
        "run live-score --jwt-key -----BEGIN PRIVATE KEY----- HUSH",
        "check http://127.0.0.1:1/ --publisher-token a HUSH",
        "token --jwt-key HUSH --bogus",
        "token --jwt-key x --jwt-algorithm HUSH",
        "hub --jwt-key HUSH --bogus",
        "hub --jwt-key x --jwt-algorithm HUSH",
        "hub --jwt-key HUSH",
        "hub --jwt-key HUSH --jwt-algorithm RS256",
        "publish http://u:HUSH@127.0.0.1:1/ t",
        "publish http://u:HUSH@127.0.0.1:99999/ t",
        "publish u:HUSH@127.0.0.1/ t",
        "publish ftp://u:HUSH@127.0.0.1/ t",
        "publish http://127.0.0.1:1/?authorization=HUSH t",
        "publish http://127.0.0.1:1/?authorization=HUSH#x t",
        "run live-score --hub http://127.0.0.1:1/?access_token=HUSH",
        "publish http://127.0.0.1:1/ t --publish-url http://u:HUSH@127.0.0.1:1/",
        "publish http://127.0.0.1:1/ t --header Authorization-HUSH",
        "publish http://127.0.0.1:1/ t --header Authorization HUSH",
        "run live-score --hub http://u:HUSH@127.0.0.1:1/",
    ] {
        check(words, &[], 2);
    }
    for words in [
        "publish http://127.0.0.1:1/ t --jwt-key HUSH",
        "publish http://127.0.0.1:1/ t --publisher-token HUSH",
        "publish http://127.0.0.1:1/ t --header Authorization:HUSH",
        "subscribe http://127.0.0.1:1/ t --token-command HUSH",
    ] {
        check(words, &[], 3);
    }
}

#[test]
fn variables_that_are_refused_show_no_secret() {
    for (words, name, value) in [
        ("token --bogus", "ASSAY_JWT_KEY", "HUSH"),
        ("token --jwt-key x", "ASSAY_JWT_ALGORITHM", "HUSH"),
        ("hub", "ASSAY_HUB_JWT_KEY", "HUSH"),
        ("hub --bogus", "ASSAY_HUB_JWT_KEY", "HUSH"),
        (
            "hub --jwt-algorithm ES256",
            "ASSAY_HUB_JWT_KEY",
            "-----BEGIN PUBLIC KEY-----HUSH",
        ),
        (
            "hub",
            "ASSAY_HUB_PUBLISHER_JWT_KEY",
            "-----BEGIN PRIVATE KEY-----HUSH",
        ),
        ("hub --jwt-key x", "ASSAY_HUB_JWT_ALGORITHM", "HUSH"),
    ] {
        check(words, &[(name, value)], 2);
    }
}

/// The log of the hub at its most talkative, from start to end, with tokens in each place that it takes them from.
#[test]
fn no_level_of_the_log_shows_a_secret() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log");
    let hub = Hub::start_with_log(File::create(&path).unwrap().into(), "trace");
    let mint = |dialect| {
        let flags = ["--publish", "*", "--subscribe", "*", "--audience", &hub.url];
        let minted = command(&[["token", "--dialect", dialect].as_slice(), &flags].concat())
            .env("ASSAY_JWT_KEY", KEY)
            .spawn()
            .unwrap();
        finish(minted).stdout.trim().to_owned()
    };
    let (new, old) = (mint("1.0"), mint("0.x"));
    let authority = hub.url.split('/').nth(2).unwrap();
    for request in [
        format!("GET {{path}}?match=a HTTP/1.1\r\nAuthorization: Bearer {new}"),
        format!("HEAD {{path}}?match=a HTTP/1.1\r\nCookie: __Secure-mercure_access_token={new}"),
        format!("HEAD {{path}}?topic=a&authorization={old} HTTP/1.1\r\nX: y"),
        format!("HEAD {{path}}?topic=a HTTP/1.1\r\nAuthorization: Bearer {old}x"),
        format!("GET {{path}}?topic=a&authorization={old}x HTTP/1.1\r\nX: y"),
        format!("POST {{path}} HTTP/1.1\r\nAuthorization: Basic {HUSH}"),
        format!("POST {{path}} HTTP/1.1\r\nAuthorization: Bearer \u{1}{new}"),
    ] {
        let request = request.replace("{path}", "/.well-known/mercure");
        let mut peer = TcpStream::connect(authority).unwrap();
        let request = format!("{request}\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        peer.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        peer.read_exact(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 "), "{request}");
    }
    assert_eq!(hub.end_by(Signal::TERM), Some(0));
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.contains("TRACE"), "{log}");
    // The signature, and any piece of it, opens as little as all of it may be seen.
    for secret in [KEY, HUSH, &new[new.len() - 20..], &old[old.len() - 20..]] {
        assert!(!log.contains(secret), "{secret}\n{log}");
    }
}

#[test]
fn what_a_run_leaves_shows_no_secret() {
    let folder = tempdir().unwrap();
    let hub = Hub::start();
    let scenario = short(folder.path()).display().to_string();
    let header = format!("X-Api-Key: {HUSH}");
    for args in [
        ["run", &scenario, "--out", "run", "--hub", &hub.url].as_slice(),
        &["check", &hub.url, "--out", "check", "--only", "token/"],
    ] {
        let flags = ["--jwt-key", KEY, "--header", &header];
        let ended = assay_in(folder.path(), &[args, &flags].concat());
        assert!(matches!(ended.code, Some(0 | 1 | 3 | 6)), "{ended:?}");
        for secret in [KEY, HUSH] {
            let shown = ended.stdout.contains(secret) || ended.stderr.contains(secret);
            assert!(!shown, "{ended:?}");
        }
    }
    let texts = texts_in(folder.path());
    assert!(texts.len() > 4, "{}", texts.len());
    for (path, text) in texts {
        for secret in [KEY, HUSH] {
            assert!(!text.contains(secret), "{secret} stands in {path}");
        }
    }
}
