//! The command line, read; and what clap says about one that it refuses, without what may be a secret in it.
//!
//! clap repeats the word that it cannot place. Behind a key that was not quoted, that word is a piece of the key.

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

use crate::args::Cli;

/// The options whose value is a secret. A test holds it against the definitions.
pub(crate) const SECRET_OPTIONS: [&str; 7] = [
    "--jwt-key",
    "--publisher-jwt-key",
    "--subscriber-jwt-key",
    "--publisher-token",
    "--subscriber-token",
    "--token-command",
    "--header",
];

/// What stands in the place of a word that is not shown.
const HIDDEN: &str = "(not shown: it may belong to a key or token; quote what has spaces)";

/// The command line of this process. Ends the process where clap refuses it, or answers by itself, as to `--help`.
pub(crate) fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        let arguments: Vec<_> = std::env::args_os()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        without_secrets(error, &arguments).exit()
    })
}

fn without_secrets(mut error: clap::Error, arguments: &[String]) -> clap::Error {
    let words = words_of_secrets(arguments);
    let shown: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) if words.contains(&text.as_str()) => Some(kind),
            _ => None,
        })
        .collect();
    for kind in &shown {
        error.insert(*kind, ContextValue::String(HIDDEN.to_owned()));
    }
    if !shown.is_empty() {
        // They repeat the word.
        error.remove(ContextKind::Suggested);
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::SuggestedValue);
        error.remove(ContextKind::SuggestedSubcommand);
    }
    error
}

/// The words that are, or may be, part of a secret: its value, and all behind it up to the next option.
fn words_of_secrets(arguments: &[String]) -> Vec<&str> {
    let mut words = Vec::new();
    let mut value_is_next = false;
    let mut behind_a_secret = false;
    for argument in arguments {
        let is_secret = |option: &&str| argument.starts_with(*option);
        if value_is_next {
            words.push(argument.as_str());
            (value_is_next, behind_a_secret) = (false, true);
        } else if SECRET_OPTIONS.contains(&argument.as_str()) {
            value_is_next = true;
        } else if SECRET_OPTIONS.iter().any(is_secret) {
            // `--jwt-key=SECRET`, and `--jwt-keySECRET`, which is none of ours.
            words.push(argument.as_str());
            words.extend(argument.split_once('=').map(|(_, value)| value));
            behind_a_secret = true;
        } else if argument.starts_with('-') {
            behind_a_secret = false;
        } else if behind_a_secret {
            words.push(argument.as_str());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// As clap refuses `line`, whose words are separated by a bar.
    fn refusal(line: &str) -> String {
        let arguments: Vec<_> = line.split('|').map(str::to_owned).collect();
        let error = Cli::try_parse_from(&arguments).expect_err(line);
        without_secrets(error, &arguments).to_string()
    }

    #[test]
    fn no_word_of_a_secret_is_repeated() {
        for line in [
            "assay|run|live-score|--jwt-key|hush|--bogus",
            "assay|run|live-score|--jwt-key|hush|hush",
            "assay|run|live-score|--jwt-key=|hush",
            "assay|run|live-score|--jwt-key=hush|hush",
            "assay|run|live-score|--jwt-keyhush",
            "assay|run|live-score|--jwtkey=hush",
            "assay|check|URL|--publisher-token|a|hush|more",
            "assay|subscribe|URL|t|--token-command|printf|hush|--bogus",
            "assay|publish|URL|t|d|--header|Authorization:|Bearer|hush",
            "assay|token|--jwt-key|-----BEGIN|PRIVATE|KEY-----|hush",
            "assay|hub|--jwt-key|-----BEGIN|hush",
            "assay|--jwt-key|hush|run",
        ] {
            let refusal = refusal(line);
            assert!(!refusal.contains("hush"), "{line}: {refusal}");
        }
        let refusal = refusal("assay|run|--jwt-key|hush|--json|live-score|extra");
        assert!(refusal.contains("'extra'"), "{refusal}");
    }

    /// Each command: PEM begins with dashes, and were it taken for a flag, clap would refuse it and print it.
    #[test]
    fn secrets_may_begin_with_dashes_and_never_show() {
        let pem = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----";
        let mut found = 0;
        for command in Cli::command().get_subcommands() {
            let place: &[&str] = match command.get_name() {
                "run" => &["live-score"],
                "doctor" => &["URL"],
                "publish" | "subscribe" => &["URL", "topic"],
                "watch" => &["--upstream", "URL"],
                _ => &[],
            };
            for option in SECRET_OPTIONS {
                let long = option.trim_start_matches('-');
                if !command
                    .get_arguments()
                    .any(|it| it.get_long() == Some(long))
                {
                    continue;
                }
                found += 1;
                let line = [&["assay", command.get_name()], place, &[option, pem]].concat();
                let parsed = Cli::try_parse_from(&line).unwrap_or_else(|error| {
                    panic!("{line:?}: {}", error.kind());
                });
                assert!(!format!("{parsed:?}").contains("hush"), "{line:?}");
            }
        }
        assert_eq!(found, 3 + 1 + 1 + 7 * SECRET_OPTIONS.len());
    }

    /// An option that takes a key or token is in the list.
    #[test]
    fn all_secret_options_are_known() {
        for command in Cli::command().get_subcommands() {
            for argument in command.get_arguments() {
                let takes_secret = argument.get_value_names().is_some_and(|names| {
                    names.iter().any(|name| {
                        matches!(name.as_str(), "KEY" | "TOKEN" | "CMD" | "NAME: VALUE")
                    })
                });
                let option = format!("--{}", argument.get_long().unwrap_or_default());
                assert_eq!(
                    takes_secret,
                    SECRET_OPTIONS.contains(&option.as_str()),
                    "{} {option}",
                    command.get_name()
                );
            }
        }
    }
}
