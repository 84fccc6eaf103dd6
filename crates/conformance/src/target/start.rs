//! Starts a hub of a target, waits until it answers, restarts and stops it. Not for the process itself: that is
//! [`super::process`].

use std::{io, net::TcpListener, path::PathBuf, time::Duration};

use assay_client::{
    Credentials, Dialect, Endpoint, EndpointOptions, HubUrl, TlsOptions,
    discovery::{detect_dialect, fetch_metadata},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

use super::{
    DialectChoice, Target,
    plan::{Plan, SOME_PORT},
    process::{Launch, Process},
};
use crate::{interrupt::Interrupt, wire};

/// How long a hub has to answer, unless its section says otherwise.
const READY_WITHIN_S: u64 = 10;
/// Between two looks whether it answers.
const LOOK: Duration = Duration::from_millis(20);
/// One look: a hub that accepts and says nothing is not ready.
const ANSWER: Duration = Duration::from_secs(1);
/// Where ports are looked for: below those that systems give to outgoing connections, of which the suite has thousands, so that
/// none of them takes the port of a hub that is about to start, or starts again.
const PORTS: std::ops::Range<u16> = 10_000..32_000;
/// How many of them are tried.
const PORTS_TRIED: usize = 100;

/// Why a hub of a target cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The command cannot be run.
    #[error("{name}: its command cannot be run ({program}): {source}")]
    Command {
        /// Of the hub or variant.
        name: String,
        /// The program.
        program: String,
        /// The system's words.
        source: io::Error,
    },
    /// It ended before it answered.
    #[error("{name}: its command ended ({status}) before it answered: see {}; a command has to stay in the foreground", log.display())]
    Ended {
        /// Of the hub or variant.
        name: String,
        /// How.
        status: String,
        /// What it said.
        log: PathBuf,
    },
    /// It never answered.
    #[error("{name}: nothing answers at {url} within {seconds} s (`ready_within_s`): see {}", log.display())]
    NotReady {
        /// Of the hub or variant.
        name: String,
        /// Where.
        url: String,
        /// How long it had.
        seconds: u64,
        /// What it said.
        log: PathBuf,
    },
    /// It answered, but not as a hub can be asked.
    #[error("{name}: {message}")]
    Unusable {
        /// Of the hub or variant.
        name: String,
        /// What is wrong.
        message: String,
    },
}

/// A hub that answers. Dropping it kills what was started for it.
#[derive(Debug)]
pub struct Running {
    /// What the checks need.
    pub target: Target,
    name: String,
    process: Option<Process>,
}

impl Running {
    /// Stops what was started; tells what was wrong with that.
    pub async fn stop(self) -> Option<String> {
        let left_behind = self.process?.stop().await;
        left_behind.then(|| {
            format!(
                "{}: its command left a process behind, which was ended: it has to wait for those that it starts, or to `exec` them",
                self.name
            )
        })
    }
}

impl Plan {
    /// Starts the command, if there is one, waits until the hub answers, and asks it what tokens have to say.
    ///
    /// # Errors
    /// Each names the variant, what is wrong, and where its log is.
    pub async fn start(
        &self,
        dialects: Option<&[DialectChoice]>,
        interrupt: &Interrupt,
    ) -> Result<Running, StartError> {
        let port = match &self.section.command {
            None => SOME_PORT,
            Some(_) => free_port().map_err(|error| self.unusable(&error))?,
        };
        let hub = self.url_at(self.section.url.as_ref(), port)?;
        let hub = hub.ok_or_else(|| self.unusable("no URL"))?;
        let publish = self.url_at(self.section.publish_url.as_ref(), port)?;
        let ready = self.url_at(self.section.ready.as_ref(), port)?;
        let ready = ready.unwrap_or_else(|| hub.clone());
        let process = match &self.section.command {
            None => None,
            Some(command) => Some(self.launch(command, port, &ready, interrupt).await?),
        };
        let endpoint = self.endpoint(hub, publish)?;
        let dialects = match (dialects, &self.dialects) {
            (Some(given), _) => given.to_vec(),
            (None, Some(own)) => own.iter().map(|&dialect| said(dialect)).collect(),
            (None, None) => {
                let found = detect_dialect(&endpoint).await;
                let found = found.map_err(|error| self.unusable(&error))?;
                vec![DialectChoice {
                    dialect: found.dialect,
                    evidence: found.evidence,
                }]
            }
        };
        Ok(Running {
            target: self.target(endpoint, dialects, port).await?,
            name: self.name(),
            process,
        })
    }

    fn unusable(&self, message: &(impl ToString + ?Sized)) -> StartError {
        StartError::Unusable {
            name: self.name(),
            message: message.to_string(),
        }
    }

    fn filled(&self, text: &str, port: u16) -> Result<String, StartError> {
        self.expand(text, port)
            .map_err(|message| self.unusable(&message))
    }

