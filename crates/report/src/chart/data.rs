//! The figures behind a picture, as CSV: what other tools draw it from. Not for anything that the picture does not show.

use std::fmt::{Display, Write as _};

use assay_results::Quantile;

/// A table with one line of heads.
pub(super) struct Data(String);

impl Data {
    /// An empty table of these columns, units in their names.
    pub(super) fn of(heads: &[&str]) -> Self {
        Self(format!("{}\n", heads.join(",")))
    }

    /// Appends a line.
    pub(super) fn row(&mut self, cells: &[&dyn Display]) {
        for (place, cell) in cells.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let _ = write!(self.0, "{comma}{}", quoted(&cell.to_string()));
        }
        self.0.push('\n');
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// RFC 4180.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// As documents spell it: a number, `lost`, or nothing.
pub(super) fn us(quantile: Quantile) -> String {
    match quantile {
        Quantile::Value(us) => us.to_string(),
        Quantile::Lost => "lost".to_owned(),
        Quantile::TooFew => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_may_hold_anything() {
        let mut data = Data::of(&["a", "b_us"]);
        data.row(&[&1, &us(Quantile::Lost)]);
        data.row(&[&"x,\"y\"", &us(Quantile::TooFew)]);
        assert_eq!(data.into_text(), "a,b_us\n1,lost\n\"x,\"\"y\"\"\",\n");
    }
}
