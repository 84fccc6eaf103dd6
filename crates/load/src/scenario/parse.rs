//! From the text of a scenario file to a checked [`Scenario`]: which keys there are, their defaults and ranges.

use std::time::Duration;

use assay_results::Noun;

use super::quantity::{parse_bytes, parse_duration, parse_percent};
use super::table::{Placed, Source, Table, did_you_mean};
use super::{
    Arrivals, Bounds, Phases, PublisherGroup, Rate, Scenario, ScenarioError, SubscriberGroup,
    TopicFamily, Words,
};
use crate::stamp::STAMP_BYTES;

/// More than any machine's ports; keeps indices of subscribers within 32 bits.
pub(super) const SUBSCRIBERS_MOST: u64 = 10_000_000;
/// A topic costs memory in the plan and in the record.
const TOPICS_MOST: u64 = 1_000_000;
/// 24 bytes each in the plan, and a row each in the record.
pub(super) const UPDATES_MOST: u64 = 5_000_000;
/// Nothing can be said of less.
pub(super) const MEASURE_SHORTEST: Duration = Duration::from_millis(100);
/// Largest `data`; hubs refuse bodies of more than a few MiB.
pub(crate) const PAYLOAD_MOST: u64 = 1_048_576;
/// Each has a number of 16 bits in the stamp.
const PUBLISHERS_MOST: usize = 1_000;
/// Publishes that await their answers; each needs a connection.
const IN_FLIGHT_MOST: u64 = 4_096;
/// More topic matchers than hubs take in one request.
const TOPICS_EACH_MOST: u64 = 1_000;

const DEFAULT_PAYLOAD_BYTES: u64 = 200;
const DEFAULT_BURST_SIZE: u64 = 10;
const DEFAULT_BURST_SPACING: Duration = Duration::from_millis(10);

impl Scenario {
    /// Reads a scenario file; `file` is what errors call it.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let source = Source { file, text };
        let mut root = Table::root(&source)?;
        let name = name(&mut root)?;
        let seed = root.integer("seed", 0..1 << 63)?.map(|seed| seed.value);
        let words = words(&mut root)?;
        let topics = topics(&mut root)?;
        let subscribers = subscribers(&mut root, &topics)?;
        let publishers = publishers(&mut root, &topics)?;
        let phases = phases(&mut root)?;
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
            bounds,
        };
        scenario.check_size(&source)?;
        Ok(scenario)
    }

    fn check_size(&self, source: &Source<'_>) -> Result<(), ScenarioError> {
        let subscribers: u64 = self
            .subscribers
            .iter()
            .map(|group| u64::from(group.count))
            .sum();
        if subscribers > SUBSCRIBERS_MOST {
            return Err(source.error(
                0,
                format!("{subscribers} subscribers in all: {SUBSCRIBERS_MOST} at most"),
            ));
        }
        let topics: u64 = self
            .topics
            .iter()
            .map(|family| u64::from(family.count))
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

fn topics(root: &mut Table<'_, '_>) -> Result<Vec<TopicFamily>, ScenarioError> {
    let mut families = Vec::new();
    for (name, mut table) in root.named_tables("topics")? {
        let Some(template) = table.text("template")? else {
            return Err(table.missing("template", "\"https://example.com/{run}/matches/{n}\""));
        };
        let count = table
            .integer("count", 1..TOPICS_MOST + 1)?
            .map_or(1, |count| count.value);
        check_template(&table, &template, count)?;
        let private = table.boolean("private")?.unwrap_or(false);
        table.finish()?;
        families.push(TopicFamily {
            name: name.value,
            template: template.value,
            count: count as u32,
            private,
        });
    }
    if families.is_empty() {
        return Err(root.missing_table(
            "topics",
            "no topics: a scenario needs a table such as [topics.matches]",
        ));
    }
    Ok(families)
}

fn check_template(
    table: &Table<'_, '_>,
    template: &Placed<String>,
    count: u64,
) -> Result<(), ScenarioError> {
    let text = &template.value;
    let problem = if !text.contains("{run}") {
        "needs {run}, so that a run hears no other run"
    } else if count > 1 && !text.contains("{n}") {
        "needs {n}, since there is more than one topic"
    } else if text
        .replace("{run}", "")
        .replace("{n}", "")
        .contains(['{', '}'])
    {
        "knows {run} and {n} only"
    } else if text.len() > 1_000 || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        "must be at most 1,000 bytes without blanks"
    } else {
        return Ok(());
    };
    Err(table.error(template.at, format!("`template` {problem}")))
}

/// The index of the family that a group names.
fn family(
    table: &mut Table<'_, '_>,
    key: &'static str,
    topics: &[TopicFamily],
) -> Result<usize, ScenarioError> {
    let Some(given) = table.text(key)? else {
        return Err(table.missing(key, &format!("{:?}", topics[0].name)));
    };
    let names = topics.iter().map(|family| family.name.as_str());
    names
        .clone()
        .position(|name| name == given.value)
        .ok_or_else(|| {
            let problem = format!(
                "`{key}` names no topics `{}`{}",
                given.value,
                did_you_mean(&given.value, names)
            );
            table.error(given.at, problem)
        })
}

