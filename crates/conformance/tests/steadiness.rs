//! Whatever a hub does (stall, flood, lie about a length, reset, half an event), a run ends in time, writes a row for each
//! requirement that it set out to judge, and never calls the hub's noise a defect of ours.
#![allow(
    clippy::print_stdout,
    reason = "the durations are shown when the test fails"
)]

use std::time::{Duration, Instant};

use assay_client::{Algorithm, Dialect, Endpoint, EndpointOptions, SigningKey};
use assay_conformance::{
    DialectChoice, HttpVersion, Limits, Outcome, RoleCredential, RunOptions, Target, checks, run,
};
use assay_crooked::{Fault, FaultyHub, Side};
use assay_results::Verdict;

/// Far above what the deadlines add up to on a hub that stalls everywhere, far below "hangs".
const RUN_AT_MOST: Duration = Duration::from_secs(90);

async fn judge(fault: Fault, side: Side) -> Outcome {
    let hub = FaultyHub::start(fault, side).await.unwrap();
    let key = RoleCredential::Key(SigningKey::from_secret(Algorithm::Hs256, &[b'k'; 32]).unwrap());
    let choice = |dialect| DialectChoice {
        dialect,
        evidence: "asked for by the test".to_owned(),
    };
    let target = Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(hub.url().parse().unwrap())).unwrap(),
        http: HttpVersion::Http1,
        dialects: Dialect::ALL.map(choice).to_vec(),
        publisher: key.clone(),
        subscriber: key,
        issuer: "https://localhost".to_owned(),
        audience: hub.url(),
        allowed_origin: None,
        foreign_origin: "https://foreign.example".to_owned(),
        publish_origin: None,
        cookie_name: None,
        claimed: Vec::new(),
        limits: Limits::default(),
        further_issuers: Vec::new(),
        variants: Vec::new(),
    };
    // All at once: what is shown here is that waits end, not how many fit into one machine.
    let options = RunOptions {
        force: true,
        lanes: 512,
        ..RunOptions::default()
    };
    run(&target, &options, &mut |_| ()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_whatever_the_hub_does() {
    let expected: usize = Dialect::ALL
        .into_iter()
        .flat_map(checks)
        .map(|check| check.judges.len())
        .sum();
    let mut running = tokio::task::JoinSet::new();
    let publications = [
        Fault::StallBeforeHead,
        Fault::StallInHead,
        Fault::ResetBeforeHead,
        Fault::NotHttp,
    ];
    let streams = Fault::ALL.iter().map(|&fault| (fault, Side::Streams));
    for (fault, side) in streams.chain(publications.map(|fault| (fault, Side::Publications))) {
        running.spawn(async move {
            let began = Instant::now();
            let outcome = judge(fault, side).await;
            (fault, side, began.elapsed(), outcome)
        });
    }
    while let Some(ended) = running.join_next().await {
        let (fault, side, took, outcome) = ended.unwrap();
        println!("{fault:?} {side:?}: {} ms", took.as_millis());
        assert!(took < RUN_AT_MOST, "{fault:?} {side:?} took {took:?}");
        assert_eq!(outcome.verdicts.len(), expected, "{fault:?} {side:?}");
        let ours: Vec<_> = outcome
            .verdicts
            .iter()
            .filter(|row| row.verdict == Verdict::Error)
            .collect();
        assert!(ours.is_empty(), "{fault:?} {side:?}: {ours:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_force_a_failed_preflight_ends_the_run() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/.well-known/mercure",
        listener.local_addr().unwrap()
    );
    drop(listener);
    let key = RoleCredential::Key(SigningKey::from_secret(Algorithm::Hs256, &[b'k'; 32]).unwrap());
    let target = Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(url.parse().unwrap())).unwrap(),
        http: HttpVersion::Http1,
        dialects: vec![DialectChoice {
            dialect: Dialect::V0,
            evidence: "asked for by the test".to_owned(),
        }],
        publisher: key.clone(),
        subscriber: key,
        issuer: String::new(),
        audience: String::new(),
        allowed_origin: None,
        foreign_origin: String::new(),
        publish_origin: None,
        cookie_name: None,
        claimed: Vec::new(),
        limits: Limits::default(),
        further_issuers: Vec::new(),
        variants: Vec::new(),
    };
    let outcome = run(&target, &RunOptions::default(), &mut |_| ())
        .await
        .unwrap();
    assert!(!outcome.usable && outcome.verdicts.is_empty());
    let failed = outcome
        .preflight
        .iter()
        .find(|step| step.outcome == assay_results::StepOutcome::Failed)
        .unwrap();
    assert_eq!(failed.name, "reachable");
    assert!(failed.detail.contains("is it running"), "{}", failed.detail);
    assert!(
        !outcome.coverage.is_empty(),
        "the coverage table does not depend on the hub"
    );
}
