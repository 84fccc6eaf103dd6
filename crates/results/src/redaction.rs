//! Takes secrets out of a command line before it is kept.
//!
//! Not for the wire: transcripts are redacted where they are made.

const REDACTED: &str = "***";

/// Options whose value is a secret, unless it begins with `@` and so names a file.
const SECRET_OPTIONS: [&str; 6] = [
    "--jwt-key",
    "--publisher-jwt-key",
    "--subscriber-jwt-key",
    "--publisher-token",
    "--subscriber-token",
    "--token-command",
];

/// Its value is `Name: secret`.
const HEADER_OPTION: &str = "--header";

/// Query parameters that carry a token.
const SECRET_PARAMETERS: [&str; 2] = ["authorization", "access_token"];

/// The arguments with secrets replaced by `***`: keys and tokens, values of `--header`, credentials within URLs. Both
/// `--option value` and `--option=value` are understood; a value that names a file (`@file`) stays.
pub fn redact_command_line<S: AsRef<str>>(arguments: &[S]) -> Vec<String> {
    let mut takes_next: Option<&str> = None;
    let mut redacted = Vec::with_capacity(arguments.len());
    for argument in arguments.iter().map(AsRef::as_ref) {
        if let Some(option) = takes_next.take() {
            redacted.push(value(option, argument));
            continue;
        }
        redacted.push(match argument.split_once('=') {
            Some((option, rest)) if option.starts_with("--") => {
                format!("{option}={}", value(option, rest))
            }
            _ => url(argument),
        });
        takes_next = is_secret(argument).then_some(argument);
    }
    redacted
}

fn is_secret(option: &str) -> bool {
    SECRET_OPTIONS.contains(&option) || option == HEADER_OPTION
}

fn value(option: &str, value: &str) -> String {
    if SECRET_OPTIONS.contains(&option) {
        return if value.starts_with('@') {
            value.to_owned()
        } else {
            REDACTED.to_owned()
        };
    }
    if option == HEADER_OPTION {
        // The name tells what was sent; any value may be a credential of a proxy.
        return value
            .split_once(':')
            .map_or(REDACTED.to_owned(), |(name, _)| {
                format!("{name}: {REDACTED}")
            });
    }
    url(value)
}

/// Without `user:password@`, and without the value of a token parameter.
fn url(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority.to_owned(), |(_, host)| {
            format!("{REDACTED}@{host}")
        });
    let path = match path.split_once('?') {
        None => path.to_owned(),
        Some((path, query)) => format!(
            "{path}?{}",
            query
                .split('&')
                .map(parameter)
                .collect::<Vec<_>>()
                .join("&")
        ),
    };
    format!("{scheme}://{host}{path}")
}

fn parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) => {
            format!("{name}={REDACTED}")
        }
        _ => pair.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::redact_command_line;

    #[test]
    fn no_secret_survives_and_the_rest_does() {
        let cases: [(&[&str], &[&str]); 10] = [
            (
                &["run", "live-score", "--jwt-key", "s3cret"],
                &["run", "live-score", "--jwt-key", "***"],
            ),
            (&["--jwt-key=s3cret=="], &["--jwt-key=***"]),
            (&["--jwt-key", "@key.pem"], &["--jwt-key", "@key.pem"]),
            (
                &["--json", "--jwt-key=s3cret"],
                &["--json", "--jwt-key=***"],
            ),
            (
                &["--publisher-token", "ey.J.x", "--json"],
                &["--publisher-token", "***", "--json"],
            ),
            (
                &["--header", "Authorization: Basic abc"],
                &["--header", "Authorization: ***"],
            ),
            (&["--header=X-Key: abc"], &["--header=X-Key: ***"]),
            (
                &["https://u:p@hub.example/x?a=1"],
                &["https://***@hub.example/x?a=1"],
            ),
            (
                &["--hub", "http://h/x?topic=a&authorization=ey.J"],
                &["--hub", "http://h/x?topic=a&authorization=***"],
            ),
            (
                &["--jwt-key", "--s3cret", "--rate", "10/s"],
                &["--jwt-key", "***", "--rate", "10/s"],
            ),
        ];
        for (given, expected) in cases {
            assert_eq!(redact_command_line(given), expected);
        }
    }
}
