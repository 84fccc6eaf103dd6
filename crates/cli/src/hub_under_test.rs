//! The hub of a run: the one given, or the reference hub, started for it.

use anyhow::Context;
use assay_client::{Dialect, Endpoint};
use assay_results::{DialectEvidence, HubOrigin, RunDirectory, Target};

use crate::args::target::{ConnectionArgs, CredentialArgs};
use crate::commanded_hub::CommandedHub;
use crate::connection;
use crate::embedded_hub::EmbeddedHub;
use crate::failure::{Failure, OrFail};

/// A hub with what reaches and opens it. Dropping it stops a hub that was started for it.
pub(crate) struct HubUnderTest {
    /// Where it is.
    pub(crate) endpoint: Endpoint,
    /// What opens it.
    pub(crate) credentials: CredentialArgs,
    /// The child process, if it is one.
    pub(crate) embedded: Option<EmbeddedHub>,
    /// The process of a command, if one started it.
    pub(crate) commanded: Option<CommandedHub>,
}

impl HubUnderTest {
    /// Takes the hub at `url`, or starts the reference hub with these flags beside the usual ones; its log goes into the run's
    /// folder.
    pub(crate) fn new(
        url: Option<&str>,
        credentials: &CredentialArgs,
        connection: &ConnectionArgs,
        directory: &RunDirectory,
        flags: &[&str],
    ) -> Result<Self, Failure> {
        let Some(url) = url else {
            return Self::start(credentials, connection, directory, flags);
        };
        let endpoint = connection::endpoint(url, connection).or_usage()?;
        Ok(Self {
            endpoint,
            credentials: credentials.clone(),
            embedded: None,
            commanded: None,
        })
    }

    /// A hub that a command started.
    pub(crate) fn of_command(
        hub: CommandedHub,
        credentials: &CredentialArgs,
        connection: &ConnectionArgs,
    ) -> Result<Self, Failure> {
        Ok(Self {
            endpoint: hub.endpoint(connection)?,
            credentials: hub.credentials(credentials),
            embedded: None,
            commanded: Some(hub),
        })
    }

    fn start(
        credentials: &CredentialArgs,
        connection: &ConnectionArgs,
        directory: &RunDirectory,
        flags: &[&str],
    ) -> Result<Self, Failure> {
        let hub = EmbeddedHub::start(&directory.path().join("hub.log"), flags)
            .context("the reference hub did not start; give another with its URL")
            .or_not_measurable()?;
        let endpoint = connection::endpoint(hub.url(), connection).or_usage()?;
        let credentials = credentials.opened_by(hub.key());
        Ok(Self {
            endpoint,
            credentials,
            embedded: Some(hub),
            commanded: None,
        })
    }

    /// The hub as the run document names it.
    pub(crate) fn document(
        &self,
        connection: &ConnectionArgs,
        dialects: Vec<(Dialect, String)>,
        issuance: &assay_client::credentials::Issuance,
    ) -> Target {
        Target {
            hub: if self.embedded.is_some() {
                HubOrigin::Reference
            } else {
                HubOrigin::Given
            },
            url: self.endpoint.hub().url().as_given().to_owned(),
            publish_url: connection.publish_url.clone(),
            dialects: dialects
                .into_iter()
                .map(|(dialect, evidence)| DialectEvidence {
                    dialect: document_dialect(dialect),
                    evidence,
                })
                .collect(),
            issuer: Some(issuance.issuer.clone()),
            audience: Some(issuance.audience.clone()),
            insecure: self.endpoint.is_insecure(),
            connect_to: connection.connect_to.clone(),
            extra_headers: self
                .endpoint
                .headers()
                .iter()
                .map(|(name, _)| name.to_string())
                .collect(),
            server: None,
        }
    }
}

/// A hub that was started from a target file, as the run document names it.
pub(crate) fn document(target: &assay_conformance::Target, hub: HubOrigin) -> Target {
    let url = target.endpoint.hub().url().as_given().to_owned();
    let publish_url = target.endpoint.publish().url().as_given().to_owned();
    let spoken = target.dialects.iter().map(|choice| DialectEvidence {
        dialect: document_dialect(choice.dialect),
        evidence: choice.evidence.clone(),
    });
    Target {
        hub,
        publish_url: Some(publish_url).filter(|publish_url| *publish_url != url),
        url,
        dialects: spoken.collect(),
        issuer: Some(target.issuer.clone()),
        audience: Some(target.audience.clone()),
        insecure: target.endpoint.is_insecure(),
        connect_to: None,
        extra_headers: Vec::new(),
        server: None,
    }
}

/// The two halves of the workbench have a type each, since neither knows the other.
pub(crate) fn document_dialect(dialect: Dialect) -> assay_results::Dialect {
    match dialect {
        Dialect::V0 => assay_results::Dialect::V0,
        Dialect::V1 => assay_results::Dialect::V1,
    }
}
