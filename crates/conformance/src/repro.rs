//! A script of `curl` commands that sends again what a check sent, to the same hub or to another one (`HUB`), on topics of its own each
//! time, and otherwise does what the check did: it waits for what the hub tells, ends streams, and lets tokens expire. Secrets are
//! placeholders: keys come from the environment, tokens are minted by the script. Not for running.

mod functions;
mod literal;

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

use crate::{
    check::Check,
    hub::Hub,
    request::{Credential, Place, Request},
    runs::{Part, parts},
    target::HttpVersion,
    token::{Keys, Role, Signing, Token, TokenDraft},
    transcript::{Found, Given, Record, Sent, Step},
};
use literal::Variables;

/// Answers that do not end, do so after so long, since a script has nobody to stop it.
const ANSWER_SECONDS: u32 = 3;
/// Streams are ended by the script once all is sent; those of a script that was left alone, after so long.
const STREAM_SECONDS: u32 = 120;
/// A stream that ends at once is not waited for.
const WAIT_MS_AT_LEAST: u128 = 500;
/// Nearer times of a token count from the request that has it, not from the beginning of the script.
const SOON_S: i128 = 600;
/// Longer content is no argument any more on every system; it goes through a pipe.
const ARGUMENT_BYTES_AT_MOST: usize = 4 << 10;

const BEGIN: &str = r#"NOW=$(date +%s)
SPACE=${SPACE:-$NOW-$(printf %05d%05d $RANDOM $RANDOM)}
ORIGIN=$(printf %s "$HUB" | sed -E 's#^([a-z]+://[^/]+).*#\1#')
STREAMS=$(mktemp -d); PIDS=()
trap 'kill "${PIDS[@]}" 2> "$STREAMS/ended"; wait 2> "$STREAMS/ended"; rm -r "$STREAMS"' EXIT
"#;
const END: &str = r#"
# What is still to come has this long.
sleep 1
for stream in "${!PIDS[@]}"; do
  state=over; if kill -0 "${PIDS[stream]}" 2> "$STREAMS/ended"; then state='still open'; fi
  printf '\n== what came on stream %s, which is %s\n' "$stream" "$state"; cat "$STREAMS/$stream"
done
"#;

/// The script.
pub(crate) fn script(hub: &Hub, check: &Check, record: &Record) -> String {
    let requirements: Vec<_> = check.rules.iter().map(|rule| rule.requirement).collect();
    let mut script = Script::of(hub, record);
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
    script.text.push_str(BEGIN);
    let beginning = std::mem::take(&mut script.text);
    for (index, step) in record.steps.iter().enumerate() {
        script.step(step, &record.steps[index + 1..]);
    }
    let commands = script.text;
    beginning + &functions::called(&commands) + &commands + END
}

/// A text without anything in it that is taken from a variable.
fn plain(text: &str) -> String {
    Variables::default().quote(text)
}

struct Script<'h> {
    hub: &'h Hub,
    text: String,
    variables: Variables,
    /// The requests so far, which are numbered from 1.
    requests: usize,
    /// The streams among them, by their connection.
    streams: BTreeMap<u32, usize>,
    /// Whether it can be seen from outside who subscribes, so that it counts who leaves when.
    shows_subscribers: bool,
    /// Whether throw-away updates have their token.
    proves: bool,
    /// What streams tell, with the number of the stream, and no request has needed so far.
    told: Vec<(usize, Given)>,
    subscribers: usize,
}

