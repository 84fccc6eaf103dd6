//! A scenario written out whole, with every default: what `assay explain` shows and what a run keeps beside its results.

use std::fmt::{self, Write as _};

use assay_results::SloLevel;

use super::quantity::duration_text;
use super::{
    Arrivals, Arrive, FaultKind, Follow, Http, PublisherGroup, RampShape, Scenario,
    SubscriberGroup, Tempo, TopicCount,
};

impl Scenario {
    /// The scenario as a file that [`Scenario::parse`] reads back as the same.
    pub fn filled_in(&self) -> String {
        let mut text = String::new();
        self.write(&mut text)
            .expect("invariant: writing to a String cannot fail");
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# {}\n\nname = {}", self.question, quoted(&self.name))?;
        if let Some(seed) = self.seed {
            writeln!(out, "seed = {seed}")?;
        }
        writeln!(out, "\n[words]")?;
        for (key, noun) in [
            ("event", &self.words.event),
            ("audience", &self.words.audience),
        ] {
            writeln!(
                out,
                "{key} = {}",
                quoted(&format!("{}/{}", noun.one, noun.many))
            )?;
        }
        self.write_groups(out)?;
        let history = if self.hub.durable_history {
            "durable"
        } else {
            "memory"
        };
        let presence = self.hub.presence;
        writeln!(
            out,
            "\n[hub]\nhistory = \"{history}\"\npresence = {presence}"
        )?;
        let phases = &self.phases;
        writeln!(out, "\n[phases]")?;
        for (key, duration) in [
            ("ramp", phases.ramp),
            ("settle", phases.settle),
            ("warm_up", phases.warm_up),
            ("measure", phases.measure),
            ("drain", phases.drain),
        ] {
            writeln!(out, "{key} = \"{}\"", duration_text(duration))?;
        }
        let mut words = RampShape::WORDS.iter();
        if let Some((word, _)) = words.find(|(_, shape)| *shape == phases.ramp_shape) {
            writeln!(out, "ramp_shape = \"{word}\"")?;
        }
        if !self.slos.is_empty() {
            writeln!(out, "\n[slo]")?;
        }
        for slo in &self.slos {
            let level = match slo.level {
                SloLevel::Must => "must",
                SloLevel::Should => "should",
            };
            let (name, expect) = (key(&slo.name), quoted(&slo.expect.to_string()));
            writeln!(out, "{name} = {{ expect = {expect}, level = \"{level}\" }}")?;
        }
        let bounds = &self.bounds;
        writeln!(
            out,
            "\n[bounds]\nlate_after = \"{}\"",
            duration_text(bounds.late_after)
        )?;
        writeln!(out, "unconnected = \"{}%\"", bounds.unconnected_percent)?;
        bounds
            .in_flight
            .map_or(Ok(()), |in_flight| writeln!(out, "in_flight = {in_flight}"))
    }

    fn write_groups(&self, out: &mut String) -> fmt::Result {
        for family in &self.topics {
            writeln!(
                out,
                "\n[topics.{}]\ntemplate = {}",
                key(&family.name),
                quoted(&family.template)
            )?;
            match family.count {
                TopicCount::Fixed(count) => writeln!(out, "count = {count}")?,
                TopicCount::OneForEach { group, shared_by } => writeln!(
                    out,
                    "one_for_each = {}\nshared_by = {shared_by}",
                    quoted(&self.subscribers[group].name)
                )?,
            }
            let popularity = quoted(&family.popularity.text());
            writeln!(
                out,
                "private = {}\npopularity = {popularity}",
                family.private
            )?;
        }
        for group in &self.subscribers {
            self.write_subscribers(group, out)?;
        }
        for group in &self.publishers {
            self.write_publishers(group, out)?;
        }
        for fault in &self.faults {
            let (at, kind) = (duration_text(fault.at), fault.kind.as_str());
            writeln!(
                out,
                "\n[faults.{}]\nat = \"{at}\"\ndo = \"{kind}\"",
                key(&fault.name)
            )?;
            match fault.kind {
                FaultKind::DropStreams { share_percent } => {
                    writeln!(out, "share = \"{share_percent}%\"")?;
                }
                FaultKind::PauseHub { lasts } => {
                    writeln!(out, "lasts = \"{}\"", duration_text(lasts))?;
                }
                FaultKind::RestartHub | FaultKind::KillHub => {}
            }
        }
        Ok(())
    }

