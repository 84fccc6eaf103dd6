//! What to write instead of a sample, and why: from the rules of 1.0 alone. Not for whether it works: a trial shows that.

use assay_client::Dialect;

use super::{
    rule::Rule,
    sample::{Cookie, Sample, Subject},
    trial::Trial,
};

/// What a site is told about a sample.
pub(super) struct Advice {
    /// The rules that it meets.
    pub(super) rules: Vec<Rule>,
    /// What to write instead, where that can be told.
    pub(super) instead: Option<Replacement>,
}

/// What to write instead, in words and for the trial.
pub(super) struct Replacement {
    pub(super) text: String,
    /// None for what no exchange shows.
    pub(super) trial: Option<Trial>,
}

impl Advice {
    /// For a sample.
    pub(super) fn on(sample: &Sample) -> Self {
        let spelling = &sample.spelling;
        match &sample.subject {
            Subject::Subscription(subscription) => {
                let new = subscription.in_v1();
                let mut text = spelling.subscription(&new, &sample.expressions);
                if subscription.token_parameter().is_some() {
                    text.push_str(" with the header `Authorization: Bearer (token)`");
                }
                let trial = Trial::Subscription(new, subscription.witnesses());
                Self::of(subscription.rules(), text, Some(trial))
            }
            Subject::Token(claims) => {
                let grants = claims.grants();
                let text = spelling.token(&grants);
                Self::of(claims.rules(), text, Some(Trial::NewToken(grants)))
            }
            Subject::Cookie(cookie) => {
                let name = Dialect::V1.cookie_name();
                let text = spelling.cookie(name);
                Self::of(
                    cookie_rules(cookie),
                    text,
                    Some(Trial::Cookie(name.to_owned())),
                )
            }
            Subject::Publication(publication) => {
                let rules = publication.rules();
                match publication.in_v1() {
                    Some(new) => {
                        let text = new.0.clone();
                        Self::of(rules, text, Some(Trial::Publication(new)))
                    }
                    None => Self {
                        rules,
                        instead: None,
                    },
                }
            }
            Subject::SubscriptionApi(path) => {
                let mut rules = vec![
                    Rule::SubscriptionDocument,
                    Rule::SubscriptionType,
                    Rule::SubscriptionCursor,
                ];
                let mut text = path.rewritten(&sample.text);
                if text == sample.text {
                    text.push_str(", whose answer is read by its new names");
                } else {
                    rules.insert(0, Rule::SubscriptionPath);
                }
                Self::of(rules, text, Some(Trial::SubscriptionApi(path.in_v1())))
            }
            Subject::Setting(setting) => Self::of(
                setting.rule().into_iter().collect(),
                setting.instead.clone(),
                None,
            ),
            Subject::Fact(fact) => Self::of(vec![fact.rule], fact.instead.clone(), None),
            Subject::Unread(..) => Self {
                rules: Vec::new(),
                instead: None,
            },
        }
    }

    fn of(rules: Vec<Rule>, text: String, trial: Option<Trial>) -> Self {
        Self {
            rules,
            instead: Some(Replacement { text, trial }),
        }
    }
}

fn cookie_rules(cookie: &Cookie) -> Vec<Rule> {
    let mut rules = Vec::new();
    if cookie.name != Dialect::V1.cookie_name() {
        rules.push(Rule::CookieName);
    }
    if cookie.secure == Some(false) {
        rules.push(Rule::CookieSecure);
    }
    if cookie.http_only == Some(false) {
        rules.push(Rule::CookieHttpOnly);
    }
    rules
}
