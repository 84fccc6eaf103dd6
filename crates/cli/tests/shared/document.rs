//! Whether a test is asked for the document of its proof, and where that goes. For `cargo xtask proof NAME`.

use std::env::var;
use std::fs;

use assay_results::{Making, Proof};

/// Where the document is to be written, and how it came about; none in a plain test.
pub(crate) fn wanted() -> Option<(String, Making)> {
    let out = var("ASSAY_PROOF_OUT").ok()?;
    let made = serde_json::from_str(&var("ASSAY_PROOF_MADE").ok()?).unwrap();
    Some((out, made))
}

/// Writes the document where it is wanted.
pub(crate) fn write(out: &str, proof: &Proof) {
    fs::write(out, proof.json()).unwrap();
}
