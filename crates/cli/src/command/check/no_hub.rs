//! Where the subject should be, nothing answers as a hub: the run has a report all the same, with the step that failed and no
//! verdict. Not for a hub that answers and fails a later step: the suite's preflight tells that.

use assay_client::{Endpoint, discovery::DiscoveryError};
use assay_conformance::{Outcome, Plan, Progress, StartError};
use assay_results::{HubOrigin, PreflightStep, StepOutcome, Target};

use crate::args::check::CheckArgs;
use crate::failure::Failure;

/// What is known of a hub that cannot be judged.
pub(super) struct NoHub {
    /// As far as it was written down; which dialect it speaks is unknown.
    pub(super) document: Target,
    /// What was tried, and what to do.
    step: PreflightStep,
}

impl NoHub {
    /// At a URL, by what was asked of it.
    pub(super) fn at_url(endpoint: &Endpoint, args: &CheckArgs, failure: &Failure) -> Self {
        let step = match failure.error.downcast_ref::<DiscoveryError>() {
            Some(DiscoveryError::NotAHub { .. }) => "path",
            Some(DiscoveryError::Undecided { .. }) => "dialect",
            _ => "reachable",
        };
        let headers = endpoint.headers().iter();
        Self {
            document: Target {
                publish_url: args.connection.publish_url.clone(),
                insecure: endpoint.is_insecure(),
                connect_to: args.connection.connect_to.clone(),
                extra_headers: headers.map(|(name, _)| name.to_string()).collect(),
                ..unknown(HubOrigin::Given, endpoint.hub().url().as_given())
            },
            step: failed(step, failure.sentence()),
        }
    }

    /// Of a target, whose hub did not start or does not answer.
    pub(super) fn of_target(plan: &Plan, origin: HubOrigin, error: &StartError) -> Self {
        Self {
            document: unknown(origin, plan.url_as_written()),
            step: failed("start", error.to_string()),
        }
    }

    /// The run: one step that failed.
    pub(super) fn outcome(&self, show: &mut impl FnMut(Progress)) -> Outcome {
        show(Progress::Preflight(self.step.clone()));
        Outcome {
            preflight: vec![self.step.clone()],
            ..Outcome::default()
        }
    }

    /// In one line, for what is not this run's own report.
    pub(super) fn sentence(&self) -> &str {
        &self.step.detail
    }
}

fn failed(name: &str, detail: String) -> PreflightStep {
    PreflightStep {
        name: name.to_owned(),
        dialect: None,
        outcome: StepOutcome::Failed,
        detail,
    }
}

fn unknown(hub: HubOrigin, url: &str) -> Target {
    Target {
        hub,
        url: url.to_owned(),
        publish_url: None,
        dialects: Vec::new(),
        issuer: None,
        audience: None,
        insecure: false,
        connect_to: None,
        extra_headers: Vec::new(),
        server: None,
    }
}
