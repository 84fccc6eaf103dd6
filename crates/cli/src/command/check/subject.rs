//! What is judged: the hub at a URL, as flags describe it, or a target, as its file does. Not for judging.

use std::path::Path;

use anyhow::{Context, anyhow};
use assay_client::{Dialect, Endpoint, TokenSource, TopicMatcher};
use assay_conformance::{
    DialectChoice, FOREIGN_ORIGIN, Interrupt, Places, Plan, RoleCredential, Running, Target,
    TargetFile,
};
use assay_results::{HubOrigin, Outcome, RunDirectory};

use super::no_hub::NoHub;
use super::{role, shipped};
use crate::args::check::CheckArgs;
use crate::connection;
use crate::credentials::{HubAccess, credentials};
use crate::embedded_hub::{settings_of_hubs, throw_away_key};
use crate::failure::{Failure, OrFail, usage};
use crate::hub_under_test::{HubUnderTest, document};
use crate::interrupt::Interrupted;

/// What was found where the hub should be.
pub(super) enum Found {
    /// A hub that answers.
    Subject(Box<Subject>),
    /// Nothing that can be judged.
    NoHub(Box<NoHub>),
}

impl Found {
    fn subject(subject: Subject) -> Self {
        Self::Subject(Box::new(subject))
    }

    fn no_hub(no_hub: NoHub) -> Self {
        Self::NoHub(Box::new(no_hub))
    }

    /// What a baseline may speak of.
    pub(super) fn dialects(&self) -> Vec<Dialect> {
        match self {
            Self::Subject(subject) => {
                let spoken = subject.target.dialects.iter();
                spoken.map(|choice| choice.dialect).collect()
            }
            // It may speak either.
            Self::NoHub(_) => Dialect::ALL.to_vec(),
        }
    }
}

/// A hub that answers.
pub(super) struct Subject {
    /// What the checks need.
    pub(super) target: Target,
    /// What the run document says of it.
    pub(super) document: assay_results::Target,
    /// What was started, if anything was.
    pub(super) running: Option<Running>,
}

impl Subject {
    /// The one that was asked for; without URL and target the reference hub.
    ///
    /// # Errors
    /// What was typed or written in a file is wrong, or a signal came.
    pub(super) async fn find(
        args: &CheckArgs,
        directory: &RunDirectory,
        stop: &Interrupt,
        interrupted: &Interrupted,
    ) -> Result<Found, Failure> {
        if let Some(url) = &args.url {
            return interrupted.unless(at_url(url, args)).await;
        }
        if let Some(flag) = flag_of_a_url(args) {
            let sentence = "describes the hub at a URL: a target file has a field for it";
            return Err(usage(format!("{flag} {sentence}")));
        }
        let named = args.target.target.as_deref();
        let named = named.unwrap_or(Path::new(shipped::REFERENCE));
        let places = places(args, named, directory, "hubs")?;
        let file = read(named, &places, str::to_owned)?;
        Box::pin(interrupted.unless(started(file, args, stop))).await
    }
}

/// The hub at a URL, as the flags describe it.
pub(super) async fn at_url(url: &str, args: &CheckArgs) -> Result<Found, Failure> {
    let endpoint = connection::endpoint(url, &args.connection).or_usage()?;
    let access = match access(&endpoint, args).await {
        Ok(access) => access,
        Err(failure) if failure.outcome == Outcome::NotMeasurable => {
            return Ok(Found::no_hub(NoHub::at_url(&endpoint, args, &failure)));
        }
        Err(failure) => return Err(failure),
    };
    let described = &args.description;
    let foreign_origin = described.foreign_origin.as_deref();
    let hub = HubUnderTest {
        endpoint,
        credentials: args.credentials.clone(),
        embedded: None,
        commanded: None,
    };
    let spoken = vec![(access.dialect, access.evidence.clone())];
    let document = hub.document(&args.connection, spoken, &access.issuance);
    let target = Target {
        endpoint: hub.endpoint,
        http: args.http.into(),
        dialects: vec![DialectChoice {
            dialect: access.dialect,
            evidence: access.evidence.clone(),
        }],
        publisher: role(access.publisher_source(), || access.publisher_token())?,
        subscriber: role(access.subscriber_source(), || {
            access.subscriber_token(&[TopicMatcher::Any])
        })?,
        issuer: access.issuance.issuer,
        audience: access.issuance.audience,
        allowed_origin: described.allowed_origin.clone(),
        foreign_origin: foreign_origin.unwrap_or(FOREIGN_ORIGIN).to_owned(),
        publish_origin: described.publish_origin.clone(),
        cookie_name: described.cookie_name.clone(),
        claimed: described.claims.clone(),
        limits: described.limits.unwrap_or_default(),
        further_issuers: Vec::new(),
        variants: Vec::new(),
    };
    Ok(Found::subject(Subject {
        target,
        document,
        running: None,
    }))
}

