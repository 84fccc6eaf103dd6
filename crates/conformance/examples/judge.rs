//! Judges a hub from the crate alone, for whoever writes checks: `cargo run -p assay-conformance --example judge -- URL 1.0|0.x KEY
//! [PREFIX…]`. `TRANSCRIPTS=1` shows what went over the wire of what is not green, `REPRO=DIR` writes the scripts, `SEED=N` shuffles, `FORCE=1` goes on after
//! the preflight. Not a tool for users: that is `assay check`.
#![allow(clippy::print_stdout, reason = "an example prints")]

use assay_client::{Algorithm, Endpoint, EndpointOptions, SigningKey};
use assay_conformance::{
    DialectChoice, HttpVersion, Limits, RoleCredential, RunOptions, Selection, Target, run,
};
use assay_results::Verdict;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let mut next = |name| args.next().ok_or(name);
    let (url, dialect, key) = (next("URL")?, next("dialect")?, next("key")?);
    let key = RoleCredential::Key(SigningKey::new(Algorithm::Hs256, key.as_bytes())?);
    let target = Target {
        endpoint: Endpoint::new(EndpointOptions::for_url(url.parse()?))?,
        http: HttpVersion::Http1,
        dialects: vec![DialectChoice {
            dialect: dialect.parse()?,
            evidence: "asked for".to_owned(),
        }],
        publisher: key.clone(),
        subscriber: key,
        issuer: "https://localhost".to_owned(),
        audience: url,
        allowed_origin: Some("https://app.example".to_owned()),
        foreign_origin: "https://foreign.example".to_owned(),
        publish_origin: Some("https://app.example".to_owned()),
        cookie_name: None,
        claimed: Vec::new(),
        limits: Limits::default(),
        further_issuers: Vec::new(),
        variants: Vec::new(),
    };
    let force = std::env::var_os("FORCE").is_some();
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(0);
    let options = RunOptions {
        seed,
        force,
        selection: Selection {
            only: args.collect(),
            ..Selection::default()
        },
        ..RunOptions::default()
    };
    let outcome = run(&target, &options, &mut |_| ()).await?;
    for step in &outcome.preflight {
        println!("{:?} {}: {}", step.outcome, step.name, step.detail);
    }
    for feature in &outcome.features {
        println!("{:?} {}", feature.state, feature.name);
    }
    for row in &outcome.verdicts {
        println!(
            "{:12} {:45} {}",
            row.verdict.as_str(),
            row.requirement,
            row.check
        );
        if row.verdict != Verdict::Pass {
            println!(
                "    {} {}\n    expected {}\n    observed {}",
                row.level, row.why, row.expected, row.observed
            );
        }
    }
    if std::env::var_os("TRANSCRIPTS").is_some() {
        for transcript in &outcome.transcripts {
            println!("--- {}\n{}", transcript.check, transcript.text);
        }
    }
    if let Some(folder) = std::env::var_os("REPRO") {
        std::fs::create_dir_all(&folder)?;
        for row in &outcome.verdicts {
            if let Some(script) = &row.repro {
                let name = row.check.replace('/', "-") + ".sh";
                std::fs::write(std::path::Path::new(&folder).join(name), script)?;
            }
        }
    }
    let mut counts = std::collections::BTreeMap::new();
    for row in &outcome.verdicts {
        *counts.entry(row.verdict.as_str()).or_insert(0) += 1;
    }
    println!("{counts:?} in {} ms", outcome.duration_ms);
    println!("{}", outcome.notes.join("\n"));
    Ok(())
}
