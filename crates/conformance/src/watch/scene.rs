//! What the rules look at: an exchange read as the protocol means it, with what went before. Not for judging.

mod client;
mod credentials;
mod encoding;
mod response;

use std::sync::Arc;

use assay_client::{Dialect, Metadata};
use url::Url;

use crate::answer::{Answer, media_type};

use super::{exchange::Exchange, memory::Before};

pub(super) use client::ClientKey;
pub(super) use credentials::{Mechanism, Presented};
pub(super) use encoding::{Pair, pairs, triplet};
pub(super) use response::{SetCookie, token_cookies};

/// The hub behind the watch.
#[derive(Debug)]
pub(super) struct Site {
    /// Its URL.
    pub(super) hub: Url,
    /// What it says about itself, if it does.
    pub(super) metadata: Option<Metadata>,
    /// The only dialect to judge, if one was asked for.
    pub(super) asked_for: Option<Dialect>,
    /// What it speaks where an exchange does not show the dialect.
    pub(super) otherwise: Dialect,
}

impl Site {
    /// The cookies in which the hub may take a token.
    pub(super) fn cookie_names(&self) -> impl Iterator<Item = &str> {
        let advertised = self
            .metadata
            .as_ref()
            .and_then(|it| it.mercure_cookie.as_deref());
        Dialect::ALL
            .map(Dialect::cookie_name)
            .into_iter()
            .chain(advertised)
    }
}

/// Which part of a hub's URL space a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The hub's URL: publications and subscriptions.
    Hub,
    /// Lists of active subscriptions, below it.
    Lists,
    /// Whatever else the same server has: an application, metadata.
    Elsewhere,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// POST to the hub.
    Publication,
    /// GET or QUERY of the hub.
    Subscription,
    /// A request to the hub that carries a credential.
    Credential,
    /// A request to the hub that carries a token which can be read.
    Token,
    /// An answer of an application with a hub link, a token cookie, or what updates were published of.
    Resource,
    /// The text of such an answer.
    Page,
}

/// One exchange, read.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) exchange: Exchange,
    pub(super) site: Arc<Site>,
    pub(super) place: Place,
    /// The path that was asked for.
    pub(super) path: String,
    /// The query as it came.
    pub(super) raw_query: String,
    pub(super) query: Vec<Pair>,
    /// The body as a form; none when it is none, or was not looked at.
    pub(super) form: Option<Vec<Pair>>,
    pub(super) presented: Vec<Presented>,
    pub(super) client: ClientKey,
    pub(super) dialect: Dialect,
    /// Seconds since 1970.
    pub(super) now_s: f64,
    pub(super) before: Before,
    /// The text of a page.
    pub(super) page: Option<String>,
}

impl Scene {
    /// Reads an exchange. `last` is the dialect that this client spoke before.
    pub(super) fn read(
        exchange: Exchange,
        site: &Arc<Site>,
        now_s: f64,
        last: impl FnOnce(&ClientKey) -> Option<Dialect>,
    ) -> Self {
        let (path, raw_query) = match exchange.asked.target.split_once('?') {
            Some((path, query)) => (path.to_owned(), query.to_owned()),
            None => (exchange.asked.target.clone(), String::new()),
        };
        let place = place(&path, site.hub.path());
        let is_form = exchange
            .asked
            .field("content-type")
            .map(media_type)
            .as_deref()
            == Some("application/x-www-form-urlencoded");
        let content = exchange.content.as_deref().filter(|_| is_form);
        let form = content.map(pairs);
        let query = pairs(raw_query.as_bytes());
        let presented = credentials::presented(&exchange.asked, &query, form.as_deref(), site);
        let client = ClientKey::of(&exchange);
        let mut scene = Self {
            place,
            path,
            raw_query,
            query,
            form,
            presented,
            dialect: site.otherwise,
            site: Arc::clone(site),
            now_s,
            before: Before::default(),
            page: None,
            client,
            exchange,
        };
        let shown = || scene.shown_dialect().or_else(|| last(&scene.client));
        scene.dialect = site.asked_for.or_else(shown).unwrap_or(site.otherwise);
        scene
    }

    /// What it is.
    pub(super) fn is(&self, when: When) -> bool {
        let method = self.exchange.asked.method.as_str();
        match when {
            When::Publication => self.place == Place::Hub && method == "POST",
            When::Subscription => {
                self.place == Place::Hub && matches!(method, "GET" | "HEAD" | "QUERY")
            }
            When::Credential => self.place != Place::Elsewhere && !self.presented.is_empty(),
            When::Token => self.place != Place::Elsewhere && self.token().is_some(),
            When::Page => self.page.is_some(),
            When::Resource => self.page.is_none() && self.takes_part(),
        }
    }