    fn write_subscribers(&self, group: &SubscriberGroup, out: &mut String) -> fmt::Result {
        let name = key(&group.name);
        writeln!(out, "\n[subscribers.{name}]\ncount = {}", group.count)?;
        if let [
            Follow::Chosen {
                family,
                least,
                most,
            },
        ] = *group.follows
        {
            let each = if least == most {
                least.to_string()
            } else {
                format!("\"{least}..{most}\"")
            };
            let family = quoted(&self.topics[family].name);
            writeln!(out, "follow = {family}\ntopics_each = {each}")?;
            return write_stay(group, out);
        }
        let follows: Vec<String> = group
            .follows
            .iter()
            .map(|follow| {
                let family = quoted(&self.topics[follow.family()].name);
                match *follow {
                    Follow::Own { .. } => family,
                    Follow::Chosen { least, most, .. } => {
                        format!("{{ topics = {family}, each = \"{least}..{most}\" }}")
                    }
                    Follow::Pattern { .. } => {
                        format!("{{ topics = {family}, by = \"pattern\" }}")
                    }
                }
            })
            .collect();
        writeln!(out, "follow = [{}]", follows.join(", "))?;
        write_stay(group, out)
    }

    fn write_publishers(&self, group: &PublisherGroup, out: &mut String) -> fmt::Result {
        let publish = quoted(&self.topics[group.publish].name);
        let name = key(&group.name);
        writeln!(out, "\n[publishers.{name}]\npublish = {publish}")?;
        match &group.tempo {
            Tempo::Steady {
                rates,
                arrivals,
                authors,
            } => {
                let rates: Vec<String> = rates.iter().map(|rate| format!("\"{rate}\"")).collect();
                writeln!(out, "rate = [{}]", rates.join(", "))?;
                if let Some(authors) = authors {
                    let authors = quoted(&self.subscribers[*authors].name);
                    writeln!(out, "authors = {authors}")?;
                }
                match arrivals {
                    Arrivals::Uniform => writeln!(out, "arrivals = \"uniform\"")?,
                    Arrivals::Poisson => writeln!(out, "arrivals = \"poisson\"")?,
                    Arrivals::Bursts { size, spacing } => {
                        let spacing = duration_text(*spacing);
                        writeln!(
                            out,
                            "arrivals = \"bursts\"\nburst_size = {size}\nburst_spacing = \"{spacing}\""
                        )?;
                    }
                }
            }
            Tempo::Jobs {
                of,
                begins_us,
                events,
                every,
            } => {
                let of = quoted(&self.subscribers[*of].name);
                writeln!(out, "jobs_of = {of}\nbegins = \"{begins_us}us\"")?;
                writeln!(
                    out,
                    "events = {events}\nevery = \"{}\"",
                    duration_text(*every)
                )?;
            }
        }
        writeln!(out, "payload = \"{} B\"", group.payload_bytes)
    }
}

fn write_stay(group: &SubscriberGroup, out: &mut String) -> fmt::Result {
    let arrive = match group.arrive {
        Arrive::Ramp => "ramp",
        Arrive::Load => "load",
    };
    writeln!(
        out,
        "arrive = \"{arrive}\"\nstays = \"{}\"",
        group.stays.text()
    )?;
    writeln!(
        out,
        "replaced = {}\nfrom_start = {}\nreads = \"{}\"",
        group.replaced,
        group.from_start,
        group.reads.text()
    )?;
    match group.http {
        Http::One => writeln!(out, "http = \"1.1\""),
        Http::Two {
            streams_per_connection,
        } => writeln!(
            out,
            "http = \"2\"\nstreams_per_connection = {streams_per_connection}"
        ),
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A TOML key, quoted where it must be.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}
