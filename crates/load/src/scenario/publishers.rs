//! Reads the tables `[publishers.…]`: when updates go out, to what, and how large they are.

use std::time::Duration;

use super::quantity::{parse_bytes, parse_duration};
use super::subscribers::word;
use super::table::{Entry, Placed, Table};
use super::topics::{TopicFamily, named};
use super::{
    Arrivals, PublisherGroup, Rate, ScenarioError, SubscriberGroup, Tempo, parse::PAYLOAD_MOST,
};
use crate::stamp::STAMP_BYTES;

/// Each has a number of 16 bits in the stamp.
const PUBLISHERS_MOST: usize = 1_000;
/// A plan that changes its rate more often is no plan for people.
const RATES_MOST: usize = 100;

const DEFAULT_PAYLOAD_BYTES: u64 = 200;
const DEFAULT_BURST_SIZE: u64 = 10;
const DEFAULT_BURST_SPACING: Duration = Duration::from_millis(10);

/// What publishers can refer to.
pub(super) struct Named<'a> {
    pub(super) topics: &'a [TopicFamily],
    pub(super) subscribers: &'a [SubscriberGroup],
}

/// Reads the tables.
pub(super) fn parse(
    root: &mut Table<'_, '_>,
    known: &Named<'_>,
) -> Result<Vec<PublisherGroup>, ScenarioError> {
    let tables = root.named_tables("publishers")?;
    if tables.is_empty() || tables.len() > PUBLISHERS_MOST {
        let problem = format!(
            "{} tables [publishers.…]: a scenario needs 1 to {PUBLISHERS_MOST}",
            tables.len()
        );
        return Err(root.missing_table("publishers", &problem));
    }
    tables
        .into_iter()
        .map(|(name, table)| group(name.value, table, known))
        .collect()
}

fn group(
    name: String,
    mut table: Table<'_, '_>,
    known: &Named<'_>,
) -> Result<PublisherGroup, ScenarioError> {
    let families: Vec<String> = known
        .topics
        .iter()
        .map(|family| family.name.clone())
        .collect();
    let Some(publish) = table.text("publish")? else {
        return Err(table.missing("publish", &format!("{:?}", families[0])));
    };
    let publish = named(&table, &publish, "publish", "topics", &families)?;
    let tempo = match subscribers_named(&mut table, "jobs_of", publish, known)? {
        Some(of) => jobs(&mut table, of)?,
        None => steady(&mut table, publish, known)?,
    };
    let payload_bytes = payload(&mut table)?;
    table.finish()?;
    Ok(PublisherGroup {
        name,
        publish,
        tempo,
        payload_bytes,
    })
}

fn payload(table: &mut Table<'_, '_>) -> Result<u32, ScenarioError> {
    let Some(given) = table.quantity("payload", parse_bytes)? else {
        return Ok(DEFAULT_PAYLOAD_BYTES as u32);
    };
    if (STAMP_BYTES as u64..=PAYLOAD_MOST).contains(&given.value) {
        return Ok(given.value as u32);
    }
    let problem =
        format!("`payload` must be {STAMP_BYTES} B, which the stamp takes, to {PAYLOAD_MOST} B");
    Err(table.error(given.at, problem))
}

/// The index of a group of subscribers, all of whom follow `family`.
fn subscribers_named(
    table: &mut Table<'_, '_>,
    key: &'static str,
    family: usize,
    known: &Named<'_>,
) -> Result<Option<usize>, ScenarioError> {
    let Some(given) = table.text(key)? else {
        return Ok(None);
    };
    let groups: Vec<String> = known
        .subscribers
        .iter()
        .map(|group| group.name.clone())
        .collect();
    let index = named(table, &given, key, "subscribers", &groups)?;
    let follows = &known.subscribers[index].follows;
    if follows.iter().any(|follow| follow.family() == family) {
        return Ok(Some(index));
    }
    let (who, what) = (&given.value, &known.topics[family].name);
    Err(table.error(given.at, format!("`{who}` do not follow `{what}`")))
}

fn jobs(table: &mut Table<'_, '_>, of: usize) -> Result<Tempo, ScenarioError> {
    let Some(events) = table.integer("events", 1..100_001)? else {
        return Err(table.missing("events", "10"));
    };
    let Some(every) = table.quantity("every", parse_duration)? else {
        return Err(table.missing("every", "\"100ms\""));
    };
    let begins = table.quantity("begins", parse_offset_us)?;
    Ok(Tempo::Jobs {
        of,
        begins_us: begins.map_or(0, |begins| begins.value),
        events: events.value as u32,
        every: every.value,
    })
}

/// A duration, less than nothing with a sign before it.
fn parse_offset_us(text: &str) -> Result<i64, super::QuantityError> {
    let (sign, length) = match text.trim().strip_prefix('-') {
        Some(length) => (-1, length),
        None => (1, text),
    };
    // 30 days at most.
    Ok(sign * parse_duration(length)?.as_micros() as i64)
}

fn steady(
    table: &mut Table<'_, '_>,
    publish: usize,
    known: &Named<'_>,
) -> Result<Tempo, ScenarioError> {
    let rates = rates(table)?;
    let authors = subscribers_named(table, "authors", publish, known)?;
    let arrivals = arrivals(table, &rates)?;
    Ok(Tempo::Steady {
        rates: rates.value,
        arrivals,
        authors,
    })
}

/// A rate, or a list of them.
fn rates(table: &mut Table<'_, '_>) -> Result<Placed<Vec<Rate>>, ScenarioError> {
    let entries = table.entries("rate")?;
    if entries.is_empty() || entries.len() > RATES_MOST {
        return Err(table.missing("rate", "\"10/s\", or [\"50/s\", \"500/s\"]"));
    }
    let mut rates = Placed {
        value: Vec::new(),
        at: 0,
    };
    for entry in entries {
        let Entry::Text(text) = entry else {
            return Err(table.error_here("`rate` is a text such as \"10/s\", or a list of these"));
        };
        let rate = text.value.parse::<Rate>();
        let rate = rate.map_err(|problem| table.error(text.at, format!("`rate`: {problem}")))?;
        rates.value.push(rate);
        rates.at = text.at;
    }
    Ok(rates)
}

#[derive(Clone, Copy)]
enum Kind {
    Uniform,
    Poisson,
    Bursts,
}

fn arrivals(
    table: &mut Table<'_, '_>,
    rates: &Placed<Vec<Rate>>,
) -> Result<Arrivals, ScenarioError> {
    let kinds = [
        ("uniform", Kind::Uniform),
        ("poisson", Kind::Poisson),
        ("bursts", Kind::Bursts),
    ];
    match word(table, "arrivals", &kinds)?.unwrap_or(Kind::Uniform) {
        Kind::Uniform => Ok(Arrivals::Uniform),
        Kind::Poisson => Ok(Arrivals::Poisson),
        Kind::Bursts => bursts(table, rates),
    }
}

fn bursts(table: &mut Table<'_, '_>, rates: &Placed<Vec<Rate>>) -> Result<Arrivals, ScenarioError> {
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
    for rate in &rates.value {
        burst_fits(arrivals, *rate).map_err(|problem| {
            let at = spacing.as_ref().map_or(rates.at, |spacing| spacing.at);
            table.error(at, problem)
        })?;
    }
    Ok(arrivals)
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
