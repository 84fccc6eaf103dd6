//! Starts a hub of a target, waits until it answers, restarts and stops it. Not for the process itself: that is
//! [`super::process`].

use std::{collections::BTreeMap, io, net::TcpListener, path::PathBuf, time::Duration};

use assay_client::{
    Credentials, Dialect, Endpoint, EndpointOptions, HubUrl, TlsOptions,
    discovery::{detect_dialect, fetch_metadata},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

use super::{
    DialectChoice, Issuer, Target,
    credential::{IssuerPlan, Opened, Verifiers},
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
    /// The id of the process that the command is; none where nothing was started, or it has ended.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().and_then(Process::id)
    }

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
        let start = self.opened(port)?;
        let hub = start.url(self.section.url.as_ref())?;
        let hub = hub.ok_or_else(|| self.unusable("no URL"))?;
        let publish = start.url(self.section.publish_url.as_ref())?;
        let ready = start.url(self.section.ready.as_ref())?;
        let ready = ready.unwrap_or_else(|| hub.clone());
        let process = match &self.section.command {
            None => None,
            Some(command) => Some(
                self.launch(start.launch(command)?, &ready, interrupt)
                    .await?,
            ),
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
            target: start.target(endpoint, dialects).await?,
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

    /// With its port, and its keys made.
    fn opened(&self, port: u16) -> Result<Start<'_>, StartError> {
        let opened = self.issuers.iter().map(IssuerPlan::open);
        let opened: Vec<_> = opened
            .collect::<Result<_, _>>()
            .map_err(|error| self.unusable(&error))?;
        let both = self.issuers.iter().zip(&opened);
        Ok(Start {
            plan: self,
            port,
            verifiers: both
                .flat_map(|(issuer, opened)| issuer.verifiers_of(opened))
                .collect(),
            opened,
        })
    }

    async fn launch(
        &self,
        launch: Launch,
        ready: &HubUrl,
        interrupt: &Interrupt,
    ) -> Result<Process, StartError> {
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
}

/// A hub about to start: what the file could not know of it.
struct Start<'p> {
    plan: &'p Plan,
    port: u16,
    /// As the issuers of the plan.
    opened: Vec<Opened>,
    verifiers: Verifiers,
}

impl Start<'_> {
    fn filled(&self, text: &str) -> Result<String, StartError> {
        let filled = self.plan.expand(text, self.port, &self.verifiers);
        filled.map_err(|message| self.plan.unusable(&message))
    }

    fn url(&self, text: Option<&String>) -> Result<Option<HubUrl>, StartError> {
        let Some(text) = text else { return Ok(None) };
        let url: Result<HubUrl, _> = self.filled(text)?.parse();
        url.map(Some).map_err(|error| self.plan.unusable(&error))
    }

    fn all_filled(
        &self,
        texts: Option<&BTreeMap<String, String>>,
    ) -> Result<BTreeMap<String, String>, StartError> {
        let texts = texts.into_iter().flatten();
        texts
            .map(|(name, text)| Ok((name.clone(), self.filled(text)?)))
            .collect()
    }

    fn launch(&self, command: &[String]) -> Result<Launch, StartError> {
        let Plan {
            section, places, ..
        } = self.plan;
        let command = command.iter().map(|word| self.filled(word));
        Ok(Launch {
            command: command.collect::<Result<_, _>>()?,
            environment: self.all_filled(section.environment.as_ref())?,
            files: self.all_filled(section.files.as_ref())?,
            without: places.without.clone(),
            folder: self.plan.folder.clone(),
            state: self.plan.state(),
            log: self.plan.log(),
        })
    }

    async fn target(
        &self,
        endpoint: Endpoint,
        dialects: Vec<DialectChoice>,
    ) -> Result<Target, StartError> {
        let section = &self.plan.section;
        let filled = |text: &Option<String>| {
            let filled = text.as_ref().map(|text| self.filled(text));
            filled.transpose()
        };
        let credentials = Credentials {
            issuer: filled(&section.issuer)?,
            audience: filled(&section.audience)?,
            ..Credentials::default()
        };
        let metadata = if dialects.iter().any(|it| it.dialect == Dialect::V1) {
            let metadata = fetch_metadata(&endpoint).await;
            metadata.map_err(|error| self.plan.unusable(&error))?
        } else {
            None
        };
        let issuance = credentials.issuance(endpoint.hub().url(), metadata.as_ref());
        let foreign_origin = section.foreign_origin.clone();
        let (own, further) = self.roles()?;
        Ok(Target {
            endpoint,
            http: self.plan.places.http,
            dialects,
            publisher: own.publisher,
            subscriber: own.subscriber,
            further_issuers: further,
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

    /// What opens the hub by its own issuer, and what does by the further ones.
    fn roles(&self) -> Result<(Opened, Vec<Issuer>), StartError> {
        let mut opened = self.opened.iter().cloned();
        let own = opened.next();
        let own = own.ok_or_else(|| self.plan.unusable("no issuer"))?;
        let sections = self.plan.section.issuers.iter().flat_map(|it| it.values());
        let further = sections.zip(opened).map(|(section, opened)| {
            Ok(Issuer {
                identifier: self.filled(&section.identifier)?,
                publisher: opened.publisher,
                subscriber: opened.subscriber,
            })
        });
        Ok((own, further.collect::<Result<_, _>>()?))
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