impl<'h> Script<'h> {
    fn of(hub: &'h Hub, record: &Record) -> Self {
        let mut variables = Variables::default();
        variables.define(&record.space, "SPACE");
        let url = hub.target.endpoint.hub().url().as_given();
        variables.define(url, "HUB");
        let origin: Vec<_> = url.split('/').take(3).collect();
        variables.define(&origin.join("/"), "ORIGIN");
        let mut requests = record.requests();
        Self {
            hub,
            text: String::new(),
            variables,
            requests: 0,
            streams: BTreeMap::new(),
            shows_subscribers: requests.any(|request| has(request, "/subscriptions")),
            proves: false,
            told: Vec::new(),
            subscribers: 0,
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn quote(&self, text: &str) -> String {
        self.variables.quote(text)
    }

    fn step(&mut self, step: &Step, later: &[Step]) {
        match step {
            Step::Sent(sent) => {
                self.requests += 1;
                self.request(self.requests, sent, later);
            }
            Step::Proved(sent) => self.proof(sent),
            Step::Closed { connection, .. } => {
                let stream = self.streams.get(connection);
                if let Some(stream) = stream.filter(|_| self.shows_subscribers) {
                    self.line(&format!("\nleave {stream}"));
                }
            }
            Step::Waited(duration) => {
                if duration.as_millis() >= WAIT_MS_AT_LEAST {
                    let seconds = duration.as_secs() + 1;
                    self.line("\n# The hub has this long to end a stream.");
                    self.line(&format!("sleep {seconds}"));
                }
            }
        }
    }

    fn proof(&mut self, sent: &Sent) {
        let request = &sent.request;
        if let Some(credential) = request.credentials.first()
            && !self.proves
        {
            self.text.push('\n');
            self.token("PROOF_TOKEN", credential.token(), sent.at_unix_s);
            let http = http_flag(self.hub, request).trim_start();
            self.line(&format!("PROOF_HTTP='{http}'"));
            self.proves = true;
        }
        let topic = self.quote(request.form_field("topic").unwrap_or_default());
        let private = request.form_field("private").map_or("", |_| " private");
        self.line(&format!("\nproof {topic}{private}"));
    }

    fn request(&mut self, number: usize, sent: &Sent, later: &[Step]) {
        let request = &sent.request;
        self.take_told(request);
        self.line(&format!("\necho; echo '== {number}: {}'", request.method));
        for (index, credential) in request.credentials.iter().enumerate() {
            self.token(&name(number, index), credential.token(), sent.at_unix_s);
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
        let mut given = sent.given.iter();
        let given = given.find(|given| is_needed(&given.text, request, later));
        if is_stream {
            self.line(&format!(
                "{command} > \"$STREAMS/{number}\" 2>&1 &\nPIDS[{number}]=$!; sleep 0.3"
            ));
            self.streams.insert(sent.connection, number);
            self.told
                .extend(sent.given.iter().map(|given| (number, given.clone())));
        } else if let Some(given) = given {
            self.line(&format!("ANSWER_{number}=$({command})"));
            self.line(&format!("printf '%s\\n' \"$ANSWER_{number}\""));
            let found = match given.found {
                // It ends without a line feed.
                Found::Body => format!("${{ANSWER_{number}##*$'\\n'}}"),
                Found::Cursor | Found::Subscriber(..) => format!("$(cursor \"$ANSWER_{number}\")"),
            };
            self.line(&format!("ID_{number}={found}"));
            self.variables.define(&given.text, &format!("ID_{number}"));
        } else {
            self.line(&command);
        }
    }

    /// What came on streams and a request needs is taken from them.
    fn take_told(&mut self, request: &Request) {
        let told = std::mem::take(&mut self.told);
        let (needed, rest): (Vec<_>, Vec<_>) = told
            .into_iter()
            .partition(|(_, given)| has(request, &given.text));
        self.told = rest;
        for (stream, given) in needed {
            let Found::Subscriber(matcher, place) = &given.found else {
                continue;
            };
            self.subscribers += 1;
            let variable = format!("SUBSCRIBER_{}", self.subscribers);
            let matcher = self.quote(matcher);
            self.line(&format!(
                "\n{variable}=$(subscriber {stream} {matcher} {place})"
            ));
            self.variables.define(&given.text, &variable);
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
        push_credentials(&mut command, request, number);
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
        let mut separator = if target.contains('?') { '&' } else { '?' };
        for (index, credential) in request.credentials.iter().enumerate() {
            if let Credential::Query(parameter, _) = credential {
                let separator = std::mem::replace(&mut separator, '&');
                let _ = write!(url, "\"{separator}{parameter}=${}\"", name(number, index));
            }
        }
        url
    }

    fn token(&mut self, variable: &str, token: &Token, at_unix_s: u64) {
        if let Token::Draft(draft) = token
            && times(&draft.claims, at_unix_s)
                .any(|(.., offset_s)| offset_s != 0 && offset_s.abs() < SOON_S)
        {
            self.line("NOW=$(date +%s)");
        }
        let line = match token {
            Token::Ready(_) => {
                format!("{variable}=${{{variable}:?set it to the token that was given}}")
            }
            Token::Text(text) => format!("{variable}={}", self.quote(text)),
            Token::Draft(draft) => format!(
                "{variable}=${{{variable}:-$({})}}",
                self.mint(draft, at_unix_s)
            ),
        };
        self.line(&line);
    }

    fn mint(&self, draft: &TokenDraft, at_unix_s: u64) -> String {
        let key = |role: &Role| match role {
            Role::Publisher => "\"$ASSAY_PUBLISHER_JWT_KEY\"",
            Role::Subscriber => "\"$ASSAY_SUBSCRIBER_JWT_KEY\"",
        };
        let header = self.quote(&draft.header.to_string());
        let claims = self.claims(&draft.claims, at_unix_s);
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
    fn claims(&self, claims: &Value, at_unix_s: u64) -> String {
        let mut quoted = self.quote(&claims.to_string());
        for (name, time, offset_s) in times(claims, at_unix_s) {
            quoted = quoted.replace(
                &format!("\"{name}\":{time}"),
                &format!("\"{name}\":'$((NOW + {offset_s}))'"),
            );
        }
        quoted
    }
}

/// The times of a token: their name, themselves, and how far they were from then.
fn times(claims: &Value, at_unix_s: u64) -> impl Iterator<Item = (&'static str, u64, i128)> {
    ["iat", "exp", "nbf"].into_iter().filter_map(move |name| {
        let time = claims.get(name)?.as_u64()?;
        Some((name, time, i128::from(time) - i128::from(at_unix_s)))
    })
}

/// Whether a later request has the text in it that the hub gave; one that the publisher gave stands there anyhow.
fn is_needed(text: &str, request: &Request, later: &[Step]) -> bool {
    let later = later.iter().filter_map(|step| match step {
        Step::Sent(sent) => Some(&sent.request),
        _ => None,
    });
    !has(request, text) && later.into_iter().any(|request| has(request, text))
}

/// Whether a text stands in a request, as it is or encoded.
fn has(request: &Request, text: &str) -> bool {
    let written = format!("{request:?}");
    written.contains(text) || written.contains(&literal::form(text))
}

fn push_credentials(command: &mut String, request: &Request, number: usize) {
    let mut cookies = Vec::new();
    for (index, credential) in request.credentials.iter().enumerate() {
        let variable = name(number, index);
        match credential {
            Credential::Cookie(cookie, _) => cookies.push(format!("{cookie}=${variable}")),
            _ => push_credential(command, credential, &variable),
        }
    }
    if !cookies.is_empty() {
        let _ = write!(command, " \\\n  -H \"Cookie: {}\"", cookies.join("; "));
    }
}

fn push_credential(command: &mut String, credential: &Credential, variable: &str) {
    let _ = match credential {
        Credential::Bearer(_) => {
            write!(command, " \\\n  -H \"Authorization: Bearer ${variable}\"")
        }
        Credential::Scheme(scheme, _) => {
            write!(command, " \\\n  -H \"Authorization: {scheme} ${variable}\"")
        }
        Credential::Field(field, _) => write!(command, " \\\n  --data \"{field}=${variable}\""),
        // In the URL, and in one field with all others.
        Credential::Query(..) | Credential::Cookie(..) => Ok(()),
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
