//! The settings of the hub, from all the places where they can be written: typed, environment, file.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use assay_hub::{
    ConfigWarning, Fallback, Layer, Legacy, SETTINGS, SecretFile, Setting, Source, Written,
};

use crate::args::hub::HubArgs;
use crate::secret::{self, Secret};

/// How our variables begin.
const PREFIX: &str = "ASSAY_HUB_";

/// What was written, and what is worth a word about it.
pub(crate) struct Gathered {
    pub(crate) settings: Layer,
    pub(crate) warnings: Vec<ConfigWarning>,
}

/// What was written, one place over the other; secrets that stand in files are read.
///
/// # Errors
/// A file cannot be read, or holds no settings; a variable is not text.
pub(crate) fn gather(args: &HubArgs) -> Result<Gathered> {
    let mut near = args.settings.0.clone().over(from_environment()?);
    read_secrets(&mut near, Path::new(""))?;
    let ours = near.over(from_file(args)?);
    // What is no text is no setting of another hub either.
    let mut legacy = Legacy::translate(&|name| env::var(name).ok(), &ours)?;
    read_secrets(&mut legacy.settings, Path::new(""))?;
    let mut warnings = unknown_variables();
    warnings.extend(legacy.warnings);
    Ok(Gathered {
        settings: ours.over(legacy.settings),
        warnings,
    })
}

fn from_file(args: &HubArgs) -> Result<Layer> {
    let Some(path) = &args.config else {
        return Ok(Layer::default());
    };
    let text = fs::read_to_string(path).with_context(|| {
        format!("failed to read {path}, which --config or ASSAY_HUB_CONFIG names")
    })?;
    let mut file = Layer::from_toml(path, &text)?;
    // So that a file means the same whoever starts the hub, from wherever.
    read_secrets(&mut file, Path::new(path).parent().unwrap_or(Path::new("")))?;
    Ok(file)
}

/// Slips: a name that begins as ours do and is none of them.
fn unknown_variables() -> Vec<ConfigWarning> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let unknown = names.filter_map(|name| {
        let rest = name.strip_prefix(PREFIX)?;
        let known = rest == "CONFIG" || SETTINGS.iter().any(|it| it.variable() == name);
        // Kubernetes tells each container of a service called `assay-hub` in such variables.
        let of_service = rest.starts_with("SERVICE_") || rest.starts_with("PORT");
        let nearest = Setting::nearest(rest).map(Setting::variable);
        (!known && !of_service).then_some(ConfigWarning::UnknownVariable { name, nearest })
    });
    unknown.collect()
}

/// An empty variable counts as one that is not there: compose files write such for what nobody set.
fn from_environment() -> Result<Layer> {
    let mut layer = Layer::default();
    for setting in SETTINGS {
        if let Some(value) = variable(&setting.variable())? {
            layer.push(setting, Source::Environment, value);
        }
    }
    Ok(layer)
}

/// The value of a variable, if it has one.
fn variable(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
    }
}

fn read_secrets(layer: &mut Layer, folder: &Path) -> Result<()> {
    layer.resolve_secrets(|written: &Written, path: &str| {
        let path = std::path::absolute(folder.join(path))?;
        let path = path.display().to_string();
        let reference = Secret::new(format!("@{path}"));
        let content = secret::resolve(&written.place().to_string(), &reference)?;
        anyhow::Ok(SecretFile { path, content })
    })
}

/// The text of a setting that is not the hub's but ours, or its default.
pub(crate) fn own<'a>(settings: &'a Layer, name: &str) -> &'a str {
    let default = Setting::named(name).map_or("", |it| match it.default {
        Fallback::Value(value) => value,
        Fallback::Words(_) | Fallback::None => "",
    });
    settings.get(name).map_or(default, Written::value)
}
