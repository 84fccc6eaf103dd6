//! A scenario that is over in seconds.

use std::path::{Path, PathBuf};

const SHORT: &str = r#"
name = "short"
[topics.matches]
template = "https://short.example/{run}/matches/{n}"
count = 2
[subscribers.fans]
count = 10
follow = "matches"
topics_each = 1
[publishers.stadiums]
publish = "matches"
rate = "100/s"
payload = "100 B"
[phases]
ramp = "200ms"
settle = "500ms"
warm_up = "200ms"
measure = "MEASURE"
drain = "2s"
"#;

/// Measures for a second.
pub(crate) fn short(folder: &Path) -> PathBuf {
    measuring(folder, "1s")
}

/// Measures longer than any test waits: for runs that are ended from outside.
pub(crate) fn endless(folder: &Path) -> PathBuf {
    measuring(folder, "60s")
}

/// Measures so long.
pub(crate) fn measuring(folder: &Path, measure: &str) -> PathBuf {
    let path = folder.join("short.toml");
    std::fs::write(&path, SHORT.replace("MEASURE", measure)).unwrap();
    path
}
