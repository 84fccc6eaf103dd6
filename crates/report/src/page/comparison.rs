//! The page of a comparison.

use askama::Template;
use assay_results::{ComparisonRun, Evidence, Finding, Pair, PairRun};

use super::{Fact, Row, Table, badge, environment_facts, fact, heads, stylesheet, target_facts};
use crate::chart::Chart;
use crate::number::grouped;
use crate::sentence::comparison::{
    detectable_head, figure, how, percent, sentence, value, verdict,
};

#[derive(Template)]
#[template(path = "load.html")]
struct Page<'a> {
    title: String,
    style: String,
    sentence: String,
    badge: (&'static str, &'static str),
    question: &'a str,
    marked: Option<&'static str>,
    missing: &'a [String],
    tiles: Vec<Fact>,
    charts: &'a [Chart],
    tables: Vec<Table>,
    notes: &'a [String],
    target: Vec<Fact>,
    environment: Vec<Fact>,
}

pub(crate) fn page(
    run: &ComparisonRun,
    charts: &[Chart],
    missing: &[String],
) -> Result<String, askama::Error> {
    let record = run.record();
    let mut target = Vec::new();
    for (label, side) in [("a", &record.a), ("b", &record.b)] {
        target.push(fact(label, &side.name));
        target.extend(side.target.iter().flat_map(target_facts));
    }
    let page = Page {
        title: format!("{} and {} · Assay", record.a.name, record.b.name),
        style: stylesheet(),
        sentence: sentence(run),
        badge: badge(run.outcome()),
        question: &record.asks,
        marked: matches!(record.evidence, Evidence::Saved { .. })
            .then_some("One run each: this can only say which differences mean nothing."),
        missing,
        tiles: tiles(run),
        charts,
        tables: [Some(figures(run)), pairs(run)]
            .into_iter()
            .flatten()
            .collect(),
        notes: &record.notes,
        target,
        environment: [
            fact("How", how(run)),
            fact(
                "Scenario",
                format!("{} (seed {})", record.scenario, record.seed),
            ),
        ]
        .into_iter()
        .chain(environment_facts(&record.environment))
        .collect(),
    };
    page.render()
}

fn tiles(run: &ComparisonRun) -> Vec<Fact> {
    let summary = run.summary();
    let mut tiles: Vec<Fact> = summary
        .rows
        .iter()
        .take(4)
        .map(|row| fact(figure(row.figure), percent(row.ratio)))
        .collect();
    if let Evidence::Pairs { planned, .. } = run.record().evidence {
        let of = format!("{} of {planned}", summary.usable_pairs);
        tiles.push(fact("pairs that count", of));
    }
    let wrong = format!(
        "{} / {}",
        grouped(summary.wrong_a),
        grouped(summary.wrong_b)
    );
    tiles.push(fact("deliveries wrong, a / b", wrong));
    tiles
}

fn figures(run: &ComparisonRun) -> Table {
    let rows = run.summary().rows.iter().map(|row| Row {
        head: figure(row.figure).to_owned(),
        cells: vec![
            value(row.figure, row.a),
            value(row.figure, row.b),
            percent(row.ratio),
            row.interval.as_ref().map_or_else(
                || "–".to_owned(),
                |one| format!("{} … {}", percent(one.low), percent(one.high)),
            ),
            row.detectable.map_or_else(|| "–".to_owned(), percent),
            verdict(row).to_owned(),
        ],
        alarming: row.finding == Finding::Worse,
    });
    let head = detectable_head(&run.record().evidence);
    Table {
        caption: "The figures of both".to_owned(),
        note: "Of each figure less is better. Values and changes are means over pairs, of logarithms.",
        heads: heads(["", "a", "b", "change", "interval", head, "b is"]),
        rows: rows.collect(),
    }
}

fn pairs(run: &ComparisonRun) -> Option<Table> {
    let Evidence::Pairs { pairs, .. } = &run.record().evidence else {
        return None;
    };
    let mut heads = heads(["pair", "first"]);
    for row in &run.summary().rows {
        heads.push(format!("{}, a → b", figure(row.figure)));
    }
    heads.push("wrong, a / b".to_owned());
    heads.push("left out".to_owned());
    let row = |pair: &Pair| {
        let mut cells = vec![if pair.b_first { "b" } else { "a" }.to_owned()];
        for row in &run.summary().rows {
            let of = |one: &PairRun| {
                let found = one.figures.get(&row.figure);
                found.map_or_else(|| "–".to_owned(), |found| value(row.figure, *found))
            };
            cells.push(format!("{} → {}", of(&pair.a), of(&pair.b)));
        }
        cells.push(format!(
            "{} / {}",
            grouped(pair.a.wrong),
            grouped(pair.b.wrong)
        ));
        let why = [&pair.a.unusable, &pair.b.unusable].into_iter().flatten();
        cells.push(why.cloned().collect::<Vec<_>>().join("; "));
        Row {
            head: pair.number.to_string(),
            cells,
            alarming: !pair.is_usable(),
        }
    };
    Some(Table {
        caption: "Every pair".to_owned(),
        note: "A pair of which one run is no result is left out.",
        heads,
        rows: pairs.iter().map(row).collect(),
    })
}
