//! A full disk: publications are refused with 507, nobody gets what is not stored, subscribers are served, and it goes on when
//! there is room again. The disk is the longest file that the process may write.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, prlimit};

use crate::peer::{Publisher, Subscriber};
use crate::program::{Hub, token};

/// The longest that the hub may take to find out that there is room again.
const PATIENCE: Duration = Duration::from_secs(30);

fn limit(hub: &Hub, bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(Some(hub.pid()), Resource::Fsize, limit).expect("it is ours");
}

#[test]
fn a_full_disk_refuses_publishers_and_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = folder.path().join("history.redb");
    let hub = Hub::start(&history);
    let token = token();
    let mut publisher = Publisher::connect(&hub.address, &token).expect("the hub accepts");
    let mut live = Subscriber::connect(&hub.address, None);
    let data = "x".repeat(20_000);
    let mut stored = Vec::new();
    for number in 0..20 {
        let id = format!("before-{number}");
        assert_eq!(publisher.publish(&id, &data).ok(), Some(200));
        stored.push(id);
    }
    let size = fs::metadata(&history).expect("a file").len();
    limit(&hub, Some(size));
    let mut refused = 0;
    for number in 0.. {
        let id = format!("full-{number}");
        match publisher.publish(&id, &data).expect("an answer") {
            200 => stored.push(id),
            507 => refused += 1,
            status => panic!("{status}"),
        }
        if refused == 3 {
            break;
        }
    }
    // Who was here has what is stored and nothing else, and who comes with a cursor gets it too.
    let last = stored.last().expect("some").clone();
    assert_eq!(live.until(&last), stored[..stored.len() - 1]);
    let mut other = Subscriber::connect(&hub.address, Some("earliest"));
    assert_eq!(other.until(&last), stored[..stored.len() - 1]);

    limit(&hub, None);
    let deadline = Instant::now() + PATIENCE;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let id = format!("after-{attempt}");
        match publisher.publish(&id, &data).expect("an answer") {
            200 => {
                assert_eq!(live.next(), Some(id.clone()));
                assert_eq!(other.next(), Some(id.clone()));
                stored.push(id);
                break;
            }
            status => assert_eq!(status, 507),
        }
        assert!(Instant::now() < deadline, "it does not go on");
    }
    drop(hub);
    let hub = Hub::start(&history);
    let last = stored.last().expect("some");
    let log = Subscriber::connect(&hub.address, Some("earliest")).until(last);
    assert_eq!(
        log,
        stored[..stored.len() - 1],
        "what was refused is nowhere"
    );
}
