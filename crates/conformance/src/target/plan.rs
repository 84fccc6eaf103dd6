//! A hub that a target file describes, checked as far as that goes while nothing runs. Not for starting it: that is
//! [`super::start`].

use std::{
    ffi::OsString,
    fmt, fs,
    path::{Path, PathBuf},
};

use assay_client::{Dialect, HubUrl};

use super::{
    HttpVersion, RoleCredential,
    credential::{IssuerPlan, RolePlan, Verifiers},
    file::{HUB, TargetError},
    section::{PORT, RoleSection, Section},
    words::Words,
};
use crate::{
    check::{KnownIssuer, Need},
    features::OptionalFeature,
};

/// Stands for the port while nothing runs.
pub(super) const SOME_PORT: u16 = 3000;

/// What a target file cannot know.
#[derive(Clone)]
pub struct Places {
    /// `{hub}`: the program of the hub.
    pub hub: Option<PathBuf>,
    /// `{key}`: a secret for this run, of the hub and of the suite.
    pub key: String,
    /// Where the hubs that are started have their logs and their state; absolute, since commands run elsewhere.
    pub work: PathBuf,
    /// What opens a role that the file says nothing about.
    pub publisher: RoleCredential,
    /// The same for subscribers.
    pub subscriber: RoleCredential,
    /// Variables that are not for the commands.
    pub without: Vec<OsString>,
    /// What is spoken.
    pub http: HttpVersion,
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places")
            .field("hub", &self.hub)
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}

/// A hub, or a variant of it.
#[derive(Clone)]
pub struct Plan {
    pub(super) name: Option<String>,
    pub(super) section: Section,
    pub(super) places: Places,
    /// Of the target: commands run in it.
    pub(super) folder: PathBuf,
    pub(super) dialects: Option<Vec<Dialect>>,
    /// The issuer of the hub's own section, then the further ones by name.
    pub(super) issuers: Vec<IssuerPlan>,
    pub(super) ca_pem: Option<Vec<u8>>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plan").field(&self.name()).finish()
    }
}

/// Where in which file something stands, for what is wrong with it.
struct Context<'c> {
    path: &'c Path,
    folder: &'c Path,
    section: String,
}

impl Context<'_> {
    fn field(&self, key: &str, message: impl Into<String>) -> TargetError {
        TargetError::Field {
            path: self.path.to_owned(),
            place: format!("{}.{key}", self.section),
            message: message.into(),
        }
    }

    fn read(&self, key: &str, file: Option<&Path>) -> Result<Option<Vec<u8>>, TargetError> {
        let Some(file) = file else { return Ok(None) };
        let path = self.folder.join(file);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) => Err(TargetError::Read {
                path,
                place: format!("{}.{key}", self.section),
                source,
            }),
        }
    }

    fn role(
        &self,
        key: &str,
        role: Option<&RoleSection>,
        places: &Places,
        common: &RoleCredential,
    ) -> Result<RolePlan, TargetError> {
        let Some(role) = role else {
            return Ok(RolePlan::Known(common.clone()));
        };
        let file = self.read(&format!("{key}.key_file"), role.key_file.as_deref())?;
        RolePlan::of(role, file, &places.key).map_err(|message| self.field(key, message))
    }

    fn issuers(&self, section: &Section, places: &Places) -> Result<Vec<IssuerPlan>, TargetError> {
        let (publisher, subscriber) = (section.publisher.as_ref(), section.subscriber.as_ref());
        let mut issuers = vec![IssuerPlan {
            prefix: String::new(),
            publisher: self.role("publisher", publisher, places, &places.publisher)?,
            subscriber: self.role("subscriber", subscriber, places, &places.subscriber)?,
        }];
        for (name, issuer) in section.issuers.iter().flatten() {
            let key = format!("issuers.{name}");
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
                return Err(self.field(&key, "an issuer is named with a-z"));
            }
            let role = |role: &str, section: &Option<RoleSection>| {
                let key = format!("{key}.{role}");
                self.role(&key, section.as_ref(), places, &RoleCredential::Absent)
            };
            issuers.push(IssuerPlan {
                prefix: format!("{name}_"),
                publisher: role("publisher", &issuer.publisher)?,
                subscriber: role("subscriber", &issuer.subscriber)?,
            });
        }
        Ok(issuers)
    }

    fn dialects(&self, section: &Section) -> Result<Option<Vec<Dialect>>, TargetError> {
        let Some(names) = &section.dialects else {
            return Ok(None);
        };
        let known: Result<Vec<Dialect>, _> = names.iter().map(|name| name.parse()).collect();
        match known {
            Ok(dialects) if !dialects.is_empty() => Ok(Some(dialects)),
            _ => Err(self.field("dialects", "write \"1.0\", \"0.x\", or both")),
        }
    }
}

