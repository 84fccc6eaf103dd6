//! A key or token as typed: itself, or `@FILE`.

use std::fs;

use anyhow::{Context, Result, ensure};

/// Reads what `@FILE` names, without its final line break; anything else is the value itself.
///
/// # Errors
/// The file cannot be read, or nothing is in it; the message names the flag and the file.
pub(crate) fn resolve(flag: &str, typed: &str) -> Result<String> {
    let Some(path) = typed.strip_prefix('@') else {
        ensure!(
            !typed.is_empty(),
            "{flag} is empty: give a secret, a PEM or @FILE"
        );
        return Ok(typed.to_owned());
    };
    let text =
        fs::read_to_string(path).with_context(|| format!("failed to read {path} for {flag}"))?;
    let value = text.strip_suffix('\n').unwrap_or(&text);
    let value = value.strip_suffix('\r').unwrap_or(value);
    ensure!(!value.is_empty(), "{path} for {flag} is empty");
    Ok(value.to_owned())
}
