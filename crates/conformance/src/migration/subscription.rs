//! The parameters of a subscription in either dialect: what it listens to, where it resumes, and the same in 1.0. Not for
//! sending it.

use std::fmt::Write as _;

use assay_client::{Dialect, TopicMatcher};
use form_urlencoded::Serializer;

use super::{
    rule::Rule,
    selector::{FILLER, Selector},
};

/// Parameters that carry a token.
const TOKENS: [&str; 2] = ["authorization", "access_token"];
/// Parameters that carry a cursor: of 0.x, of hubs before 0.14, of 1.0.
const CURSORS: [&str; 3] = ["lastEventID", "Last-Event-ID", "last_event_id"];

/// The query component of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subscription {
    /// Encoded, as it goes over the wire.
    query: String,
}

/// What shows that a subscription, or a grant, does what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Witness {
    /// An update on any topic.
    AnyTopic,
    /// An update on this one.
    Topic(String),
    /// The event of a new subscription.
    SubscriptionEvent,
    /// Nobody can tell from the text which topic it selects.
    Unknown(String),
}

impl Subscription {
    /// Of a query component as a browser sends it: what it would encode is encoded.
    pub(super) fn of_query(written: &str) -> Self {
        let mut query = String::with_capacity(written.len());
        for char in written.chars() {
            match char {
                // The query percent-encode set of the URL standard.
                ' ' | '"' | '#' | '<' | '>' | '\'' | '\0'..='\x1f' | '\x7f'.. => {
                    let mut bytes = [0; 4];
                    for byte in char.encode_utf8(&mut bytes).bytes() {
                        // Writing into a String cannot fail.
                        let _ = write!(query, "%{byte:02X}");
                    }
                }
                _ => query.push(char),
            }
        }
        Self { query }
    }

    /// Of parameters, encoded as `URLSearchParams` does it.
    pub(super) fn of_pairs<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(pairs);
        Self {
            query: query.finish(),
        }
    }

    /// The query component.
    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// The parameters, decoded.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query.as_bytes())
            .into_owned()
            .collect()
    }

    /// The query component without tokens and cursors, which a trial puts in anew.
    pub(super) fn listening_query(&self) -> String {
        let keeps = |pair: &&str| {
            let name = form_urlencoded::parse(pair.as_bytes()).next();
            !name.is_some_and(|(name, _)| {
                TOKENS.contains(&name.as_ref()) || CURSORS.contains(&name.as_ref())
            })
        };
        let pairs: Vec<_> = self.query.split('&').filter(keeps).collect();
        pairs.join("&")
    }

    /// The cursor, by name and value.
    pub(super) fn cursor(&self) -> Option<(String, String)> {
        let mut pairs = self.pairs().into_iter();
        pairs.find(|(name, _)| CURSORS.contains(&name.as_str()))
    }

    /// The parameter that carries a token.
    pub(super) fn token_parameter(&self) -> Option<&'static str> {
        let pairs = self.pairs();
        let is_there = |name: &&str| pairs.iter().any(|(it, _)| it == name);
        TOKENS.into_iter().find(is_there)
    }

    /// The dialect that its names belong to; 0.x where none tells.
    pub(super) fn dialect(&self) -> Dialect {
        let pairs = self.pairs();
        let is_v1 = |name: &str| in_match_namespace(name) || name == "last_event_id";
        let old = pairs.iter().any(|(name, _)| name == "topic");
        if !old && pairs.iter().any(|(name, _)| is_v1(name)) {
            Dialect::V1
        } else {
            Dialect::V0
        }
    }

    /// The selectors of 0.x.
    pub(super) fn selectors(&self) -> Vec<Selector> {
        let pairs = self.pairs();
        let topics = pairs.iter().filter(|(name, _)| name == "topic");
        topics.map(|(_, value)| Selector::read(value)).collect()
    }

    /// One for each parameter that listens.
    pub(super) fn witnesses(&self) -> Vec<Witness> {
        let of = |(name, value): &(String, String)| match name.as_str() {
            "topic" => Some(Witness::of_selector(value)),
            "match" | "match_exact" => Some(Witness::of_exact(value)),
            "match_urlpattern" => Some(Witness::of_pattern(value)),
            _ => None,
        };
        self.pairs().iter().filter_map(of).collect()
    }

    /// The rules of 1.0 that it meets.
    pub(super) fn rules(&self) -> Vec<Rule> {
        let pairs = self.pairs();
        let has = |wanted: &str| pairs.iter().any(|(name, _)| name == wanted);
        let mut rules = Vec::new();
        if has("topic") {
            rules.push(Rule::MatchParameter);
        }
        if self.selectors().iter().any(Selector::is_template) {
            rules.push(Rule::UrlPattern);
        }
        let of_events = |text: &str| Selector::behind_subscriptions(text).is_some();
        if pairs
            .iter()
            .any(|(name, value)| name == "topic" && of_events(value))
        {
            rules.extend([
                Rule::SubscriptionPath,
                Rule::SubscriptionEvent,
                Rule::SubscriptionDocument,
            ]);
        }
        if has("lastEventID") || has("Last-Event-ID") {
            rules.push(Rule::CursorParameter);
        }
        if self.token_parameter().is_some() {
            rules.push(Rule::NoQueryToken);
        }
        let known = ["match", "match_exact", "match_urlpattern"];
        let reserved = |(name, _): &(String, String)| {
            in_match_namespace(name) && !known.contains(&name.as_str())
        };
        if pairs.iter().any(reserved) {
            rules.push(Rule::ReservedPrefix);
        }
        rules
    }

    /// The same in 1.0; without a token, which a URL does not carry there.
    pub(super) fn in_v1(&self) -> Self {
        let mut pairs = Vec::new();
        for (name, value) in self.pairs() {
            match name.as_str() {
                "topic" => {
                    let matcher = Selector::read(&value).matcher();
                    let name = match &matcher {
                        TopicMatcher::UrlPattern(_) => "match_urlpattern",
                        _ => "match",
                    };
                    pairs.push((name.to_owned(), matcher.pattern().to_owned()));
                }
                name if TOKENS.contains(&name) => {}
                name if CURSORS.contains(&name) => {
                    pairs.push((Dialect::V1.cursor_parameter().to_owned(), value));
                }
                _ => pairs.push((name, value)),
            }
        }
        Self::of_pairs(
            pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
    }
}

