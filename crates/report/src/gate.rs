//! Gates of the workbench's health in words, with their units.

use assay_results::{Gate, GateName};

use crate::number::{counted, duration};

/// What it looks at.
pub(crate) const fn name(name: GateName) -> &'static str {
    match name {
        GateName::ScheduleLag => "schedule lag p99 (first byte written − planned)",
        GateName::ReadLag => "read lag p99 (event parsed − kernel receipt)",
        GateName::ThreadShare => "busiest workbench thread, running or waiting for a CPU",
        GateName::KernelDrops => "kernel drops",
        GateName::Throttling => "CPU throttling",
    }
}

/// The same within a sentence.
pub(crate) const fn short(name: GateName) -> &'static str {
    match name {
        GateName::ScheduleLag => "schedule lag",
        GateName::ReadLag => "read lag",
        GateName::ThreadShare => "a thread without CPU to spare",
        GateName::KernelDrops => "kernel drops",
        GateName::Throttling => "CPU throttling",
    }
}

/// Its worst second.
pub(crate) fn value(gate: &Gate) -> String {
    gate.worst.map_or("not available".to_owned(), |worst| {
        with_unit(gate.name, worst)
    })
}

/// Above this a second is past it.
pub(crate) fn limit(gate: &Gate) -> String {
    with_unit(gate.name, gate.threshold)
}

fn with_unit(name: GateName, value: f64) -> String {
    match name {
        GateName::ScheduleLag | GateName::ReadLag | GateName::Throttling => duration(value as u64),
        GateName::ThreadShare => format!("{:.0}\u{a0}%", value * 100.0),
        GateName::KernelDrops => counted(value as u64, "drop", "drops"),
    }
}
