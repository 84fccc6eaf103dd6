//! Subscribers that behave alike: what they follow, when they come, how long they stay, how they read.

use std::time::Duration;

use super::quantity::{duration_text, parse_bytes, parse_duration};
use super::table::{Entry, Placed, Table, did_you_mean};
use super::topics::{TopicCount, TopicFamily, named};
use super::{ScenarioError, parse::SUBSCRIBERS_MOST};

/// More topic matchers than hubs take in one request.
const TOPICS_EACH_MOST: u64 = 1_000;

/// Subscribers that behave alike.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriberGroup {
    /// What it is called.
    pub name: String,
    /// How many there are at a time.
    pub count: u32,
    /// What each follows; at least one.
    pub follows: Vec<Follow>,
    /// When they come.
    pub arrive: Arrive,
    /// How long each stays.
    pub stays: Stays,
    /// Whether another one comes when one leaves.
    pub replaced: bool,
    /// Whether they ask for what was published before they came.
    pub from_start: bool,
    /// How fast they read.
    pub reads: Reads,
    /// Over what.
    pub http: Http,
}

/// Topics that each subscriber of a group follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Each its own of a family that has one for each, or for several, of the group.
    Own {
        /// Index of the family.
        family: usize,
    },
    /// So many, chosen by their popularity, each by an exact matcher.
    Chosen {
        /// Index of the family.
        family: usize,
        /// At least.
        least: u32,
        /// At most; as many as the family has are all of them.
        most: u32,
    },
    /// All, by one pattern.
    Pattern {
        /// Index of the family.
        family: usize,
    },
}

impl Follow {
    /// The index of the family.
    pub fn family(&self) -> usize {
        match *self {
            Self::Own { family } | Self::Chosen { family, .. } | Self::Pattern { family } => family,
        }
    }
}

/// When the subscribers of a group connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrive {
    /// Evenly over the ramp.
    Ramp,
    /// At random over the load, so that the last ones have time to stay.
    Load,
}

/// How long a subscriber stays; from the start of the load for those who came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// To the end.
    Always,
    /// So long.
    Fixed(Duration),
    /// Anything between, alike.
    Between(Duration, Duration),
    /// So long on average; those who stayed longer are no nearer to their leaving.
    Exponential(Duration),
}

/// How fast a subscriber reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Whatever comes, when it comes.
    All,
    /// Nothing after the response head.
    Never,
    /// So many bytes a second.
    Slowly(u32),
}

/// Over what a subscriber reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Http {
    /// HTTP/1.1: a connection each.
    One,
    /// HTTP/2: streams that share connections. A probe has one of its own, so that the kernel's stamps are those of its events.
    Two {
        /// How many share one, at most.
        streams_per_connection: u32,
    },
}

impl Http {
    /// What browsers and most servers settle on.
    pub const TWO: Self = Self::Two {
        streams_per_connection: 100,
    };
}

/// Reads the tables `[subscribers.…]`, whose names are known already.
pub(super) fn parse(
    tables: Vec<(Placed<String>, Table<'_, '_>)>,
    topics: &[TopicFamily],
) -> Result<Vec<SubscriberGroup>, ScenarioError> {
    tables
        .into_iter()
        .enumerate()
        .map(|(index, (name, table))| group(index, name.value, table, topics))
        .collect()
}

fn group(
    index: usize,
    name: String,
    mut table: Table<'_, '_>,
    topics: &[TopicFamily],
) -> Result<SubscriberGroup, ScenarioError> {
    let Some(count) = table.integer("count", 1..SUBSCRIBERS_MOST + 1)? else {
        return Err(table.missing("count", "1000"));
    };
    let follows = follows(index, &mut table, topics)?;
    let arrive = word(
        &mut table,
        "arrive",
        &[("ramp", Arrive::Ramp), ("load", Arrive::Load)],
    )?;
    let stays = table.quantity("stays", Stays::parse)?;
    let replaced = table.boolean("replaced")?;
    let from_start = table
        .boolean("from_start")?
        .is_some_and(|given| given.value);
    let reads = table.quantity("reads", Reads::parse)?;
    let http = http(&mut table)?;
    let group = SubscriberGroup {
        name,
        count: count.value as u32,
        follows,
        arrive: arrive.unwrap_or(Arrive::Ramp),
        stays: stays.map_or(Stays::Always, |stays| stays.value),
        replaced: replaced.as_ref().is_some_and(|replaced| replaced.value),
        from_start,
        reads: reads.map_or(Reads::All, |reads| reads.value),
        http,
    };
    if let Some(replaced) = replaced
        && replaced.value
        && (group.stays == Stays::Always || group.arrive == Arrive::Load)
    {
        let problem = "`replaced` goes with `stays` and with those who come in the ramp: nobody else leaves a place";
        return Err(table.error(replaced.at, problem));
    }
    table.finish()?;
    Ok(group)
}

