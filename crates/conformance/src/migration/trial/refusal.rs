//! An answer that refuses, in few words: the status, the error of its challenge, and the reason that a hub gives.

use crate::answer::Answer;

/// Longest reason that is repeated, in characters.
const REASON_CHARS_AT_MOST: usize = 120;

/// `401 invalid_token: the access token is not valid …`.
pub(super) fn told(answer: &Answer) -> String {
    let mut words = answer.status.to_string();
    let challenge = answer.bearer_challenge();
    if let Some(error) = challenge.as_ref().and_then(|it| it.parameter("error")) {
        words.push(' ');
        words.push_str(error);
    }
    let problem = answer.json();
    let detail = problem.as_ref().and_then(|it| it["detail"].as_str());
    let text = answer.text();
    let reason = detail.unwrap_or(text.trim());
    if !reason.is_empty() {
        words.push_str(": ");
        words.extend(reason.chars().take(REASON_CHARS_AT_MOST));
    }
    words
}