impl Witness {
    /// Of a selector of 0.x.
    pub(super) fn of_selector(text: &str) -> Self {
        if Selector::behind_subscriptions(text).is_some() {
            return Self::SubscriptionEvent;
        }
        let witness = Selector::read(text).witness();
        witness.map_or(Self::AnyTopic, Self::Topic)
    }

    /// Of an exact matcher of 1.0.
    pub(super) fn of_exact(text: &str) -> Self {
        match text {
            "*" => Self::AnyTopic,
            topic => Self::Topic(topic.to_owned()),
        }
    }

    /// Of a URL pattern whose groups are plain: `:id` and `*`, without modifiers.
    pub(super) fn of_pattern(text: &str) -> Self {
        if text == "*" {
            return Self::AnyTopic;
        }
        if Selector::behind_subscriptions(text).is_some() {
            return Self::SubscriptionEvent;
        }
        let mut topic = String::new();
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            let begins = chars.peek().is_some_and(|next| next.is_alphabetic());
            match char {
                '*' => topic.push_str(FILLER),
                ':' if begins => {
                    while chars
                        .next_if(|next| next.is_alphanumeric() || *next == '_')
                        .is_some()
                    {}
                    topic.push_str(FILLER);
                }
                '\\' => topic.extend(chars.next()),
                '{' | '}' => {}
                '(' | ')' | '+' | '?' => return Self::Unknown(text.to_owned()),
                _ => topic.push(char),
            }
        }
        Self::Topic(topic)
    }
}

/// Whether 1.0 reserves a name. // subscribe.reserved-prefix
fn in_match_namespace(name: &str) -> bool {
    let prefix = name.as_bytes().get(..5);
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"match"))
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Subscription};

    #[test]
    fn a_subscription_of_0x_is_written_in_1_0() {
        let cases = [
            ("topic=a", "match=a"),
            ("topic=*&topic=b", "match=*&match=b"),
            (
                "topic=https://a.example/{id}",
                "match_urlpattern=https%3A%2F%2Fa.example%2F%3Aid",
            ),
            ("topic=a&lastEventID=urn:x", "match=a&last_event_id=urn%3Ax"),
            ("Last-Event-ID=urn:x", "last_event_id=urn%3Ax"),
            ("topic=a&authorization=x.y.z&other=1", "match=a&other=1"),
            ("match=a", "match=a"),
        ];
        for (old, new) in cases {
            assert_eq!(Subscription::of_query(old).in_v1().query(), new, "{old}");
        }
    }

    #[test]
    fn what_a_trial_puts_in_anew_is_taken_out() {
        let written = "topic=a%20b&lastEventID=1&authorization=x&topic=é";
        let subscription = Subscription::of_query(written);
        assert_eq!(subscription.listening_query(), "topic=a%20b&topic=%C3%A9");
        assert_eq!(subscription.token_parameter(), Some("authorization"));
        assert_eq!(
            subscription.cursor(),
            Some(("lastEventID".to_owned(), "1".to_owned()))
        );
        assert_eq!(subscription.dialect(), Dialect::V0);
        assert_eq!(Subscription::of_query("match=a").dialect(), Dialect::V1);
    }
}
