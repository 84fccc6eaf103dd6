//! A plot area with axes, on plotters' SVG backend.
//!
//! Plotters places everything on whole pixels, so everything is drawn four times as large and the view box scales it back.

use std::io;

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::element::{Circle, Cross, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{Cartesian2d, ChartBuilder, DrawingArea, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, ShapeStyle, TextStyle};

use super::axis::Axis;
use super::palette::{Role, classed};

pub(super) type Error = DrawingAreaErrorKind<io::Error>;

/// How much larger than in the view everything is drawn.
const SCALE: i32 = 4;

/// Font size of labels in the view.
const FONT: i32 = 13;

/// Plotters divides font sizes by this before it writes them.
const PLOTTERS_FONT: f64 = 1.24;

/// Two sizes, since text in a picture that is scaled down to a phone cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Wide,
    Narrow,
}

impl Size {
    /// Distance of labels such as `1.5 ms` along a horizontal axis, as a share of it.
    pub(super) const fn label_distance(self) -> f64 {
        match self {
            Self::Wide => 0.07,
            Self::Narrow => 0.18,
        }
    }

    /// Width in the view.
    pub(super) const fn width(self) -> i32 {
        match self {
            Self::Wide => 760,
            Self::Narrow => 352,
        }
    }
}

/// The inside of an `<svg>`.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) body: String,
    width: i32,
    height: i32,
}

impl Picture {
    /// Width and height of the view box.
    pub(super) const fn view(&self) -> (i32, i32) {
        (self.width * SCALE, self.height * SCALE)
    }
}

/// Where a text is anchored to its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    LeftMiddle,
    RightMiddle,
    RightBottom,
    CentreTop,
    LeftBottom,
}

type Context<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Something to draw on, in the coordinates of its axes.
pub(super) struct Canvas<'a, 'b> {
    area: &'a DrawingArea<SVGBackend<'b>, Shift>,
    chart: Context<'a, 'b>,
}

/// Margins around the plot area, in the view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Margins {
    pub(super) left: i32,
    pub(super) right: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
}

impl Margins {
    /// Room for labels of latencies on the left, of the axis below, and its title above.
    pub(super) const AXES: Self = Self {
        left: 62,
        right: 18,
        top: 28,
        bottom: 42,
    };
    /// No axes at all.
    pub(super) const BARE: Self = Self {
        left: 1,
        right: 1,
        top: 2,
        bottom: 2,
    };
}

/// Draws a grid with its axes, and then what `draw` adds.
pub(super) fn plot(
    (size, height): (Size, i32),
    margins: Margins,
    x: &Axis,
    y: &Axis,
    draw: impl FnOnce(&mut Canvas<'_, '_>) -> Result<(), Error>,
) -> Result<Picture, Error> {
    let (width, mut svg) = (size.width(), String::new());
    {
        let backend =
            SVGBackend::with_string(&mut svg, ((width * SCALE) as u32, (height * SCALE) as u32));
        let area = backend.into_drawing_area();
        let chart = ChartBuilder::on(&area)
            .margin_left(margins.left * SCALE)
            .margin_right(margins.right * SCALE)
            .margin_top(margins.top * SCALE)
            .margin_bottom(margins.bottom * SCALE)
            .build_cartesian_2d(x.from..x.to, y.from..y.to)?;
        let mut canvas = Canvas { area: &area, chart };
        canvas.grid(x, y)?;
        draw(&mut canvas)?;
        area.present()?;
    }
    // Without plotters' own outermost element: the size is the page's matter.
    let inside = svg.split_once('>').map_or("", |(_, rest)| rest);
    let inside = inside
        .rsplit_once("</svg>")
        .map_or(inside, |(inside, _)| inside);
    Ok(Picture {
        body: classed(inside.trim_start().to_owned()),
        width,
        height,
    })
}

fn stroke(role: Role, width: f64, opacity: f64) -> ShapeStyle {
    role.colour()
        .mix(opacity)
        .stroke_width((width * f64::from(SCALE)) as u32)
}

impl Canvas<'_, '_> {
    fn grid(&mut self, x: &Axis, y: &Axis) -> Result<(), Error> {
        for (at, label) in &y.ticks {
            self.line(&[(x.from, *at), (x.to, *at)], Role::Grid, 1.0)?;
            self.label(
                (x.from, *at),
                (-8, 0),
                Anchor::RightMiddle,
                label,
                Role::Muted,
            )?;
        }
        for (at, label) in &x.ticks {
            self.line(&[(*at, y.from), (*at, y.to)], Role::Grid, 1.0)?;
            self.label((*at, y.from), (0, 6), Anchor::CentreTop, label, Role::Muted)?;
        }
        if !y.title.is_empty() {
            self.label(
                (x.from, y.to),
                (-54, -10),
                Anchor::LeftBottom,
                &y.title,
                Role::Ink,
            )?;
        }
        if !x.title.is_empty() {
            self.label(
                (x.to, y.from),
                (0, 38),
                Anchor::RightBottom,
                &x.title,
                Role::Ink,
            )?;
        }
        Ok(())
    }

