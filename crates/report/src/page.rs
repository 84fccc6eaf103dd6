//! The page of a run: one file, which works offline and for as long as there are browsers.

pub(crate) mod capacity;
pub(crate) mod comparison;
pub(crate) mod conformance;
pub(crate) mod load;
pub(crate) mod migration;
mod parting;

use assay_results::{Environment, HubOrigin, Outcome, Target};

use crate::chart;
use crate::number::{bytes, grouped};

/// A label with its value.
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
}

pub(crate) fn fact(label: impl Into<String>, value: impl Into<String>) -> Fact {
    Fact {
        label: label.into(),
        value: value.into(),
    }
}

/// A table: its heads, and rows whose first cell is their head.
struct Table {
    caption: String,
    /// How to read it; may be empty.
    note: &'static str,
    heads: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    head: String,
    cells: Vec<String>,
    /// True for what a reader must not miss.
    alarming: bool,
}

fn heads<const N: usize>(heads: [&str; N]) -> Vec<String> {
    heads.map(str::to_owned).into()
}

/// The style of the page with the classes of the charts.
pub(crate) fn stylesheet() -> String {
    format!(
        "{}{}",
        include_str!("../templates/style.css"),
        chart::stylesheet()
    )
}

/// How the run ended, in a word or two, and the class of its badge.
pub(crate) const fn badge(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Passed => ("passed", "good"),
        Outcome::Broken => ("failed", "bad"),
        Outcome::Usage => ("wrong usage", "bad"),
        Outcome::NotMeasurable => ("not measurable", "open"),
        Outcome::Defect => ("defect in Assay", "bad"),
        Outcome::DeliveryWrong => ("delivery wrong", "bad"),
        Outcome::TooFewEvents => ("too few events", "open"),
        Outcome::Interrupted => ("interrupted", "open"),
    }
}

fn target_facts(target: &Target) -> Vec<Fact> {
    let hub = match target.hub {
        HubOrigin::Reference => "the reference hub, started for this run",
        HubOrigin::Given => "given",
    };
    let mut facts = vec![fact("Hub", format!("{} ({hub})", target.url))];
    facts.extend(
        target
            .publish_url
            .iter()
            .map(|url| fact("Publishers used", url)),
    );
    facts.extend(target.dialects.iter().map(|spoken| {
        fact(
            "Dialect",
            format!("{} ({})", spoken.dialect, spoken.evidence),
        )
    }));
    facts.extend(
        target
            .server
            .iter()
            .map(|server| fact("Calls itself", server)),
    );
    facts.extend(target.issuer.iter().map(|issuer| fact("Issuer", issuer)));
    facts.extend(
        target
            .audience
            .iter()
            .map(|audience| fact("Audience", audience)),
    );
    facts.extend(target.connect_to.iter().map(|to| fact("Connected to", to)));
    if target.insecure {
        facts.push(fact("Certificates", "not verified (--insecure)"));
    }
    if !target.extra_headers.is_empty() {
        facts.push(fact("Extra headers", target.extra_headers.join(", ")));
    }
    facts
}

fn environment_facts(environment: &Environment) -> Vec<Fact> {
    let machine = &environment.machine;
    let model = machine.cpu_model.as_deref().unwrap_or("model unknown");
    let mut facts = vec![
        fact("Started", &environment.started_at),
        fact("Command", environment.command_line.join(" ")),
        fact("CPUs", format!("{} ({model})", machine.cpus)),
    ];
    facts.extend(
        machine
            .memory_bytes
            .map(|memory| fact("Memory", bytes(memory))),
    );
    let kernel = machine
        .kernel
        .as_deref()
        .map_or(String::new(), |kernel| format!(", kernel {kernel}"));
    facts.push(fact("System", format!("{}{kernel}", machine.os)));
    facts.extend(
        machine
            .fd_limit
            .map(|limit| fact("Open files", format!("{} at most", grouped(limit)))),
    );
    let assay = &environment.assay;
    let commit = assay
        .commit
        .as_deref()
        .map_or(String::new(), |commit| format!(" ({commit})"));
    facts.push(fact("Assay", format!("{}{commit}", assay.version)));
    facts
}
