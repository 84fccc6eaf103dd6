//! What the bench is asked for.

use std::io;
use std::path::PathBuf;

use crate::figure::Figure;
use crate::side::{Cpus, Side};
use crate::{churn, fan_out, http2, inbox, memory, presence, resume, stalled, tls};

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) rounds: usize,
    pub(crate) out: Option<PathBuf>,
    /// As it was written, for the record, without places of this machine.
    shown: String,
    only: Vec<String>,
    others: Vec<Side>,
}

/// A row of the table, or a few that are measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// One topic, all sides, at so many subscribers.
    FanOut(usize),
    Memory,
    Inbox,
    Stalled,
    Http2,
    Presence,
    Tls,
    /// From a durable history.
    Resume,
    /// Subscribers that come and go, so many.
    Churn(usize),
}

const ROWS: [(&str, Row); 12] = [
    ("fan-out-1000", Row::FanOut(1_000)),
    ("fan-out-5000", Row::FanOut(5_000)),
    ("fan-out-10000", Row::FanOut(10_000)),
    ("memory", Row::Memory),
    ("inbox", Row::Inbox),
    ("stalled", Row::Stalled),
    ("http2", Row::Http2),
    ("presence", Row::Presence),
    ("tls", Row::Tls),
    ("resume", Row::Resume),
    ("churn", Row::Churn(1_000_000)),
    ("churn-100000", Row::Churn(100_000)),
];

impl Row {
    /// The raw loop is the measure of fan-out alone; what costs minutes is measured on ours.
    pub(crate) fn is_for(self, side: &Side) -> bool {
        match self {
            Self::FanOut(_) => true,
            Self::Memory | Self::Inbox | Self::Stalled | Self::Presence => *side != Side::Raw,
            Self::Http2 | Self::Tls | Self::Resume | Self::Churn(_) => *side == Side::Ours,
        }
    }

    pub(crate) fn measure(self, side: &Side, cpus: Cpus) -> io::Result<Vec<Figure>> {
        match self {
            Self::FanOut(subscribers) => fan_out::measure(side, cpus, subscribers),
            Self::Memory => memory::measure(side, cpus),
            Self::Inbox => inbox::measure(side, cpus),
            Self::Stalled => stalled::measure(side, cpus),
            Self::Http2 => http2::measure(side, cpus),
            Self::Presence => presence::measure(side, cpus),
            Self::Tls => tls::measure(side, cpus),
            Self::Resume => resume::measure(side, cpus),
            Self::Churn(cycles) => churn::measure(side, cpus, cycles),
        }
    }
}

impl Arguments {
    pub(crate) fn parse(words: &[String]) -> io::Result<Self> {
        let mut arguments = Self {
            rounds: 3,
            out: None,
            shown: "cargo bench -p assay-benches --bench sockets --".to_owned(),
            only: Vec::new(),
            others: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(flag) = words.next() {
            let value = words
                .next()
                .ok_or_else(|| wrong(format!("{flag} needs a value")))?;
            let shown = match flag.as_str() {
                "--out" => "DIR",
                "--other" => value.split('=').next().unwrap_or_default(),
                _ => value,
            };
            for word in [" ", flag, " ", shown] {
                arguments.shown.push_str(word);
            }
            match flag.as_str() {
                "--rounds" => {
                    arguments.rounds = value
                        .parse()
                        .ok()
                        .filter(|rounds| (1..=100).contains(rounds))
                        .ok_or_else(|| wrong(format!("--rounds {value}: write 1 to 100")))?;
                }
                "--out" => arguments.out = Some(value.into()),
                "--only" => arguments.only = value.split(',').map(str::to_owned).collect(),
                "--other" => {
                    let (name, command) = value
                        .split_once('=')
                        .ok_or_else(|| wrong(format!("--other {value}: write NAME=COMMAND")))?;
                    arguments.others.push(Side::Other {
                        name: name.to_owned(),
                        command: command.to_owned(),
                    });
                }
                _ => return Err(wrong(format!("{flag}: unknown"))),
            }
        }
        let known = |name: &String| ROWS.iter().any(|(row, _)| row == name);
        match arguments.only.iter().find(|name| !known(name)) {
            None => Ok(arguments),
            Some(name) => {
                let names: Vec<&str> = ROWS.iter().map(|(name, _)| *name).collect();
                Err(wrong(format!(
                    "--only {name}: write one of {}",
                    names.join(", ")
                )))
            }
        }
    }

    /// The command that this is.
    pub(crate) fn shown(&self) -> String {
        self.shown.clone()
    }

    pub(crate) fn sides(&self) -> Vec<Side> {
        let own = [Side::Raw, Side::Ours];
        own.into_iter().chain(self.others.iter().cloned()).collect()
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
        ROWS.iter()
            .filter(|(name, _)| self.only.is_empty() || self.only.iter().any(|one| one == name))
            .map(|(_, row)| *row)
    }
}

fn wrong(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
