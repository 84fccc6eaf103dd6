//! Colours by what they mean: Okabe and Ito's palette for the colour-blind, in light and in dark.

use std::fmt::Write as _;

use plotters::style::RGBColor;

/// What a colour means. Series are told apart by dash and label too, never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Text, and what was lost.
    Ink,
    /// Secondary text.
    Muted,
    /// Lines of the grid.
    Grid,
    /// The page.
    Surface,
    /// First series; on time.
    Blue,
    /// Second series; the last subscriber; lost in a strip.
    Vermillion,
    /// Third series.
    Green,
    /// Late.
    Orange,
    /// Replayed.
    Sky,
}

/// What a role looks like.
struct Colours {
    role: Role,
    class: &'static str,
    /// In light; distinct, since it also marks the role until [`classed`].
    light: (u8, u8, u8),
    dark: &'static str,
}

const fn colours(
    role: Role,
    class: &'static str,
    light: (u8, u8, u8),
    dark: &'static str,
) -> Colours {
    Colours {
        role,
        class,
        light,
        dark,
    }
}

const COLOURS: [Colours; 9] = [
    colours(Role::Ink, "ink", (0x1B, 0x1F, 0x24), "#E8EAED"),
    colours(Role::Muted, "muted", (0x57, 0x60, 0x6A), "#A3ADB8"),
    colours(Role::Grid, "grid", (0xDD, 0xE2, 0xE7), "#30363D"),
    colours(Role::Surface, "surface", (0xFF, 0xFF, 0xFF), "#14181D"),
    colours(Role::Blue, "blue", (0x00, 0x72, 0xB2), "#4DA9E0"),
    colours(
        Role::Vermillion,
        "vermillion",
        (0xD5, 0x5E, 0x00),
        "#F58A45",
    ),
    colours(Role::Green, "green", (0x00, 0x9E, 0x73), "#35C79B"),
    colours(Role::Orange, "orange", (0xE6, 0x9F, 0x00), "#F0B62E"),
    colours(Role::Sky, "sky", (0x56, 0xB4, 0xE9), "#86CBF2"),
];

impl Colours {
    fn hex(&self) -> String {
        let (red, green, blue) = self.light;
        format!("#{red:02X}{green:02X}{blue:02X}")
    }
}

impl Role {
    /// The attributes of an element that is filled with it.
    pub(super) fn filled(self) -> String {
        let RGBColor(red, green, blue) = self.colour();
        classed(format!("fill=\"#{red:02X}{green:02X}{blue:02X}\""))
    }

    /// The colour that marks it until [`classed`].
    pub(super) fn colour(self) -> RGBColor {
        let colours = COLOURS.iter().find(|colours| colours.role == self);
        let (red, green, blue) = colours.expect("invariant: each role has its colours").light;
        RGBColor(red, green, blue)
    }
}

/// Colours of an SVG as classes beside the attributes, which stay for viewers without CSS.
pub(super) fn classed(mut svg: String) -> String {
    for colours in &COLOURS {
        for attribute in ["fill", "stroke"] {
            let plain = format!("{attribute}=\"{}\"", colours.hex());
            let classed = format!("class=\"{attribute}-{}\" {plain}", colours.class);
            svg = svg.replace(&plain, &classed);
        }
    }
    svg
}

/// The classes for both schemes.
pub(crate) fn stylesheet() -> String {
    let (mut light, mut dark) = (String::new(), String::new());
    for colours in &COLOURS {
        for (css, colour) in [
            (&mut light, colours.hex()),
            (&mut dark, colours.dark.to_owned()),
        ] {
            let class = colours.class;
            let _ = write!(
                css,
                ".fill-{class}{{fill:{colour}}}.stroke-{class}{{stroke:{colour}}}"
            );
        }
    }
    format!(
        "svg text{{font-family:system-ui,sans-serif}}{light}@media(prefers-color-scheme:dark){{{dark}}}"
    )
}
