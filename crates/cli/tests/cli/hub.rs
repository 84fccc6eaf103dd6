//! `hub`: its URL first, and an orderly end.

use rustix::process::Signal;

use crate::program::{Hub, KEY, assay, command, finish};

#[test]
fn signals_end_it_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        assert_eq!(Hub::start().end_by(signal), Some(0), "{signal:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_does_not_end_it() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let hub = Hub::start_with_log(full.into(), "info");
    assert_eq!(
        assay(&["publish", &hub.url, "t", "x", "--jwt-key", KEY]).code,
        Some(0)
    );
    assert_eq!(hub.end_by(Signal::TERM), Some(0));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let hub = Hub::start();
    let address = hub
        .url
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap();
    let ended = finish(
        command(&["hub", "--listen", address])
            .env("ASSAY_HUB_JWT_KEY", KEY)
            .spawn()
            .unwrap(),
    );
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains(address), "{ended:?}");
    assert!(ended.stderr.contains("--listen"), "{ended:?}");
}

#[test]
fn a_dialect_that_it_does_not_speak_is_told() {
    let hub = Hub::start_with(&["--dialects", "0.x"]);
    let publish = |dialect: &str| {
        assay(&[
            "publish",
            &hub.url,
            "t",
            "x",
            "--jwt-key",
            KEY,
            "--dialect",
            dialect,
        ])
    };
    assert_eq!(publish("0.x").code, Some(0));
    assert_eq!(publish("auto").code, Some(0));
    let refused = publish("1.0");
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("dialect"), "{refused:?}");
}
