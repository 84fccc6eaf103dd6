//! An exchange as a finding shows it: the line that was asked and the fields that matter, every secret taken out, no body.

use std::fmt::Write as _;

use super::{
    jwt::without_tokens,
    limits::QUOTED_CHARS_AT_MOST,
    scene::{Mechanism, Scene},
};

/// Fields that say what the protocol asks about and nothing of the user.
const SHOWN: [&str; 9] = [
    "content-type",
    "accept",
    "last-event-id",
    "origin",
    "sec-fetch-site",
    "cache-control",
    "user-agent",
    "host",
    "if-none-match",
];

/// Longest request line that is shown.
const LINE_CHARS_AT_MOST: usize = 1_000;

pub(super) fn of(scene: &Scene) -> String {
    let asked = &scene.exchange.asked;
    let mut text = format!("{} {}", asked.method, target(scene));
    for name in SHOWN {
        for value in asked.values(name) {
            // Writing into a String cannot fail.
            let _ = write!(text, "\n{name}: {}", short(value, QUOTED_CHARS_AT_MOST));
        }
    }
    for presented in &scene.presented {
        match &presented.mechanism {
            Mechanism::Header => text.push_str("\nauthorization: [token]"),
            Mechanism::Cookie(name) => {
                let _ = write!(text, "\ncookie: {name}=[token]");
            }
            Mechanism::Query(_) | Mechanism::Body(_) => {}
        }
    }
    let at_s = scene.exchange.at.as_secs_f64();
    let _ = match scene.answer() {
        Some(answer) => write!(
            text,
            "\n(answered {}, {at_s:.1} s after the start)",
            answer.status
        ),
        None => write!(text, "\n(not answered, {at_s:.1} s after the start)"),
    };
    text
}

fn target(scene: &Scene) -> String {
    let mut target = scene.exchange.asked.target.clone();
    for presented in &scene.presented {
        if let Mechanism::Query(name) = &presented.mechanism {
            // As it stands, which a decoded value may not.
            let raw = scene.query.iter().filter(|pair| pair.name == *name);
            for pair in raw {
                let raw = String::from_utf8_lossy(&pair.raw).into_owned();
                target = target.replace(&raw, &format!("{name}=[token]"));
            }
        }
    }
    short(&target, LINE_CHARS_AT_MOST)
}

fn short(text: &str, chars: usize) -> String {
    without_tokens(text).chars().take(chars).collect()
}
