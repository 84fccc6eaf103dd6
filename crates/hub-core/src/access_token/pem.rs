//! Public keys out of PEM text (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::der;

/// Why PEM text holds no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// No matching begin and end lines.
    #[error("the text has no complete -----BEGIN …----- and -----END …----- lines")]
    Incomplete,
    /// The private half, which a hub must not have.
    #[error(
        "this is a private key; give the hub the public one (openssl pkey -in KEY.pem -pubout)"
    )]
    PrivateKey,
    /// A certificate in which no key can be found.
    #[error("no public key in this certificate; is it whole?")]
    Certificate,
    /// Something else.
    #[error("the label is neither PUBLIC KEY, RSA PUBLIC KEY nor CERTIFICATE")]
    OtherLabel,
    /// The text between the lines.
    #[error(
        "the text between the lines is not base64; are its line breaks written as `\\n`? Then name a file instead, as @FILE"
    )]
    NotBase64,
}

/// The DER content of the first block, which must be `PUBLIC KEY` (RFC 5280) or `RSA PUBLIC KEY` (RFC 8017), or the key
/// in it if it is a `CERTIFICATE`.
pub(super) fn read_public_key(text: &str) -> Result<Vec<u8>, PemError> {
    let (_, after_begin) = text.split_once("-----BEGIN ").ok_or(PemError::Incomplete)?;
    let (label, after_label) = after_begin
        .split_once("-----")
        .ok_or(PemError::Incomplete)?;
    match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => {}
        _ if label.ends_with("PRIVATE KEY") => return Err(PemError::PrivateKey),
        _ => return Err(PemError::OtherLabel),
    }
    let end = format!("-----END {label}-----");
    let (encoded, _) = after_label.split_once(&end).ok_or(PemError::Incomplete)?;
    let encoded: String = encoded
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    let der = STANDARD.decode(encoded).map_err(|_| PemError::NotBase64)?;
    if label == "CERTIFICATE" {
        let key = der::public_key_of_certificate(&der).ok_or(PemError::Certificate)?;
        return Ok(key.to_vec());
    }
    Ok(der)
}
