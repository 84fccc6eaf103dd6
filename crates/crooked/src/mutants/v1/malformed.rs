//! Which Mercure authorization details are malformed: as far as the mutants have to know it.

use serde_json::Value;

use crate::token::{DETAIL_TYPE, Token};

/// Whether a Mercure detail makes its token invalid (details.invalid.rejected).
pub(super) fn is_malformed(detail: &Value) -> bool {
    let actions = detail["actions"].as_array();
    let topics = detail["topics"].as_array();
    let sound_actions =
        actions.is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string));
    let sound_topics =
        topics.is_some_and(|list| !list.is_empty() && !list.iter().any(is_malformed_matcher));
    !(sound_actions && sound_topics)
}

/// The action names of a detail.
pub(super) fn actions(detail: &Value) -> impl Iterator<Item = &str> {
    detail["actions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Leaves malformed details out, of those that may be `left_out`.
pub(super) fn keep_sound_details(token: &mut Token, left_out: impl Fn(&Value) -> bool) {
    let claim = token.claims.get_mut("authorization_details");
    if let Some(details) = claim.and_then(Value::as_array_mut) {
        details.retain(|detail| {
            detail["type"] != DETAIL_TYPE || !is_malformed(detail) || !left_out(detail)
        });
    }
}

/// Whether an entry of `topics` makes its token invalid.
pub(super) fn is_malformed_matcher(matcher: &Value) -> bool {
    let Some(text) = matcher["match"].as_str() else {
        return true;
    };
    match matcher.get("match_type").map(Value::as_str) {
        None | Some(Some("exact")) => false,
        Some(Some("urlpattern")) => is_invalid_pattern(text),
        Some(_) => true,
    }
}

/// Whether a URL pattern cannot be parsed: a bracket that nothing closes, or a name used twice.
pub(super) fn is_invalid_pattern(pattern: &str) -> bool {
    let count = |bracket: char| pattern.matches(bracket).count();
    let mut names: Vec<&str> = pattern.split("/:").skip(1).collect();
    names.sort_unstable();
    let twice = names.windows(2).any(|pair| pair[0] == pair[1]);
    count('(') != count(')') || count('{') != count('}') || twice
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::is_malformed;

    #[test]
    fn malformed_details_are_known() {
        let check = |actions: Value, topics: Value, expected| {
            let detail = json!({"actions": actions, "topics": topics});
            assert_eq!(is_malformed(&detail), expected, "{detail}");
        };
        let good = json!([{"match": "https://a/b"}]);
        check(json!(["publish"]), good.clone(), false);
        check(json!(["unheard-of"]), good.clone(), false);
        check(json!([]), good.clone(), true);
        check(json!(["publish", 1]), good, true);
        check(json!(["publish"]), json!([]), true);
        check(json!(["publish"]), json!(["*"]), true);
        check(
            json!(["publish"]),
            json!([{"match": "a", "match_type": "regex"}]),
            true,
        );
        check(
            json!(["publish"]),
            json!([{"match": "/(", "match_type": "urlpattern"}]),
            true,
        );
        check(
            json!(["publish"]),
            json!([{"match": "/:id", "match_type": "urlpattern"}]),
            false,
        );
    }
}
