//! The directives of the `mercure` block of a Caddyfile, as `MERCURE_EXTRA_DIRECTIVES` has them.

use super::super::error::ConfigError;
use super::super::issuer_table::translated;
use super::super::options::{IssuerOptions, KeyOptions};
use super::caddyfile::{self, Directive};
use super::translation::{Rule, Translation, refuse};
use super::{transport, value};

/// The variable that holds them.
const VARIABLE: &str = "MERCURE_EXTRA_DIRECTIVES";

const CACHE: &str = "matching needs no cache here";

/// All of them. What bears on others, or has a block, is done in [`Reader::apart`].
pub(super) const NAMES: [(&str, Rule); 32] = [
    ("anonymous", Rule::Switch("anonymous")),
    ("cache", Rule::Ignored(CACHE)),
    ("cache_size_approx", Rule::Ignored(CACHE)),
    ("cookie_name", Rule::Text("cookie-name")),
    ("cors_origins", Rule::List("cors-origin")),
    ("debugger", Rule::Apart),
    ("demo", Rule::Apart),
    ("dispatch_timeout", Rule::Duration("write-timeout")),
    ("heartbeat", Rule::Duration("heartbeat")),
    ("issuer", Rule::Apart),
    ("lru_cache", Rule::Ignored(CACHE)),
    (
        "max_request_body_size",
        Rule::Ignored("a body may have 2 MiB, and data 1 MiB"),
    ),
    (
        "name",
        Rule::Ignored("there is one hub in a process, and its health has no name"),
    ),
    ("playground", Rule::Apart),
    ("protocol_version_compatibility", Rule::Apart),
    ("public_urls", Rule::List("public-url")),
    ("publish_origins", Rule::List("publish-origin")),
    ("publisher_jwks_url", Rule::Document("publisher-jwks")),
    ("publisher_jwt", Rule::Apart),
    ("resource_identifier", Rule::Text("resource-identifier")),
    ("subscriber_jwks_url", Rule::Document("subscriber-jwks")),
    ("subscriber_jwt", Rule::Apart),
    ("subscriber_list_cache_size", Rule::Ignored(CACHE)),
    ("subscriptions", Rule::Switch("subscriptions")),
    ("topic_matcher_cache", Rule::Ignored(CACHE)),
    ("topic_selector_cache", Rule::Ignored(CACHE)),
    ("transport", Rule::Apart),
    ("transport_url", Rule::Apart),
    ("ui", Rule::Apart),
    ("write_timeout", Rule::Duration("max-lifetime")),
    // Of the block of an issuer.
    ("jwt", Rule::Apart),
    ("jwks_uri", Rule::Apart),
];

/// Those whose second argument is an algorithm.
const TAKES_ALGORITHM: [&str; 3] = ["publisher_jwt", "subscriber_jwt", "jwt"];

/// What the directives say beside the settings that they set.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Said {
    /// A trusted issuer, which only 1.0 knows.
    pub(super) issuer: bool,
    /// That the protocol before 1.0 is spoken too.
    pub(super) old_protocol: bool,
    /// Where the history is.
    pub(super) transport: bool,
}

/// Translates `text`.
pub(super) fn translate(
    translation: &mut Translation<'_>,
    text: &str,
) -> Result<Said, ConfigError> {
    let mut said = Said::default();
    for directive in caddyfile::parse(VARIABLE, text)? {
        let place = line(directive.line);
        let mut reader = Reader {
            translation: &mut *translation,
            place,
            said: &mut said,
        };
        reader.read(&directive)?;
    }
    Ok(said)
}

/// A line by its number alone. What stands there may be a piece of a key that was not quoted, so it is named when it is known.
fn line(number: usize) -> String {
    format!("{VARIABLE}, line {number}")
}

struct Reader<'t, 'v> {
    translation: &'t mut Translation<'v>,
    place: String,
    said: &'t mut Said,
}