    fn url_at(&self, text: Option<&String>, port: u16) -> Result<Option<HubUrl>, StartError> {
        let Some(text) = text else { return Ok(None) };
        let url: Result<HubUrl, _> = self.filled(text, port)?.parse();
        url.map(Some).map_err(|error| self.unusable(&error))
    }

    async fn launch(
        &self,
        command: &[String],
        port: u16,
        ready: &HubUrl,
        interrupt: &Interrupt,
    ) -> Result<Process, StartError> {
        let filled = |text: &String| self.filled(text, port);
        let environment = self.section.environment.iter().flatten();
        let environment = environment.map(|(name, value)| Ok((name.clone(), filled(value)?)));
        let launch = Launch {
            command: command.iter().map(filled).collect::<Result<_, _>>()?,
            environment: environment.collect::<Result<_, StartError>>()?,
            without: self.places.without.clone(),
            folder: self.folder.clone(),
            state: self.state(),
            log: self.log(),
        };
        // What follows the program may be a secret.
        let program = launch.command.first().cloned().unwrap_or_default();
        let mut process =
            Process::start(launch, interrupt).map_err(|source| StartError::Command {
                name: self.name(),
                program,
                source,
            })?;
        self.wait(&mut process, ready).await?;
        Ok(process)
    }

    async fn wait(&self, process: &mut Process, ready: &HubUrl) -> Result<(), StartError> {
        let seconds = self.section.ready_within_s.unwrap_or(READY_WITHIN_S);
        let deadline = wire::Deadline::after(Duration::from_secs(seconds));
        let endpoint = self.endpoint(ready.clone(), None)?;
        loop {
            let answers = wire::answers(endpoint.hub(), wire::Deadline::after(ANSWER)).await;
            // Asked second: whatever answers is not our hub if that has ended.
            if let Ok(Some(status)) = process.ended() {
                return Err(StartError::Ended {
                    name: self.name(),
                    status: status.to_string(),
                    log: self.log(),
                });
            }
            if answers {
                return Ok(());
            }
            if deadline.passed() {
                return Err(StartError::NotReady {
                    name: self.name(),
                    url: ready.as_given().to_owned(),
                    seconds,
                    log: self.log(),
                });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn log(&self) -> PathBuf {
        let name = self.file_name();
        self.places.work.join(format!("{name}.log"))
    }

    fn endpoint(&self, url: HubUrl, publish_url: Option<HubUrl>) -> Result<Endpoint, StartError> {
        let mut options = EndpointOptions::for_url(url);
        options.publish_url = publish_url;
        options.tls = TlsOptions {
            cacert_pem: self.ca_pem.clone(),
            insecure: false,
        };
        Endpoint::new(options).map_err(|error| self.unusable(&error))
    }

    async fn target(
        &self,
        endpoint: Endpoint,
        dialects: Vec<DialectChoice>,
        port: u16,
    ) -> Result<Target, StartError> {
        let section = &self.section;
        let filled = |text: &Option<String>| {
            let filled = text.as_ref().map(|text| self.filled(text, port));
            filled.transpose()
        };
        let credentials = Credentials {
            issuer: filled(&section.issuer)?,
            audience: filled(&section.audience)?,
            ..Credentials::default()
        };
        let metadata = if dialects.iter().any(|it| it.dialect == Dialect::V1) {
            let metadata = fetch_metadata(&endpoint).await;
            metadata.map_err(|error| self.unusable(&error))?
        } else {
            None
        };
        let issuance = credentials.issuance(endpoint.hub().url(), metadata.as_ref());
        let foreign_origin = section.foreign_origin.clone();
        Ok(Target {
            endpoint,
            http: self.places.http,
            dialects,
            publisher: self.publisher.clone(),
            subscriber: self.subscriber.clone(),
            issuer: issuance.issuer,
            audience: issuance.audience,
            allowed_origin: section.allowed_origin.clone(),
            foreign_origin: foreign_origin.unwrap_or_else(|| super::FOREIGN_ORIGIN.to_owned()),
            publish_origin: section.publish_origin.clone(),
            cookie_name: section.cookie_name.clone(),
            claimed: section.claims.clone().unwrap_or_default(),
            limits: section.limits.unwrap_or_default(),
            variants: Vec::new(),
        })
    }
}

fn said(dialect: Dialect) -> DialectChoice {
    DialectChoice {
        dialect,
        evidence: "the target says so".to_owned(),
    }
}

// Free at this moment. A hub that finds it taken ends, and says so in its log.
fn free_port() -> io::Result<u16> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    let (seed, _) = Uuid::new_v4().as_u64_pair();
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..PORTS_TRIED {
        let port = random.random_range(PORTS);
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = error,
        }
    }
    Err(last)
}
