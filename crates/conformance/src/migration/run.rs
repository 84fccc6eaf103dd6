//! A migration from the first sample to the last: each is tried in the three worlds, then what is to be written instead.

use std::{
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use assay_client::{Dialect, TopicMatcher};
use assay_results::{End, Fate, Instead, PreflightStep, SampleRow, World};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    advice::{Advice, Replacement},
    fact::Fact,
    limits::{LANES, SELECTORS_TRIED_AT_MOST},
    neighbours,
    rule::Rule,
    sample::{Expression, Sample, Subject},
    trial::{self, Signed, Trial},
    world::{Ground, Grounds},
};
use crate::interrupt::Interrupt;

/// What a migration found.
#[derive(Debug)]
pub struct Migration {
    /// One a sample, in their order.
    pub samples: Vec<SampleRow>,
    /// What was seen of the hubs before.
    pub worlds: Vec<(World, Vec<PreflightStep>, Option<String>)>,
    /// What else a reader must know.
    pub notes: Vec<String>,
    /// Whether it was interrupted before all were tried.
    pub interrupted: bool,
    /// How long it took.
    pub duration_ms: u64,
}

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Samples that were tried.
    pub done: usize,
    /// All of them.
    pub all: usize,
}

/// The three hubs, looked at.
struct Worlds {
    today: Ground,
    compatible: Ground,
    moved: Ground,
    /// Whether they trust the key of the site, so that its tokens can be presented as they are.
    trust_the_site: bool,
}