impl Reader<'_, '_> {
    fn read(&mut self, directive: &Directive) -> Result<(), ConfigError> {
        let name = directive.name.as_str();
        let Some((_, rule)) = NAMES.iter().find(|(known, _)| *known == name) else {
            return Err(self.unknown(name));
        };
        self.place = format!("{}: {name}", line(directive.line));
        if !directive.block.is_empty() && !matches!(name, "issuer" | "transport") {
            return Err(refuse(&self.place, "this directive has no block"));
        }
        let arguments = self.expanded(directive)?;
        match (rule, arguments.as_slice()) {
            (Rule::Apart, _) => self.apart(directive, &arguments),
            (Rule::Switch(_), []) => self.translation.apply(&self.place, "1", *rule),
            (Rule::List(_), [_, ..]) => {
                let all = arguments.join(" ");
                self.translation.apply(&self.place, &all, *rule)
            }
            (Rule::Ignored(_), _) => self.translation.apply(&self.place, "", *rule),
            (Rule::Text(_) | Rule::Document(_) | Rule::Duration(_), [one]) => {
                self.translation.apply(&self.place, one, *rule)
            }
            _ => Err(self.wrong_count()),
        }
    }

    fn apart(&mut self, directive: &Directive, arguments: &[String]) -> Result<(), ConfigError> {
        match directive.name.as_str() {
            "publisher_jwt" => self.key("publisher", arguments),
            "subscriber_jwt" => self.key("subscriber", arguments),
            "protocol_version_compatibility" => self.compatibility(arguments),
            "transport" => self.transport(directive, arguments),
            "transport_url" => {
                let url = self.one(arguments)?.to_owned();
                self.said.transport = true;
                transport::url(self.translation, &self.place, &url)
            }
            "issuer" => self.issuer(directive, arguments),
            "playground" => self.playground(),
            "demo" | "ui" | "debugger" => self.demo(),
            _ => Err(refuse(
                &self.place,
                "this has its place in the block of an issuer alone",
            )),
        }
    }

    fn key(&mut self, role: &str, arguments: &[String]) -> Result<(), ConfigError> {
        let [key, algorithm @ ..] = arguments else {
            return Err(self.wrong_count());
        };
        let (key_setting, algorithm_setting) = match role {
            "publisher" => ("publisher-jwt-key", "publisher-jwt-algorithm"),
            _ => ("subscriber-jwt-key", "subscriber-jwt-algorithm"),
        };
        self.translation.set_key(&self.place, key_setting, key)?;
        match algorithm {
            // Not that of the variable whose key this one replaces.
            [] => self
                .translation
                .set(&self.place, algorithm_setting, "HS256"),
            [algorithm] => self
                .translation
                .set(&self.place, algorithm_setting, algorithm.as_str()),
            _ => Err(self.wrong_count()),
        }
    }

    /// One issuer: an identifier, and what verifies the tokens of each role.
    fn issuer(&mut self, directive: &Directive, arguments: &[String]) -> Result<(), ConfigError> {
        let mut issuer = IssuerOptions {
            identifier: translated("identifier", &self.place, self.one(arguments)?),
            authorization_server: false,
            publisher: KeyOptions::default(),
            subscriber: KeyOptions::default(),
        };
        for part in &directive.block {
            self.place = line(part.line);
            match part.name.as_str() {
                "authorization_server" => issuer.authorization_server = true,
                "publisher" => issuer.publisher = self.keys(part)?,
                "subscriber" => issuer.subscriber = self.keys(part)?,
                _ => {
                    return Err(refuse(
                        &self.place,
                        "this is nothing of an issuer: it has authorization_server, publisher { … } and subscriber { … }",
                    ));
                }
            }
        }
        self.said.issuer = true;
        self.translation.add_issuer(issuer);
        Ok(())
    }

    /// The keys of one role of an issuer.
    fn keys(&mut self, part: &Directive) -> Result<KeyOptions, ConfigError> {
        let mut keys = KeyOptions::default();
        for source in &part.block {
            self.place = line(source.line);
            let arguments = self.expanded(source)?;
            let (field, name) = match source.name.as_str() {
                "jwt" => (&mut keys.key, "key"),
                "jwks_uri" => (&mut keys.jwks, "jwks"),
                _ => {
                    return Err(refuse(
                        &self.place,
                        "write jwt KEY [ALGORITHM], or jwks_uri URL",
                    ));
                }
            };
            self.place = format!("{}: {}", self.place, source.name);
            let [value, algorithms @ ..] = arguments.as_slice() else {
                return Err(self.wrong_count());
            };
            if value.starts_with('@') {
                return Err(refuse(
                    &self.place,
                    "what begins with @ would be taken for a file here: write [[trusted_issuer]] in the file of --config",
                ));
            }
            *field = Some(translated(name, &self.place, value::document(value)));
            let algorithms = algorithms
                .iter()
                .map(|it| translated("algorithms", &self.place, it.as_str()));
            keys.algorithms = algorithms.collect();
        }
        Ok(keys)
    }

