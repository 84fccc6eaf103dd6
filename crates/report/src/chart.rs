//! Charts of load runs, of searches for a capacity and of comparisons: SVG that stands alone and that a page can take in.
//!
//! Each chart's title says what it shows of this run; its colours are classes, so that light and dark follow the reader.

mod arrival;
mod axis;
mod canvas;
mod data;
mod fairness;
mod fan;
mod frontier;
mod heat_map;
mod ladder;
mod ledger_strip;
mod nines;
mod over_time;
mod paired_dots;
mod palette;
mod step_mark;

use std::fmt::Write as _;

use assay_results::{CapacityRun, ComparisonRun, LoadRun};

use crate::RenderError;
use canvas::{Picture, Size};
use data::Data;

use palette::Role;
pub(crate) use palette::stylesheet;

/// Width of a character of the title, at most, in parts of its font size: for wrapping without a font at hand.
const CHARACTER_WIDTH: f64 = 0.56;

/// A chart in two widths.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    /// File name without ending, and anchor in the page.
    pub(crate) name: &'static str,
    /// What it shows of this run.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) caption: String,
    /// What it is drawn from, as CSV.
    pub(crate) data: String,
    wide: Picture,
    narrow: Picture,
}

/// A chart before it is drawn: its texts, and how it is drawn at a size.
struct Sketch<D> {
    name: &'static str,
    title: String,
    caption: String,
    data: Data,
    draw: D,
}

impl<D: Fn(Size) -> Result<Picture, canvas::Error>> Sketch<D> {
    fn chart(self) -> Result<Chart, RenderError> {
        let draw = |size| {
            (self.draw)(size).map_err(|error| RenderError::Chart {
                name: self.name,
                reason: error.to_string(),
            })
        };
        Ok(Chart {
            name: self.name,
            wide: draw(Size::Wide)?,
            narrow: draw(Size::Narrow)?,
            title: self.title,
            caption: self.caption,
            data: self.data.into_text(),
        })
    }
}

/// The charts of a load run that it has the data for.
pub(crate) fn load_charts(run: &LoadRun) -> Result<Vec<Chart>, RenderError> {
    [
        ledger_strip::chart(run),
        arrival::chart(run),
        nines::chart(run),
        fan::chart(run),
        heat_map::chart(run),
        fairness::by_rank(run),
        fairness::by_join(run),
    ]
    .into_iter()
    .chain(over_time::charts(run))
    .filter_map(Result::transpose)
    .collect()
}

/// The charts of a search for a capacity that it has the data for.
pub(crate) fn capacity_charts(run: &CapacityRun) -> Result<Vec<Chart>, RenderError> {
    [ladder::chart(run), frontier::chart(run)]
        .into_iter()
        .filter_map(Result::transpose)
        .collect()
}

/// The charts of a comparison that it has the data for.
pub(crate) fn comparison_charts(run: &ComparisonRun) -> Result<Vec<Chart>, RenderError> {
    Ok(paired_dots::chart(run)?.into_iter().collect())
}

impl Chart {
    /// For a page at laptop width.
    pub(crate) fn wide(&self) -> String {
        self.inline(&self.wide)
    }

    /// For a page at phone width.
    pub(crate) fn narrow(&self) -> String {
        self.inline(&self.narrow)
    }

    fn inline(&self, picture: &Picture) -> String {
        let (width, height) = picture.view();
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n{}</svg>",
            escaped(&self.title),
            picture.body
        )
    }

    /// A file of its own: title, picture, caption, and the colours of both schemes.
    pub(crate) fn standalone(&self) -> String {
        let (width, height) = self.wide.view();
        let title = Lines::of(&self.title, f64::from(width), 60.0);
        let caption = Lines::of(&self.caption, f64::from(width), 48.0);
        let top = title.height() + 40.0;
        let bottom = top + f64::from(height);
        let total = bottom + caption.height() + 40.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {total}\" width=\"760\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n<style>{}</style>\n<rect {} width=\"100%\" height=\"100%\"/>\n",
            escaped(&self.title),
            escaped(&self.caption),
            stylesheet(),
            Role::Surface.filled()
        );
        svg += &title.text(0.0, Role::Ink, 600);
        let _ = write!(
            svg,
            "<g transform=\"translate(0 {top})\">\n{}</g>\n",
            self.wide.body
        );
        svg += &caption.text(bottom, Role::Muted, 400);
        svg.push_str("</svg>\n");
        svg
    }
}

/// Text broken into lines, since SVG does not break it.
struct Lines {
    lines: Vec<String>,
    font: f64,
}

impl Lines {
    fn of(text: &str, width: f64, font: f64) -> Self {
        let characters = ((width - 80.0) / (font * CHARACTER_WIDTH)) as usize;
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + word.chars().count() <= characters => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        Self { lines, font }
    }

    fn height(&self) -> f64 {
        self.lines.len() as f64 * self.font * 1.35
    }

    fn text(&self, top: f64, role: Role, weight: u16) -> String {
        let mut svg = String::new();
        for (index, line) in self.lines.iter().enumerate() {
            let y = top + 20.0 + self.font * (index as f64 * 1.35 + 1.0);
            let _ = writeln!(
                svg,
                "<text {} x=\"40\" y=\"{y:.0}\" font-family=\"sans-serif\" font-weight=\"{weight}\" font-size=\"{}\">{}</text>",
                role.filled(),
                self.font,
                escaped(line)
            );
        }
        svg
    }
}

/// For text and attributes of XML; control characters that XML forbids become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            char if char.is_control() => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}
