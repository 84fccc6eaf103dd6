use assay_client::{Algorithm, SigningKey};
use aws_lc_rs::encoding::{AsDer as _, EcPrivateKeyRfc5915Der};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use rcgen::{KeyPair, SignatureAlgorithm};

pub(crate) fn pem(algorithm: &'static SignatureAlgorithm) -> String {
    KeyPair::generate_for(algorithm).unwrap().serialize_pem()
}

fn to_pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

#[track_caller]
fn check_refused(algorithm: Algorithm, material: &str, expected: &str) {
    let error = SigningKey::new(algorithm, material.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains("MII"), "key material in {error}");
}

#[test]
fn a_wrong_key_says_what_to_pass() {
    let rsa = pem(&rcgen::PKCS_RSA_SHA256);
    let p384 = pem(&rcgen::PKCS_ECDSA_P384_SHA384);
    let ed25519 = pem(&rcgen::PKCS_ED25519);
    let public = KeyPair::generate().unwrap().public_key_pem();
    let encrypted = to_pem("ENCRYPTED PRIVATE KEY", b"nothing");
    let garbage = to_pem("PRIVATE KEY", b"nothing");

    check_refused(
        Algorithm::Hs256,
        &rsa,
        "an RSA PEM cannot sign HS256: pass --jwt-algorithm RS256",
    );
    check_refused(
        Algorithm::Es256,
        &rsa,
        "an RSA PEM cannot sign ES256: pass --jwt-algorithm RS256",
    );
    check_refused(
        Algorithm::Es256,
        &p384,
        "a P-384 PEM cannot sign ES256: pass --jwt-algorithm ES384",
    );
    check_refused(
        Algorithm::Hs512,
        &ed25519,
        "an Ed25519 PEM cannot sign HS512: pass --jwt-algorithm EdDSA",
    );
    check_refused(
        Algorithm::Rs256,
        "secret",
        "RS256 signs with a private key in PEM, not with a secret",
    );
    check_refused(Algorithm::Rs256, &public, "public key");
    check_refused(Algorithm::Hs256, &public, "public key");
    check_refused(Algorithm::Es256, &encrypted, "encrypted");
    check_refused(
        Algorithm::Es256,
        &garbage,
        "no private key that can sign ES256",
    );
    check_refused(Algorithm::Hs256, " \n", "empty");
}

#[test]
fn older_encodings_are_read() {
    let rsa = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256)
        .unwrap()
        .serialize_der();
    // PKCS#8 of a 2048 bit key is 26 bytes of wrapping around PKCS#1.
    let pkcs1 = to_pem("RSA PRIVATE KEY", &rsa[26..]);
    assert_eq!(
        SigningKey::new(Algorithm::Ps256, pkcs1.as_bytes())
            .unwrap()
            .sign(b"x")
            .unwrap()
            .len(),
        256
    );

    let key = aws_lc_rs::signature::EcdsaKeyPair::generate(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
    )
    .unwrap();
    let sec1: EcPrivateKeyRfc5915Der<'_> = key.private_key().as_der().unwrap();
    // As `openssl ecparam -genkey` prints it.
    let sec1 = to_pem("EC PARAMETERS", b"x") + &to_pem("EC PRIVATE KEY", sec1.as_ref());
    assert_eq!(
        SigningKey::new(Algorithm::Es256, sec1.as_bytes())
            .unwrap()
            .sign(b"x")
            .unwrap()
            .len(),
        64
    );
}

/// What is made here signs what a library of others verifies with the half that a hub is given.
#[test]
fn new_keys_verify_with_what_a_hub_is_given() {
    for algorithm in Algorithm::ALL {
        if algorithm == Algorithm::Es512 {
            // The library knows no P-521; the length of the signature has to do.
            let key = SigningKey::generate(algorithm).unwrap();
            assert_eq!(key.sign(b"x").unwrap().len(), 132);
            continue;
        }
        let key = SigningKey::generate(algorithm).unwrap();
        let verifies = match key.public_key_pem() {
            None => DecodingKey::from_secret(key.secret().unwrap()),
            Some(pem) => match algorithm.as_str().as_bytes() {
                [b'E', b'S', ..] => DecodingKey::from_ec_pem(pem.as_bytes()).unwrap(),
                [b'E', ..] => DecodingKey::from_ed_pem(pem.as_bytes()).unwrap(),
                _ => DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
            },
        };
        let signature = URL_SAFE_NO_PAD.encode(key.sign(b"message").unwrap());
        let known = algorithm.as_str().parse().unwrap();
        let verified = jsonwebtoken::crypto::verify(&signature, b"message", &verifies, known);
        assert_eq!(verified, Ok(true), "{algorithm}");
        assert_ne!(
            SigningKey::generate(algorithm).unwrap().sign(b"x").unwrap(),
            SigningKey::generate(algorithm).unwrap().sign(b"x").unwrap(),
            "{algorithm}: the same key twice"
        );
    }
}

#[test]
fn debug_shows_no_secret() {
    let key = SigningKey::new(Algorithm::Hs256, b"hush").unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(HS256, [redacted])");
}

#[test]
fn a_forger_may_sign_with_a_public_key() {
    let public = KeyPair::generate().unwrap().public_key_pem();
    assert!(SigningKey::from_secret(Algorithm::Hs256, public.as_bytes()).is_ok());
    assert!(SigningKey::from_secret(Algorithm::Rs256, b"secret").is_err());
}

#[test]
fn algorithms_have_one_name() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
    }
    assert_eq!("eddsa".parse(), Ok(Algorithm::EdDsa));
    assert!("none".parse::<Algorithm>().is_err());
}
