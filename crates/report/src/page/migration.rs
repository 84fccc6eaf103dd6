//! The page of a migration.

use askama::Template;
use assay_results::{Fate, MigrationRun, SampleRow, Standing, World};

use super::{Fact, Row, Table, badge, environment_facts, fact, heads, stylesheet};
use crate::number::{bytes, counted, grouped};
use crate::sentence::migration::{fates, places, sentence, wanting};

#[derive(Template)]
#[template(path = "migration.html")]
struct Page<'a> {
    title: String,
    style: String,
    sentence: String,
    badge: (&'static str, &'static str),
    missing: &'a [String],
    tiles: Vec<Fact>,
    unfolded: Vec<Finding<'a>>,
    tables: Vec<Table>,
    folded: Vec<Table>,
    notes: &'a [String],
    target: Vec<Fact>,
    environment: Vec<Fact>,
}

/// A sample that wants something.
struct Finding<'a> {
    row: &'a SampleRow,
    standing: &'static str,
    /// Decides the colour of its edge.
    class: &'static str,
    places: String,
    fates: Vec<Told<'a>>,
}

/// A fate in a world.
struct Told<'a> {
    world: &'static str,
    words: String,
    class: &'static str,
    detail: &'a str,
}

pub(crate) fn page(run: &MigrationRun, missing: &[String]) -> Result<String, askama::Error> {
    let record = run.record();
    let page = Page {
        title: "Migration to 1.0 · Assay".to_owned(),
        style: stylesheet(),
        sentence: sentence(run),
        badge: badge(run.outcome()),
        missing,
        tiles: tiles(run),
        unfolded: wanting(run).into_iter().map(finding).collect(),
        tables: vec![worlds(run)],
        folded: [all(run), skipped(run)].into_iter().flatten().collect(),
        notes: &record.notes,
        target: hubs(run),
        environment: [fact("Took", format!("{} ms", grouped(record.duration_ms)))]
            .into_iter()
            .chain(environment_facts(&record.environment))
            .collect(),
    };
    page.render()
}

fn tiles(run: &MigrationRun) -> Vec<Fact> {
    let summary = run.summary();
    [
        ("work today", summary.work_today),
        ("work, compatibility on", summary.work_compatible),
        ("work, compatibility off", summary.work_moved),
        ("must change", summary.must_change),
        ("of these fail silently", summary.silent),
        ("of these with a proven replacement", summary.proven),
        ("not judged", summary.open),
    ]
    .into_iter()
    .map(|(label, count)| fact(label, grouped(count)))
    .collect()
}

fn finding(row: &SampleRow) -> Finding<'_> {
    let told = |(world, fate): (&'static str, &'_ Fate)| (world, fate.as_words(), class(fate));
    Finding {
        row,
        standing: row.standing().as_str(),
        class: match row.standing() {
            Standing::MustChange => "fail",
            Standing::Open | Standing::Stays => "inconclusive",
        },
        places: places(row),
        fates: fates(row)
            .into_iter()
            .map(|(world, fate)| {
                let (world, words, class) = told((world, fate));
                Told {
                    world,
                    words,
                    class,
                    detail: &fate.detail,
                }
            })
            .collect(),
    }
}

fn class(fate: &Fate) -> &'static str {
    use assay_results::End;
    match fate.end {
        End::Works => "good",
        End::Refused | End::Silent => "bad",
        End::Open => "open",
    }
}

fn worlds(run: &MigrationRun) -> Table {
    Table {
        caption: "The three hubs".to_owned(),
        note: "A sample is tried alone: all else in the exchange is what the hub wants. What was sent and seen says tried; what no exchange shows, by rule.",
        heads: heads(["", "hub", "dialects", "looked at before"]),
        rows: run
            .record()
            .worlds
            .iter()
            .map(|hub| {
                let target = hub.target.as_ref();
                let dialects = target.map_or_else(String::new, |target| {
                    let names: Vec<_> = target
                        .dialects
                        .iter()
                        .map(|it| it.dialect.to_string())
                        .collect();
                    names.join(", ")
                });
                let origin = target.map_or("", |target| match target.hub {
                    assay_results::HubOrigin::Reference => " (reference hub)",
                    assay_results::HubOrigin::Given => "",
                });
                Row {
                    head: hub.world.as_str().to_owned(),
                    cells: vec![
                        target.map_or_else(String::new, |it| format!("{}{origin}", it.url)),
                        dialects,
                        hub.unusable
                            .clone()
                            .unwrap_or_else(|| "delivers a private update".to_owned()),
                    ],
                    alarming: hub.unusable.is_some(),
                }
            })
            .collect(),
    }
}

fn all(run: &MigrationRun) -> Option<Table> {
    let samples = &run.record().samples;
    (!samples.is_empty()).then(|| Table {
        caption: format!("All {}", counted(samples.len() as u64, "sample", "samples")),
        note: "",
        heads: heads([
            "",
            "kind",
            "written",
            World::Today.as_str(),
            World::Compatible.as_str(),
            World::Moved.as_str(),
            "where",
        ]),
        rows: samples
            .iter()
            .map(|row| Row {
                head: row.id.clone(),
                cells: vec![
                    row.kind.as_str().to_owned(),
                    row.text.clone(),
                    row.today.as_words(),
                    row.compatible.as_words(),
                    row.moved.as_words(),
                    places(row),
                ],
                alarming: row.standing() == Standing::MustChange,
            })
            .collect(),
    })
}

fn skipped(run: &MigrationRun) -> Option<Table> {
    let sources = &run.record().sources;
    (!sources.skipped.is_empty()).then(|| Table {
        caption: format!(
            "Read: {} of {} ({}); not read:",
            counted(sources.files, "file", "files"),
            sources.given.join(", "),
            bytes(sources.bytes)
        ),
        note: "",
        heads: heads(["", "how many", "such as"]),
        rows: sources
            .skipped
            .iter()
            .map(|skipped| Row {
                head: skipped.reason.clone(),
                cells: vec![grouped(skipped.count), skipped.example.clone()],
                alarming: false,
            })
            .collect(),
    })
}

fn hubs(run: &MigrationRun) -> Vec<Fact> {
    let sources = &run.record().sources;
    let mut facts = vec![
        fact("Samples from", sources.given.join(", ")),
        fact("Files read", grouped(sources.files)),
    ];
    facts.extend(run.record().worlds.iter().filter_map(|hub| {
        let server = hub.target.as_ref()?.server.as_ref()?;
        Some(fact(hub.world.as_str(), server))
    }));
    facts
}
