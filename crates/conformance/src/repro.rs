//! A script of `curl` commands that sends again what a check sent, to the same hub or to another one (`HUB`), on topics of its own each
//! time. Secrets are placeholders: keys come from the environment, tokens are minted by the script. Not for running.

mod literal;

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    check::Check,
    hub::Hub,
    request::{Credential, Place, Request},
    runs::{Part, parts},
    target::HttpVersion,
    token::{Keys, Role, Signing, Token, TokenDraft},
    transcript::{Record, Sent},
};
use literal::Variables;

/// Answers that do not end, do so after so long, since a script has nobody to stop it.
const ANSWER_SECONDS: u32 = 3;
/// Streams are ended by the script once all is sent; those of a script that was left alone, after so long.
const STREAM_SECONDS: u32 = 120;
/// Longer content is no argument any more on every system; it goes through a pipe.
const ARGUMENT_BYTES_AT_MOST: usize = 4 << 10;

const FUNCTIONS: &str = r#"NOW=$(date +%s)
SPACE=${SPACE:-$NOW-$(printf %05d%05d $RANDOM $RANDOM)}
ORIGIN=$(printf %s "$HUB" | sed -E 's#^([a-z]+://[^/]+).*#\1#')
STREAMS=$(mktemp -d); trap 'rm -r "$STREAMS"' EXIT; PIDS=()
b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# jwt HEADER CLAIMS SECRET: a token signed with HMAC; for other algorithms set TOKEN_n by hand
jwt() {
  local input; input="$(printf %s "$1" | b64).$(printf %s "$2" | b64)"
  local digest=sha256; case "$1" in *HS384*) digest=sha384;; *HS512*) digest=sha512;; esac
  printf '%s.%s' "$input" "$(printf %s "$input" | openssl dgst -"$digest" -hmac "$3" -binary | b64)"
}
# alter HOW: passes a token on, since it takes more than a shell to alter it
alter() { echo "TOKEN_n to be set by hand: $1" >&2; cat; }
"#;
const END: &str = r#"
# What is still to come has this long.
sleep 1
if [ "${#PIDS[@]}" -gt 0 ]; then kill "${PIDS[@]}" 2> "$STREAMS/ended"; wait "${PIDS[@]}" 2> "$STREAMS/ended"; fi
for stream in "$STREAMS"/[0-9]*; do
  if [ -e "$stream" ]; then printf '\n== what came on stream %s\n' "${stream##*/}"; cat "$stream"; fi
done
"#;

/// The script.
pub(crate) fn script(hub: &Hub, check: &Check, record: &Record) -> String {
    let requirements: Vec<_> = check.rules.iter().map(|rule| rule.requirement).collect();
    let mut script = Script::of(hub, &record.space);
    script.line("#!/usr/bin/env bash");
    script.line(&format!(
        "# {} judges {}",
        check.id,
        requirements.join(", ")
    ));
    if let Some(does) = check.does() {
        script.line(&format!("# Sends {}.", does.replace('\n', " ")));
    }
    script.line("# Needs bash, curl and openssl; ASSAY_PUBLISHER_JWT_KEY and ASSAY_SUBSCRIBER_JWT_KEY (secrets), or ready tokens in TOKEN_n.");
    let endpoint = &hub.target.endpoint;
    for (name, url) in [("HUB", endpoint.hub()), ("PUBLISH_HUB", endpoint.publish())] {
        let url = plain(url.url().as_given());
        script.line(&format!("{name}=${{{name}:-{url}}}"));
    }
    script.text.push_str(FUNCTIONS);
    for (index, sent) in record.requests.iter().enumerate() {
        script.request(index + 1, sent, &record.requests[index + 1..]);
    }
    script.text.push_str(END);
    script.text
}

/// A text without anything in it that is taken from a variable.
fn plain(text: &str) -> String {
    Variables::default().quote(text)
}

struct Script<'h> {
    hub: &'h Hub,
    text: String,
    variables: Variables,
}

