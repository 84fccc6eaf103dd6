//! The refusals that section "Error Responses" defines, as accept-sets. Not for the checks of that section itself.

use crate::accept::{AcceptSet, Outcome};

/// 401 with `error="invalid_token"`. // auth.error.invalid-token
pub(super) fn invalid_token() -> AcceptSet {
    AcceptSet::pass(coded(&[401], "invalid_token"))
}

/// 403 with `error="insufficient_scope"`. // auth.error.insufficient-scope
pub(super) fn insufficient_scope() -> AcceptSet {
    AcceptSet::pass(coded(&[403], "insufficient_scope"))
}

/// One of these status codes, with a Bearer challenge of this error code.
pub(super) fn coded(status: &'static [u16], code: &str) -> Outcome {
    Outcome::All(vec![
        Outcome::Status(status),
        Outcome::ChallengeParameter("error", code.to_owned()),
    ])
}
