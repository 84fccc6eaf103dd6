//! `assay explain`: what a check, a requirement or a scenario is, and why.
//!
//! The results of `writeln!` are dropped: writing into a `String` does not fail.

use std::fmt::Write as _;
use std::path::Path;

use assay_client::Dialect;
use assay_conformance::requirement::{Catalogue, Requirement};
use assay_conformance::{CheckInfo, Repair, matters, repair};
use assay_load::scenario::{Scenario, preset_names};
use assay_results::{CoverageStatus, Outcome};

use crate::args::explain::ExplainArgs;
use crate::command::run::scenario::{arithmetic, read_scenario};
use crate::console;
use crate::failure::{CommandResult, Failure, usage};

/// Where a rule is kept by code alone.
const NO_SETTING: &str = "  repair: no setting of the usual hubs changes it: report it to the authors of the hub, with the script in `repro/`\n";

/// Prints all that is known under a name; a scenario in full, so that it can be redirected into a file.
pub(crate) fn run(args: &ExplainArgs) -> CommandResult {
    let text = match &args.name {
        None => list(),
        Some(name) => explain(name)?,
    };
    console::show(&text)?;
    Ok(Outcome::Passed)
}

fn explain(name: &str) -> Result<String, Failure> {
    if preset_names().any(|preset| preset == name) || is_file(name) {
        return Ok(explain_scenario(&read_scenario(name)?));
    }
    let mut text = String::new();
    for dialect in [Dialect::V1, Dialect::V0] {
        for check in assay_conformance::checks(dialect)
            .iter()
            .filter(|check| check.id == name)
        {
            explain_check(check, &mut text);
        }
        if let Some(requirement) = Catalogue::of(dialect).get(name) {
            explain_requirement(dialect, requirement, &mut text);
        }
    }
    if !text.is_empty() {
        return Ok(text);
    }
    Err(usage(format_args!(
        "nothing is called {name:?}: `assay explain --list` shows every name, and a scenario file ends in .toml"
    )))
}

fn is_file(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "toml")
}

/// TOML, with the arithmetic as comments.
fn explain_scenario(scenario: &Scenario) -> String {
    let mut text = String::new();
    for line in arithmetic(scenario).lines() {
        let _ = writeln!(text, "# {line}");
    }
    text.push('\n');
    text.push_str(&scenario.filled_in());
    text
}

fn explain_check(check: &CheckInfo, text: &mut String) {
    let _ = writeln!(
        text,
        "check {} (dialect {}, {})",
        check.id, check.dialect, check.area
    );
    if let Some(why) = matters(check.area) {
        let _ = writeln!(text, "  matters: {why}");
    }
    if let Some(does) = &check.does {
        let _ = writeln!(text, "  sends: {does}");
    }
    for (requirement, accepts) in &check.judges {
        let _ = writeln!(text, "  judges {requirement}: expects {accepts}");
        if let Some(requirement) = Catalogue::of(check.dialect).get(requirement) {
            let _ = writeln!(
                text,
                "    {} ({}, {})",
                requirement.statement,
                requirement.level.as_str(),
                requirement.section
            );
        }
    }
    let mut repairs: Vec<_> = check
        .judges
        .iter()
        .map(|(requirement, _)| repair(check.dialect, requirement))
        .collect();
    repairs.dedup();
    for repair in repairs {
        explain_repair(repair, text);
    }
}

/// What to set; where no setting helps, whose turn it is.
fn explain_repair(repair: Option<&Repair>, text: &mut String) {
    let Some(repair) = repair else {
        text.push_str(NO_SETTING);
        return;
    };
    text.push_str("  repair:\n");
    for (place, setting) in repair.settings() {
        let _ = writeln!(text, "    {place}: {setting}");
    }
}

fn explain_requirement(dialect: Dialect, requirement: &Requirement, text: &mut String) {
    let _ = writeln!(text, "requirement {} of dialect {dialect}", requirement.id);
    let _ = writeln!(
        text,
        "  {} · {} · binds the {} · lines {}",
        requirement.level.as_str(),
        requirement.section,
        requirement.actor,
        requirement.lines
    );
    let _ = writeln!(text, "  says:      {}", requirement.statement);
    let _ = writeln!(text, "  probe:     {}", requirement.probe);
    let _ = writeln!(text, "  broken by: {}", requirement.violation);
    if requirement.actor == "hub" {
        explain_repair(repair(dialect, &requirement.id), text);
    }
    let coverage = assay_conformance::coverage(dialect);
    let Some(row) = coverage
        .iter()
        .find(|row| row.requirement == requirement.id)
    else {
        return;
    };
    match &row.status {
        CoverageStatus::Checked { .. } => {
            let checks: Vec<_> = assay_conformance::checks(dialect)
                .into_iter()
                .filter(|check| check.judges.iter().any(|(id, _)| *id == requirement.id))
                .map(|check| check.id)
                .collect();
            let _ = writeln!(text, "  checked by {}", checks.join(", "));
        }
        CoverageStatus::Reason { reason } => {
            let _ = writeln!(text, "  not checked: {reason}");
        }
    }
}

fn list() -> String {
    let mut text = String::new();
    for preset in preset_names() {
        let _ = writeln!(text, "scenario     {preset}");
    }
    for dialect in [Dialect::V1, Dialect::V0] {
        for check in assay_conformance::checks(dialect) {
            let _ = writeln!(text, "check        {} ({dialect})", check.id);
        }
    }
    for dialect in [Dialect::V1, Dialect::V0] {
        for requirement in Catalogue::of(dialect).hub_requirements() {
            let _ = writeln!(text, "requirement  {} ({dialect})", requirement.id);
        }
    }
    text
}
