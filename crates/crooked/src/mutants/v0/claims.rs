//! The `mercure` claim of 0.x, for reading and changing.

use serde_json::{Value, json};

use crate::token::Token;

/// The selectors claimed for `publish` or `subscribe`.
pub(super) fn claimed(token: &Token, action: &str) -> Vec<String> {
    let selectors = token.claim("mercure")[action].as_array();
    selectors
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Claims other selectors.
pub(super) fn set_claimed(token: &mut Token, action: &str, selectors: &[String]) {
    if !token.claim("mercure").is_object() {
        token.set("mercure", json!({}));
    }
    if let Some(mercure) = token.claims.get_mut("mercure") {
        mercure[action] = json!(selectors);
    }
}
