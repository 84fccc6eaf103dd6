//! What is shown while the checks run, all on stderr.

use std::io::IsTerminal;

use assay_conformance::Progress;
use assay_results::{StepOutcome, Verdict};

use crate::console;

/// Steps of the preflight that failed, each red check as it comes, and on a terminal a line that counts.
pub(super) fn progress_line() -> impl FnMut(Progress) + Send {
    let terminal = std::io::stderr().is_terminal();
    let (mut done, mut expected, mut red) = (0_usize, 0_usize, 0_usize);
    move |progress| {
        match progress {
            Progress::Preflight(step) => {
                if step.outcome == StepOutcome::Failed {
                    console::tell(format_args!("preflight: {}: {}", step.name, step.detail));
                }
                return;
            }
            Progress::Begins {
                variant,
                dialect,
                checks,
            } => {
                expected += checks;
                if !terminal {
                    let variant = variant.map(|variant| format!("variant {variant}, "));
                    let variant = variant.unwrap_or_default();
                    console::tell(format_args!("{variant}dialect {dialect}: {checks} checks"));
                }
            }
            Progress::Checked { check, verdict } => {
                done += 1;
                if matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error) {
                    red += 1;
                    let wipe = if terminal { "\r\x1b[K" } else { "" };
                    console::tell(format_args!("{wipe}{verdict} {check}"));
                }
            }
            Progress::Rerun { .. } => {}
        }
        if terminal {
            let wipe = if done == expected { "\r\x1b[K" } else { "" };
            console::tell_in_place(format_args!(
                "\r{done} of {expected} checks, {red} red {wipe}"
            ));
        }
    }
}
