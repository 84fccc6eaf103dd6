//! What is left of a run: a table with ratios, and every figure as it was measured.

use std::fmt::Write as _;
use std::{fs, io};

use serde::Serialize;

use crate::arguments::Arguments;
use crate::figure::{Figure, median};
use crate::side::Cpus;

/// Everything that the table was made of.
#[derive(Serialize)]
struct Raw<'a> {
    command: String,
    cpu: String,
    kernel: String,
    hub_cpu: usize,
    bench_cpu: usize,
    figures: &'a [Figure],
}

/// Prints the table; with `--out`, leaves it there as `table.md` beside `figures.json`.
pub(crate) fn write(figures: &[Figure], arguments: &Arguments, cpus: Cpus) -> io::Result<()> {
    let raw = Raw {
        command: arguments.shown(),
        cpu: first_value("/proc/cpuinfo", "model name"),
        kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
            .unwrap_or_default()
            .trim()
            .to_owned(),
        hub_cpu: cpus.hub,
        bench_cpu: cpus.bench,
        figures,
    };
    let table = format!(
        "{}\n\n`{}`; {}, Linux {}; hub on CPU {}, publisher and readers on CPU {}; median (least – most) of {} rounds in turns.\n",
        rows(figures),
        raw.command,
        raw.cpu,
        raw.kernel,
        cpus.hub,
        cpus.bench,
        arguments.rounds
    );
    println!("\n{table}");
    if let Some(out) = &arguments.out {
        fs::create_dir_all(out)?;
        fs::write(out.join("table.md"), &table)?;
        let json = serde_json::to_string_pretty(&raw).map_err(io::Error::other)?;
        fs::write(out.join("figures.json"), json + "\n")?;
    }
    Ok(())
}

fn rows(figures: &[Figure]) -> String {
    let mut text =
        String::from("| what | subscribers | side | figure | of raw |\n|---|---|---|---|---|");
    let mut seen: Vec<(&str, usize, &str)> = Vec::new();
    for figure in figures {
        let place = (figure.row, figure.subscribers, figure.side.as_str());
        if seen.contains(&place) {
            continue;
        }
        seen.push(place);
        let mut values = values(figures, place);
        let middle = median(&mut values);
        let (least, most) = (values[0], values[values.len() - 1]);
        let mut of_raw = self::values(figures, (figure.row, figure.subscribers, "raw"));
        let ratio = match figure.unit {
            "1/s" | "ms" if !of_raw.is_empty() => format!("{:.2}", middle / median(&mut of_raw)),
            _ => String::new(),
        };
        let (row, subscribers, side) = place;
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n| {row} | {subscribers} | {side} | {} ({} – {}) {} | {ratio} |",
            shown(middle),
            shown(least),
            shown(most),
            figure.unit
        );
    }
    text
}

fn values(figures: &[Figure], place: (&str, usize, &str)) -> Vec<f64> {
    figures
        .iter()
        .filter(|one| (one.row, one.subscribers, one.side.as_str()) == place)
        .map(|one| one.value)
        .collect()
}

fn shown(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

fn first_value(file: &str, key: &str) -> String {
    fs::read_to_string(file)
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix(key))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned())
        .unwrap_or_default()
}
