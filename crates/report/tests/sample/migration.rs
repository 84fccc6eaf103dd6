//! A migration of a small site.

use assay_results::*;

use super::{environment, target};

fn fate(end: End, detail: &str) -> Fate {
    Fate::tried(end, detail)
}

fn place(file: &str, line: u64) -> Place {
    Place {
        file: file.to_owned(),
        line,
        column: 5,
    }
}

fn row(id: &str, kind: SampleKind, text: &str, ends: [End; 3]) -> SampleRow {
    let [today, compatible, moved] = ends;
    SampleRow {
        id: id.to_owned(),
        kind,
        text: text.to_owned(),
        places: vec![place("site/assets/book.ts", 12)],
        stand_ins: vec![],
        today: fate(today, "200, and a private update came"),
        compatible: fate(compatible, "200, and a private update came"),
        moved: fate(moved, "400, body \"nothing to subscribe to\""),
        instead: None,
        changes: vec![],
        differences: vec![],
    }
}

fn samples() -> Vec<SampleRow> {
    let works = [End::Works; 3];
    let refused = [End::Works, End::Works, End::Refused];
    let silent = [End::Works, End::Works, End::Silent];
    vec![
        SampleRow {
            instead: Some(Instead {
                text: "url.searchParams.append('match_urlpattern', 'https://shop.example/books/:id')"
                    .to_owned(),
                compatible: fate(End::Works, "200"),
                moved: fate(End::Works, "200"),
            }),
            changes: vec![Change {
                requirement: "subscribe.match-default-exact".to_owned(),
                section: "Subscription".to_owned(),
                why: "subscriptions are made by `match`".to_owned(),
            }],
            differences: vec![
                "https://shop.example/books/:id selects also https://shop.example/books/1?a=1, unlike https://shop.example/books/{id} today".to_owned(),
            ],
            places: (1..=5).map(|line| place("site/assets/<book>.ts", line)).collect(),
            ..row("S1", SampleKind::Subscription, "url.searchParams.append('topic', '<script>')", refused)
        },
        SampleRow {
            stand_ins: vec!["`id` is an expression".to_owned()],
            ..row("S2", SampleKind::Cookie, "mercureAuthorization", silent)
        },
        row("S3", SampleKind::Publication, "topic=a", works),
        SampleRow {
            moved: Fate::open("which topics, only the running site knows"),
            ..row("S4", SampleKind::Publication, "mercure: true", works)
        },
    ]
}

/// One sample that fares so: today, with compatibility on, with it off.
pub(crate) fn run_of(fates: [(End, Basis); 3]) -> MigrationRun {
    let mut record = run(true).record().clone();
    let of = |(end, basis)| Fate {
        basis,
        ..fate(end, "as it was seen")
    };
    let [today, compatible, moved] = fates.map(of);
    record.samples = vec![SampleRow {
        today,
        compatible,
        moved,
        ..row("S1", SampleKind::Publication, "topic=a", [End::Works; 3])
    }];
    MigrationRun::new(record)
}

/// One where something has to change; or one of a site that has moved already.
pub(crate) fn run(has_moved: bool) -> MigrationRun {
    let samples = samples();
    MigrationRun::new(MigrationRecord {
        partial: None,
        duration_ms: 2_345,
        environment: environment("assay check --migrate site"),
        worlds: World::ALL
            .into_iter()
            .map(|world| WorldHub {
                world,
                target: Some(target(&[Dialect::V1])),
                preflight: vec![],
                unusable: None,
            })
            .collect(),
        sources: SourcesRead {
            given: vec!["site".to_owned()],
            files: 9,
            bytes: 12_345,
            skipped: vec![Skipped {
                reason: "node_modules".to_owned(),
                count: 1,
                example: "site/node_modules".to_owned(),
            }],
        },
        samples: if has_moved {
            samples.into_iter().filter(|row| row.id == "S3").collect()
        } else {
            samples
        },
        notes: vec![],
    })
}
