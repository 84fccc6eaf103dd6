//! The names in braces that stand in the texts of a target file for what the file cannot know. Not a template language.

use std::path::Path;

use super::credential::Verifiers;

/// The secret of the run.
pub(super) const KEY: &str = "{key}";

/// What they stand for, for one hub.
pub(super) struct Words<'w> {
    pub(super) port: u16,
    pub(super) folder: &'w Path,
    pub(super) state: &'w Path,
    pub(super) key: &'w str,
    pub(super) hub: Option<&'w Path>,
    pub(super) verifiers: &'w Verifiers,
}

impl Words<'_> {
    /// The text with its names filled in. Fails on one that stands for nothing: a typo must not reach a command. Braces around
    /// anything but lower-case letters and `_` stay as they are, as in JSON.
    pub(super) fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, behind) = rest.split_at(at);
            filled.push_str(before);
            let name = behind[1..].split_once('}').map(|(name, _)| name);
            let is_name = |name: &&str| {
                let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
                !name.is_empty() && name.bytes().all(is_letter)
            };
            if let Some(name) = name.filter(is_name) {
                filled.push_str(&self.value(name)?);
                rest = &behind[name.len() + 2..];
            } else {
                filled.push('{');
                rest = &behind[1..];
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str) -> Result<String, String> {
        match name {
            "port" => Ok(self.port.to_string()),
            "dir" => Ok(self.folder.display().to_string()),
            "state" => Ok(self.state.display().to_string()),
            "key" => Ok(self.key.to_owned()),
            "hub" => match self.hub {
                Some(hub) => Ok(hub.display().to_string()),
                None => Err("{hub} is the program of the hub: pass --hub-binary".to_owned()),
            },
            other => self.verifiers.get(other).cloned().ok_or_else(|| {
                let keys = self.verifiers.keys();
                let keys: Vec<_> = keys.map(|it| format!(", {{{it}}}")).collect();
                let keys = keys.concat();
                format!(
                    "{{{other}}} stands for nothing: there are {{port}}, {{dir}}, {{state}}, {{key}}, {{hub}}{keys}"
                )
            }),
        }
    }
}
