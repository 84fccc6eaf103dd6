//! A hub that is started by a command for a run: on a free port, with a throw-away key, its log in the run's folder. Not for the
//! reference hub, which needs no command (`embedded_hub`), nor for hubs with variants, which have target files.

use anyhow::Context as _;
use assay_client::Endpoint;
use assay_conformance::{HttpVersion, Interrupt, Places, RoleCredential, Running, TargetFile};
use assay_load::hub_process::HubProcess;
use assay_results::RunDirectory;
use tokio::runtime::Runtime;

use crate::args::target::{ConnectionArgs, CredentialArgs};
use crate::connection;
use crate::embedded_hub::{settings_of_hubs, throw_away_key};
use crate::failure::{Failure, OrFail};
use crate::interrupt::Interrupted;
use crate::runtime;

/// What a command is told of itself in errors.
const FLAG: &str = "--hub-command";

/// A hub that answers. Dropping it asks it to end, and ends what does not.
pub(crate) struct CommandedHub {
    running: Option<Running>,
    runtime: Runtime,
    key: String,
}

impl CommandedHub {
    /// Runs the command by a shell, which it replaces, with `PORT` and `KEY` in its environment, and waits until the hub answers.
    ///
    /// # Errors
    /// It cannot be run, ends, or does not answer in ten seconds: each names its log.
    pub(crate) fn start(
        command: &str,
        directory: &RunDirectory,
        children: &Interrupt,
        interrupted: &Interrupted,
    ) -> Result<Self, Failure> {
        let runtime = runtime::current_thread().or_usage()?;
        let places = Places {
            hub: None,
            key: throw_away_key(),
            work: std::path::absolute(directory.path()).or_usage()?,
            publisher: RoleCredential::Absent,
            subscriber: RoleCredential::Absent,
            without: settings_of_hubs(),
            http: HttpVersion::Http1,
        };
        let here = std::env::current_dir()
            .context("there is no working folder")
            .or_usage()?;
        let file = TargetFile::parse(&target(command), &here.join(FLAG), &places).or_usage()?;
        let start = async {
            file.hub
                .start(None, children)
                .await
                .with_context(|| format!("{FLAG} started no hub that can be used"))
                .or_not_measurable()
        };
        let running = runtime.block_on(interrupted.unless(Box::pin(start)))?;
        Ok(Self {
            running: Some(running),
            runtime,
            key: places.key,
        })
    }

    /// Where it is.
    pub(crate) fn endpoint(&self, connection: &ConnectionArgs) -> Result<Endpoint, Failure> {
        let running = self.running.as_ref();
        let url = running.map(|running| running.target.endpoint.hub().url().as_given());
        connection::endpoint(url.unwrap_or_default(), connection).or_usage()
    }

    /// What opens it, beside what was typed of tokens.
    pub(crate) fn credentials(&self, typed: &CredentialArgs) -> CredentialArgs {
        typed.opened_by(&self.key)
    }

    /// Its process, which is the command's.
    pub(crate) fn process(&self) -> Option<HubProcess> {
        let running = self.running.as_ref()?;
        running.process_id().map(HubProcess::new)
    }
}

impl Drop for CommandedHub {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            // What it left behind is ended; a load run has no place to complain of that.
            let _ = self.runtime.block_on(running.stop());
        }
    }
}

/// The command as a target file would have it. The shell is gone once the command runs: its process is the hub's.
fn target(command: &str) -> String {
    let command = toml::Value::String(format!("exec {command}"));
    format!(
        "[hub]\nurl = \"http://127.0.0.1:{{port}}/.well-known/mercure\"\ncommand = [\"sh\", \"-c\", {command}]\n\
         publisher = {{ key = \"{{key}}\" }}\nsubscriber = {{ key = \"{{key}}\" }}\n\
         [hub.environment]\nPORT = \"{{port}}\"\nKEY = \"{{key}}\"\n"
    )
}
