//! From the text of a scenario file to a checked [`Scenario`]: which keys there are, their defaults and ranges.

use std::time::Duration;

use assay_results::{Noun, Slo, SloError, SloLevel};

use super::quantity::{parse_duration, parse_percent};
use super::subscribers::word;
use super::table::{Entry, Source, Table};
use super::{
    Arrive, Bounds, Phases, RampShape, Scenario, ScenarioError, Words, faults, publishers,
    subscribers, topics,
};

/// More than any machine's ports; keeps indices of subscribers within 32 bits.
pub(super) const SUBSCRIBERS_MOST: u64 = 10_000_000;
/// A topic costs memory in the plan and in the record.
pub(super) const TOPICS_MOST: u64 = 1_000_000;
/// 24 bytes each in the plan, and a row each in the record.
pub(super) const UPDATES_MOST: u64 = 5_000_000;
/// Nothing can be said of less.
pub(super) const MEASURE_SHORTEST: Duration = Duration::from_millis(100);
/// Largest `data`; hubs refuse bodies of more than a few MiB.
pub(crate) const PAYLOAD_MOST: u64 = 1_048_576;
/// Publishes that await their answers; each needs a connection.
const IN_FLIGHT_MOST: u64 = 4_096;

impl Scenario {
    /// Reads a scenario file; `file` is what errors call it.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let source = Source { file, text };
        let mut root = Table::root(&source)?;
        let name = name(&mut root)?;
        let seed = root.integer("seed", 0..1 << 63)?.map(|seed| seed.value);
        let words = words(&mut root)?;
        let groups = root.named_tables("subscribers")?;
        if groups.is_empty() {
            let problem = "no subscribers: a scenario needs a table such as [subscribers.fans]";
            return Err(root.missing_table("subscribers", problem));
        }
        let names: Vec<String> = groups.iter().map(|(name, _)| name.value.clone()).collect();
        let topics = topics::parse(&mut root, &names)?;
        let subscribers = subscribers::parse(groups, &topics)?;
        let known = publishers::Named {
            topics: &topics,
            subscribers: &subscribers,
        };
        let publishers = publishers::parse(&mut root, &known)?;
        let phases = phases(&mut root)?;
        let faults = faults::parse(&mut root, phases.measure)?;
        let hub = faults::hub(&mut root)?;
        let slos = slos(&mut root)?;
        let bounds = bounds(&mut root)?;
        if phases.drain < bounds.late_after {
            let problem = format!(
                "the drain ({} ms) is shorter than `late_after` ({} ms): what is still on time would count as lost; lengthen `drain` under [phases]",
                phases.drain.as_millis(),
                bounds.late_after.as_millis()
            );
            return Err(source.error(text.find("[phases]").unwrap_or(0), problem));
        }
        root.finish()?;
        let question = question(text).unwrap_or_else(|| format!("What does a hub bear of {name}?"));
        let scenario = Self {
            name,
            question,
            seed,
            words,
            topics,
            subscribers,
            publishers,
            phases,
            faults,
            hub,
            slos,
            bounds,
        };
        scenario.check_size(&source)?;
        Ok(scenario)
    }

    fn check_size(&self, source: &Source<'_>) -> Result<(), ScenarioError> {
        let subscribers = self.subscribers_about();
        if subscribers > SUBSCRIBERS_MOST {
            let problem = format!(
                "about {subscribers} subscribers in all, those who come when others leave included: {SUBSCRIBERS_MOST} at most"
            );
            return Err(source.error(0, problem));
        }
        let topics: u64 = (0..self.topics.len())
            .map(|family| u64::from(self.topic_count(family)))
            .sum();
        if topics > TOPICS_MOST {
            return Err(source.error(0, format!("{topics} topics in all: {TOPICS_MOST} at most")));
        }
        let updates = self.updates_about();
        if updates > UPDATES_MOST {
            let problem = format!(
                "about {updates} updates are more than a plan holds ({UPDATES_MOST}): lower a rate or shorten a phase"
            );
            return Err(source.error(0, problem));
        }
        Ok(())
    }

    /// About how many subscribers connect in the course of a run.
    fn subscribers_about(&self) -> u64 {
        let load_s = (self.phases.warm_up + self.phases.measure).as_secs_f64();
        self.subscribers
            .iter()
            .map(|group| {
                let generations = match (group.arrive, group.replaced, group.stays.mean()) {
                    (Arrive::Ramp, true, Some(mean)) => 1.0 + load_s / mean.as_secs_f64(),
                    _ => 1.0,
                };
                (f64::from(group.count) * generations) as u64
            })
            .sum()
    }
}

