//! What was asked of a search: from flags and scenario to loads and their bounds.

use std::time::Duration;

use anyhow::Context;
use assay_load::capacity::{Search, StepLength};
use assay_load::scenario::{Overrides, Rate, Scenario, parse_duration, parse_percent};
use assay_results::{CapacityObjective, LoadLevel, Raised, Slo, SloLevel};

use crate::args::find::{FindArgs, RaisedArg};
use crate::command::run::scenario::read_scenario;
use crate::failure::{Failure, OrFail, usage};

/// What a page has to keep where nobody says otherwise.
const DEFAULT_OBJECTIVE: &str = "event_last.p99 < 1s";
/// The least load where nobody says otherwise, as a part of the scenario's own.
const LEAST_PART: f64 = 0.1;
/// A frontier goes so far beyond its least number of subscribers.
const FRONTIER_REACH: u64 = 8;
/// More numbers of subscribers take hours.
const RUNGS_AT_MOST: usize = 12;

/// A search as it was asked for.
pub(super) struct Asked {
    /// With the objectives.
    pub(super) scenario: Scenario,
    pub(super) raised: Raised,
    /// One search each.
    pub(super) rungs: Vec<Rung>,
    pub(super) length: StepLength,
    pub(super) within_percent: f64,
    pub(super) confirmations: u32,
    pub(super) seed: u64,
    /// Whether the rate is that of a flag, and not what the scenario makes of its subscribers.
    pub(super) rate_is_given: bool,
    /// What a reader must know of it.
    pub(super) notes: Vec<String>,
}

/// One search: what is raised, from where to where, and what stays.
pub(super) struct Rung {
    /// Never both.
    pub(super) raised: Raised,
    /// What is not raised.
    pub(super) load: LoadLevel,
    least: u64,
    most: u64,
}

impl Rung {
    /// The search in levels. Twice as many subscribers bear about half the rate: that of the rung before is a good begin.
    pub(super) fn search(&self, before: Option<LoadLevel>, asked: &Asked) -> Search {
        let half = before.map(|load| load.of(self.raised) / 2);
        Search {
            start: half.unwrap_or(self.least).clamp(self.least, self.most),
            least: self.least,
            most: self.most,
            within: asked.within_percent / 100.0,
            confirmations: asked.confirmations,
        }
    }
}

impl Asked {
    /// Reads the flags and the scenario.
    ///
    /// # Errors
    /// A value cannot be read, or does not go with another one; the message names the flag.
    pub(super) fn of(args: &FindArgs) -> Result<Self, Failure> {
        let scenario = scenario(args)?;
        let rate = rate("--rate", args.rate.as_deref())?;
        let scenario = scenario
            .with(Overrides {
                subscribers: args.subscribers,
                rate,
                http: args.crowd.http.map(Into::into),
                ..Overrides::default()
            })
            .or_usage()?;
        let own = scenario.load();
        let within_percent = parse_percent(&args.within).context("--within").or_usage()?;
        if within_percent < 1.0 {
            return Err(usage("--within: nearer than 1% no run can tell"));
        }
        let usual = parse_duration(&args.step_for)
            .context("--step-for")
            .or_usage()?;
        if usual < Duration::from_secs(1) {
            return Err(usage("--step-for: a step is measured for 1s at least"));
        }
        let events = scenario.slos.iter().map(|slo| slo.expect.events_needed());
        let mut notes = Vec::new();
        if !scenario.faults.is_empty() {
            notes.push("The faults of the scenario are left out of the steps.".to_owned());
        }
        let (raised, rungs) = rungs(args, own, &scenario)?;
        Ok(Self {
            raised,
            rungs,
            length: StepLength {
                usual,
                events: events.max().unwrap_or(1),
            },
            within_percent,
            confirmations: args.confirm,
            // Of 32 bits: short to type.
            seed: args
                .seed
                .unwrap_or_else(|| u64::from(rand::random::<u32>())),
            rate_is_given: rate.is_some(),
            notes,
            scenario,
        })
    }

    /// What every step must keep.
    pub(super) fn objectives(&self) -> Vec<CapacityObjective> {
        let must = self.scenario.slos.iter();
        must.filter(|slo| slo.level == SloLevel::Must)
            .map(|slo| CapacityObjective::of(&slo.expect))
            .collect()
    }
}

