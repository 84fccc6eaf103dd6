//! A hub that is another one, or gone, once the checks begin: nothing is held against it, and what was seen is saved.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;
use tempfile::tempdir;

use crate::program::{Hub, KEY, assay_in};

/// Leads to one hub, and from the first request of a check on to another, or nowhere. Its threads end with the process.
fn turning(first: &Hub, then: Option<&Hub>) -> String {
    let address = |hub: &Hub| hub.url.split('/').nth(2).unwrap().to_owned();
    let (before, after) = (address(first), then.map(address));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().to_string();
    let url = first.url.replace(&before, &own);
    let turned = Arc::new(AtomicBool::new(false));
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (before, after, turned) = (before.clone(), after.clone(), Arc::clone(&turned));
            thread::spawn(move || pass(client, &before, after.as_deref(), &turned));
        }
    });
    url
}

fn pass(mut client: TcpStream, before: &str, after: Option<&str>, turned: &AtomicBool) {
    let mut head = vec![0; 16 << 10];
    let Ok(read @ 1..) = client.read(&mut head) else {
        return;
    };
    let text = String::from_utf8_lossy(&head[..read]);
    if text.contains(" check/") && !text.contains(" check/preflight") {
        turned.store(true, Ordering::SeqCst);
    }
    let hub = if turned.load(Ordering::SeqCst) {
        after
    } else {
        Some(before)
    };
    let Some(mut server) = hub.and_then(|hub| TcpStream::connect(hub).ok()) else {
        return;
    };
    if server.write_all(&head[..read]).is_err() {
        return;
    }
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let _ = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
}

fn check(then: Option<&Hub>, told: &str) {
    let first = Hub::start_with(&["--dialects", "1.0"]);
    let url = turning(&first, then);
    let folder = tempdir().unwrap();
    let ended = assay_in(
        folder.path(),
        &[
            "check",
            &url,
            "--jwt-key",
            KEY,
            "--only",
            "discovery.metadata",
            "--only",
            "token/aud",
            "--out",
            "out",
        ],
    );
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stdout.contains(told), "no {told:?}: {ended:?}");
    let document = std::fs::read(folder.path().join("out/run.json")).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let verdicts = document["verdicts"].as_array().unwrap();
    assert!(verdicts.len() > 3, "{ended:?}");
    let blamed = verdicts
        .iter()
        .find(|row| ["fail", "warn", "flaky"].contains(&row["verdict"].as_str().unwrap()));
    assert!(blamed.is_none(), "{blamed:?}");
}

#[test]
fn one_that_dies() {
    check(None, "the hub was gone when the run ended");
}

#[test]
fn one_that_is_another() {
    let other = Hub::start_with(&["--dialects", "0.x"]);
    check(
        Some(&other),
        "the hub is another than when the run began: it spoke 1.0, and speaks 0.x now",
    );
}
