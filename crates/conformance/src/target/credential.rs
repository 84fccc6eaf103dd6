//! What opens a role, from its section of a target file. Not for tokens: those are minted by each check.

use assay_client::{Algorithm, BearerToken, SigningKey};

use super::{RoleCredential, section::RoleSection, words::KEY};

/// The credential of a section; `key_file` is what stands in the file that it names, `run_key` the secret of this run.
///
/// # Errors
/// It says too little or too much, or the key does not fit the algorithm; the message repeats no secret.
pub(super) fn credential(
    role: &RoleSection,
    key_file: Option<Vec<u8>>,
    run_key: &str,
) -> Result<RoleCredential, String> {
    let material = match (&role.token, &role.key, key_file) {
        (Some(token), None, None) => {
            let token = BearerToken::new(token).map_err(|error| error.to_string())?;
            return Ok(RoleCredential::Token(token));
        }
        (None, Some(key), None) => key.replace(KEY, run_key).into_bytes(),
        (None, None, Some(bytes)) => bytes,
        (None, None, None) => {
            return Err("has neither `key`, `key_file` nor `token`".to_owned());
        }
        _ => return Err("has several of `key`, `key_file` and `token`: leave one".to_owned()),
    };
    let algorithm: Algorithm = match &role.algorithm {
        None => Algorithm::Hs256,
        Some(name) => name
            .parse()
            .map_err(|_| "`algorithm` is none that is known, such as HS256 or ES256".to_owned())?,
    };
    let key = SigningKey::new(algorithm, &material).map_err(|error| error.to_string())?;
    Ok(RoleCredential::Key(key))
}
