//! The targets that come with the program, and the files that their commands read. Not for reading them: that is [`super::subject`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name of the reference hub among them.
pub(super) const REFERENCE: &str = "reference";

/// The name of the reference hub before, during and after a move to 1.0.
pub(super) const REFERENCE_MIGRATION: &str = "reference-migration";

/// The configuration of a Mercure.rocks hub, whose name stands in the commands.
const CADDYFILE: (&str, &str) = (
    "mercure-rocks.Caddyfile",
    include_str!("../../../targets/mercure-rocks.Caddyfile"),
);

/// A target by its name.
pub(super) struct Shipped {
    name: &'static str,
    /// The target file.
    pub(super) text: &'static str,
    /// Beside it.
    files: &'static [(&'static str, &'static str)],
}

const ALL: [Shipped; 4] = [
    Shipped {
        name: REFERENCE,
        text: include_str!("../../../targets/reference.toml"),
        files: &[],
    },
    Shipped {
        name: REFERENCE_MIGRATION,
        text: include_str!("../../../targets/reference-migration.toml"),
        files: &[],
    },
    Shipped {
        name: "mercure-rocks-1.0",
        text: include_str!("../../../targets/mercure-rocks-1.0.toml"),
        files: &[CADDYFILE],
    },
    Shipped {
        name: "mercure-rocks-0.x",
        text: include_str!("../../../targets/mercure-rocks-0.x.toml"),
        files: &[CADDYFILE],
    },
];

/// The target of that name.
pub(super) fn find(name: &Path) -> Option<&'static Shipped> {
    ALL.iter().find(|shipped| Path::new(shipped.name) == name)
}

/// Whether its hubs are this program, unless it is said otherwise.
pub(super) fn is_reference(name: &Path) -> bool {
    [REFERENCE, REFERENCE_MIGRATION]
        .iter()
        .any(|it| Path::new(it) == name)
}

impl Shipped {
    /// Where its file would be, in the folder of a run's hubs; what errors call it.
    pub(super) fn path(&self, hubs: &Path) -> PathBuf {
        // Not the name of a variant, whose folder would be the same.
        hubs.join("_target").join(format!("{}.toml", self.name))
    }

    /// Writes what its commands read, and makes the folder in which they run.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn unpack(&self, hubs: &Path) -> io::Result<()> {
        let path = self.path(hubs);
        let folder = path.parent().unwrap_or(hubs);
        fs::create_dir_all(folder)?;
        for (name, text) in self.files {
            fs::write(folder.join(name), text)?;
        }
        Ok(())
    }
}
