//! The scenarios that are part of the program. Not for reading files: the caller does that.

macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../../scenarios/", $name, ".toml")))),+]
    };
}

const PRESETS: [(&str, &str); 11] = presets![
    "live-score",
    "stock-availability",
    "collaborative-editing",
    "async-jobs",
    "chat",
    "inbox",
    "idle",
    "reconnect-storm",
    "stalled-readers",
    "churn",
    "soak",
];

/// The text of a preset.
pub fn preset(name: &str) -> Option<&'static str> {
    PRESETS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// The names of all presets.
pub fn preset_names() -> impl Iterator<Item = &'static str> + Clone {
    PRESETS.iter().map(|(name, _)| *name)
}
