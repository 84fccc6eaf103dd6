//! What the scripts showed, as a document.

use assay_results::{Figure, Making, Proof, ProofFindings, ProofTable};

use crate::{Came, Reproduced};

/// Requirements whose break no script of `curl` commands can show, by the beginning of their id, and why.
pub(crate) const NOT_BY_SCRIPT: &[(&str, &str)] = &[(
    "sse.keep-alive",
    "It shows in comments that come after a silence, and the streams of a script are over before.",
)];

/// Why the script of a requirement shows nothing.
pub(crate) fn not_by_script(requirement: &str) -> Option<&'static str> {
    let found = NOT_BY_SCRIPT
        .iter()
        .find(|(beginning, _)| requirement.starts_with(beginning));
    found.map(|(_, reason)| *reason)
}

/// The mutants whose script does not reproduce.
pub(crate) fn defects(reproduced: &[Reproduced]) -> Vec<String> {
    let wrong = reproduced
        .iter()
        .filter(|reproduced| !matches!(reproduced.came, Came::Shown | Came::Noted));
    wrong
        .map(|reproduced| {
            let mutant = reproduced.mutant;
            format!(
                "{} {} ({}, {}): {}",
                mutant.dialect.as_str(),
                mutant.requirement,
                mutant.name,
                reproduced.check,
                said(&reproduced.came)
            )
        })
        .collect()
}

fn said(came: &Came) -> String {
    match came {
        Came::Shown => "shown".to_owned(),
        Came::Noted => "the draft allows it: a note, which leaves no script".to_owned(),
        Came::NoScript => "the check was not red".to_owned(),
        Came::Hidden => "the script prints the same on a right hub".to_owned(),
        Came::Unsteady(how) => format!("on a right hub the script prints {how}"),
    }
}

/// The document.
pub(crate) fn document(reproduced: &[Reproduced], defects: &[String], made: Making) -> Proof {
    let mut scripts = ProofTable::new(
        "Each mutant with the script of its red check",
        "The script ran twice on a right hub and once on the mutant, with bash, curl and openssl. Held: it prints the same twice, \
         and something else on the mutant.",
        ["requirement", "mutant", "check", "came", "what"],
    );
    for reproduced in reproduced {
        let mutant = reproduced.mutant;
        let came = match reproduced.came {
            Came::Shown => "held",
            Came::Noted => "noted",
            Came::NoScript | Came::Hidden | Came::Unsteady(_) => "differs",
        };
        let cells = [
            mutant.requirement.to_owned(),
            mutant.name.to_owned(),
            reproduced.check.clone(),
            came.to_owned(),
            said(&reproduced.came),
        ];
        scripts.push(mutant.dialect.as_str(), cells);
    }
    let mut open = ProofTable::new(
        "What no script shows, and why",
        "Beginnings of requirement ids.",
        ["requirement", "why"],
    );
    for (beginning, reason) in NOT_BY_SCRIPT {
        open.push("", [beginning, reason].map(|text| (*text).to_owned()));
    }
    let of = |came| reproduced.iter().filter(move |it| it.came == came).count();
    let (shown, noted) = (of(Came::Shown), of(Came::Noted));
    let red = reproduced.len() - noted;
    Proof::new(ProofFindings {
        name: "repro".to_owned(),
        question:
            "Does the script that a red leaves show the fault to somebody who has only a shell?"
                .to_owned(),
        sentence: format!("{shown} of {red} scripts tell the crooked hub from the right one."),
        holds: defects.is_empty(),
        made,
        figures: vec![
            Figure {
                label: "scripts".to_owned(),
                value: red.to_string(),
            },
            Figure {
                label: "that reproduce".to_owned(),
                value: shown.to_string(),
            },
            Figure {
                label: "mutants that a note tells of, without script".to_owned(),
                value: noted.to_string(),
            },
        ],
        tables: vec![scripts, open],
        notes: defects.to_vec(),
    })
}