fn subscribers(
    root: &mut Table<'_, '_>,
    topics: &[TopicFamily],
) -> Result<Vec<SubscriberGroup>, ScenarioError> {
    let mut groups = Vec::new();
    for (name, mut table) in root.named_tables("subscribers")? {
        let Some(count) = table.integer("count", 1..SUBSCRIBERS_MOST + 1)? else {
            return Err(table.missing("count", "1000"));
        };
        let follow = family(&mut table, "follow", topics)?;
        let most = TOPICS_EACH_MOST.min(u64::from(topics[follow].count));
        let topics_each = table
            .integer("topics_each", 1..most + 1)?
            .map_or(1, |each| each.value);
        table.finish()?;
        groups.push(SubscriberGroup {
            name: name.value,
            count: count.value as u32,
            follow,
            topics_each: topics_each as u32,
        });
    }
    if groups.is_empty() {
        return Err(root.missing_table(
            "subscribers",
            "no subscribers: a scenario needs a table such as [subscribers.fans]",
        ));
    }
    Ok(groups)
}

fn publishers(
    root: &mut Table<'_, '_>,
    topics: &[TopicFamily],
) -> Result<Vec<PublisherGroup>, ScenarioError> {
    let mut groups = Vec::new();
    for (name, mut table) in root.named_tables("publishers")? {
        let publish = family(&mut table, "publish", topics)?;
        let Some(rate) = table.quantity("rate", str::parse::<Rate>)? else {
            return Err(table.missing("rate", "\"10/s\""));
        };
        let arrivals = arrivals(&mut table, &rate)?;
        let payload = table.quantity("payload", parse_bytes)?;
        let payload_bytes = match payload {
            Some(given) if !(STAMP_BYTES as u64..=PAYLOAD_MOST).contains(&given.value) => {
                let problem = format!(
                    "`payload` must be {STAMP_BYTES} B, which the stamp takes, to {PAYLOAD_MOST} B"
                );
                return Err(table.error(given.at, problem));
            }
            given => given.map_or(DEFAULT_PAYLOAD_BYTES, |given| given.value),
        };
        table.finish()?;
        groups.push(PublisherGroup {
            name: name.value,
            publish,
            rate: rate.value,
            arrivals,
            payload_bytes: payload_bytes as u32,
        });
    }
    if groups.is_empty() || groups.len() > PUBLISHERS_MOST {
        let problem = format!(
            "{} tables [publishers.…]: a scenario needs 1 to {PUBLISHERS_MOST}",
            groups.len()
        );
        return Err(root.missing_table("publishers", &problem));
    }
    Ok(groups)
}

fn arrivals(table: &mut Table<'_, '_>, rate: &Placed<Rate>) -> Result<Arrivals, ScenarioError> {
    const KINDS: [&str; 3] = ["uniform", "poisson", "bursts"];
    let kind = table.text("arrivals")?;
    let kind_text = kind.as_ref().map_or("uniform", |kind| kind.value.as_str());
    if kind_text == "bursts" {
        let size = table
            .integer("burst_size", 1..100_001)?
            .map_or(DEFAULT_BURST_SIZE, |size| size.value);
        let spacing = table.quantity("burst_spacing", parse_duration)?;
        let arrivals = Arrivals::Bursts {
            size: size as u32,
            spacing: spacing
                .as_ref()
                .map_or(DEFAULT_BURST_SPACING, |given| given.value),
        };
        return burst_fits(arrivals, rate.value)
            .map(|()| arrivals)
            .map_err(|problem| {
                table.error(spacing.map_or(rate.at, |spacing| spacing.at), problem)
            });
    }
    match kind_text {
        "uniform" => Ok(Arrivals::Uniform),
        "poisson" => Ok(Arrivals::Poisson),
        unknown => {
            let at = kind.as_ref().map_or(rate.at, |kind| kind.at);
            let problem = format!(
                "`arrivals` knows no `{unknown}`{}",
                did_you_mean(unknown, KINDS.into_iter())
            );
            Err(table.error(at, problem))
        }
    }
}

/// A burst must be over before the next one may begin, or it would be none.
fn burst_fits(arrivals: Arrivals, rate: Rate) -> Result<(), String> {
    let Arrivals::Bursts { size, spacing } = arrivals else {
        return Ok(());
    };
    let between_s = f64::from(size) / rate.per_second();
    let lasts_s = spacing.as_secs_f64() * f64::from(size - 1);
    if lasts_s <= between_s / 2.0 {
        return Ok(());
    }
    Err(format!(
        "a burst of {size} lasts {:.0} ms, but one begins each {:.0} ms, and half of that must stay quiet: lower `burst_spacing` or `rate`",
        lasts_s * 1e3,
        between_s * 1e3,
    ))
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
    table.finish()?;
    Ok(Phases {
        ramp,
        settle,
        warm_up,
        measure: measure.value,
        drain,
    })
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