    /// Whether an answer from elsewhere has to do with the hub.
    fn takes_part(&self) -> bool {
        let Some(answer) = &self.exchange.answer else {
            return false;
        };
        let is_page = self.place == Place::Elsewhere && (200..300).contains(&answer.status);
        is_page
            && (self.hub_links().next().is_some()
                || !token_cookies(answer, &self.site).is_empty()
                || self.before.updates.is_some())
    }

    /// The first token that can be read: the one of the header if there is one.
    pub(super) fn token(&self) -> Option<&super::jwt::Jwt> {
        self.presented.iter().find_map(|it| it.token.as_ref())
    }

    /// The answer, if the hub gave one.
    pub(super) fn answer(&self) -> Option<&Answer> {
        self.exchange.answer.as_ref()
    }

    /// Whether the answer has this class of status, such as 2.
    pub(super) fn answered(&self, class: u16) -> bool {
        self.answer()
            .is_some_and(|answer| answer.status / 100 == class)
    }

    /// All fields of a publication of this name; none when its form was not read.
    pub(super) fn values(&self, name: &str) -> Vec<&str> {
        let form = self.form.iter().flatten();
        form.filter(|pair| pair.name == name)
            .map(|pair| pair.value.as_str())
            .collect()
    }

    /// Parameters of a subscription: of its query, and of its body where it has one.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &Pair> {
        self.query.iter().chain(self.form.iter().flatten())
    }

    /// The topics or matchers of a subscription as the dialect names them, sorted, with their parameter.
    pub(super) fn matchers(&self) -> Vec<(&str, &str)> {
        let mut matchers: Vec<_> = self
            .parameters()
            .filter(|pair| pair.is_matcher())
            .map(|pair| (pair.name.as_str(), pair.value.as_str()))
            .collect();
        matchers.sort_unstable();
        matchers
    }

    /// Whether it follows the hub's own events of subscriptions.
    pub(super) fn names_subscriptions(&self) -> bool {
        let prefix = format!("{}/subscriptions", self.site.hub.path());
        self.matchers()
            .iter()
            .any(|(_, value)| value.contains(&prefix))
    }

    /// The cursor in the query or the body.
    pub(super) fn cursor_parameter(&self) -> Option<&str> {
        let name = self.dialect.cursor_parameter();
        self.parameters()
            .find(|pair| pair.name == name)
            .map(|pair| pair.value.as_str())
    }

    /// Whether a browser sent it: nobody else says from where a request is made.
    pub(super) fn is_browser(&self) -> bool {
        ["sec-fetch-mode", "sec-fetch-site", "origin"]
            .iter()
            .any(|name| self.exchange.asked.field(name).is_some())
    }

    /// Which dialect the exchange itself shows.
    fn shown_dialect(&self) -> Option<Dialect> {
        let by_token = self.token().and_then(|token| {
            if token.details().next().is_some() {
                return Some(Dialect::V1);
            }
            token.claims.get("mercure").map(|_| Dialect::V0)
        });
        let by_name = || {
            self.query.iter().find_map(|pair| match pair.name.as_str() {
                "topic" | "lastEventID" | "authorization" => Some(Dialect::V0),
                "last_event_id" => Some(Dialect::V1),
                name if name.starts_with("match") => Some(Dialect::V1),
                _ => None,
            })
        };
        // A form of a publication is alike in both; its token tells.
        match self.place {
            Place::Hub if self.is(When::Publication) => by_token,
            Place::Hub => by_name().or(by_token),
            Place::Lists => by_token,
            Place::Elsewhere => self.cookie_dialect(),
        }
    }

    fn cookie_dialect(&self) -> Option<Dialect> {
        let cookies = token_cookies(self.answer()?, &self.site);
        let named = |dialect: Dialect| cookies.iter().any(|it| it.name == dialect.cookie_name());
        Dialect::ALL.into_iter().find(|&dialect| named(dialect))
    }
}

// A path below the hub's that is not its list of subscriptions is none of the hub.
fn place(path: &str, hub: &str) -> Place {
    match path.strip_prefix(hub) {
        Some("") => Place::Hub,
        Some(below) if below == "/subscriptions" || below.starts_with("/subscriptions/") => {
            Place::Lists
        }
        _ => Place::Elsewhere,
    }
}