impl<'h> Script<'h> {
    fn of(hub: &'h Hub, space: &str) -> Self {
        let mut variables = Variables::default();
        variables.define(space, "SPACE");
        variables.define(hub.target.endpoint.hub().url().as_given(), "HUB");
        Self {
            hub,
            text: String::new(),
            variables,
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn quote(&self, text: &str) -> String {
        self.variables.quote(text)
    }

    fn request(&mut self, number: usize, sent: &Sent, later: &[Sent]) {
        let request = &sent.request;
        self.line(&format!("\necho; echo '== {number}: {}'", request.method));
        for (index, credential) in request.credentials.iter().enumerate() {
            self.token(&name(number, index), credential.token());
        }
        let is_stream = request
            .headers
            .iter()
            .any(|(_, value)| value == "text/event-stream");
        let seconds = if is_stream {
            STREAM_SECONDS
        } else {
            ANSWER_SECONDS
        };
        let command = self.command(number, request, seconds);
        let used = sent
            .id
            .as_deref()
            .filter(|id| is_needed(id, request, later));
        if is_stream {
            self.line(&format!(
                "{command} > \"$STREAMS/{number}\" 2>&1 &\nsleep 0.3"
            ));
        } else if let Some(id) = used {
            self.line(&format!("ANSWER_{number}=$({command})"));
            self.line(&format!("printf '%s\\n' \"$ANSWER_{number}\""));
            // The id is the body, which ends without a line feed.
            self.line(&format!("ID_{number}=${{ANSWER_{number}##*$'\\n'}}"));
            self.variables.define(id, &format!("ID_{number}"));
        } else {
            self.line(&command);
        }
    }

    fn command(&self, number: usize, request: &Request, seconds: u32) -> String {
        let content = plain_content(request);
        let piped = content
            .as_ref()
            .and_then(|(_, bytes)| self.pipe(bytes, request.padding_bytes));
        let mut command = String::new();
        if let Some(pipe) = &piped {
            let _ = write!(command, "{pipe} | ");
        }
        let flag = http_flag(self.hub, request);
        // Writing into a String cannot fail, here and below.
        let _ = write!(
            command,
            "curl -sS -i -N --max-time {seconds}{flag} -X {}",
            request.method
        );
        for (name, value) in &request.headers {
            let field = self.quote(&format!("{name}: {value}"));
            let _ = write!(command, " \\\n  -H {field}");
        }
        for (index, credential) in request.credentials.iter().enumerate() {
            push_credential(&mut command, credential, &name(number, index));
        }
        if let Some((content_type, bytes)) = &content {
            if !content_type.is_empty() {
                let field = self.quote(&format!("Content-Type: {content_type}"));
                let _ = write!(command, " \\\n  -H {field}");
            }
            let data = match piped {
                Some(_) => "@-".to_owned(),
                None => self.quote(&String::from_utf8_lossy(bytes)),
            };
            let _ = write!(command, " \\\n  --data-binary {data}");
        }
        let _ = write!(command, " \\\n  {}", self.url(number, request));
        command
    }

    fn url(&self, number: usize, request: &Request) -> String {
        let plain = request.clone().anonymous();
        let target = plain.target("", NO_KEYS).unwrap_or_default();
        let base = match &request.place {
            Place::Hub => "HUB",
            Place::Publish => "PUBLISH_HUB",
            Place::Path(_) => "ORIGIN",
        };
        let mut url = format!("\"${base}\"{}", self.quote(&target));
        for (index, credential) in request.credentials.iter().enumerate() {
            if let Credential::Query(parameter, _) = credential {
                let is_first = !target.contains('?') && index == 0;
                let separator = if is_first { '?' } else { '&' };
                let _ = write!(url, "\"{separator}{parameter}=${}\"", name(number, index));
            }
        }
        url
    }

    fn token(&mut self, variable: &str, token: &Token) {
        let line = match token {
            Token::Ready(_) => {
                format!("{variable}=${{{variable}:?set it to the token that was given}}")
            }
            Token::Text(text) => format!("{variable}={}", self.quote(text)),
            Token::Draft(draft) => format!("{variable}=${{{variable}:-$({})}}", self.mint(draft)),
        };
        self.line(&line);
    }

    fn mint(&self, draft: &TokenDraft) -> String {
        let key = |role: &Role| match role {
            Role::Publisher => "\"$ASSAY_PUBLISHER_JWT_KEY\"",
            Role::Subscriber => "\"$ASSAY_SUBSCRIBER_JWT_KEY\"",
        };
        let header = self.quote(&draft.header.to_string());
        let claims = self.claims(&draft.claims);
        match &draft.signing {
            Signing::Role(role) => format!("jwt {header} {claims} {}", key(role)),
            Signing::Flipped(role) => format!(
                "jwt {header} {claims} {} | sed 's/\\.\\([^.]\\)\\([^.]*\\)$/.A\\2/'",
                key(role)
            ),
            Signing::Altered(role, alteration) => format!(
                "jwt {header} {claims} {} | alter {}",
                key(role),
                plain(alteration.says)
            ),
            Signing::Issuer(_, issuer) => {
                format!(
                    "jwt {header} {claims} \"${{ISSUER_JWT_KEY:?set it to the key of {issuer}}}\""
                )
            }
            Signing::Key(_) => {
                format!("jwt {header} {claims} 'another key, which the hub does not know'")
            }
            Signing::Unsigned => format!("jwt {header} {claims} x | sed 's/[^.]*$//'"),
        }
    }

    /// Commands that write large content; none where it can stand in the command of curl.
    fn pipe(&self, content: &[u8], padding_bytes: usize) -> Option<String> {
        if content.len() + padding_bytes <= ARGUMENT_BYTES_AT_MOST {
            return None;
        }
        let text = String::from_utf8_lossy(content);
        let padding = (padding_bytes > 0).then_some(Part::Run('a', padding_bytes));
        let parts = parts(&text).into_iter().chain(padding);
        let commands: Vec<_> = parts
            .map(|part| match part {
                Part::Plain(plain) => format!("printf %s {}", self.quote(plain)),
                Part::Run(char, count) if char.is_ascii_alphanumeric() => {
                    format!("head -c {count} /dev/zero | tr '\\0' {char}")
                }
                Part::Run(char, count) => {
                    format!("printf %s {}", plain(&char.to_string().repeat(count)))
                }
            })
            .collect();
        Some(format!("{{ {}; }}", commands.join("; ")))
    }

    // Times are written relative to the time at which the script runs.
    fn claims(&self, claims: &Value) -> String {
        let mut quoted = self.quote(&claims.to_string());
        for name in ["iat", "exp", "nbf"] {
            if let Some(time) = claims.get(name).and_then(Value::as_u64) {
                let offset = i128::from(time) - i128::from(self.hub.now_unix_s);
                quoted = quoted.replace(
                    &format!("\"{name}\":{time}"),
                    &format!("\"{name}\":'$((NOW + {offset}))'"),
                );
            }
        }
        quoted
    }
}

/// Whether a later request has the id in it that the hub gave; one that the publisher gave stands there anyhow.
fn is_needed(id: &str, request: &Request, later: &[Sent]) -> bool {
    let has = |request: &Request| format!("{request:?}").contains(id);
    !has(request) && later.iter().any(|sent| has(&sent.request))
}

fn push_credential(command: &mut String, credential: &Credential, variable: &str) {
    let _ = match credential {
        Credential::Bearer(_) => {
            write!(command, " \\\n  -H \"Authorization: Bearer ${variable}\"")
        }
        Credential::Cookie(cookie, _) => {
            write!(command, " \\\n  -H \"Cookie: {cookie}=${variable}\"")
        }
        Credential::Scheme(scheme, _) => {
            write!(command, " \\\n  -H \"Authorization: {scheme} ${variable}\"")
        }
        Credential::Field(field, _) => write!(command, " \\\n  --data \"{field}=${variable}\""),
        // It stands in the URL.
        Credential::Query(..) => Ok(()),
    };
}

// Over TLS curl would choose for itself.
fn http_flag(hub: &Hub, request: &Request) -> &'static str {
    let is_https = match request.place {
        Place::Publish => hub.target.endpoint.publish().url().is_https(),
        Place::Hub | Place::Path(_) => hub.target.endpoint.hub().url().is_https(),
    };
    match (request.http.unwrap_or(hub.target.http), is_https) {
        (HttpVersion::Http1, false) => "",
        (HttpVersion::Http1, true) => " --http1.1",
        (HttpVersion::Http2, false) => " --http2-prior-knowledge",
        (HttpVersion::Http2, true) => " --http2",
    }
}

fn name(number: usize, index: usize) -> String {
    match index {
        0 => format!("TOKEN_{number}"),
        further => format!("TOKEN_{number}_{further}"),
    }
}

/// No credential is left in what they encode.
const NO_KEYS: Keys<'static> = Keys {
    publisher: None,
    subscriber: None,
};

fn plain_content(request: &Request) -> Option<(String, Vec<u8>)> {
    let plain = request.clone().anonymous();
    plain.content_bytes(NO_KEYS).ok().flatten()
}