/// Whoever goes on by force, and says in which dialect, gets a report of a hub that does not even answer.
async fn access(endpoint: &Endpoint, args: &CheckArgs) -> Result<HubAccess, Failure> {
    let typed = args.connection.dialect;
    let found = HubAccess::find(endpoint, &args.credentials, typed).await;
    match (found, connection::dialect(typed)) {
        (Err(_), Some(dialect)) if args.force => {
            HubAccess::assumed(endpoint, &args.credentials, dialect)
        }
        (found, _) => found,
    }
}

/// What the target of this name cannot know; its hubs work in this folder of the run.
pub(super) fn places(
    args: &CheckArgs,
    named: &Path,
    directory: &RunDirectory,
    folder: &str,
) -> Result<Places, Failure> {
    let typed = credentials(&args.credentials).or_usage()?;
    let hub = match &args.target.hub_binary {
        Some(path) if args.target.target.as_deref() == Some(named) => {
            let named = || format!("--hub-binary {}", path.display());
            Some(path.canonicalize().with_context(named).or_usage()?)
        }
        _ if shipped::is_reference(named) => {
            let ours = std::env::current_exe().context("failed to find our own program");
            Some(ours.or_usage()?)
        }
        _ => None,
    };
    Ok(Places {
        hub,
        key: throw_away_key(),
        work: std::path::absolute(directory.path().join(folder)).or_usage()?,
        publisher: typed_role(typed.publisher),
        subscriber: typed_role(typed.subscriber),
        without: settings_of_hubs(),
        http: args.http.into(),
    })
}

/// Reads the target; one of the shipped by its name, fitted to what the run has, any other as a file.
pub(super) fn read(
    named: &Path,
    places: &Places,
    fitted: impl Fn(&str) -> String,
) -> Result<TargetFile, Failure> {
    let Some(shipped) = shipped::find(named) else {
        return TargetFile::read(named, places).or_usage();
    };
    let work = places.work.clone();
    let file = TargetFile::parse(&fitted(shipped.text), &shipped.path(&work), places).or_usage()?;
    let unpacked = shipped.unpack(&work);
    unpacked
        .with_context(|| format!("failed to write into {}", work.display()))
        .or_usage()?;
    Ok(file)
}

/// Starts the hub of the target, or the variant that is to be judged in its place.
async fn started(
    mut file: TargetFile,
    args: &CheckArgs,
    stop: &Interrupt,
) -> Result<Found, Failure> {
    let plan = match &args.target.variant {
        None => file.hub,
        Some(name) => {
            let plan = variant(&file.variants, name)?.clone();
            file.variants.clear();
            plan
        }
    };
    let asked = connection::dialect(args.connection.dialect).map(|dialect| {
        vec![DialectChoice {
            dialect,
            evidence: "asked for by --dialect".to_owned(),
        }]
    });
    let origin = match args.target.target {
        None => HubOrigin::Reference,
        Some(_) => HubOrigin::Given,
    };
    let running = match plan.start(asked.as_deref(), stop).await {
        Ok(running) => running,
        Err(error) => return Ok(Found::no_hub(NoHub::of_target(&plan, origin, &error))),
    };
    let target = Target {
        variants: file.variants,
        ..running.target.clone()
    };
    Ok(Found::subject(Subject {
        document: document(&target, origin),
        target,
        running: Some(running),
    }))
}

fn variant<'f>(variants: &'f [Plan], name: &str) -> Result<&'f Plan, Failure> {
    let found = variants.iter().find(|plan| plan.variant() == Some(name));
    let known = || {
        let names: Vec<_> = variants.iter().filter_map(Plan::variant).collect();
        anyhow!("--variant {name}: the target has {}", names.join(", "))
    };
    found.ok_or_else(known).or_usage()
}

fn typed_role(source: TokenSource) -> RoleCredential {
    match source {
        TokenSource::Key(key) => RoleCredential::Key(key),
        TokenSource::Token(token) => RoleCredential::Token(token),
        // A command is refused beside a target.
        TokenSource::Anonymous | TokenSource::Command(_) => RoleCredential::Absent,
    }
}

/// A flag that says of a hub at a URL what a target file says by itself.
fn flag_of_a_url(args: &CheckArgs) -> Option<&'static str> {
    let described = &args.description;
    let connection = &args.connection;
    let credentials = &args.credentials;
    let given = [
        ("--allowed-origin", described.allowed_origin.is_some()),
        ("--foreign-origin", described.foreign_origin.is_some()),
        ("--publish-origin", described.publish_origin.is_some()),
        ("--cookie-name", described.cookie_name.is_some()),
        ("--claims", !described.claims.is_empty()),
        ("--limits", described.limits.is_some()),
        ("--publish-url", connection.publish_url.is_some()),
        ("--cacert", connection.cacert.is_some()),
        ("--insecure", connection.insecure),
        ("--connect-to", connection.connect_to.is_some()),
        ("--header", !connection.headers.is_empty()),
        ("--issuer", credentials.issuer.is_some()),
        ("--audience", credentials.audience.is_some()),
        ("--token-command", credentials.token_command.is_some()),
    ];
    let found = given.iter().find(|(_, is_given)| *is_given);
    found.map(|(flag, _)| *flag)
}
