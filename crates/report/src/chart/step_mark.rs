//! What a step of a search said, as a mark: told apart by shape, not by colour alone.

use assay_results::StepVerdict;

use super::canvas::{Anchor, Canvas, Error, Size};
use super::palette::Role;
use crate::sentence::capacity::step_verdict;

const ALL: [StepVerdict; 4] = [
    StepVerdict::Met,
    StepVerdict::Missed,
    StepVerdict::NotMeasurable,
    StepVerdict::Undecided,
];

/// Room above the picture for [`legend`].
pub(super) const fn legend_height(size: Size) -> i32 {
    match size {
        Size::Wide => 24,
        Size::Narrow => 46,
    }
}

/// A mark at a place of the picture.
pub(super) fn mark(
    canvas: &mut Canvas<'_, '_>,
    at: (f64, f64),
    verdict: StepVerdict,
) -> Result<(), Error> {
    match verdict {
        StepVerdict::Met => canvas.dot(at, 4.5, Role::Blue),
        StepVerdict::Missed => canvas.cross(at, Role::Vermillion),
        StepVerdict::NotMeasurable => {
            canvas.dot(at, 4.5, Role::Muted)?;
            canvas.dot(at, 2.5, Role::Surface)
        }
        StepVerdict::Undecided => canvas.label(at, (-3, 0), Anchor::LeftMiddle, "?", Role::Ink),
    }
}

/// Of the verdicts that occur, above the picture, whose upper left corner is given.
pub(super) fn legend(
    canvas: &mut Canvas<'_, '_>,
    size: Size,
    (left, top): (f64, f64),
    occurs: impl Fn(StepVerdict) -> bool,
) -> Result<(), Error> {
    let (columns, width) = match size {
        Size::Wide => (4, 130),
        Size::Narrow => (2, 140),
    };
    let verdicts = ALL.into_iter().filter(|verdict| occurs(*verdict));
    for (index, verdict) in (0_i32..).zip(verdicts) {
        let right = index % columns * width - 46;
        let down = index / columns * 21 - legend_height(size) - 14;
        match verdict {
            StepVerdict::Met => canvas.spot((left, top), (right, down), Role::Blue)?,
            StepVerdict::Missed => {
                let at = (right - 5, down);
                canvas.label((left, top), at, Anchor::LeftMiddle, "×", Role::Vermillion)?;
            }
            StepVerdict::NotMeasurable => {
                let at = (right - 5, down);
                canvas.label((left, top), at, Anchor::LeftMiddle, "○", Role::Muted)?;
            }
            StepVerdict::Undecided => {
                let at = (right - 3, down);
                canvas.label((left, top), at, Anchor::LeftMiddle, "?", Role::Ink)?;
            }
        }
        canvas.label(
            (left, top),
            (right + 10, down),
            Anchor::LeftMiddle,
            step_verdict(verdict),
            Role::Ink,
        )?;
    }
    Ok(())
}
