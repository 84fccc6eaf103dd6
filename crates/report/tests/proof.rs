//! The page of a proof says at the top what it found, marks what does not hold, and folds what is long.

use assay_report::render_proof;
use assay_results::{Figure, Making, Proof, ProofFindings, ProofTable};

/// A proof with a table of so many rows, in two groups, whose last row came out as said.
fn proof(holds: bool, rows: usize, came: &str) -> Proof {
    let mut table = ProofTable::new("Each hub", "How to read it.", ["hub", "came", "passes"]);
    for number in 1..rows {
        let cells = [format!("hub {number}"), "red".to_owned(), "0".to_owned()];
        table.push("even", cells);
    }
    let cells = ["<hub> & co", came, "3"].map(str::to_owned);
    table.push("odd", cells);
    Proof::new(ProofFindings {
        name: "floor".to_owned(),
        question: "Does anything pass?".to_owned(),
        sentence: "Nothing passes.".to_owned(),
        holds,
        made: Making {
            date: "2026-11-26".to_owned(),
            commit: "0123abc".to_owned(),
            system: "Linux 6.1 x86_64".to_owned(),
            command: "cargo xtask proof floor".to_owned(),
        },
        figures: vec![Figure {
            label: "hubs".to_owned(),
            value: rows.to_string(),
        }],
        tables: vec![table],
        notes: vec!["One note.".to_owned()],
    })
}

#[test]
fn the_page_says_what_was_found_and_how_to_repeat_it() {
    let check = |proof: &Proof, is_there: &[&str], is_not: &[&str]| {
        let page = render_proof(proof).unwrap();
        for part in is_there {
            assert!(page.contains(part), "{part}\n{page}");
        }
        for part in is_not {
            assert!(!page.contains(part), "{part}\n{page}");
        }
    };
    check(
        &proof(true, 2, "red"),
        &[
            "<p class=\"badge good\">holds</p>",
            "<h1>Nothing passes.</h1>",
            "Does anything pass?",
            "<dt>hubs</dt><dd>2</dd>",
            "<td class=\"yes\">red</td>",
            "&#60;hub&#62; &#38; co",
            "<li>One note.</li>",
            "cargo xtask proof floor",
            "0123abc",
            "2026-11-26",
            "<code>floor.json</code>",
        ],
        &[
            "does not hold",
            "<details>",
            "http://",
            "https://",
            "<script",
        ],
    );
    check(
        &proof(false, 2, "survives"),
        &[
            "<p class=\"badge bad\">does not hold</p>",
            "<td class=\"no\">survives</td>",
        ],
        &[],
    );
    check(
        &proof(true, 61, "red"),
        &["<details>\n<summary class=\"group\">even <small>60</small></summary>"],
        &[],
    );
}

/// The document comes back as it was written, and gives the same page.
#[test]
fn a_page_is_made_again_from_its_document() {
    let proof = proof(true, 61, "red");
    let read: Proof = serde_json::from_str(&proof.json()).unwrap();
    assert_eq!(read, proof);
    assert_eq!(render_proof(&read).unwrap(), render_proof(&proof).unwrap());
}
