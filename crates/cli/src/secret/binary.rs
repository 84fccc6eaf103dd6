//! What a file holds that should be a text, and how to make one of it: most are DER, where PEM is wanted.

/// The tag of a SEQUENCE, with which all that is of interest here begins.
const SEQUENCE: u8 = 0x30;

/// What is known of a file that is no text, and what to do. Nothing of what it holds is said.
pub(super) fn advice(bytes: &[u8], path: &str) -> String {
    let Some((what, openssl)) = recognized(bytes) else {
        return "no text: a key or a certificate is wanted in PEM, a secret as text (`openssl rand -hex 32` makes one)".to_owned();
    };
    format!("{what}, and PEM is wanted: `openssl {openssl} -in {path} -out {path}.pem` writes it")
}

/// What it is, and the command of `openssl` that reads it.
fn recognized(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let outer = content(bytes)?;
    match outer {
        // The version of a PKCS #12, and those of private keys: PKCS #8 (RFC 5958), PKCS #1 (RFC 8017), SEC 1 (RFC 5915).
        [0x02, 0x01, 3, ..] => Some(("a bundle of PKCS #12", "pkcs12 -nodes")),
        [0x02, 0x01, 0 | 1, ..] => Some(("a private key in DER", "pkey -inform der")),
        [SEQUENCE, ..] => match content(outer)? {
            // The version of a certificate (RFC 5280), and the algorithm of a public key.
            [0xA0, ..] => Some(("a certificate in DER", "x509 -inform der")),
            [0x06, ..] => Some(("a public key in DER", "pkey -pubin -inform der")),
            _ => None,
        },
        _ => None,
    }
}

/// What is in the sequence that `bytes` begin with.
fn content(bytes: &[u8]) -> Option<&[u8]> {
    let (&[tag, length], rest) = bytes.split_first_chunk()?;
    // A long length says how many bytes it has itself.
    let length_bytes = usize::from(if length < 0x80 { 0 } else { length & 0x7F });
    (tag == SEQUENCE).then_some(())?;
    rest.get(length_bytes..)
}
