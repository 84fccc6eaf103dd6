//! Updates whose data is a JWE. What is encrypted in another way cannot be told from what is not.

use crate::watch::{
    rule::{Rule, Sight, quoted, rule},
    scene::{Scene, When::Publication},
};

use super::text::jwe_header;

const INSTEAD: &str = "\"alg\": \"ECDH-ES+A256KW\" or \"RSA-OAEP-256\" with \"enc\": \"A256GCM\"";

/// Of 1.0; 0.x names no algorithms.
pub(super) const V1: &[Rule] = &[
    rule(
        "security.encryption.algorithms",
        Publication,
        INSTEAD,
        |scene| judged(scene, |alg, enc| !is_dated(alg) && enc.starts_with('A')),
    ),
    rule(
        "security.encryption.no-rsa1-5",
        Publication,
        INSTEAD,
        |scene| judged(scene, |alg, _| alg != "RSA1_5"),
    ),
    rule(
        "security.encryption.recommended",
        Publication,
        INSTEAD,
        |scene| {
            judged(scene, |alg, enc| {
                matches!(alg, "ECDH-ES+A256KW" | "RSA-OAEP-256") && enc == "A256GCM"
            })
        },
    ),
];

// SHA-1 and PKCS#1 1.5; a password in place of a key.
fn is_dated(alg: &str) -> bool {
    matches!(alg, "RSA1_5" | "RSA-OAEP") || alg.starts_with("PBES2")
}

fn judged(scene: &Scene, is_right: fn(&str, &str) -> bool) -> Sight {
    let data = scene.values("data");
    let Some(header) = data.first().and_then(|data| jwe_header(data)) else {
        return Sight::Unseen;
    };
    let text = |name: &str| header[name].as_str().unwrap_or_default();
    let (alg, enc) = (text("alg"), text("enc"));
    Sight::right_if(is_right(alg, enc), || {
        format!("a JWE with alg {} and enc {}", quoted(alg), quoted(enc))
    })
}
