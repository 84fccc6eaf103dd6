//! `exp` and `nbf`, in both dialects, without leeway: a connection must be closed no later than `exp`.

use serde_json::Value;

use super::TokenFault;

pub(super) struct Lifetime {
    pub(super) expires_at_unix_s: Option<u64>,
}

/// Checks that the token is valid now. Fractions are allowed; what is there and no number is refused.
/// token.exp.enforced, token.nbf
pub(super) fn check(
    exp: Option<&Value>,
    nbf: Option<&Value>,
    now_unix_s: u64,
) -> Result<Lifetime, TokenFault> {
    let now = now_unix_s as f64;
    let nbf = nbf.map(number).transpose()?;
    let exp = exp.map(number).transpose()?;
    if exp.is_some_and(|exp| now >= exp) {
        return Err(TokenFault::Expired);
    }
    if nbf.is_some_and(|nbf| nbf > now) {
        return Err(TokenFault::NotYetValid);
    }
    Ok(Lifetime {
        // The cast rounds down, and saturates beyond the end of time.
        expires_at_unix_s: exp.map(|exp| exp as u64),
    })
}

fn number(value: &Value) -> Result<f64, TokenFault> {
    value.as_f64().ok_or(TokenFault::Claims)
}
