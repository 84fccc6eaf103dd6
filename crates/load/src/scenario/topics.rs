//! Topics of one form: what they are called, how many there are, which of them are sought after.

use super::ScenarioError;
use super::parse::{SUBSCRIBERS_MOST, TOPICS_MOST};
use super::table::{Placed, Table, did_you_mean};

/// Topics of one form.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicFamily {
    /// What groups refer to it by.
    pub name: String,
    /// `{run}` stands for the run's id, so that no other run is heard, `{n}` for the number of the topic, from 1.
    pub template: String,
    /// How many there are.
    pub count: TopicCount,
    /// Whether updates are private: subscribers then need tokens.
    pub private: bool,
    /// Which of them are followed, and published to, more often than others.
    pub popularity: Popularity,
}

/// How many topics there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicCount {
    /// So many.
    Fixed(u32),
    /// As many as a group needs for its subscribers to have one each, or to share one.
    OneForEach {
        /// Index of the group.
        group: usize,
        /// How many subscribers share one.
        shared_by: u32,
    },
}

/// How often each topic is chosen, where the choice is free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Popularity {
    /// All alike.
    Even,
    /// The n-th topic 1/n^s times as often as the first.
    Zipf(f64),
}

impl TopicFamily {
    /// How a subscriber asks for all topics of the family at once: as a URL Pattern, which 1.0 knows, and as an RFC 6570 template,
    /// which 0.x knows. The error is what keeps the template from being either.
    pub(crate) fn patterns(&self, run: &str) -> Result<(String, String), &'static str> {
        let (before, after) = self
            .template
            .split_once("{n}")
            .ok_or("it has no {n}, and so is one topic")?;
        // No topic of another family may match, and `:n` ends where no name can go on.
        if after.contains("{n}") || after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return Err("{n} must stand once in it, and before a slash, a dot or its end");
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "/.-_~".contains(c);
        let path = before.split_once("://").map_or(before, |(_, path)| path);
        if !format!("{path}{after}")
            .replace("{run}", "")
            .chars()
            .all(plain)
        {
            return Err("letters, digits and /.-_~ only may stand beside {run} and {n}");
        }
        let template = self.template.replace("{run}", run);
        Ok((template.replace("{n}", ":n"), template))
    }
}

/// Reads the tables `[topics.…]`; `groups` are the names of `[subscribers.…]`.
pub(super) fn parse(
    root: &mut Table<'_, '_>,
    groups: &[String],
) -> Result<Vec<TopicFamily>, ScenarioError> {
    let mut families = Vec::new();
    for (name, mut table) in root.named_tables("topics")? {
        let Some(template) = table.text("template")? else {
            return Err(table.missing("template", "\"https://example.com/{run}/matches/{n}\""));
        };
        let count = count(&mut table, groups)?;
        check_template(&table, &template, count)?;
        let private = table.boolean("private")?.is_some_and(|given| given.value);
        let popularity = popularity(&mut table)?;
        table.finish()?;
        families.push(TopicFamily {
            name: name.value,
            template: template.value,
            count,
            private,
            popularity,
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

fn count(table: &mut Table<'_, '_>, groups: &[String]) -> Result<TopicCount, ScenarioError> {
    let fixed = table.integer("count", 1..TOPICS_MOST + 1)?;
    let group = table.text("one_for_each")?;
    let shared_by = table.integer("shared_by", 1..SUBSCRIBERS_MOST + 1)?;
    let Some(group) = group else {
        if let Some(shared_by) = shared_by {
            let problem = "`shared_by` goes with `one_for_each`, which names those who share";
            return Err(table.error(shared_by.at, problem));
        }
        return Ok(TopicCount::Fixed(
            fixed.map_or(1, |count| count.value as u32),
        ));
    };
    if let Some(fixed) = fixed {
        let problem = "`count` and `one_for_each` exclude each other: take one of them out";
        return Err(table.error(fixed.at, problem));
    }
    let index = named(table, &group, "one_for_each", "subscribers", groups)?;
    Ok(TopicCount::OneForEach {
        group: index,
        shared_by: shared_by.map_or(1, |shared_by| shared_by.value as u32),
    })
}

/// The index of a table that a key names.
pub(super) fn named(
    table: &Table<'_, '_>,
    given: &Placed<String>,
    key: &str,
    what: &str,
    names: &[String],
) -> Result<usize, ScenarioError> {
    let known = names.iter().map(String::as_str);
    known
        .clone()
        .position(|name| name == given.value)
        .ok_or_else(|| {
            let suggestion = did_you_mean(&given.value, known);
            let problem = format!("`{key}` names no {what} `{}`{suggestion}", given.value);
            table.error(given.at, problem)
        })
}

fn popularity(table: &mut Table<'_, '_>) -> Result<Popularity, ScenarioError> {
    let parse = |text: &str| Popularity::parse(text).ok_or(NotPopularity);
    let given = table.quantity("popularity", parse)?;
    Ok(given.map_or(Popularity::Even, |given| given.value))
}

#[derive(Debug, thiserror::Error)]
#[error("write \"even\", or \"zipf 1.0\" with an exponent from 0.1 to 3")]
struct NotPopularity;

impl Popularity {
    fn parse(text: &str) -> Option<Self> {
        if text == "even" {
            return Some(Self::Even);
        }
        let exponent: f64 = text.strip_prefix("zipf ")?.trim().parse().ok()?;
        (0.1..=3.0)
            .contains(&exponent)
            .then_some(Self::Zipf(exponent))
    }

    /// As a file spells it.
    pub(super) fn text(self) -> String {
        match self {
            Self::Even => "even".to_owned(),
            Self::Zipf(exponent) => format!("zipf {exponent}"),
        }
    }
}

fn check_template(
    table: &Table<'_, '_>,
    template: &Placed<String>,
    count: TopicCount,
) -> Result<(), ScenarioError> {
    let text = &template.value;
    let problem = if !text.contains("{run}") {
        "needs {run}, so that a run hears no other run"
    } else if count != TopicCount::Fixed(1) && !text.contains("{n}") {
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
