//! A sample of a site: something that it says to its hub, or expects from it, and where that stands. Not for judging it.

use assay_client::Dialect;
use assay_results::{Place, SampleKind};

use super::{
    api_path::ApiPath,
    claims::Claims,
    fact::Fact,
    limits::TEXT_CHARS_AT_MOST,
    rule::Rule,
    selector::{HUB_PATH, Selector},
    setting::Setting,
    spelling::Spelling,
    subscription::Subscription,
};

/// One sample. Where the same stands at several places, it is one.
#[derive(Debug, Clone)]
pub struct Sample {
    pub(super) subject: Subject,
    /// As the site has it, without what opens anything.
    pub(super) text: String,
    /// How the site writes it, for what to write instead.
    pub(super) spelling: Spelling,
    /// What of it stands in no source.
    pub(super) expressions: Vec<Expression>,
    pub(super) places: Vec<Place>,
}

/// What a sample is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Subject {
    Subscription(Subscription),
    Token(Claims),
    Cookie(Cookie),
    Publication(Publication),
    SubscriptionApi(ApiPath),
    /// What no exchange shows.
    Fact(Fact),
    /// The same of a directive of a hub.
    Setting(Setting),
    /// Found and not understood, for this reason.
    Unread(SampleKind, String),
}

/// The cookie that carries a token; what was not seen is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cookie {
    pub(super) name: String,
    pub(super) secure: Option<bool>,
    pub(super) http_only: Option<bool>,
}

/// The form that a publisher posts, encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Publication(pub(super) String);

/// A part of a sample that only the running site knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    /// What is tried in its place; stands nowhere else.
    pub(super) stand_in: String,
    /// The expression.
    pub(super) source: String,
}

impl Expression {
    /// As a report says it.
    pub(super) fn told(&self) -> String {
        format!(
            "`{}` is an expression, whose value is not judged: tried with {} in its place",
            self.source, self.stand_in
        )
    }
}

impl Sample {
    /// A sample at one place, as it stands in a list.
    pub(super) fn new(subject: Subject, text: impl Into<String>, place: Place) -> Self {
        let text: String = text.into();
        Self {
            subject,
            text: text.chars().take(TEXT_CHARS_AT_MOST).collect(),
            spelling: Spelling::Plain,
            expressions: Vec::new(),
            places: vec![place],
        }
    }

    /// Whether the other says the same in the same words.
    pub(super) fn repeats(&self, other: &Self) -> bool {
        self.text == other.text && self.subject == other.subject
    }

    /// What it is.
    pub fn kind(&self) -> SampleKind {
        match &self.subject {
            Subject::Subscription(_) => SampleKind::Subscription,
            Subject::Token(_) => SampleKind::Token,
            Subject::Cookie(_) => SampleKind::Cookie,
            Subject::Publication(_) => SampleKind::Publication,
            Subject::SubscriptionApi(_) => SampleKind::SubscriptionApi,
            Subject::Fact(fact) => fact.kind(),
            Subject::Setting(_) => SampleKind::Setting,
            Subject::Unread(kind, _) => *kind,
        }
    }

    /// The dialect that it is written in: what it is tried with while a hub speaks both.
    pub(super) fn dialect(&self) -> Dialect {
        match &self.subject {
            Subject::Subscription(subscription) => subscription.dialect(),
            Subject::Token(claims) => claims.dialect(),
            Subject::SubscriptionApi(path) => path.dialect,
            Subject::Cookie(cookie) if cookie.name == Dialect::V1.cookie_name() => Dialect::V1,
            Subject::Cookie(_)
            | Subject::Publication(_)
            | Subject::Fact(_)
            | Subject::Setting(_)
            | Subject::Unread(..) => Dialect::V0,
        }
    }
}

impl Publication {
    /// Of fields.
    pub(super) fn of_fields<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        Self(form.finish())
    }

    fn fields(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.0.as_bytes())
            .into_owned()
            .collect()
    }

    /// The rules of 1.0 that it meets.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let broken = |(name, value): &(String, String)| broken(name, value);
        let mut rules: Vec<_> = self.fields().iter().filter_map(broken).collect();
        rules.sort();
        rules.dedup();
        rules
    }

    /// The same as 1.0 takes it; none where only its author knows what is meant.
    pub(super) fn in_v1(&self) -> Option<Self> {
        let mut fields = Vec::new();
        for (name, value) in self.fields() {
            match broken(&name, &value) {
                None => fields.push((name, value)),
                Some(Rule::ReservedNamespace) => {
                    fields.push((name, value.replacen(HUB_PATH, "", 1)));
                }
                Some(Rule::ReservedType) => fields.push((name, "update".to_owned())),
                Some(Rule::TopicCharacters) => {
                    let kept = value.chars().filter(|char| !char.is_control());
                    fields.push((name, kept.collect()));
                }
                Some(Rule::RetryDigits | Rule::EventId) => {}
                Some(_) => return None,
            }
        }
        let pairs = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        Some(Self::of_fields(pairs))
    }
}

/// The rule of 1.0 that a field breaks; what of it can be told from the text, the rest is for the trial.
fn broken(name: &str, value: &str) -> Option<Rule> {
    let has_control = value.chars().any(char::is_control);
    let is_reserved = || {
        let path = value.split(['?', '#']).next().unwrap_or(value);
        let behind = path.split_once(HUB_PATH).map(|(_, behind)| behind);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('/'))
    };
    match name {
        "topic" if value == "*" => Some(Rule::WildcardTopic),
        "topic" if has_control => Some(Rule::TopicCharacters),
        "topic" if is_reserved() => Some(Rule::ReservedNamespace),
        "type" if value == "mercure" => Some(Rule::ReservedType),
        "retry" if !value.bytes().all(|byte| byte.is_ascii_digit()) => Some(Rule::RetryDigits),
        "id" if value == "earliest" || value.starts_with('#') || has_control => Some(Rule::EventId),
        _ => None,
    }
}

impl Subject {
    /// The selectors of 0.x whose meaning may shift, with whether each is of a subscription.
    pub(super) fn templates(&self) -> Vec<Selector> {
        let selectors = match self {
            Self::Subscription(subscription) => subscription.selectors(),
            Self::Token(claims) if claims.dialect() == Dialect::V0 => {
                let grants = claims.grants();
                let all = grants.subscribe.iter().chain(&grants.publish);
                all.map(|grant| Selector::read(&grant.text)).collect()
            }
            _ => Vec::new(),
        };
        let shifts = |selector: &Selector| match selector {
            Selector::Template(text, _) => Selector::behind_subscriptions(text).is_none(),
            _ => false,
        };
        selectors.into_iter().filter(shifts).collect()
    }
}
