//! How a site writes a sample, and what to write instead in the same words.

use assay_client::TopicMatcher;
use serde_json::{Value, json};

use super::{claims::Grants, sample::Expression, subscription::Subscription};

/// How something is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spelling {
    /// In a list of samples.
    Plain,
    /// A URL, or a text that makes one; this stands before its `?`.
    Url(String),
    /// A call that adds one parameter, up to its opening parenthesis.
    Call(String),
    /// `new URLSearchParams({…})`.
    Parameters,
    /// The function of Symfony in a Twig template, with options or without.
    Twig {
        /// Whether a second argument stands there, which stays.
        options: bool,
    },
    /// The classes of Symfony.
    Php,
}

impl Spelling {
    /// A subscription of 1.0; parts that are expressions stand as such again.
    pub(super) fn subscription(&self, new: &Subscription, expressions: &[Expression]) -> String {
        match self {
            Self::Plain => new.query().to_owned(),
            Self::Url(before) => {
                let query = in_place(new.query(), expressions, |source| format!("${{{source}}}"));
                format!("{before}?{query}")
            }
            Self::Call(call) => {
                let calls = new.pairs().into_iter().map(|(name, value)| {
                    let value = quoted(&value, expressions);
                    format!("{call}'{name}', {value})")
                });
                calls.collect::<Vec<_>>().join("; ")
            }
            Self::Parameters => {
                let members = new
                    .pairs()
                    .into_iter()
                    .map(|(name, value)| format!("{name}: {}", quoted(&value, expressions)));
                let members: Vec<_> = members.collect();
                format!("URLSearchParams({{ {} }})", members.join(", "))
            }
            Self::Twig { options } => {
                let more = if *options { ", {…}" } else { "" };
                format!("mercure({}{more})", typed(&matchers(new), self))
            }
            Self::Php => typed(&matchers(new), self),
        }
    }

    /// A token of 1.0, with words in parentheses for what is new in each token.
    pub(super) fn token(&self, grants: &Grants) -> String {
        let claims = format!(
            "header {}, claims {}",
            json!({ "alg": "(yours)", "typ": "at+jwt" }),
            claims_to_write(grants)
        );
        match self {
            Self::Twig { .. } | Self::Php => format!(
                "symfony/mercure-bundle 0.5 or later with `protocol_version: '1.0'` and `jwt.claims: {{ iss: …, sub: …, client_id: … }}`, topics as subscribe: {}, publish: {}; the token is then {claims}",
                typed(&Grants::matchers(&grants.subscribe), self),
                typed(&Grants::matchers(&grants.publish), self),
            ),
            _ => claims,
        }
    }

    /// The cookie of 1.0.
    pub(super) fn cookie(&self, name: &str) -> String {
        let line = format!(
            "Set-Cookie: {name}=(token); Path=/.well-known/mercure; Secure; HttpOnly; SameSite=Strict"
        );
        match self {
            Self::Twig { .. } | Self::Php => format!(
                "symfony/mercure-bundle 0.5 or later with `protocol_version: '1.0'`, which sets {line}"
            ),
            _ => line,
        }
    }
}

fn matchers(new: &Subscription) -> Vec<TopicMatcher> {
    let of = |(name, value): (String, String)| match (name.as_str(), value.as_str()) {
        ("match" | "match_exact" | "match_urlpattern", "*") => Some(TopicMatcher::Any),
        ("match" | "match_exact", _) => Some(TopicMatcher::Exact(value)),
        ("match_urlpattern", _) => Some(TopicMatcher::UrlPattern(value)),
        _ => None,
    };
    new.pairs().into_iter().filter_map(of).collect()
}

/// Topics by the type of their matcher, as `symfony/mercure` takes them from 0.8 on.
fn typed(matchers: &[TopicMatcher], spelling: &Spelling) -> String {
    let of = |wanted: bool| -> Vec<String> {
        let is_pattern = |it: &&TopicMatcher| matches!(it, TopicMatcher::UrlPattern(_)) == wanted;
        let chosen = matchers.iter().filter(is_pattern);
        chosen
            .map(|matcher| format!("'{}'", matcher.pattern()))
            .collect()
    };
    let (exact, patterns) = (of(false), of(true));
    let entries = [("exact", exact), ("urlpattern", patterns)];
    let entries = entries.into_iter().filter(|(_, list)| !list.is_empty());
    let entries: Vec<_> = entries
        .map(|(name, list)| match spelling {
            Spelling::Twig { .. } => format!("{name}: [{}]", list.join(", ")),
            _ => format!("'{name}' => [{}]", list.join(", ")),
        })
        .collect();
    match spelling {
        Spelling::Twig { .. } => format!("{{{}}}", entries.join(", ")),
        _ => format!("[{}]", entries.join(", ")),
    }
}

fn claims_to_write(grants: &Grants) -> Value {
    let detail = |action: &str, matchers: Vec<TopicMatcher>| {
        let topics: Vec<_> = matchers
            .iter()
            .map(|matcher| match matcher {
                TopicMatcher::UrlPattern(pattern) => {
                    json!({ "match": pattern, "match_type": "urlpattern" })
                }
                other => json!({ "match": other.pattern() }),
            })
            .collect();
        (!topics.is_empty()).then(|| {
            json!({
                "type": assay_client::token::AUTHORIZATION_DETAIL_TYPE,
                "actions": [action],
                "topics": topics,
            })
        })
    };
    let publish = detail("publish", Grants::matchers(&grants.publish));
    let mut subscribe = detail("subscribe", Grants::matchers(&grants.subscribe));
    if let (Some(detail), Some(payload)) = (&mut subscribe, grants.payload_object()) {
        detail["payload"] = json!(payload);
    }
    let details: Vec<_> = [publish, subscribe].into_iter().flatten().collect();
    json!({
        "iss": "(issuer that the hub trusts)",
        "aud": "(URL of the hub, or its resource identifier)",
        "sub": "(whose it is)",
        "client_id": "(your application)",
        "iat": "(now)",
        "exp": "(soon)",
        "jti": "(new for each)",
        "authorization_details": details,
    })
}

fn in_place(text: &str, expressions: &[Expression], written: impl Fn(&str) -> String) -> String {
    expressions
        .iter()
        .fold(text.to_owned(), |text, expression| {
            text.replace(&expression.stand_in, &written(&expression.source))
        })
}

// A value that is an expression as a whole stands without quotes.
fn quoted(value: &str, expressions: &[Expression]) -> String {
    let whole = expressions.iter().find(|it| it.stand_in == value);
    if let Some(whole) = whole {
        return whole.source.clone();
    }
    let filled = in_place(value, expressions, |source| format!("${{{source}}}"));
    if filled == value {
        format!("'{value}'")
    } else {
        format!("`{filled}`")
    }
}