fn http(table: &mut Table<'_, '_>) -> Result<Http, ScenarioError> {
    let http = match table.integer_or_text("http", 2..3)? {
        None => None,
        Some(given) => match given.value.as_ref().map_err(String::as_str) {
            Ok(_) | Err("2") => Some(Http::TWO),
            Err("1.1") => Some(Http::One),
            Err(other) => {
                let problem = format!("`http` is {other:?}: write \"1.1\" or \"2\"");
                return Err(table.error(given.at, problem));
            }
        },
    };
    let streams = table.integer("streams_per_connection", 1..SUBSCRIBERS_MOST + 1)?;
    match (http.unwrap_or(Http::One), streams) {
        (http, None) => Ok(http),
        (Http::Two { .. }, Some(streams)) => Ok(Http::Two {
            streams_per_connection: streams.value as u32,
        }),
        (Http::One, Some(streams)) => {
            let problem = "`streams_per_connection` goes with http = \"2\"";
            Err(table.error(streams.at, problem))
        }
    }
}

/// `follow` is a family, a table about one, or a list of these.
fn follows(
    group: usize,
    table: &mut Table<'_, '_>,
    topics: &[TopicFamily],
) -> Result<Vec<Follow>, ScenarioError> {
    let example = topics.first().map_or("", |family| family.name.as_str());
    let each = range(table, "topics_each")?;
    let entries = table.entries("follow")?;
    if entries.is_empty() {
        return Err(table.missing("follow", &format!("{example:?}")));
    }
    let alone = entries.len() == 1;
    let follows: Vec<Follow> = entries
        .into_iter()
        .map(|entry| follow(group, table, entry, topics, each.as_ref()))
        .collect::<Result<_, _>>()?;
    match (&each, follows.as_slice()) {
        (None, _) | (Some(_), [Follow::Chosen { .. }]) => {}
        (Some(each), _) => {
            let problem = if alone {
                "`topics_each` is for topics that are chosen one by one"
            } else {
                "`topics_each` is not clear with several families: write follow = [{ topics = \"…\", each = 3 }, …]"
            };
            return Err(table.error(each.at, problem));
        }
    }
    for (place, one) in follows.iter().enumerate() {
        if follows[..place]
            .iter()
            .any(|other| other.family() == one.family())
        {
            let name = &topics[one.family()].name;
            return Err(table.error_here(format!("`follow` names `{name}` twice")));
        }
    }
    Ok(follows)
}

fn follow(
    group: usize,
    table: &Table<'_, '_>,
    entry: Entry<'_, '_>,
    topics: &[TopicFamily],
    each: Option<&Placed<(u32, u32)>>,
) -> Result<Follow, ScenarioError> {
    let names: Vec<String> = topics.iter().map(|family| family.name.clone()).collect();
    let chosen = |family: usize, at: usize, each: Option<(u32, u32)>| {
        let there_are = match topics[family].count {
            TopicCount::OneForEach { group: of, .. } if of == group && each.is_none() => {
                return Ok(Follow::Own { family });
            }
            TopicCount::OneForEach { .. } => TOPICS_EACH_MOST,
            TopicCount::Fixed(count) => TOPICS_EACH_MOST.min(u64::from(count)),
        };
        let (least, most) = each.unwrap_or((1, 1));
        if u64::from(most) > there_are {
            let problem = format!("{most} topics each: it must be a number from 1 to {there_are}");
            return Err(table.error(at, problem));
        }
        Ok(Follow::Chosen {
            family,
            least,
            most,
        })
    };
    match entry {
        Entry::Text(name) => {
            let family = named(table, &name, "follow", "topics", &names)?;
            let at = each.map_or(name.at, |each| each.at);
            chosen(family, at, each.map(|each| each.value))
        }
        Entry::Table(mut inner) => {
            let Some(name) = inner.text("topics")? else {
                return Err(inner.missing("topics", "\"matches\""));
            };
            let family = named(&inner, &name, "topics", "topics", &names)?;
            let own_each = range(&mut inner, "each")?;
            let is_pattern = word(&mut inner, "by", &[("exact", false), ("pattern", true)])?;
            inner.finish()?;
            if let (Some(own_each), Some(_)) = (&own_each, each) {
                let problem = "`each` and `topics_each` exclude each other: take one of them out";
                return Err(inner.error(own_each.at, problem));
            }
            let own_each = own_each.or_else(|| each.map(Placed::copied));
            if !is_pattern.unwrap_or(false) {
                let at = own_each.as_ref().map_or(name.at, |each| each.at);
                return chosen(family, at, own_each.map(|each| each.value));
            }
            if let Some(own_each) = own_each {
                let problem = "a pattern matches all topics of the family: take `each` out";
                return Err(inner.error(own_each.at, problem));
            }
            if let Err(why) = topics[family].patterns("run") {
                let problem = format!("the template of `{}` makes no pattern: {why}", name.value);
                return Err(inner.error(name.at, problem));
            }
            Ok(Follow::Pattern { family })
        }
    }
}

