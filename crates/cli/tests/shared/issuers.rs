//! The further issuers of a straight hub that trusts several, and the file that tells it so.

use std::fmt::Write as _;
use std::sync::LazyLock;

use assay_client::{Algorithm, SigningKey};
use assay_conformance::{Issuer, RoleCredential};

/// One for each algorithm that a hub should know, one whose key is of the kind of the hub's own, one whose secret can be guessed.
const ISSUERS: [(&str, Algorithm, &str); 5] = [
    (
        "https://alike.example",
        Algorithm::Hs256,
        "another secret which is long enough to be taken",
    ),
    ("https://eddsa.example", Algorithm::EdDsa, ""),
    ("https://es256.example", Algorithm::Es256, ""),
    ("https://rs256.example", Algorithm::Rs256, ""),
    ("https://weak.example", Algorithm::Hs256, "guess-me"),
];

static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    let key = |(_, algorithm, secret): &(&str, Algorithm, &str)| {
        if secret.is_empty() {
            SigningKey::generate(*algorithm).unwrap()
        } else {
            SigningKey::new(*algorithm, secret.as_bytes()).unwrap()
        }
    };
    ISSUERS.iter().map(key).collect()
});

/// As a suite has to know them.
pub(crate) fn known() -> Vec<Issuer> {
    let issuer = |((identifier, ..), key): (&(&str, Algorithm, &str), &SigningKey)| Issuer {
        identifier: (*identifier).to_owned(),
        publisher: RoleCredential::Key(key.clone()),
        subscriber: RoleCredential::Key(key.clone()),
    };
    ISSUERS.iter().zip(KEYS.iter()).map(issuer).collect()
}

/// As a crooked hub has to know them: those with a secret.
pub(crate) fn secrets() -> Vec<(String, String)> {
    let with_secret = ISSUERS.iter().filter(|(_, _, secret)| !secret.is_empty());
    with_secret
        .map(|(identifier, _, secret)| ((*identifier).to_owned(), (*secret).to_owned()))
        .collect()
}

/// As the hub has to know them. The metadata name the last.
pub(crate) fn settings() -> String {
    let mut settings = String::new();
    for ((identifier, algorithm, secret), key) in ISSUERS.iter().zip(KEYS.iter()) {
        let verifies = key.public_key_pem().unwrap_or_else(|| (*secret).to_owned());
        let role = format!("{{ key = '''{verifies}''', algorithms = [\"{algorithm}\"] }}");
        let advertised = *secret == "guess-me";
        writeln!(
            settings,
            "[[trusted_issuer]]\nidentifier = \"{identifier}\"\nauthorization_server = {advertised}\npublisher = {role}\nsubscriber = {role}\n"
        )
        .unwrap();
    }
    settings
}