/// Tries each sample in each world. `trust_the_site` says that the hubs have the site's own key: its tokens are then presented as
/// they are; else their claims are signed anew.
pub async fn migrate(
    samples: Vec<Sample>,
    grounds: &Grounds,
    trust_the_site: bool,
    interrupt: &Interrupt,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Migration {
    let began = Instant::now();
    let run_id = Uuid::new_v4().simple().to_string()[..8].to_owned();
    // A clock before 1970 makes tokens that the preflight will find expired.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_unix_s = now.map_or(0, |since| since.as_secs());
    let look = |world, given| Ground::look(world, given, &run_id, now_unix_s);
    let worlds = Arc::new(Worlds {
        today: look(World::Today, &grounds.today).await,
        compatible: look(World::Compatible, &grounds.compatible).await,
        moved: look(World::Moved, &grounds.moved).await,
        trust_the_site,
    });
    let looked_at = [&worlds.today, &worlds.compatible, &worlds.moved];
    let looked_at = looked_at.map(|it| (it.world, it.preflight.clone(), it.unusable.clone()));
    let all = samples.len();
    let listens = |sample: &Sample| matches!(sample.subject, Subject::Subscription(_));
    let notes = if samples.iter().any(listens) {
        worlds.half_moved().await
    } else {
        Vec::new()
    };
    let mut rows = in_lanes(samples, &worlds, interrupt, progress).await;
    let interrupted = rows.len() < all;
    rows.sort_by_key(|(at, _)| *at);
    let numbered = rows.into_iter().map(|(at, row)| SampleRow {
        id: format!("S{}", at + 1),
        ..row
    });
    Migration {
        samples: numbered.collect(),
        worlds: looked_at.into(),
        notes,
        interrupted,
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

async fn in_lanes(
    samples: Vec<Sample>,
    worlds: &Arc<Worlds>,
    interrupt: &Interrupt,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Vec<(usize, SampleRow)> {
    let all = samples.len();
    let mut rows = Vec::new();
    let mut waiting = samples.into_iter().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < LANES {
            let Some((at, sample)) = waiting.next() else {
                break;
            };
            let worlds = Arc::clone(worlds);
            running.spawn(async move { (at, worlds.judge(&sample).await) });
        }
        let ended = tokio::select! {
            ended = running.join_next() => ended,
            () = interrupt.requested() => return rows,
        };
        let Some(ended) = ended else { return rows };
        // Nobody aborts these tasks, and a panic in one leaves its sample out, which counts as an interruption.
        let Ok(row) = ended else { continue };
        rows.push(row);
        progress(Progress {
            done: rows.len(),
            all,
        });
    }
}

impl Worlds {
    /// Whether the token and the URL of a client may move one after the other, while compatibility is on.
    async fn half_moved(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (token, url) in [(Dialect::V1, Dialect::V0), (Dialect::V0, Dialect::V1)] {
            let Ok(hub) = self.compatible.hub(token) else {
                continue;
            };
            let fate = trial::mixed::fate(hub, url).await;
            let advice = match fate.end {
                End::Works => "they may move one after the other",
                End::Refused | End::Silent => "move the two together",
                End::Open => "not judged",
            };
            notes.push(format!(
                "with compatibility on, a token of {token} beside a URL of {url} was tried: {} ({}): {advice}",
                fate.end.as_str(),
                fate.detail
            ));
        }
        notes
    }

    async fn judge(&self, sample: &Sample) -> SampleRow {
        let mut row = SampleRow {
            id: String::new(),
            kind: sample.kind(),
            text: sample.text.clone(),
            places: sample.places.clone(),
            stand_ins: sample.expressions.iter().map(Expression::told).collect(),
            today: Fate::open(""),
            compatible: Fate::open(""),
            moved: Fate::open(""),
            instead: None,
            changes: Vec::new(),
            differences: Vec::new(),
        };
        match &sample.subject {
            Subject::Fact(fact) => {
                row.today = Fact::today();
                row.compatible = fact.compatible();
                row.moved = fact.moved();
            }
            Subject::Setting(setting) => {
                [row.today, row.compatible, row.moved] = setting.fates();
            }
            Subject::Unread(_, reason) => {
                let open = Fate::open(reason.clone());
                row.today = open.clone();
                row.compatible = open.clone();
                row.moved = open;
            }
            _ => {}
        }
        let trial = self.trial(sample, &mut row).await;
        if let Some(trial) = &trial {
            row.compatible = self.compatible.fate(trial, sample.dialect()).await;
            row.moved = self.moved.fate(trial, Dialect::V1).await;
        }
        let Advice { rules, instead } = Advice::on(sample);
        // What no rule meets is written anew by nobody, though nothing may be known of it.
        let is_open = row.moved.end == End::Open && rules.is_empty();
        if row.moved.end == End::Works || is_open {
            return row;
        }
        row.changes = rules.into_iter().map(Rule::change).collect();
        if let Some(Replacement { text, trial: new }) = instead {
            if let (Some(old), Some(new)) = (&trial, &new) {
                row.differences = self.differences(sample, old, new).await;
            }
            let instead = self.tried_instead(text, new.as_ref()).await;
            match instead.moved.end {
                // Nobody is told to write what was seen to fail.
                End::Refused | End::Silent => row.differences.push(format!(
                    "{} would be the same by the rules, but {} here ({}): name each topic with `match`, or choose other topics",
                    instead.text,
                    instead.moved.end.as_str(),
                    instead.moved.detail
                )),
                End::Works | End::Open => row.instead = Some(instead),
            }
        }
        row
    }

    /// The trial of a sample, after today's hub has seen it: a token of the site that it refuses is signed anew.
    async fn trial(&self, sample: &Sample, row: &mut SampleRow) -> Option<Trial> {
        let compact = matches!(&sample.subject, Subject::Token(it) if it.compact.is_some());
        if compact && self.trust_the_site {
            let trial = Trial::of(sample, Signed::BySite)?;
            row.today = self.today.fate(&trial, Dialect::V0).await;
            if row.today.end != End::Refused {
                return Some(trial);
            }
            row.stand_ins.push(format!(
                "as it is it does not work today ({}): what follows was tried with its claims, signed anew",
                row.today.detail
            ));
        } else if compact {
            row.stand_ins.push(
                "the hubs have another key than the site: tried with its claims, signed anew"
                    .to_owned(),
            );
        }
        let trial = Trial::of(sample, Signed::Anew)?;
        row.today = self.today.fate(&trial, Dialect::V0).await;
        Some(trial)
    }

    async fn tried_instead(&self, text: String, trial: Option<&Trial>) -> Instead {
        let by_rule = || Fate::by_rule(End::Works, "as 1.0 has it");
        match trial {
            Some(trial) => Instead {
                text,
                compatible: self.compatible.fate(trial, Dialect::V1).await,
                moved: self.moved.fate(trial, Dialect::V1).await,
            },
            None => Instead {
                text,
                compatible: Fate::open("depends on the hub: the draft knows none that speaks both"),
                moved: by_rule(),
            },
        }
    }

    /// What the patterns written instead select that the templates of today do not, and the other way round.
    async fn differences(&self, sample: &Sample, old: &Trial, new: &Trial) -> Vec<String> {
        let (Ok(today), Ok(moved)) = (self.today.hub(Dialect::V0), self.moved.hub(Dialect::V1))
        else {
            return Vec::new();
        };
        let mut told = Vec::new();
        let templates = sample.subject.templates();
        for selector in templates.iter().take(SELECTORS_TRIED_AT_MOST) {
            let (Some(fence), TopicMatcher::UrlPattern(pattern)) =
                (selector.witness(), selector.matcher())
            else {
                continue;
            };
            let topics = neighbours::of(selector);
            let (then, now) = tokio::join!(
                old.selects(today, &fence, &topics),
                new.selects(moved, &fence, &topics)
            );
            if let (Some(then), Some(now)) = (then, now) {
                told.extend(neighbours::differences(
                    selector, &pattern, &topics, &then, &now,
                ));
            }
        }
        told
    }
}

impl Ground {
    async fn fate(&self, trial: &Trial, dialect: Dialect) -> Fate {
        match self.hub(dialect) {
            Ok(hub) => trial.on(hub).await,
            Err(reason) => Fate::open(reason),
        }
    }
}
