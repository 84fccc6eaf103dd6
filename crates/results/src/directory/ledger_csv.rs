//! `ledger.csv`: a line a publish, for spreadsheets and `awk`.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::load::phase::PhaseKind;
use crate::load::publication::{PublicationOutcome, PublicationRow};
use crate::quantile::Quantile;

const HEADER: &str = "publisher,sequence,phase,topic,planned_us,sent_us,answered_us,answer,expected,on_time,late,replayed,lost,duplicate,reordered,leaked,corrupt,first_us,median_us,p99_us,last_us\n";

/// All rows below their header.
pub(super) fn text(rows: &[PublicationRow]) -> String {
    let mut text = HEADER.to_owned();
    for row in rows {
        line(&mut text, row);
    }
    text
}

/// Rows that are there with their newline.
pub(super) fn whole_rows(text: &str) -> usize {
    text.bytes()
        .filter(|&byte| byte == b'\n')
        .count()
        .saturating_sub(1)
}

fn line(text: &mut String, row: &PublicationRow) {
    let ledger = &row.ledger;
    let answer = match &row.outcome {
        PublicationOutcome::Accepted => "accepted".to_owned(),
        PublicationOutcome::Refused { status } => format!("refused {status}"),
        PublicationOutcome::Failed { reason } => format!("failed: {reason}"),
    };
    let _ = writeln!(
        text,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        row.publisher,
        row.sequence,
        phase(row.phase),
        quoted(&row.topic),
        row.planned_us,
        optional(row.sent_us),
        optional(row.answered_us),
        quoted(&answer),
        ledger.expected,
        ledger.on_time,
        ledger.late,
        ledger.replayed,
        ledger.lost,
        ledger.duplicate,
        ledger.reordered,
        ledger.leaked,
        ledger.corrupt,
        quantile(row.first),
        quantile(row.median),
        quantile(row.p99),
        quantile(row.last),
    );
}

const fn phase(phase: PhaseKind) -> &'static str {
    match phase {
        PhaseKind::Ramp => "ramp",
        PhaseKind::Settle => "settle",
        PhaseKind::WarmUp => "warm_up",
        PhaseKind::Measure => "measure",
        PhaseKind::Drain => "drain",
    }
}

fn optional(us: Option<u64>) -> String {
    us.map_or(String::new(), |us| us.to_string())
}

fn quantile(quantile: Quantile) -> String {
    match quantile {
        Quantile::Value(us) => us.to_string(),
        Quantile::Lost => "lost".to_owned(),
        Quantile::TooFew => String::new(),
    }
}

/// RFC 4180; line breaks become spaces, so that a row is a line.
fn quoted(text: &str) -> Cow<'_, str> {
    if !text.contains([',', '"', '\n', '\r']) {
        return text.into();
    }
    let flat = text.replace(['\n', '\r'], " ");
    format!("\"{}\"", flat.replace('"', "\"\"")).into()
}
