//! A keeper whose clock is paused: it jumps to the next timer, so that months pass at once.

use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::time::Instant;

use super::*;

const DAY_S: u64 = 86_400;

/// One that counts from day to day, of 1970.
fn certificate(from_day: u64, until_day: u64) -> Certificate {
    let mut params = CertificateParams::new(vec!["hub.example".to_owned()]).expect("a name");
    let day = |day: u64| date_time_ymd(1970, 1, 1) + Duration::from_secs(day * DAY_S);
    (params.not_before, params.not_after) = (day(from_day), day(until_day));
    let key = KeyPair::generate().expect("a key");
    let signed = params.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Certificate::new(vec![signed.der().clone()], key).expect("they fit")
}

/// The seconds in which `first` is followed by orders, until as many were made as there are outcomes.
async fn orders_at(first: Option<Certificate>, outcomes: &[Option<(u64, u64)>]) -> Vec<u64> {
    let begun = Instant::now();
    let orders = Arc::new(Mutex::new(Vec::new()));
    let (shelf, hurry) = (Shelf::new(first), Notify::new());
    let keeper = Keeper {
        shelf: &shelf,
        hurry: &hurry,
        now: || UNIX_EPOCH + begun.elapsed(),
    };
    let order = |attempts: usize| {
        let mut orders = orders.lock().expect("nobody panics with it");
        let outcome = outcomes.get(orders.len()).copied();
        orders.push((begun.elapsed().as_secs(), attempts));
        async move {
            match outcome {
                Some(Some((from, until))) => Ok(certificate(from, until)),
                Some(None) => Err(OrderError::Timeout),
                None => std::future::pending().await,
            }
        }
    };
    tokio::select! {
        () = keeper.keep(order, |code| assert_eq!(code, "timeout")) => {}
        () = async { while orders.lock().expect("nobody panics with it").len() <= outcomes.len() {
            sleep(Duration::from_secs(1)).await;
        } } => {}
    }
    let mut failures = 0;
    let orders = orders.lock().expect("nobody panics with it").clone();
    for ((_, attempts), outcome) in orders.iter().zip(outcomes) {
        assert_eq!(*attempts, failures);
        failures = if outcome.is_some() { 0 } else { failures + 1 };
    }
    orders.into_iter().map(|(at_s, _)| at_s).collect()
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_renewed_with_a_third_of_its_time_left() {
    // None: at once. One of three days: after two.
    let at = orders_at(None, &[Some((0, 3)), Some((2, 5))]).await;
    assert_eq!(at, [0, 2 * DAY_S, 4 * DAY_S]);
    // One that was kept, and is due.
    let at = orders_at(Some(certificate(0, 0)), &[Some((0, 3))]).await;
    assert_eq!(at, [0, 2 * DAY_S]);
}

#[tokio::test(start_paused = true)]
async fn failures_are_tried_again_at_growing_intervals() {
    let at = orders_at(None, &[None; 9]).await;
    let rests: Vec<_> = at.windows(2).map(|pair| (pair[1] - pair[0]) / 60).collect();
    assert_eq!(rests, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn what_is_over_at_once_is_not_asked_for_all_the_time() {
    let at = orders_at(None, &[Some((0, 0)), Some((0, 0))]).await;
    assert_eq!(at, [0, 60, 120]);
}

/// And from then on the rests begin anew.
#[tokio::test(start_paused = true)]
async fn whoever_is_in_a_hurry_does_not_wait() {
    let begun = Instant::now();
    let (shelf, hurry) = (Shelf::default(), Notify::new());
    let keeper = Keeper {
        shelf: &shelf,
        hurry: &hurry,
        now: SystemTime::now,
    };
    let orders = Mutex::new(Vec::new());
    let order = |_| {
        let mut orders = orders.lock().expect("nobody panics with it");
        orders.push(begun.elapsed().as_secs());
        async { Err(OrderError::Timeout) }
    };
    tokio::select! {
        () = keeper.keep(order, |_| ()) => {}
        () = async {
            sleep(Duration::from_secs(200)).await;
            hurry.notify_waiters();
            sleep(Duration::from_secs(70)).await;
        } => {}
    }
    assert_eq!(
        *orders.lock().expect("nobody panics with it"),
        [0, 60, 180, 200, 260]
    );
}
