//! The page of a proof from its document, `NAME.html` beside `NAME.json`: `cargo run -p assay-report --example proof -- NAME.json`. For
//! `cargo xtask proof`, which may use no crate of ours.

use std::path::PathBuf;

use assay_report::render_proof;
use assay_results::Proof;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let document = PathBuf::from(std::env::args().nth(1).ok_or("NAME.json is missing")?);
    let proof: Proof = serde_json::from_str(&std::fs::read_to_string(&document)?)?;
    std::fs::write(document.with_extension("html"), render_proof(&proof)?)?;
    Ok(())
}
