//! The scenario of a run: a preset or a file, what the flags change, and what it amounts to.

use anyhow::Context;
use assay_load::plan::{Arithmetic, Memory, schedule};
use assay_load::scenario::{Overrides, Scenario, parse_duration, preset, preset_names};
use assay_results::{Slo, SloExpression, SloLevel};

use crate::args::load::WorkArgs;
use crate::failure::{Failure, OrFail, usage};

/// Reads a preset or a file.
///
/// # Errors
/// There is neither, or it is not a scenario; the message names line and column.
pub(crate) fn read_scenario(name: &str) -> Result<Scenario, Failure> {
    if let Some(text) = preset(name) {
        return Scenario::parse(name, text).or_usage();
    }
    let text = std::fs::read_to_string(name).map_err(|error| {
        let presets: Vec<_> = preset_names().collect();
        usage(format_args!(
            "no scenario {name:?}: it is no preset ({}), and as a file it cannot be read: {error}",
            presets.join(", ")
        ))
    })?;
    Scenario::parse(name, &text).or_usage()
}

/// The scenario of that name, as the flags change it, with these objectives.
pub(crate) fn overridden(
    name: &str,
    work: &WorkArgs,
    slos: &[SloExpression],
    seed: Option<u64>,
) -> Result<Scenario, Failure> {
    let rate = work.rate.as_deref().map(str::parse).transpose();
    let measure = work.duration.as_deref().map(parse_duration).transpose();
    let overrides = Overrides {
        subscribers: work.subscribers,
        rate: rate.context("--rate").or_usage()?,
        measure: measure.context("--for").or_usage()?,
        http: work.crowd.http.map(Into::into),
        seed,
    };
    let scenario = read_scenario(name)?
        .with_settings(&work.set)
        .map_err(|error| usage(format_args!("--set {error}")))?;
    let mut scenario = scenario.with(overrides).or_usage()?;
    scenario.slos.extend(slos.iter().map(|expect| Slo {
        name: "given by --slo".to_owned(),
        expect: *expect,
        level: SloLevel::Must,
    }));
    Ok(scenario)
}

/// What a scenario amounts to, a line each.
pub(crate) fn arithmetic(scenario: &Scenario) -> String {
    let plan = schedule(scenario, scenario.seed.unwrap_or(0), 0);
    let sums = Arithmetic::of(&plan, scenario.bounds.in_flight);
    [
        format!(
            "{} updates, of which {} are measured",
            sums.updates, sums.updates_measured
        ),
        format!(
            "{} deliveries to {} subscribers, {} of them probes, {} at a time at most",
            sums.deliveries, sums.subscribers, sums.probes, sums.subscribers_at_once
        ),
        format!(
            "{:.0} deliveries/s in the measured phase, {} in the busiest second",
            sums.deliveries_per_second, sums.deliveries_busiest_second
        ),
        format!(
            "{:.2} MB/s of data in the measured phase",
            sums.bytes_per_second / 1e6
        ),
        format!("{} sockets, {} file descriptors", sums.sockets, sums.fds),
        format!(
            "{} MB of memory for the records, if each delivery comes once",
            Memory::of(&sums, false).bytes().div_ceil(1_000_000)
        ),
        format!("{:.1} s, the whole drain included", sums.seconds),
    ]
    .join("\n")
}
