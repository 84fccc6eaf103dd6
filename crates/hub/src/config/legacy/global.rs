//! The options of the whole Caddy server: what of it counts here, above all how it gets certificates.

use super::super::error::ConfigError;
use super::caddyfile::{self, Directive};
use super::translation::{Translation, refuse};
use super::value;

/// How Caddy gets certificates, read before it is known whether it does.
#[derive(Debug, Default)]
pub(super) struct Global {
    /// Settings of ours, with where they were written.
    settings: Vec<(String, &'static str, String)>,
    /// Where it was said that no certificate is got.
    off: Option<String>,
}

impl Global {
    /// Reads `text`, the value of the variable `name`.
    pub(super) fn read(
        &mut self,
        translation: &mut Translation<'_>,
        name: &str,
        text: &str,
    ) -> Result<(), ConfigError> {
        for directive in caddyfile::parse(name, text)? {
            // `DEBUG=1` beside the Caddy build is of another program.
            if name == "DEBUG" && directive.name != "debug" && value::switch(name, text).is_ok() {
                continue;
            }
            self.directive(translation, name, &directive)?;
        }
        Ok(())
    }

    fn directive(
        &mut self,
        translation: &mut Translation<'_>,
        name: &str,
        directive: &Directive,
    ) -> Result<(), ConfigError> {
        let arguments: Vec<_> = directive.arguments.iter().map(String::as_str).collect();
        let mut keep = |setting, value: String| {
            let place = format!("{name}, line {}: {}", directive.line, directive.name);
            self.settings.push((place, setting, value));
        };
        match (directive.name.as_str(), arguments.as_slice()) {
            ("debug", _) => translation.set(name, "log", "info,assay_hub=debug")?,
            ("email", [address]) => keep("acme-contact", (*address).to_owned()),
            ("acme_ca", [url]) => keep("acme-directory", (*url).to_owned()),
            ("acme_ca_root", [file]) => keep("acme-ca-file", format!("@{file}")),
            ("http_port", [port]) => keep("acme-http01-listen", format!(":{port}")),
            // Not among the files of Caddy itself, which are others.
            ("storage", ["file_system", folder]) => keep("acme-cache", format!("{folder}/assay")),
            ("auto_https", ["off" | "disable_certs"]) => self.off = Some(name.to_owned()),
            ("admin" | "auto_https" | "grace_period" | "order" | "persist_config", _) => {
                note(translation, name, &directive.name);
            }
            _ => {
                let instead = format!(
                    "{} is of Caddy, which is not here: put a proxy before the hub",
                    directive.name
                );
                return Err(refuse(name, instead));
            }
        }
        Ok(())
    }

    /// For a hub that gets certificates, as `site` says: Caddy keeps them in a folder of its own, and listens on port 80 too.
    pub(super) fn apply(
        self,
        translation: &mut Translation<'_>,
        site: &str,
    ) -> Result<(), ConfigError> {
        if let Some(off) = self.off {
            return Err(refuse(
                &off,
                "auto_https is off, and then this name has no certificate: give --listen, --tls-cert and --tls-key, or write :80",
            ));
        }
        translation.set(site, "acme-http01-listen", ":80")?;
        let keeps = |(_, setting, _): &(_, &str, _)| *setting == "acme-cache";
        if !self.settings.iter().any(keeps) && !translation.is_covered("acme-cache") {
            translation.note(
                site,
                "asks for a certificate, which Caddy keeps in its data folder, and this hub in acme-cache; write --acme-cache for another folder",
            );
        }
        for (place, setting, value) in self.settings {
            translation.set(&place, setting, value)?;
        }
        Ok(())
    }

    /// For a hub that gets none.
    pub(super) fn leave(self, translation: &mut Translation<'_>) {
        for (place, _, _) in self.settings {
            translation.note(&place, "is not needed: no certificate is asked for");
        }
    }
}

fn note(translation: &mut Translation<'_>, name: &str, directive: &str) {
    let said = format!("has {directive}, which is not needed: it is of Caddy");
    translation.note(name, said);
}