    /// Through all points.
    pub(super) fn line(
        &mut self,
        points: &[(f64, f64)],
        role: Role,
        width: f64,
    ) -> Result<(), Error> {
        self.chart
            .plotting_area()
            .draw(&PathElement::new(points.to_vec(), stroke(role, width, 1.0)))
    }

    /// Through all points, dashed, with `dash` and `gap` in the view.
    pub(super) fn dashed(
        &mut self,
        points: &[(f64, f64)],
        (dash, gap): (i32, i32),
        role: Role,
        width: f64,
    ) -> Result<(), Error> {
        let series = plotters::series::DashedLineSeries::new(
            points.to_vec(),
            dash * SCALE,
            gap * SCALE,
            stroke(role, width, 1.0),
        );
        self.chart.draw_series(series)?;
        Ok(())
    }

    /// A filled shape.
    pub(super) fn shape(
        &mut self,
        points: &[(f64, f64)],
        role: Role,
        opacity: f64,
    ) -> Result<(), Error> {
        self.chart
            .plotting_area()
            .draw(&Polygon::new(points.to_vec(), role.colour().mix(opacity)))
    }

    /// A filled rectangle.
    pub(super) fn cell(
        &mut self,
        from: (f64, f64),
        to: (f64, f64),
        role: Role,
        opacity: f64,
    ) -> Result<(), Error> {
        self.chart.plotting_area().draw(&Rectangle::new(
            [from, to],
            role.colour().mix(opacity).filled(),
        ))
    }

    /// A dot of a radius in the view, with a rim that keeps it apart from what is behind it.
    pub(super) fn dot(&mut self, at: (f64, f64), radius: f64, role: Role) -> Result<(), Error> {
        let radius = (radius * f64::from(SCALE)) as i32;
        self.chart
            .plotting_area()
            .draw(&Circle::new(at, radius, role.colour().filled()))
    }

    /// A cross: something never came.
    pub(super) fn cross(&mut self, at: (f64, f64), role: Role) -> Result<(), Error> {
        self.chart
            .plotting_area()
            .draw(&Cross::new(at, 4 * SCALE, stroke(role, 2.0, 1.0)))
    }

    /// Text beside a point, moved by pixels of the view.
    pub(super) fn label(
        &mut self,
        at: (f64, f64),
        (right, down): (i32, i32),
        anchor: Anchor,
        text: &str,
        role: Role,
    ) -> Result<(), Error> {
        let (h, v) = match anchor {
            Anchor::LeftMiddle => (HPos::Left, VPos::Center),
            Anchor::RightMiddle => (HPos::Right, VPos::Center),
            Anchor::RightBottom => (HPos::Right, VPos::Bottom),
            Anchor::CentreTop => (HPos::Center, VPos::Top),
            Anchor::LeftBottom => (HPos::Left, VPos::Bottom),
        };
        let font = ("sans-serif", f64::from(FONT * SCALE) * PLOTTERS_FONT)
            .into_font()
            .style(FontStyle::Normal);
        let colour = role.colour();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(h, v));
        let (x, y) = self.chart.backend_coord(&at);
        self.area.draw(&Text::new(
            text.to_owned(),
            (x + right * SCALE, y + down * SCALE),
            style,
        ))
    }
}

impl Canvas<'_, '_> {
    /// A piece of line for a legend, 28 long, moved from a point by pixels of the view.
    pub(super) fn sample(
        &mut self,
        at: (f64, f64),
        (right, down): (i32, i32),
        dash: Option<(i32, i32)>,
        role: Role,
    ) -> Result<(), Error> {
        let (x, y) = self.chart.backend_coord(&at);
        let (x, y) = (x + right * SCALE, y + down * SCALE);
        let (dash, gap) = dash.unwrap_or((28, 0));
        let mut from = 0;
        while from < 28 {
            let to = (from + dash).min(28);
            let points = vec![(x + from * SCALE, y), (x + to * SCALE, y)];
            self.area
                .draw(&PathElement::new(points, stroke(role, 2.5, 1.0)))?;
            from = to + gap.max(1);
        }
        Ok(())
    }
}

impl Canvas<'_, '_> {
    /// A dot for a legend, moved from a point by pixels of the view.
    pub(super) fn spot(
        &mut self,
        at: (f64, f64),
        (right, down): (i32, i32),
        role: Role,
    ) -> Result<(), Error> {
        let (x, y) = self.chart.backend_coord(&at);
        let centre = (x + right * SCALE, y + down * SCALE);
        self.area
            .draw(&Circle::new(centre, 4 * SCALE, role.colour().filled()))
    }
}