/// A number, or a text such as `1..20`.
fn range(
    table: &mut Table<'_, '_>,
    key: &'static str,
) -> Result<Option<Placed<(u32, u32)>>, ScenarioError> {
    let within = 1..TOPICS_EACH_MOST + 1;
    let Some(given) = table.integer_or_text(key, within.clone())? else {
        return Ok(None);
    };
    let value = match given.value {
        Ok(number) => (number as u32, number as u32),
        Err(text) => parse_range(&text)
            .filter(|(least, most)| within.contains(&u64::from(*least)) && least <= most)
            .ok_or_else(|| {
                let problem =
                    format!("`{key}` is {text:?}: write a number, or two as in \"1..20\"");
                table.error(given.at, problem)
            })?,
    };
    Ok(Some(Placed {
        value,
        at: given.at,
    }))
}

fn parse_range(text: &str) -> Option<(u32, u32)> {
    let (least, most) = text.split_once("..")?;
    Some((least.trim().parse().ok()?, most.trim().parse().ok()?))
}

/// One of several words, each with what it stands for.
pub(super) fn word<T: Copy>(
    table: &mut Table<'_, '_>,
    key: &'static str,
    words: &[(&'static str, T)],
) -> Result<Option<T>, ScenarioError> {
    let Some(given) = table.text(key)? else {
        return Ok(None);
    };
    let known = words.iter().map(|(word, _)| *word);
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == given.value) {
        return Ok(Some(*meaning));
    }
    let suggestion = did_you_mean(&given.value, known);
    let problem = format!("`{key}` knows no `{}`{suggestion}", given.value);
    Err(table.error(given.at, problem))
}

#[derive(Debug, thiserror::Error)]
#[error("write \"always\", \"30s\", \"10s..60s\" or \"exponential 60s\", of more than 0s")]
pub(super) struct NotStays;

impl Stays {
    fn parse(text: &str) -> Result<Self, NotStays> {
        let duration = |text: &str| {
            let duration = parse_duration(text).ok()?;
            (!duration.is_zero()).then_some(duration)
        };
        let parsed = if text == "always" {
            Some(Self::Always)
        } else if let Some(mean) = text.strip_prefix("exponential ") {
            duration(mean).map(Self::Exponential)
        } else if let Some((shortest, longest)) = text.split_once("..") {
            duration(shortest)
                .zip(duration(longest))
                .filter(|(shortest, longest)| shortest <= longest)
                .map(|(shortest, longest)| Self::Between(shortest, longest))
        } else {
            duration(text).map(Self::Fixed)
        };
        parsed.ok_or(NotStays)
    }

    /// As a file spells it.
    pub(super) fn text(self) -> String {
        match self {
            Self::Always => "always".to_owned(),
            Self::Fixed(duration) => duration_text(duration),
            Self::Between(shortest, longest) => {
                format!("{}..{}", duration_text(shortest), duration_text(longest))
            }
            Self::Exponential(mean) => format!("exponential {}", duration_text(mean)),
        }
    }

    /// How long on average; none for ever.
    pub fn mean(self) -> Option<Duration> {
        match self {
            Self::Always => None,
            Self::Fixed(duration) | Self::Exponential(duration) => Some(duration),
            Self::Between(shortest, longest) => Some((shortest + longest) / 2),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("write \"all\", \"never\" or a rate of at least 1 B/s, such as \"2 kB/s\"")]
pub(super) struct NotReads;

impl Reads {
    fn parse(text: &str) -> Result<Self, NotReads> {
        match text {
            "all" => Ok(Self::All),
            "never" => Ok(Self::Never),
            rate => rate
                .strip_suffix("/s")
                .and_then(|bytes| parse_bytes(bytes).ok())
                .and_then(|bytes| u32::try_from(bytes).ok())
                .filter(|bytes| *bytes > 0)
                .map(Self::Slowly)
                .ok_or(NotReads),
        }
    }

    /// As a file spells it.
    pub(super) fn text(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Never => "never".to_owned(),
            Self::Slowly(bytes) => format!("{bytes} B/s"),
        }
    }
}
