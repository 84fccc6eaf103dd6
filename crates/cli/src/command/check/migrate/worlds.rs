//! The three hubs of a migration: those of a target, the one at a URL, and the reference hub for each world that has none.

use std::path::Path;

use assay_client::Dialect;
use assay_conformance::{Grounds, Interrupt, Plan, Running, Target, TargetFile, dialects_of};
use assay_results::{HubOrigin, RunDirectory, World};

use super::super::shipped;
use super::super::subject::{self, Found};
use super::lent_key::LentKey;
use crate::args::check::CheckArgs;
use crate::connection;
use crate::failure::{Failure, usage};
use crate::hub_under_test::document;

/// Hubs that answer, or why they do not.
pub(super) struct Worlds {
    pub(super) grounds: Grounds,
    /// Whether they have the key of the site.
    pub(super) trust_the_site: bool,
    pub(super) notes: Vec<String>,
    origins: [HubOrigin; 3],
    running: Vec<Running>,
}

/// Where the hub of a world comes from.
enum Source {
    /// It is started, or runs already, as a target says.
    Plan(Box<Plan>, HubOrigin),
    /// It is at the URL that was given.
    Url(Box<Target>),
    /// Nothing at that URL can be tried on, for this reason.
    NoHub(String),
}

impl Worlds {
    /// Starts those that are not there yet. One that does not start leaves its world unjudged.
    ///
    /// # Errors
    /// The target, the URL or a flag is wrong.
    pub(super) async fn start(
        args: &CheckArgs,
        directory: &RunDirectory,
        stop: &Interrupt,
    ) -> Result<Self, Failure> {
        let lent = LentKey::of(&args.credentials)?;
        let mut sources = reference(args, directory, &lent)?;
        if let Some(named) = &args.target.target {
            let places = subject::places(args, named, directory, "hubs")?;
            replace(&mut sources, subject::read(named, &places, str::to_owned)?);
        }
        if let Some(url) = &args.url {
            let found = subject::at_url(url, args).await?;
            let is_old = is_old(&found, args);
            sources[usize::from(!is_old) * 2] = match found {
                Found::Subject(subject) => Source::Url(Box::new(subject.target)),
                Found::NoHub(no_hub) => Source::NoHub(no_hub.sentence().to_owned()),
            };
        }
        let given = args.target.target.is_some() || args.url.is_some();
        let mut worlds = Self {
            grounds: Grounds {
                today: Err(String::new()),
                compatible: Err(String::new()),
                moved: Err(String::new()),
            },
            trust_the_site: lent.is_the_sites || given,
            notes: lent.note.into_iter().collect(),
            origins: [HubOrigin::Reference; 3],
            running: Vec::new(),
        };
        for ((at, world), source) in World::ALL.into_iter().enumerate().zip(sources) {
            let (found, origin) = worlds.started(world, source, stop).await;
            worlds.origins[at] = origin;
            *worlds.ground(world) = found;
        }
        Ok(worlds)
    }

    async fn started(
        &mut self,
        world: World,
        source: Source,
        stop: &Interrupt,
    ) -> (Result<Target, String>, HubOrigin) {
        match source {
            Source::Url(target) => {
                let dialects = dialects_of(world);
                let target = Target {
                    dialects,
                    ..*target
                };
                (Ok(target), HubOrigin::Given)
            }
            Source::NoHub(reason) => (Err(reason), HubOrigin::Given),
            Source::Plan(plan, origin) => {
                let started = plan.start(Some(&dialects_of(world)), stop).await;
                let found = started.map_err(|error| error.to_string()).map(|running| {
                    let target = running.target.clone();
                    self.running.push(running);
                    target
                });
                (found, origin)
            }
        }
    }

    fn ground(&mut self, world: World) -> &mut Result<Target, String> {
        match world {
            World::Today => &mut self.grounds.today,
            World::Compatible => &mut self.grounds.compatible,
            World::Moved => &mut self.grounds.moved,
        }
    }

    /// The hubs as the run document names them, in the order of the move.
    pub(super) fn documents(&self) -> Vec<Option<assay_results::Target>> {
        let grounds = [
            &self.grounds.today,
            &self.grounds.compatible,
            &self.grounds.moved,
        ];
        let of = |(ground, origin): (&Result<Target, String>, HubOrigin)| {
            ground.as_ref().ok().map(|target| document(target, origin))
        };
        grounds.into_iter().zip(self.origins).map(of).collect()
    }

    /// Stops what was started; tells what was wrong with that.
    pub(super) async fn stop(self) -> Vec<String> {
        let mut notes = Vec::new();
        for running in self.running {
            notes.extend(running.stop().await);
        }
        notes
    }
}

/// Whether the hub at the URL is that of today: it says so itself, or whoever typed the URL.
fn is_old(found: &Found, args: &CheckArgs) -> bool {
    match found {
        Found::Subject(_) => found.dialects() == [Dialect::V0],
        Found::NoHub(_) => connection::dialect(args.connection.dialect) == Some(Dialect::V0),
    }
}

/// The reference hub in each world.
fn reference(
    args: &CheckArgs,
    directory: &RunDirectory,
    lent: &LentKey,
) -> Result<[Source; 3], Failure> {
    let named = Path::new(shipped::REFERENCE_MIGRATION);
    let places = lent.in_places(subject::places(args, named, directory, "reference-hubs")?);
    let file = subject::read(named, &places, |text| lent.fitted(text))?;
    let plan = |plan: Plan| Source::Plan(Box::new(plan), HubOrigin::Reference);
    let mut variants = file.variants.into_iter();
    let mut variant = |name: &str| {
        let found = variants.find(|plan| plan.variant() == Some(name));
        found.ok_or_else(|| usage(format!("{} has no variant {name}", named.display())))
    };
    // In the order of their names.
    let compatible = variant("compatible")?;
    let today = variant("today")?;
    Ok([plan(today), plan(compatible), plan(file.hub)])
}

/// The hubs of a target in the place of the reference hub: the hub itself for the world that is to come, the variants `today` and
/// `compatible` for the others, as far as it has them.
fn replace(sources: &mut [Source; 3], file: TargetFile) {
    for plan in file.variants {
        let at = match plan.variant() {
            Some("today") => 0,
            Some("compatible") => 1,
            _ => continue,
        };
        sources[at] = Source::Plan(Box::new(plan), HubOrigin::Given);
    }
    sources[2] = Source::Plan(Box::new(file.hub), HubOrigin::Given);
}