/// The scenario that was named, as --set changes it, with the objectives.
fn scenario(args: &FindArgs) -> Result<Scenario, Failure> {
    let mut scenario = read_scenario(&args.scenario)?
        .with_settings(&args.set)
        .map_err(|error| usage(format_args!("--set {error}")))?;
    let must = |expect| Slo {
        name: "of the capacity".to_owned(),
        expect,
        level: SloLevel::Must,
    };
    scenario.slos.extend(args.slo.iter().copied().map(must));
    if !scenario.slos.iter().any(|slo| slo.level == SloLevel::Must) {
        let usual = DEFAULT_OBJECTIVE.parse().or_usage()?;
        scenario.slos.push(must(usual));
    }
    Ok(scenario)
}

fn rate(flag: &'static str, text: Option<&str>) -> Result<Option<Rate>, Failure> {
    text.map(str::parse).transpose().context(flag).or_usage()
}

fn subscribers(flag: &'static str, text: Option<&str>) -> Result<Option<u64>, Failure> {
    let parse = |text: &str| match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(usage(format_args!(
            "{flag} {text}: write a number of subscribers, such as 500"
        ))),
    };
    text.map(parse).transpose()
}

/// What is raised, and each search.
fn rungs(
    args: &FindArgs,
    own: LoadLevel,
    scenario: &Scenario,
) -> Result<(Raised, Vec<Rung>), Failure> {
    let (from, to) = (args.from.as_deref(), args.to.as_deref());
    // One for each group.
    let fewest = scenario.subscribers.len() as u64;
    let tenth = ((own.subscribers as f64 * LEAST_PART) as u64).max(fewest);
    let slowest = LoadLevel {
        updates_per_second: own.updates_per_second * LEAST_PART,
        ..own
    };
    match args.by {
        RaisedArg::Subscribers => {
            refuse(
                args.subscribers.is_some(),
                "--subscribers",
                "--from and --to",
            )?;
            let least = subscribers("--from", from)?.unwrap_or(tenth);
            let most = subscribers("--to", to)?.unwrap_or(u64::MAX);
            let rung = rung(Raised::Subscribers, own, least, most)?;
            Ok((Raised::Subscribers, vec![rung]))
        }
        RaisedArg::Rate => {
            refuse(args.rate.is_some(), "--rate", "--from and --to")?;
            let level = |rate: Rate| {
                let load = LoadLevel {
                    updates_per_second: rate.per_second(),
                    ..own
                };
                load.of(Raised::Rate)
            };
            let least = rate("--from", from)?.map_or(slowest.of(Raised::Rate), level);
            let most = rate("--to", to)?.map_or(u64::MAX, level);
            let rung = rung(Raised::Rate, own, least.max(1), most)?;
            Ok((Raised::Rate, vec![rung]))
        }
        RaisedArg::Both => {
            refuse(
                args.subscribers.is_some(),
                "--subscribers",
                "--from and --to",
            )?;
            let first = subscribers("--from", from)?.unwrap_or(tenth);
            let last = subscribers("--to", to)?.unwrap_or(first.saturating_mul(FRONTIER_REACH));
            let least = if args.rate.is_some() { own } else { slowest };
            Ok((Raised::Both, frontier(first, last, least)?))
        }
    }
}

fn refuse(is_given: bool, flag: &str, instead: &str) -> Result<(), Failure> {
    if is_given {
        let why = "is what --by raises: give its bounds with";
        return Err(usage(format_args!("{flag} {why} {instead}")));
    }
    Ok(())
}

fn rung(raised: Raised, load: LoadLevel, least: u64, most: u64) -> Result<Rung, Failure> {
    if most < least {
        return Err(usage("--to is less than --from"));
    }
    Ok(Rung {
        raised,
        load,
        least,
        most,
    })
}

/// Twice as many subscribers each time.
fn frontier(first: u64, last: u64, least: LoadLevel) -> Result<Vec<Rung>, Failure> {
    let level = least.of(Raised::Rate).max(1);
    let mut rungs = Vec::new();
    let mut subscribers = first;
    while subscribers <= last && rungs.len() < RUNGS_AT_MOST {
        let load = LoadLevel {
            subscribers,
            ..least
        };
        rungs.push(rung(Raised::Rate, load, level, u64::MAX)?);
        subscribers = subscribers.saturating_mul(2);
    }
    if rungs.is_empty() {
        return Err(usage("--to is less than --from"));
    }
    Ok(rungs)
}
