//! A hub that the suite started: a command in a process group of its own, which ends with all that it began, however the run ends.
//! Not for waiting until it answers: that is [`super::start`].

use std::{
    collections::{BTreeMap, HashSet},
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::interrupt::Interrupt;

/// How long a hub may take to end its streams before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How long those that the command began may outlive it: they were told to end at the same time.
const STRAGGLERS: Duration = Duration::from_millis(500);
/// Between two looks at a group that is to end.
const LOOK: Duration = Duration::from_millis(20);

/// The process groups that a run has started and not ended: shared by all clones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Children(Arc<Mutex<Groups>>);

#[derive(Debug, Default)]
struct Groups {
    alive: HashSet<Pid>,
    /// Nothing is started any more.
    closed: bool,
}

impl Children {
    /// Kills them all and starts no other, for a process that is about to end without dropping anything.
    pub(crate) fn kill(&self) {
        let mut groups = self.groups();
        groups.closed = true;
        groups.alive.iter().copied().for_each(kill);
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a command; nobody can kill the others meanwhile and miss this one.
    fn spawn(&self, launch: &Launch) -> io::Result<(Child, Pid)> {
        let mut groups = self.groups();
        if groups.closed {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let (child, group) = launch.spawn()?;
        groups.alive.insert(group);
        Ok((child, group))
    }
}

/// What is run.
#[derive(Debug)]
pub(super) struct Launch {
    /// Program and arguments.
    pub(super) command: Vec<String>,
    /// Variables beside ours.
    pub(super) environment: BTreeMap<String, String>,
    /// Variables of ours that the command does not get.
    pub(super) without: Vec<OsString>,
    /// Where it runs.
    pub(super) folder: PathBuf,
    /// Standard output and error.
    pub(super) log: PathBuf,
    /// A folder of its own, gone when it has ended.
    pub(super) state: PathBuf,
    /// Name → text of what stands in that folder.
    pub(super) files: BTreeMap<String, String>,
}

impl Launch {
    fn spawn(&self) -> io::Result<(Child, Pid)> {
        let [program, arguments @ ..] = self.command.as_slice() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let mut command = Command::new(program);
        for name in &self.without {
            command.env_remove(name);
        }
        let child = command
            .args(arguments)
            .envs(&self.environment)
            .current_dir(&self.folder)
            .process_group(0)
            // A hub may end with its standard input, which ends with us even where we cannot clean up.
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let group = pid.ok_or_else(|| io::Error::other("it ended at once"))?;
        Ok((child, group))
    }
}

/// A command at work. Dropping it kills its group at once.
#[derive(Debug)]
pub(super) struct Process {
    launch: Launch,
    child: Child,
    group: Pid,
    children: Children,
}

impl Process {
    /// Starts the command, with an empty log, and nothing in its folder but its files.
    pub(super) fn start(launch: Launch, interrupt: &Interrupt) -> io::Result<Self> {
        fs::create_dir_all(&launch.state)?;
        for (name, text) in &launch.files {
            fs::write(launch.state.join(name), text)?;
        }
        File::create(&launch.log)?;
        let children = interrupt.children().clone();
        let (child, group) = children.spawn(&launch)?;
        Ok(Self {
            launch,
            child,
            group,
            children,
        })
    }

    /// Its id, as long as nobody has waited for its end.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Asks the group to end, and ends what does not. True if the command left something behind, which is ended too.
    pub(super) async fn stop(mut self) -> bool {
        drop(self.child.stdin.take());
        // An error means that the group is gone.
        let _ = kill_process_group(self.group, Signal::TERM);
        let ended = tokio::time::timeout(GRACE, self.child.wait()).await;
        if ended.is_err() {
            kill(self.group);
            // It cannot but end now.
            let _ = self.child.wait().await;
            return false;
        }
        self.has_stragglers().await
    }

    async fn has_stragglers(&self) -> bool {
        let deadline = Instant::now() + STRAGGLERS;
        while test_kill_process_group(self.group).is_ok() {
            if Instant::now() >= deadline {
                return true;
            }
            tokio::time::sleep(LOOK).await;
        }
        false
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        kill(self.group);
        self.children.groups().alive.remove(&self.group);
        // What cannot be removed is in the folder of the run, where its owner sees it.
        let _ = fs::remove_dir_all(&self.launch.state);
    }
}

fn kill(group: Pid) {
    // An error means that nobody is left.
    let _ = kill_process_group(group, Signal::KILL);
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::{BTreeMap, Launch, Process, test_kill_process_group};
    use crate::interrupt::Interrupt;

    /// A defect of ours must not leave hubs of others behind.
    #[tokio::test]
    async fn a_panic_ends_what_was_started() {
        let name = format!("assay-process-{}", uuid::Uuid::new_v4());
        let place = std::env::temp_dir().join(name);
        let launch = Launch {
            command: ["sh", "-c", "trap '' TERM; exec sleep 1000"]
                .map(str::to_owned)
                .into(),
            environment: BTreeMap::new(),
            without: Vec::new(),
            folder: std::env::temp_dir(),
            log: place.with_extension("log"),
            state: place.clone(),
            files: BTreeMap::from([("hub.toml".to_owned(), "x".to_owned())]),
        };
        let log = launch.log.clone();
        let process = Process::start(launch, &Interrupt::default()).unwrap();
        let group = process.group;
        assert!(test_kill_process_group(group).is_ok());
        assert_eq!(
            std::fs::read_to_string(place.join("hub.toml")).unwrap(),
            "x"
        );
        let broke_down = catch_unwind(AssertUnwindSafe(move || {
            let _process = process;
            panic!("a defect of ours");
        }));
        assert!(broke_down.is_err());
        // What was killed is gone once the runtime has waited for it.
        while test_kill_process_group(group).is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!place.exists());
        std::fs::remove_file(log).unwrap();
    }
}