/// The first comment, up to its first line without text.
fn question(text: &str) -> Option<String> {
    let lines: Vec<&str> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map_while(|line| line.trim().strip_prefix('#').map(str::trim))
        .take_while(|line| !line.is_empty())
        .collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

fn name(root: &mut Table<'_, '_>) -> Result<String, ScenarioError> {
    let Some(name) = root.text("name")? else {
        return Err(root.missing("name", "\"live-score\""));
    };
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.value.is_empty() || name.value.len() > 60 || !name.value.chars().all(allowed) {
        let problem = format!(
            "`name` is {:?}: use 1 to 60 lower-case letters, digits and hyphens, since it names a folder",
            name.value
        );
        return Err(root.error(name.at, problem));
    }
    Ok(name.value)
}

fn words(root: &mut Table<'_, '_>) -> Result<Words, ScenarioError> {
    let mut words = Words {
        event: Noun::new("update", "updates"),
        audience: Noun::new("subscriber", "subscribers"),
    };
    let Some(mut table) = root.table("words")? else {
        return Ok(words);
    };
    for (key, noun) in [
        ("event", &mut words.event),
        ("audience", &mut words.audience),
    ] {
        let Some(given) = table.text(key)? else {
            continue;
        };
        *noun = parse_noun(&given.value).ok_or_else(|| {
            table.error(
                given.at,
                format!(
                    "`{key}` is {:?}: write one and many, such as \"goal/goals\"",
                    given.value
                ),
            )
        })?;
    }
    table.finish()?;
    Ok(words)
}

fn parse_noun(text: &str) -> Option<Noun> {
    let (one, many) = text.split_once('/')?;
    let word = |word: &str| {
        (1..=40).contains(&word.len()) && !word.contains(|c: char| c == '/' || c.is_control())
    };
    (word(one) && word(many)).then(|| Noun::new(one, many))
}

fn phases(root: &mut Table<'_, '_>) -> Result<Phases, ScenarioError> {
    let Some(mut table) = root.table("phases")? else {
        return Err(root.missing_table(
            "phases",
            "no [phases]: a scenario needs at least measure = \"10s\" there",
        ));
    };
    let mut phase = |key, default: Duration| -> Result<Duration, ScenarioError> {
        Ok(table
            .quantity(key, parse_duration)?
            .map_or(default, |given| given.value))
    };
    let ramp = phase("ramp", Duration::from_secs(2))?;
    let settle = phase("settle", Duration::from_millis(1_500))?;
    let warm_up = phase("warm_up", Duration::from_secs(1))?;
    let drain = phase("drain", Duration::from_secs(3))?;
    let Some(measure) = table.quantity("measure", parse_duration)? else {
        return Err(table.missing("measure", "\"10s\""));
    };
    if measure.value < MEASURE_SHORTEST {
        return Err(table.error(
            measure.at,
            format!(
                "`measure` must be {} ms at least",
                MEASURE_SHORTEST.as_millis()
            ),
        ));
    }
    let ramp_shape = word(&mut table, "ramp_shape", &RampShape::WORDS)?;
    table.finish()?;
    Ok(Phases {
        ramp,
        ramp_shape: ramp_shape.unwrap_or(RampShape::Even),
        settle,
        warm_up,
        measure: measure.value,
        drain,
    })
}

/// `name = "event_last.p99 < 1s"`, or a table with its level.
fn slos(root: &mut Table<'_, '_>) -> Result<Vec<Slo>, ScenarioError> {
    let Some(table) = root.table("slo")? else {
        return Ok(Vec::new());
    };
    let slo = |(name, entry)| {
        let (expect, level) = match entry {
            Entry::Text(expect) => {
                let parsed = expect.value.parse();
                (parsed.map_err(|problem| (expect.at, problem)), None)
            }
            Entry::Table(mut inner) => {
                let Some(expect) = inner.text("expect")? else {
                    return Err(inner.missing("expect", "\"event_last.p99 < 1s\""));
                };
                let levels = [("must", SloLevel::Must), ("should", SloLevel::Should)];
                let level = word(&mut inner, "level", &levels)?;
                inner.finish()?;
                let parsed = expect.value.parse();
                (parsed.map_err(|problem| (expect.at, problem)), level)
            }
        };
        let expect = expect
            .map_err(|(at, problem): (usize, SloError)| root.error(at, problem.to_string()))?;
        Ok(Slo {
            name,
            expect,
            level: level.unwrap_or(SloLevel::Must),
        })
    };
    table.into_entries()?.into_iter().map(slo).collect()
}

fn bounds(root: &mut Table<'_, '_>) -> Result<Bounds, ScenarioError> {
    let mut bounds = Bounds {
        late_after: Duration::from_secs(1),
        unconnected_percent: 1.0,
        in_flight: None,
    };
    let Some(mut table) = root.table("bounds")? else {
        return Ok(bounds);
    };
    if let Some(given) = table.quantity("late_after", parse_duration)? {
        if given.value.is_zero() {
            return Err(table.error(given.at, "`late_after` must be more than 0s"));
        }
        bounds.late_after = given.value;
    }
    if let Some(given) = table.quantity("unconnected", parse_percent)? {
        bounds.unconnected_percent = given.value;
    }
    bounds.in_flight = table
        .integer("in_flight", 1..IN_FLIGHT_MOST + 1)?
        .map(|given| given.value as u32);
    table.finish()?;
    Ok(bounds)
}
