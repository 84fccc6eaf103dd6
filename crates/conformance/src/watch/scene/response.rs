//! What an application sets and links, on the answers that pass through the watch.

use assay_client::link::{Link, parse_links};

use crate::{answer::Answer, watch::jwt::Jwt};

use super::{Scene, Site};

/// A cookie that an answer sets, with what was said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::watch) struct SetCookie {
    pub(in crate::watch) name: String,
    /// Names in lower case, and values.
    attributes: Vec<(String, String)>,
}

impl SetCookie {
    /// The value of an attribute, empty when it has none.
    pub(in crate::watch) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The cookies of an answer that carry a token for a hub; one that is taken away is none.
pub(in crate::watch) fn token_cookies(answer: &Answer, site: &Site) -> Vec<SetCookie> {
    answer
        .header_values("set-cookie")
        .filter_map(|value| {
            let mut parts = value.split(';').map(str::trim);
            let (name, token) = parts.next()?.split_once('=')?;
            let named = site.cookie_names().any(|it| it == name) && !token.is_empty();
            let carries = Jwt::read(token).is_some_and(|jwt| jwt.is_mercure());
            (named || carries).then(|| SetCookie {
                name: name.to_owned(),
                attributes: parts
                    .map(|part| {
                        let (name, value) = part.split_once('=').unwrap_or((part, ""));
                        (name.trim().to_ascii_lowercase(), value.trim().to_owned())
                    })
                    .collect(),
            })
        })
        .collect()
}

impl Scene {
    fn links(&self) -> impl Iterator<Item = Link> {
        let fields = self
            .answer()
            .into_iter()
            .flat_map(|answer| answer.header_values("link"));
        fields.flat_map(parse_links)
    }

    /// The hubs that an answer names.
    pub(in crate::watch) fn hub_links(&self) -> impl Iterator<Item = Link> {
        self.links().filter(|link| link.has_relation("mercure"))
    }

    /// The canonical URLs that an answer names.
    pub(in crate::watch) fn self_links(&self) -> impl Iterator<Item = Link> {
        self.links().filter(|link| link.has_relation("self"))
    }

    /// Whether a link leads to the hub behind the watch, by its own URL or by ours.
    pub(in crate::watch) fn leads_to_the_hub(&self, target: &str) -> bool {
        let own = self.site.hub.join(target);
        let host = self.exchange.asked.field("host").unwrap_or_default();
        own.is_ok_and(|url| {
            let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
            let hub = &self.site.hub;
            let same = authority == &hub[url::Position::BeforeHost..url::Position::AfterPort];
            url.path() == hub.path() && (same || authority == host)
        })
    }

    /// The URL of what was asked for, as the hub's server names it.
    pub(in crate::watch) fn url(&self) -> Option<url::Url> {
        self.site.hub.join(&self.path).ok()
    }
}
