//! The topic matcher list of a grant: entries that are not matchers, and matchers that match something else.

use serde_json::{Value, json};

use crate::mutant::Mutant;

use super::malformed::is_invalid_pattern;

/// A topic that no check uses.
const NOWHERE: &str = "urn:x-crooked:nowhere";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant::v1(
        "matcher-not-object",
        "details.matcher.object",
        "entries that are no objects are accepted",
    )
    .launder(|token, _| {
        for matcher in token.matchers().filter(|matcher| !matcher.is_object()) {
            let text = matcher.as_str().unwrap_or("*").to_owned();
            *matcher = json!({ "match": text });
        }
    }),
    Mutant::v1(
        "match-optional",
        "details.matcher.match-required",
        "a missing `match` is the wildcard",
    )
    .launder(|token, _| {
        for matcher in token.matchers().filter(|matcher| matcher.is_object()) {
            if !matcher["match"].is_string() {
                *matcher = json!({"match": "*"});
            }
        }
    }),
    Mutant::v1(
        "match-type-any-case",
        "details.matcher.type-case",
        "`match_type` is compared in any case",
    )
    .launder(|token, _| {
        for matcher in token.matchers() {
            let known = matcher["match_type"]
                .as_str()
                .map(|t| t.trim().to_ascii_lowercase());
            if let Some(known @ ("exact" | "urlpattern")) = known.as_deref() {
                matcher["match_type"] = known.into();
            }
        }
    }),
    Mutant::v1(
        "match-type-skipped",
        "details.matcher.type-unknown",
        "an unknown `match_type` is skipped",
    )
    .launder(|token, _| {
        for matcher in token
            .matchers()
            .filter(|matcher| matcher.get("match_type").is_some())
        {
            let name = matcher["match_type"].as_str().unwrap_or_default();
            let lower = name.trim().to_ascii_lowercase();
            if !matches!(lower.as_str(), "exact" | "urlpattern") {
                *matcher = json!({ "match": NOWHERE });
            }
        }
    }),
    Mutant::v1(
        "pattern-by-default",
        "details.matcher.default-exact",
        "without `match_type` a matcher is a URL pattern",
    )
    .launder(|token, _| {
        for matcher in token.matchers() {
            if matcher["match"].is_string() && matcher.get("match_type").is_none() {
                matcher["match_type"] = "urlpattern".into();
            }
        }
    }),
    Mutant::v1(
        "wildcard-compiled",
        "details.matcher.wildcard",
        "`*` with match_type urlpattern is a pattern relative to the hub",
    )
    .launder(|token, _| {
        for matcher in token.matchers() {
            if matcher["match"] == "*" && matcher["match_type"] == "urlpattern" {
                matcher["match"] = "/*".into();
            }
        }
    }),
    Mutant::v1(
        "exact-globbed",
        "details.matcher.lone-star-only",
        "exact grants are globbed",
    )
    .launder(|token, _| {
        for matcher in token.matchers().filter(|matcher| is_exact(matcher)) {
            match matcher["match"].as_str() {
                Some("**") => matcher["match"] = "*".into(),
                Some(text) if text.len() > 1 && text.contains('*') => {
                    matcher["match_type"] = "urlpattern".into();
                }
                _ => {}
            }
        }
    }),
    Mutant::v1(
        "bad-pattern-skipped",
        "details.matcher.invalid-pattern",
        "an invalid pattern never matches",
    )
    .launder(|token, _| {
        for matcher in token.matchers() {
            let invalid = matcher["match"].as_str().is_some_and(is_invalid_pattern);
            if invalid && matcher["match_type"] == "urlpattern" {
                *matcher = json!({ "match": NOWHERE });
            }
        }
    }),
    Mutant::v1(
        "relative-pattern-anywhere",
        "details.matcher.urlpattern-grant",
        "a relative pattern of a grant matches on any origin",
    )
    .launder(|token, _| {
        for detail in token.details() {
            add_matchers(detail, |matcher| {
                let text = matcher["match"].as_str()?;
                let relative = matcher["match_type"] == "urlpattern" && text.starts_with('/');
                relative.then(|| pattern(&format!("https://*{text}")))
            });
        }
    }),
    Mutant::v1(
        "exact-normalized",
        "details.matcher.exact-grant",
        "exact grants are prefixes, and normalized",
    )
    .launder(|token, _| {
        for detail in token.details() {
            add_matchers(detail, |matcher| {
                let text = matcher["match"].as_str().filter(|text| *text != "*")?;
                is_exact(matcher).then(|| pattern(&format!("{text}*")))
            });
        }
    }),
];

fn is_exact(matcher: &Value) -> bool {
    matcher.get("match_type").is_none_or(|kind| kind == "exact")
}

fn pattern(text: &str) -> Value {
    json!({"match": text, "match_type": "urlpattern"})
}

/// Adds to a detail's topics what `more` makes of each.
fn add_matchers(detail: &mut Value, more: impl Fn(&Value) -> Option<Value>) {
    if let Some(topics) = detail.get_mut("topics").and_then(Value::as_array_mut) {
        let added: Vec<Value> = topics.iter().filter_map(more).collect();
        topics.extend(added);
    }
}
