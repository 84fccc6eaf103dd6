//! `assay doctor`: is it the hub, or is it the setup?

mod dot_env;

use std::time::Duration;

use anyhow::Context as _;
use assay_client::TopicMatcher;
use assay_conformance::doctor::{Complaint, Diagnosis, diagnose, reach};
use assay_conformance::{DialectChoice, HttpVersion, Limits, Progress, Target};
use assay_results::{Outcome, PreflightStep};

use crate::args::doctor::DoctorArgs;
use crate::args::target::{ConnectionArgs, CredentialArgs};
use crate::command::check::role;
use crate::connection;
use crate::console;
use crate::credentials::HubAccess;
use crate::failure::{CommandResult, Failure, OrFail};
use crate::interrupt::{self, Interrupted};
use crate::output;
use crate::runtime;

/// Climbs, telling each rung as it comes.
pub(crate) fn run(args: &DoctorArgs) -> CommandResult {
    let interrupted = interrupt::on_signal(|| {}, || {}).or_usage()?;
    let patient = Patient::of(args)?;
    let runtime = runtime::multi_thread().or_usage()?;
    let (rungs, outcome) = runtime.block_on(examine(args, &patient, &interrupted))?;
    if args.json {
        let document = serde_json::to_string_pretty(&rungs).or_usage()?;
        console::show(&format!("{document}\n"))?;
    } else if outcome == Outcome::Passed {
        console::show("\nThe hub and what leads to it are well.\n")?;
    }
    Ok(outcome)
}

/// The hub and what opens it: as typed, over what the project's file says.
struct Patient {
    url: String,
    connection: ConnectionArgs,
    credentials: CredentialArgs,
}

impl Patient {
    fn of(args: &DoctorArgs) -> Result<Self, Failure> {
        let mut connection = args.connection.clone();
        let mut credentials = args.credentials.clone();
        let mut url = args.url.clone();
        if let Some(path) = &args.env {
            let named = || format!("--env {}", path.display());
            let project = dot_env::read(path).with_context(named).or_usage()?;
            let (public, internal) = (project.public_url, project.url);
            url = url.or_else(|| public.clone()).or_else(|| internal.clone());
            connection.publish_url = connection.publish_url.or(internal);
            credentials.jwt_key = credentials.jwt_key.or(project.secret);
        }
        let url = url
            .context("--env: the file has neither MERCURE_PUBLIC_URL nor MERCURE_URL")
            .or_usage()?;
        Ok(Self {
            url,
            connection,
            credentials,
        })
    }
}

async fn examine(
    args: &DoctorArgs,
    patient: &Patient,
    interrupted: &Interrupted,
) -> Result<(Vec<PreflightStep>, Outcome), Failure> {
    let endpoint = connection::endpoint(&patient.url, &patient.connection).or_usage()?;
    let mut tell = teller(args.json);
    let network = interrupted
        .unless(async { Ok(reach(&endpoint, &mut tell).await) })
        .await?;
    if network.is_unreachable() {
        return Ok((network.rungs, Outcome::NotMeasurable));
    }
    if !network.is_well() {
        return Ok((network.rungs, Outcome::Broken));
    }
    let access = interrupted
        .unless(HubAccess::find(
            &endpoint,
            &patient.credentials,
            patient.connection.dialect,
        ))
        .await?;
    let target = target(endpoint, args, &access)?;
    let complaint = Complaint {
        origin: args.origin.clone(),
        by_cookie: args.by_cookie,
        idle: args.idle.map(Duration::from_secs),
    };
    let choice = DialectChoice {
        dialect: access.dialect,
        evidence: access.evidence.clone(),
    };
    let diagnosing =
        async { Ok(Box::pin(diagnose(&target, &choice, &complaint, &mut tell)).await) };
    let diagnosis = interrupted.unless(diagnosing).await?;
    Ok(ended(network, diagnosis))
}

fn ended(network: Diagnosis, diagnosis: Diagnosis) -> (Vec<PreflightStep>, Outcome) {
    let outcome = if diagnosis.is_well() {
        Outcome::Passed
    } else {
        Outcome::Broken
    };
    let rungs = network.rungs.into_iter().chain(diagnosis.rungs);
    (rungs.collect(), outcome)
}

fn target(
    endpoint: assay_client::Endpoint,
    args: &DoctorArgs,
    access: &HubAccess,
) -> Result<Target, Failure> {
    Ok(Target {
        endpoint,
        dialects: Vec::new(),
        publisher: role(access.publisher_source(), || access.publisher_token())?,
        subscriber: role(access.subscriber_source(), || {
            access.subscriber_token(&[TopicMatcher::Any])
        })?,
        issuer: access.issuance.issuer.clone(),
        audience: access.issuance.audience.clone(),
        allowed_origin: args.origin.clone(),
        foreign_origin: String::new(),
        publish_origin: None,
        cookie_name: None,
        claimed: Vec::new(),
        http: HttpVersion::default(),
        limits: Limits::default(),
        further_issuers: Vec::new(),
        variants: Vec::new(),
    })
}

// A rung whose cause was found later is told again, whole.
fn teller(json: bool) -> impl FnMut(Progress) + Send {
    move |progress| {
        if let Progress::Preflight(rung) = progress {
            let line = output::rung_line(&rung);
            if json {
                console::tell(line);
            } else {
                // A reader that went away is told by the end of the command.
                let _ = console::show(&format!("{line}\n"));
            }
        }
    }
}
