//! The floor: on hubs that implement nothing, no check of a MUST or SHOULD passes, although the preflight's stop is off.
//!
//! On hubs that do one thing wrongly to all, no check of the areas so broken passes; `WRONG` lists which.

#![allow(
    clippy::print_stdout,
    reason = "the table is what a reader of the test wants to see"
)]

use assay_client::{Algorithm, Dialect, Endpoint, EndpointOptions, SigningKey};
use assay_conformance::{
    DialectChoice, HttpVersion, Limits, RoleCredential, RunOptions, Target, run,
};
use assay_crooked::{NULL_HUBS, Null, NullHub, WRONG_TO_ALL};
use assay_results::{Level, Verdict, VerdictRow};

const ORIGIN: &str = "https://app.example";

/// What must not pass on a hub that takes every token and sends everything to everyone: beginnings of requirement ids.
///
/// What such a hub gives to all it gives to the entitled too, so the rules that demand a delivery are not among them.
const WRONG: &[&str] = &[
    "auth.anonymous.public-only",
    "auth.error.",
    "auth.exp-",
    "auth.jws-",
    "auth.publish-",
    "auth.publisher-authorized",
    "auth.query-token.not-accepted",
    "auth.body-token.not-accepted",
    "cors.no-reflection",
    "cors.allowlist",
    "csrf.mitigated",
    "csrf.no-origin",
    "details.invalid.",
    "details.legacy-claim",
    "details.no-detail-no-right",
    "details.publish.partial-not-dispatched",
    "details.publish.403",
    "publish.authorized",
    "publish.private.marks",
    "publish.private.presence-only",
    "limits.subscribe.",
    "match.both-types",
    "match.exact.",
    "match.urlpattern.absolute",
    "match.urlpattern.canonicalization",
    "match.urlpattern.host-case",
    "match.urlpattern.limit-",
    "match.urlpattern.no-ignore-case",
    "match.urlpattern.relative-",
    "match.urlpattern.syntax",
    "match.urlpattern.unparseable-",
    "match.wildcard.only-lone-star",
    "private.claim-does-not-subscribe",
    "private.flag-",
    "private.grant-without-matcher",
    "private.matcher-without-grant",
    "private.not-dispatched",
    "private.only-authorized",
    "private.subscribe-action-needed",
    "private.unauthorized-not-received",
    "replay.authorization-reevaluated",
    "replay.matching-only",
    "replay.private-",
    "subscriptions.",
    "subscribe.delivery.any-matcher",
    "subscribe.match-",
    "subscribe.multiple-matchers",
    "subscribe.names-case-sensitive",
    "subscribe.parse.",
    "subscribe.query-method.",
    "subscribe.reserved-prefix",
    "subscribe.type-suffix-canonical",
    "subscribe.unknown-matcher-type",
    "subscribe.value.",
    "token.alg.",
    "token.aud.verified",
    "token.crit",
    "token.exp.",
    "token.iss.present",
    "token.iss.trusted",
    "token.nbf",
    "token.signature",
    "token.typ.required",
    "token.typ.absent",
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_hubs_that_implement_nothing() {
    check(NULL_HUBS, |row| row.level != Level::May).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_of_what_is_wrong_to_all() {
    check(WRONG_TO_ALL, |row| {
        row.level != Level::May
            && WRONG
                .iter()
                .any(|beginning| row.requirement.starts_with(beginning))
    })
    .await;
}

/// Runs both dialects on each hub; no row that is `barred` may pass. Prints the table hubs × verdicts.
async fn check(hubs: &'static [Null], barred: fn(&VerdictRow) -> bool) {
    let mut running = tokio::task::JoinSet::new();
    for null in hubs {
        running.spawn(async move { (null.name, judge(null).await) });
    }
    let mut passed = Vec::new();
    println!(
        "{:<42} {:>5} {:>5} {:>5} {:>6} {:>5}",
        "hub", "rows", "pass", "fail", "incon.", "other"
    );
    while let Some(judged) = running.join_next().await {
        let (name, rows) = judged.unwrap();
        let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
        let (pass, fail) = (count(Verdict::Pass), count(Verdict::Fail));
        let inconclusive = count(Verdict::Inconclusive);
        let other = rows.len() - pass - fail - inconclusive;
        println!(
            "{name:<42} {:>5} {pass:>5} {fail:>5} {inconclusive:>6} {other:>5}",
            rows.len()
        );
        assert!(
            !rows.is_empty(),
            "{name}: no check ran, so the floor says nothing"
        );
        let of_hub = rows
            .iter()
            .filter(|row| row.verdict == Verdict::Pass && barred(row));
        passed.extend(
            of_hub.map(|row| format!("{name}: {} {} {}", row.dialect, row.check, row.requirement)),
        );
    }
    assert!(
        passed.is_empty(),
        "{} rows pass:\n{}",
        passed.len(),
        passed.join("\n")
    );
}

async fn judge(null: &Null) -> Vec<VerdictRow> {
    let hub = NullHub::start(null).await.unwrap();
    // Waiting is all that a check does here, so all of them may wait at once.
    let options = RunOptions {
        force: true,
        lanes: 512,
        ..RunOptions::default()
    };
    let outcome = run(&target(&hub.url()), &options, &mut |_| {})
        .await
        .unwrap();
    outcome.verdicts
}

fn target(url: &str) -> Target {
    let key = SigningKey::from_secret(Algorithm::Hs256, &[b'k'; 32]).unwrap();
    let choice = |dialect| DialectChoice {
        dialect,
        evidence: "asked for by the test".to_owned(),
    };
    Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(url.parse().unwrap())).unwrap(),
        http: HttpVersion::Http1,
        dialects: vec![choice(Dialect::V1), choice(Dialect::V0)],
        publisher: RoleCredential::Key(key.clone()),
        subscriber: RoleCredential::Key(key),
        issuer: "https://localhost".to_owned(),
        audience: url.to_owned(),
        allowed_origin: Some(ORIGIN.to_owned()),
        foreign_origin: "https://evil.example".to_owned(),
        publish_origin: Some(ORIGIN.to_owned()),
        cookie_name: None,
        claimed: Vec::new(),
        limits: Limits::default(),
        variants: Vec::new(),
    }
}
