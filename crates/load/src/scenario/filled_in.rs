//! A scenario written out whole, with every default: what `assay explain` shows and what a run keeps beside its results.

use std::fmt::{self, Write as _};

use super::quantity::duration_text;
use super::{Arrivals, Scenario};

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
            writeln!(
                out,
                "count = {}\nprivate = {}",
                family.count, family.private
            )?;
        }
        for group in &self.subscribers {
            let follow = &self.topics[group.follow].name;
            writeln!(
                out,
                "\n[subscribers.{}]\ncount = {}",
                key(&group.name),
                group.count
            )?;
            writeln!(
                out,
                "follow = {}\ntopics_each = {}",
                quoted(follow),
                group.topics_each
            )?;
        }
        for group in &self.publishers {
            let publish = &self.topics[group.publish].name;
            writeln!(
                out,
                "\n[publishers.{}]\npublish = {}",
                key(&group.name),
                quoted(publish)
            )?;
            writeln!(out, "rate = \"{}\"", group.rate)?;
            match group.arrivals {
                Arrivals::Uniform => writeln!(out, "arrivals = \"uniform\"")?,
                Arrivals::Poisson => writeln!(out, "arrivals = \"poisson\"")?,
                Arrivals::Bursts { size, spacing } => {
                    writeln!(
                        out,
                        "arrivals = \"bursts\"\nburst_size = {size}\nburst_spacing = \"{}\"",
                        duration_text(spacing)
                    )?;
                }
            }
            writeln!(out, "payload = \"{} B\"", group.payload_bytes)?;
        }
        Ok(())
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
