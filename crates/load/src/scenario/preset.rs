//! The scenarios that are part of the program. Not for reading files: the caller does that.

const PRESETS: [(&str, &str); 1] = [(
    "live-score",
    include_str!("../../../../scenarios/live-score.toml"),
)];

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
