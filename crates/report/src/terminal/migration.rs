//! A migration in a terminal.

use std::fmt::Write as _;

use assay_results::{End, Fate, MigrationRun, Outcome, SampleRow, Standing, World};

use super::{Paint, harmless};
use crate::number::grouped;
use crate::sentence::migration::{fates, places, sentence, wanting};

pub(super) fn summary(run: &MigrationRun, paint: Paint) -> String {
    let sentence = harmless(&sentence(run));
    let mut text = match run.outcome() {
        Outcome::Passed => paint.green(&sentence),
        _ => paint.red(&sentence),
    };
    text.push('\n');
    worlds(&mut text, run, paint);
    for row in wanting(run) {
        unfolded(&mut text, row, paint);
    }
    rules(&mut text, run);
    sources(&mut text, run);
    for note in &run.record().notes {
        let _ = writeln!(text, "note     {}", harmless(note));
    }
    text
}

fn worlds(text: &mut String, run: &MigrationRun, paint: Paint) {
    let summary = run.summary();
    text.push('\n');
    for (world, works) in [
        (World::Today, summary.work_today),
        (World::Compatible, summary.work_compatible),
        (World::Moved, summary.work_moved),
    ] {
        let hub = run.record().worlds.iter().find(|it| it.world == world);
        let unusable = hub.and_then(|hub| hub.unusable.as_ref());
        let unusable = unusable.map_or_else(String::new, |why| {
            format!("  {}", paint.red(&harmless(why)))
        });
        let _ = writeln!(
            text,
            "{:<24}  {:>4} of {} work{unusable}",
            world.as_str(),
            grouped(works),
            grouped(summary.samples)
        );
    }
}

fn unfolded(text: &mut String, row: &SampleRow, paint: Paint) {
    let standing = row.standing();
    let mut head = format!(
        "{} {} {}",
        standing.as_str().to_uppercase(),
        row.id,
        row.kind.as_str()
    );
    if standing == Standing::MustChange && row.is_silent() {
        head.push_str(", FAILS SILENTLY");
    }
    if matches!(row.today.end, End::Refused | End::Silent) {
        head.push_str(", DOES NOT WORK TODAY EITHER");
    }
    let head = match standing {
        Standing::MustChange => paint.red(&head),
        Standing::Open | Standing::Stays => paint.bold(&head),
    };
    let _ = writeln!(text, "\n{head}  {}", harmless(&places(row)));
    line(text, "written", &row.text);
    if standing == Standing::Open {
        line(text, "why", &row.moved.detail);
    } else {
        for (world, fate) in fates(row) {
            line(text, "", &format!("{world}: {}", told(fate)));
        }
    }
    for stand_in in &row.stand_ins {
        line(text, "but", stand_in);
    }
    if let Some(instead) = &row.instead {
        line(text, "write", &instead.text);
        line(
            text,
            "",
            &format!(
                "compatibility on: {}; off: {}",
                told_briefly(&instead.compatible),
                told_briefly(&instead.moved)
            ),
        );
    }
    let rules: Vec<_> = row
        .changes
        .iter()
        .map(|it| it.requirement.as_str())
        .collect();
    if !rules.is_empty() {
        line(text, "rules", &rules.join(", "));
    }
    for difference in &row.differences {
        line(text, "beware", difference);
    }
}

fn told(fate: &Fate) -> String {
    format!("{}: {}", fate.as_words(), fate.detail)
}

// What works as it should needs no more words.
fn told_briefly(fate: &Fate) -> String {
    match fate.end {
        End::Works => fate.as_words(),
        _ => told(fate),
    }
}

fn line(text: &mut String, label: &str, value: &str) {
    let value = harmless(value).replace('\n', "\n           ");
    let _ = writeln!(text, "  {label:<8} {value}");
}

// Each rule once: many samples meet the same.
fn rules(text: &mut String, run: &MigrationRun) {
    let rows = wanting(run).into_iter();
    let mut rules: Vec<_> = rows.flat_map(|row| &row.changes).collect();
    rules.sort_by_key(|rule| &rule.requirement);
    rules.dedup_by_key(|rule| &rule.requirement);
    if rules.is_empty() {
        return;
    }
    text.push_str("\nThe rules of 1.0:\n");
    for rule in rules {
        let _ = writeln!(
            text,
            "  {} (section “{}”): {}",
            rule.requirement, rule.section, rule.why
        );
    }
}

fn sources(text: &mut String, run: &MigrationRun) {
    let sources = &run.record().sources;
    let _ = writeln!(
        text,
        "\nread     {} files of {}",
        grouped(sources.files),
        harmless(&sources.given.join(", "))
    );
    for skipped in &sources.skipped {
        let _ = writeln!(
            text,
            "skipped  {} {} (such as {})",
            grouped(skipped.count),
            harmless(&skipped.reason),
            harmless(&skipped.example)
        );
    }
}
