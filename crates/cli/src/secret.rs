//! A key or token as typed: itself, or `@FILE`.

mod binary;

use std::convert::Infallible;
use std::fmt;
use std::fs;
use std::ops::Deref;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, ensure};

/// A key, a token, or what holds one, as typed. It is used as the text that it is, but `Debug` leaves it out, and it cannot
/// be displayed.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// A secret that was not typed.
    pub(crate) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }
}

impl Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(typed: &str) -> Result<Self, Infallible> {
        Ok(Self::new(typed))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// Reads what `@FILE` names, without its final line break; anything else is the value itself.
///
/// # Errors
/// The file cannot be read, is no text, or nothing is in it; the message names the flag and the file.
pub(crate) fn resolve(flag: &str, typed: &Secret) -> Result<String> {
    let Some(path) = typed.strip_prefix('@') else {
        ensure!(
            !typed.is_empty(),
            "{flag} is empty: give a secret, a PEM or @FILE"
        );
        return Ok(String::from(&**typed));
    };
    let bytes = fs::read(path).with_context(|| format!("failed to read {path} for {flag}"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let advice = binary::advice(error.as_bytes(), path);
        anyhow!("{path} for {flag} is {advice}")
    })?;
    let value = text.strip_suffix('\n').unwrap_or(&text);
    let value = value.strip_suffix('\r').unwrap_or(value);
    ensure!(!value.is_empty(), "{path} for {flag} is empty");
    Ok(value.to_owned())
}