impl Plan {
    /// Checks what can be checked while nothing runs.
    pub(super) fn check(
        name: Option<String>,
        section: Section,
        path: &Path,
        places: &Places,
    ) -> Result<Self, TargetError> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let context = Context {
            path,
            folder,
            section: match &name {
                Some(name) => format!("variants.{name}"),
                None => HUB.to_owned(),
            },
        };
        let plan = Self {
            dialects: context.dialects(&section)?,
            issuers: context.issuers(&section, places)?,
            ca_pem: context.read("ca_file", section.ca_file.as_deref())?,
            name,
            places: places.clone(),
            folder: folder.to_owned(),
            section,
        };
        plan.check_texts(&context)?;
        Ok(plan)
    }

    fn check_texts(&self, context: &Context<'_>) -> Result<(), TargetError> {
        let section = &self.section;
        if section.url.is_none() {
            return Err(context.field("url", "missing: where the hub is"));
        }
        match &section.command {
            Some(command) if command.is_empty() => {
                return Err(context.field("command", "names no program"));
            }
            None if section.environment.is_some() => {
                return Err(context.field("environment", "is for a hub that a command starts"));
            }
            None if section.files.is_some() => {
                return Err(context.field("files", "are for a hub that a command starts"));
            }
            _ => {}
        }
        for name in section.files.iter().flat_map(|files| files.keys()) {
            if Path::new(name).file_name() != Some(name.as_ref()) {
                let message = "names no file of {state}: write a name without folder";
                return Err(context.field(&format!("files.{name}"), message));
            }
        }
        let verifiers = self.verifiers();
        for (key, text) in section.texts() {
            if section.command.is_none() && text.contains(PORT) {
                let message = format!("{PORT} is for a hub that a command starts");
                return Err(context.field(&key, message));
            }
            let filled = self.expand(text, SOME_PORT, &verifiers);
            let filled = filled.map_err(|message| context.field(&key, message))?;
            if matches!(key.as_str(), "url" | "publish_url" | "ready") {
                let url: Result<HubUrl, _> = filled.parse();
                url.map_err(|error| context.field(&key, error.to_string()))?;
            }
        }
        Ok(())
    }

    /// What reports call it: ``variant `NAME` ``, or `the hub of the target`.
    pub fn name(&self) -> String {
        match &self.name {
            None => "the hub of the target".to_owned(),
            Some(name) => format!("variant `{name}`"),
        }
    }

    /// The variant's name; none for the hub itself.
    pub fn variant(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether it says of itself what a check needs; `has` tells what the hub was found to have, for what it says nothing about.
    pub(crate) fn offers(&self, need: Need, dialect: Dialect, has: &dyn Fn(Need) -> bool) -> bool {
        let section = &self.section;
        let speaks = self
            .dialects
            .as_ref()
            .is_none_or(|dialects| dialects.contains(&dialect));
        let claims = |feature: OptionalFeature, wanted: bool| match &section.claims {
            Some(claims) => claims.contains(&feature) == wanted,
            None => has(need),
        };
        speaks
            && match need {
                Need::Anonymous => claims(OptionalFeature::Anonymous, true),
                Need::NoAnonymous => claims(OptionalFeature::Anonymous, false),
                Need::Cookie => claims(OptionalFeature::Cookie, true),
                Need::History => claims(OptionalFeature::History, true),
                Need::QueryToken => claims(OptionalFeature::QueryToken, true),
                Need::QueryMethod => claims(OptionalFeature::QueryMethod, true),
                Need::Subscriptions => claims(OptionalFeature::Subscriptions, true),
                Need::CustomId => claims(OptionalFeature::CustomId, true),
                Need::AuthorizationServer => claims(OptionalFeature::AuthorizationServer, true),
                Need::AllowedOrigin => section.allowed_origin.is_some(),
                Need::PublishOrigin => section.publish_origin.is_some(),
                Need::OtherPath => self.url().is_some_and(|url| Need::is_other_path(&url)),
                Need::Http2Visible => {
                    self.places.http == HttpVersion::Http2
                        || self.url().is_some_and(|url| url.is_https())
                        || claims(OptionalFeature::H2c, true)
                }
                Need::Limit(limit) => section
                    .limits
                    .is_some_and(|limits| limits.get(limit).is_some()),
                Need::Issuers(issuers) => issuers.are_met(&self.known_issuers()),
            }
    }

    /// What is known of the publishers' keys while nothing runs, the hub's own issuer first.
    fn known_issuers(&self) -> Vec<KnownIssuer> {
        let known = self.issuers.iter().map(|issuer| KnownIssuer {
            publisher: issuer.publisher.algorithm(),
            subscriber: issuer.subscriber.algorithm(),
            is_weak: issuer.publisher.is_weak(),
        });
        known.collect()
    }

    /// Where the file says that the hub is, such as `http://127.0.0.1:{port}/.well-known/mercure`.
    pub fn url_as_written(&self) -> &str {
        // A file without it was refused.
        self.section.url.as_deref().unwrap_or_default()
    }

    fn url(&self) -> Option<HubUrl> {
        let url = self.section.url.as_deref()?;
        let filled = self.expand(url, SOME_PORT, &self.verifiers());
        filled.ok()?.parse().ok()
    }

    /// The name of its log and of its folder.
    pub(super) fn file_name(&self) -> &str {
        self.name.as_deref().unwrap_or(HUB)
    }

    /// The folder of its own: `{state}`.
    pub(super) fn state(&self) -> PathBuf {
        self.places.work.join(self.file_name())
    }

    /// What stands for keys in braces, as far as it is known while nothing runs.
    fn verifiers(&self) -> Verifiers {
        self.issuers
            .iter()
            .flat_map(IssuerPlan::verifiers)
            .collect()
    }

    /// A text with the names in braces filled in.
    pub(super) fn expand(
        &self,
        text: &str,
        port: u16,
        verifiers: &Verifiers,
    ) -> Result<String, String> {
        let state = self.state();
        let words = Words {
            port,
            folder: &self.folder,
            state: &state,
            key: &self.places.key,
            hub: self.places.hub.as_deref(),
            verifiers,
        };
        words.fill(text)
    }
}
