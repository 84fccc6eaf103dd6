//! A keeper whose clock is paused: it jumps to the next timer, so that nights pass at once.

use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;
use tokio::time::sleep;

use super::*;

/// What happened, with the second in which it did.
#[derive(Clone)]
struct Diary {
    since: Instant,
    lines: Arc<Mutex<Vec<(u64, &'static str)>>>,
}

impl Diary {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            lines: Arc::default(),
        }
    }

    fn note(&self, what: &'static str) {
        let at = self.since.elapsed().as_secs();
        lock(&self.lines).push((at, what));
    }

    fn lines(&self) -> Vec<(u64, &'static str)> {
        lock(&self.lines).clone()
    }
}

impl Shelf for Diary {
    fn put(&self, document: &str) -> Result<(), String> {
        match document {
            "good" => self.note("put"),
            _ => return Err("no keys".to_owned()),
        }
        Ok(())
    }

    fn give_up(&self) {
        self.note("give up");
    }

    fn failed(&self, _: &str, _: Duration) {
        self.note("failed");
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an outcome, as `bad` is one")]
fn good(fresh_s: u64) -> Result<Fetched, FetchError> {
    Ok(Fetched::Document {
        document: "good".to_owned(),
        edition: None,
        fresh_for: Duration::from_secs(fresh_s),
    })
}

fn bad() -> Result<Fetched, FetchError> {
    Err(FetchError::Status(StatusCode::BAD_GATEWAY))
}

/// What a keeper does in so many seconds, when its fetches, by number from 0, end so.
async fn days(
    seconds: u64,
    outcome: fn(u64) -> Result<Fetched, FetchError>,
) -> Vec<(u64, &'static str)> {
    let diary = Diary::new();
    let (keeper, _asked) = Keeper::new(false);
    let count = AtomicU64::new(0);
    let fetch = |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move { outcome(number) }
    };
    let _ = timeout(
        Duration::from_secs(seconds),
        keeper.keep(fetch, diary.clone()),
    )
    .await;
    diary.lines()
}

#[tokio::test(start_paused = true)]
async fn it_fetches_ahead_of_the_end() {
    let lines = days(1000, |_| good(600)).await;
    assert_eq!(lines, [(0, "put"), (450, "put"), (900, "put")]);
}

#[expect(clippy::unnecessary_wraps, reason = "an outcome, as `bad` is one")]
fn same(fresh_s: Option<u64>) -> Result<Fetched, FetchError> {
    Ok(Fetched::Same {
        fresh_for: fresh_s.map(Duration::from_secs),
    })
}

/// What is the same is not put again. It is fresh for as long as it is said to be now, or else as before.
#[tokio::test(start_paused = true)]
async fn what_is_the_same_is_fresh_again() {
    let count = AtomicU64::new(0);
    let fetched_at = Arc::new(Mutex::new(Vec::new()));
    let since = Instant::now();
    let fetch = |_| {
        lock(&fetched_at).push(since.elapsed().as_secs());
        let number = count.fetch_add(1, Ordering::Relaxed);
        async move {
            match number {
                0 => good(400),
                2 => same(Some(800)),
                _ => same(None),
            }
        }
    };
    let diary = Diary::new();
    let (keeper, _asked) = Keeper::new(false);
    let _ = timeout(Duration::from_secs(2000), keeper.keep(fetch, diary.clone())).await;
    assert_eq!(diary.lines(), [(0, "put")]);
    assert_eq!(*lock(&fetched_at), [0, 300, 600, 1200, 1800]);
}

/// A set that is the same again and again outlives any one answer, and is given up so long after the last one.
#[tokio::test(start_paused = true)]
async fn what_is_the_same_is_given_up_later() {
    let lines = days(40_000, |number| match number {
        0 => good(600),
        1..=9 => same(None),
        _ => bad(),
    });
    let last_answer = 9 * 450;
    let end = last_answer + 600 + JWKS_STALE.as_secs();
    assert!(lines.await.contains(&(end, "give up")));
}

#[tokio::test(start_paused = true)]
async fn it_rests_longer_after_each_failure() {
    let lines = days(1000, |number| if number == 7 { good(60) } else { bad() }).await;
    let at: Vec<_> = lines.iter().map(|(at, _)| *at).collect();
    assert_eq!(
        at,
        [
            0, 5, 15, 35, 75, 155, 315, 615, 660, 665, 675, 695, 735, 815, 975
        ]
    );
    assert_eq!(lines[7], (615, "put"));
    // Then from the first rest on again.
    assert_eq!(lines[8], (660, "failed"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_is_a_failure() {
    let lines = days(4, |_| {
        Ok(Fetched::Document {
            document: "<html>".to_owned(),
            edition: None,
            fresh_for: Duration::from_mins(1),
        })
    });
    assert_eq!(lines.await, [(0, "failed")]);
}

#[tokio::test(start_paused = true)]
async fn old_keys_are_given_up_after_a_while() {
    let lines = days(30_000, |number| if number == 0 { good(600) } else { bad() }).await;
    let given_up: Vec<_> = lines
        .iter()
        .filter(|(_, what)| *what == "give up")
        .collect();
    let end = Duration::from_mins(10) + JWKS_STALE;
    assert_eq!(given_up, [&(end.as_secs(), "give up")]);
}

/// Fetches that take a second and never fail.
fn slow_keeper() -> (Asked, Diary, tokio::task::JoinHandle<()>) {
    let diary = Diary::new();
    let (keeper, asked) = Keeper::new(false);
    let fetch = |_| async {
        sleep(Duration::from_secs(1)).await;
        good(600)
    };
    let kept = tokio::spawn(keeper.keep(fetch, diary.clone()));
    (asked, diary, kept)
}

#[tokio::test(start_paused = true)]
async fn who_asks_waits_for_the_fetch_that_is_under_way() {
    let (asked, diary, _kept) = slow_keeper();
    let asked = Arc::new(asked);
    let crowd: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let asked = Arc::clone(&asked);
                async move { asked.look_again().await }
            })
        })
        .collect();
    for one in crowd {
        assert!(one.await.expect("no panic"));
    }
    assert_eq!(diary.lines(), [(1, "put")]);
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_asks_causes_one_fetch_now_and_then() {
    let (asked, diary, _kept) = slow_keeper();
    assert!(asked.look_again().await);
    let (a, b) = tokio::join!(asked.look_again(), asked.look_again());
    assert!(a && b);
    assert_eq!(diary.lines(), [(1, "put"), (2, "put")]);
    // Not again so soon.
    assert!(!asked.look_again().await);
    sleep(JWKS_LOOK_AGAIN_REST).await;
    assert!(asked.look_again().await);
    assert_eq!(diary.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_long() {
    let (keeper, asked) = Keeper::new(false);
    let fetch = |_| std::future::pending::<Result<Fetched, FetchError>>();
    let _kept = tokio::spawn(keeper.keep(fetch, Diary::new()));
    let before = Instant::now();
    assert!(!asked.look_again().await);
    assert_eq!(before.elapsed(), JWKS_LOOK_AGAIN_WAIT);
}

/// After a reload, the document of before is there.
#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_given_up_in_time_too() {
    let diary = Diary::new();
    let (keeper, _asked) = Keeper::new(true);
    let kept = keeper.keep(|_| async { bad() }, diary.clone());
    let _ = timeout(JWKS_STALE + JWKS_RETRY_LONGEST, kept).await;
    let lines = diary.lines();
    let given_up: Vec<_> = lines
        .iter()
        .filter(|(_, what)| *what == "give up")
        .collect();
    assert_eq!(given_up, [&(JWKS_STALE.as_secs(), "give up")]);
}
