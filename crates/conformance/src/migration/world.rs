//! The hubs on which samples are tried, one a world, looked at before the first. Not for starting them: the caller does.

use std::sync::Arc;

use assay_client::Dialect;
use assay_results::{PreflightStep, StepOutcome, World};

use crate::{
    hub::Hub,
    preflight,
    target::{DialectChoice, Target},
};

/// The hubs of a migration; where there is none, why.
#[derive(Debug)]
pub struct Grounds {
    /// Of 0.x.
    pub today: Result<Target, String>,
    /// Of 1.0 that answers 0.x too.
    pub compatible: Result<Target, String>,
    /// Of 1.0 alone.
    pub moved: Result<Target, String>,
}

/// The dialects that are spoken to the hub of a world.
pub fn dialects_of(world: World) -> Vec<DialectChoice> {
    let spoken: &[Dialect] = match world {
        World::Today => &[Dialect::V0],
        World::Compatible => &[Dialect::V1, Dialect::V0],
        World::Moved => &[Dialect::V1],
    };
    let choice = |&dialect| DialectChoice {
        dialect,
        evidence: world.as_str().to_owned(),
    };
    spoken.iter().map(choice).collect()
}

/// A hub that was looked at.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    pub(super) world: World,
    /// In each dialect of the world; where it cannot be spoken, why.
    hubs: Vec<(Dialect, Result<Arc<Hub>, String>)>,
    pub(super) preflight: Vec<PreflightStep>,
    /// Why nothing, or nothing in one dialect, can be tried.
    pub(super) unusable: Option<String>,
}

impl Ground {
    /// Climbs to a delivered update in each dialect of the world.
    pub(super) async fn look(
        world: World,
        given: &Result<Target, String>,
        run_id: &str,
        now_unix_s: u64,
    ) -> Self {
        let mut ground = Self {
            world,
            hubs: Vec::new(),
            preflight: Vec::new(),
            unusable: None,
        };
        let target = match given {
            Ok(target) => target,
            Err(error) => {
                ground.unusable = Some(error.clone());
                return ground;
            }
        };
        for choice in &dialects_of(world) {
            let look = preflight::look(target, choice, run_id, now_unix_s, &mut |_| {}).await;
            let failed = look
                .steps
                .iter()
                .find(|it| it.outcome == StepOutcome::Failed);
            let wrong = failed
                .map(|step| format!("dialect {}, {}: {}", choice.dialect, step.name, step.detail));
            ground.preflight.extend(look.steps.clone());
            let hub = match (wrong, look.hub) {
                (None, Some(hub)) => Ok(Arc::new(hub)),
                (wrong, _) => Err(wrong.unwrap_or_default()),
            };
            ground.hubs.push((choice.dialect, hub));
        }
        let wrong = ground.hubs.iter().filter_map(|(_, hub)| hub.as_ref().err());
        let wrong: Vec<_> = wrong.cloned().collect();
        ground.unusable = (!wrong.is_empty()).then(|| wrong.join("; "));
        ground
    }

    /// The hub, as it is spoken to in a dialect; else why nothing can be tried.
    pub(super) fn hub(&self, dialect: Dialect) -> Result<&Arc<Hub>, String> {
        let found = self.hubs.iter().find(|(it, _)| *it == dialect);
        match (found, &self.unusable) {
            (Some((_, Ok(hub))), _) => Ok(hub),
            (Some((_, Err(wrong))), _) | (None, Some(wrong)) => {
                Err(format!("the hub of this world cannot be used: {wrong}"))
            }
            (None, None) => Err(format!("dialect {dialect} is not spoken in this world")),
        }
    }
}