    fn transport(
        &mut self,
        directive: &Directive,
        arguments: &[String],
    ) -> Result<(), ConfigError> {
        let name = self.one(arguments)?.to_owned();
        self.said.transport = true;
        if name != "bolt" {
            return transport::named(self.translation, &self.place, &name);
        }
        let mut path = "mercure.db".to_owned();
        for option in &directive.block {
            let arguments = self.expanded(option)?;
            let value = self.one(&arguments)?;
            if option.name == "path" {
                value.clone_into(&mut path);
            } else {
                transport::option(self.translation, &self.place, &option.name, value)?;
            }
        }
        transport::bolt(self.translation, &self.place, &path)
    }

    fn compatibility(&mut self, arguments: &[String]) -> Result<(), ConfigError> {
        match self.one(arguments)? {
            "7" | "8" => {
                self.said.old_protocol = true;
                Ok(())
            }
            _ => Err(refuse(
                &self.place,
                "the versions before 1.0 that there are to speak are 7 and 8: write --dialects 1.0,0.x",
            )),
        }
    }

    fn playground(&mut self) -> Result<(), ConfigError> {
        self.demo()?;
        for setting in ["anonymous", "subscriptions"] {
            self.translation.set(&self.place, setting, "true")?;
        }
        self.translation.set(&self.place, "cors-origin", "*")
    }

    fn demo(&mut self) -> Result<(), ConfigError> {
        self.translation.note(
            &self.place,
            "is a page at / here; there are no endpoints that echo, and no token is minted for strangers",
        );
        self.translation.set(&self.place, "demo", "true")
    }

    fn one<'a>(&self, arguments: &'a [String]) -> Result<&'a str, ConfigError> {
        match arguments {
            [one] => Ok(one),
            _ => Err(self.wrong_count()),
        }
    }

    fn wrong_count(&self) -> ConfigError {
        refuse(&self.place, "too much or too little follows this directive")
    }

    /// The arguments of a directive, with `{env.NAME}`, `{$NAME}` and `{$NAME:default}` replaced by what the variables hold. As
    /// there, an algorithm whose variable is not there is left to its default: the Caddyfile that comes with that hub has it so.
    fn expanded(&self, directive: &Directive) -> Result<Vec<String>, ConfigError> {
        let mut all = Vec::new();
        for argument in &directive.arguments {
            match self.one_expanded(argument) {
                Some(text) => all.push(text),
                None if !all.is_empty() && TAKES_ALGORITHM.contains(&directive.name.as_str()) => {}
                None => {
                    return Err(refuse(
                        &self.place,
                        "a placeholder in braces is the name of a variable that is there, as in {env.NAME} or {$NAME:default}; for a file write --jwt-key @FILE",
                    ));
                }
            }
        }
        Ok(all)
    }

    /// None for a placeholder without a value.
    fn one_expanded(&self, argument: &str) -> Option<String> {
        let inner = argument
            .strip_prefix('{')
            .and_then(|it| it.strip_suffix('}'));
        let Some(inner) = inner else {
            return Some(argument.to_owned());
        };
        if let Some(name) = inner.strip_prefix("env.") {
            return self.translation.variable(name);
        }
        let (name, default) = match inner.strip_prefix('$')?.split_once(':') {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (inner.strip_prefix('$')?, None),
        };
        self.translation.variable(name).or(default)
    }

    fn unknown(&self, name: &str) -> ConfigError {
        let likeness = |known: &str| strsim::jaro_winkler(name, known);
        let nearest = NAMES
            .iter()
            .map(|(known, _)| *known)
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
            .filter(|known| likeness(known) > 0.8);
        let hint = nearest.map_or_else(String::new, |it| format!(": did you mean {it}?"));
        refuse(
            &self.place,
            format!("this is no directive of the hub{hint}"),
        )
    }
}
