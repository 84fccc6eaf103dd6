//! One token for each subscriber from the command that the user gave: several at a time, each bounded in time and output, and none
//! of them left running when the run is interrupted or one of them fails. Not for tokens that all subscribers share.

use std::process::Stdio;
use std::time::Duration;

use anyhow::anyhow;
use assay_client::credentials::CredentialsError;
use assay_client::{BearerToken, Role, TokenCommandError};
use assay_load::stop::Stop;
use assay_results::Outcome;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::console;
use crate::failure::{Failure, OrFail};

/// A command that takes longer waits for something that will not come.
const TIMEOUT: Duration = Duration::from_secs(30);
/// It waits for an identity provider more than for a CPU; and that is not what the load is for.
const AT_A_TIME: usize = 8;
/// The largest token that common servers accept in a header is 8 to 16 KiB.
const OUTPUT_BYTES_MAX: u64 = 64 * 1024;
/// From one look for an interruption to the next.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs `command` once for each of so many subscribers.
///
/// # Errors
/// The first command that gives no token ends all of them, and so does `stop`.
pub(super) async fn mint_each(
    command: &str,
    subscribers: usize,
    stop: &Stop,
) -> Result<Vec<BearerToken>, Failure> {
    console::tell(format_args!(
        "assay: {subscribers} tokens from --token-command, {AT_A_TIME} at a time"
    ));
    tokio::select! {
        minted = all(command, subscribers) => minted,
        () = requested(stop) => Err(Failure {
            outcome: Outcome::Interrupted,
            error: anyhow!("interrupted while tokens were minted, before anything was measured"),
        }),
    }
}

async fn requested(stop: &Stop) {
    while !stop.is_requested() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Dropped, it ends every command that is under way.
async fn all(command: &str, subscribers: usize) -> Result<Vec<BearerToken>, Failure> {
    let mut minted: Vec<Option<BearerToken>> = vec![None; subscribers];
    let mut waiting = 0..subscribers;
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_A_TIME
            && let Some(subscriber) = waiting.next()
        {
            let command = command.to_owned();
            running.spawn(async move { (subscriber, one(&command).await) });
        }
        let Some(ended) = running.join_next().await else {
            return Ok(minted.into_iter().flatten().collect());
        };
        let (subscriber, token) = ended.or_usage()?;
        let role = Role::Subscriber;
        let token = token.map_err(|source| CredentialsError::Command { role, source });
        minted[subscriber] = Some(token.or_usage()?);
    }
}

async fn one(command: &str) -> Result<BearerToken, TokenCommandError> {
    let mut running = Running::start(command)?;
    tokio::time::timeout(TIMEOUT, running.token())
        .await
        .unwrap_or(Err(TokenCommandError::TimedOut(TIMEOUT)))
}

/// A command with everything that it started. Dropped before its end, it takes all of that with it.
struct Running {
    child: Child,
    has_ended: bool,
}

impl Running {
    fn start(command: &str) -> Result<Self, TokenCommandError> {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .env("ASSAY_TOKEN_ROLE", Role::Subscriber.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        #[cfg(unix)]
        shell.process_group(0);
        Ok(Self {
            child: shell.spawn()?,
            has_ended: false,
        })
    }

    async fn token(&mut self) -> Result<BearerToken, TokenCommandError> {
        let mut output = Vec::new();
        if let Some(stdout) = self.child.stdout.take() {
            // Whoever prints more finds the pipe closed.
            stdout
                .take(OUTPUT_BYTES_MAX)
                .read_to_end(&mut output)
                .await?;
        }
        let status = self.child.wait().await?;
        self.has_ended = true;
        if !status.success() {
            return Err(TokenCommandError::Failed(status));
        }
        Ok(BearerToken::new(&String::from_utf8_lossy(&output))?)
    }
}

#[cfg(unix)]
impl Drop for Running {
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        // As long as nobody has waited for the child, its id stands for its group and for no other.
        let group = self.child.id().filter(|_| !self.has_ended);
        let group = group.and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(group) = group {
            // The group may be gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::runtime;

    fn mint(command: &str, subscribers: usize, stop: &Stop) -> Result<Vec<String>, Failure> {
        let minted =
            runtime::current_thread()
                .unwrap()
                .block_on(mint_each(command, subscribers, stop))?;
        Ok(minted
            .iter()
            .map(|token| token.expose().to_owned())
            .collect())
    }

    #[test]
    fn each_subscriber_has_a_token_of_its_own() {
        let tokens = mint("echo $ASSAY_TOKEN_ROLE.$$.x", 20, &Stop::new()).unwrap();
        let distinct: std::collections::HashSet<_> = tokens.iter().collect();
        assert_eq!((tokens.len(), distinct.len()), (20, 20));
        assert!(tokens.iter().all(|token| token.starts_with("subscriber.")));
    }

    #[test]
    fn the_first_that_fails_ends_all() {
        for (command, says) in [
            ("exit 3", "exit status: 3"),
            ("true", "printed no token"),
            ("yes", "the token command failed"),
        ] {
            let failure = mint(command, 100, &Stop::new()).unwrap_err();
            assert_eq!(failure.outcome, Outcome::Usage);
            let sentence = failure.sentence();
            assert!(
                sentence.contains("no subscriber token") && sentence.contains(says),
                "{command}: {sentence}"
            );
        }
    }

    /// Eight commands meet in a folder, and none goes on before all are there: one after the other they would never end.
    #[test]
    fn several_run_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let command = format!(
            "touch '{path}'/$$; until [ $(ls '{path}' | wc -l) -ge {AT_A_TIME} ]; do :; done; echo a.b.c"
        );
        let tokens = mint(&command, AT_A_TIME, &Stop::new()).unwrap();
        assert_eq!(tokens.len(), AT_A_TIME);
    }

    /// The pipe's other end is held by whatever the command started: it closes when nothing of that is left.
    #[test]
    fn an_interruption_leaves_nothing_running() {
        use std::io::Read as _;
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("alive");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        let stop = Stop::new();
        let asking = std::thread::spawn({
            let (fifo, stop) = (fifo.clone(), stop.clone());
            move || {
                let mut alive = std::fs::File::open(fifo).unwrap();
                // The first byte: a command and its grandchild are there.
                alive.read_exact(&mut [0]).unwrap();
                stop.request();
                // The end: nobody is.
                alive.read_to_end(&mut Vec::new()).unwrap();
            }
        });
        let began = Instant::now();
        let command = format!(
            "exec 3> '{}'; sleep 600 & printf x >&3; wait",
            fifo.display()
        );
        let failure = mint(&command, 3, &stop).unwrap_err();
        assert_eq!(failure.outcome, Outcome::Interrupted);
        assert!(failure.sentence().contains("while tokens were minted"));
        asking.join().unwrap();
        assert!(
            began.elapsed() < TIMEOUT,
            "ended by time, not by the interruption"
        );
    }
}
