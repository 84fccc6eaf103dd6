//! One hub as a section of a target file writes it, and a variant laid over it. Not for what is made of it: that is [`super::plan`].

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::Limits;
use crate::features::OptionalFeature;

/// Stands for a port that is free when the command starts.
pub(super) const PORT: &str = "{port}";

/// One hub; what a variant leaves out is as the hub has it.
#[derive(Debug, Deserialize, Default, Clone, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    pub(super) url: Option<String>,
    pub(super) publish_url: Option<String>,
    pub(super) command: Option<Vec<String>>,
    pub(super) environment: Option<BTreeMap<String, String>>,
    pub(super) ready: Option<String>,
    pub(super) ready_within_s: Option<u64>,
    pub(super) dialects: Option<Vec<String>>,
    pub(super) publisher: Option<RoleSection>,
    pub(super) subscriber: Option<RoleSection>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) allowed_origin: Option<String>,
    pub(super) foreign_origin: Option<String>,
    pub(super) publish_origin: Option<String>,
    pub(super) cookie_name: Option<String>,
    pub(super) claims: Option<Vec<OptionalFeature>>,
    pub(super) limits: Option<Limits>,
    pub(super) ca_file: Option<PathBuf>,
    /// Issuers that the hub trusts beside that of `publisher` and `subscriber`, by a name of the file's own.
    pub(super) issuers: Option<BTreeMap<String, IssuerSection>>,
    /// Name → text of what the command reads in `{state}`.
    pub(super) files: Option<BTreeMap<String, String>>,
}

/// A further issuer.
#[derive(Debug, Deserialize, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct IssuerSection {
    pub(super) identifier: String,
    #[serde(default)]
    pub(super) publisher: Option<RoleSection>,
    #[serde(default)]
    pub(super) subscriber: Option<RoleSection>,
}

/// What opens a role.
#[derive(Debug, Deserialize, Default, Clone, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RoleSection {
    pub(super) key: Option<String>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) algorithm: Option<String>,
    pub(super) token: Option<String>,
    /// The algorithm of a key that is made for the run.
    pub(super) generate: Option<String>,
}

impl Section {
    /// The section with what it leaves out taken from the hub's; variables and limits one by one.
    ///
    /// A variant that names a URL without `{port}` and no command runs already, whatever starts the hub.
    pub(super) fn over(self, hub: &Self) -> Self {
        let runs_already =
            self.command.is_none() && self.url.as_ref().is_some_and(|url| !url.contains(PORT));
        let common = if runs_already {
            Self {
                command: None,
                environment: None,
                ready: None,
                publish_url: None,
                files: None,
                ..hub.clone()
            }
        } else {
            hub.clone()
        };
        macro_rules! own_or_common {
            ($($field:ident),*) => {
                Self {
                    environment: both(self.environment, common.environment),
                    limits: match (self.limits, common.limits) {
                        (Some(own), Some(common)) => Some(own.over(common)),
                        (own, common) => own.or(common),
                    },
                    $($field: self.$field.or(common.$field)),*
                }
            };
        }
        own_or_common!(
            url,
            publish_url,
            command,
            ready,
            ready_within_s,
            dialects,
            publisher,
            subscriber,
            issuer,
            audience,
            allowed_origin,
            foreign_origin,
            publish_origin,
            cookie_name,
            claims,
            ca_file,
            issuers,
            files
        )
    }

    /// Each text in which names in braces are filled in, with its key.
    pub(super) fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        let singles = [
            ("url", &self.url),
            ("publish_url", &self.publish_url),
            ("ready", &self.ready),
            ("issuer", &self.issuer),
            ("audience", &self.audience),
        ];
        let singles = singles.into_iter().filter_map(|(key, text)| {
            let text = text.as_deref()?;
            Some((key.to_owned(), text))
        });
        let words = self.command.iter().flatten();
        let words = words.map(|word| ("command".to_owned(), word.as_str()));
        let variables = self.environment.iter().flatten();
        let variables =
            variables.map(|(name, value)| (format!("environment.{name}"), value.as_str()));
        let files = self.files.iter().flatten();
        let files = files.map(|(name, text)| (format!("files.{name}"), text.as_str()));
        let issuers = self.issuers.iter().flatten();
        let issuers = issuers.map(|(name, issuer)| {
            let place = format!("issuers.{name}.identifier");
            (place, issuer.identifier.as_str())
        });
        singles
            .chain(words)
            .chain(variables)
            .chain(files)
            .chain(issuers)
    }
}

fn both(
    own: Option<BTreeMap<String, String>>,
    common: Option<BTreeMap<String, String>>,
) -> Option<BTreeMap<String, String>> {
    match (own, common) {
        (Some(own), Some(mut all)) => {
            all.extend(own);
            Some(all)
        }
        (own, common) => own.or(common),
    }
}
