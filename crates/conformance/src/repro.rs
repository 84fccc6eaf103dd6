//! A script of `curl` commands that sends again what a check sent. Secrets are placeholders: keys come from the environment,
//! tokens are minted by the script. Not for running.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    check::Check,
    hub::Hub,
    request::{Credential, Place, Request},
    target::HttpVersion,
    token::{Keys, Role, Signing, Token, TokenDraft},
};

/// Streams end by themselves after so long, since a script has nobody to stop it.
const STREAM_SECONDS: u32 = 3;

const FUNCTIONS: &str = r#"b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# jwt HEADER CLAIMS SECRET: a token signed with HMAC; for other algorithms set TOKEN_n by hand
jwt() {
  local input; input="$(printf %s "$1" | b64).$(printf %s "$2" | b64)"
  local digest=sha256; case "$1" in *HS384*) digest=sha384;; *HS512*) digest=sha512;; esac
  printf '%s.%s' "$input" "$(printf %s "$input" | openssl dgst -"$digest" -hmac "$3" -binary | b64)"
}
# alter HOW: passes a token on, since it takes more than a shell to alter it
alter() { echo "TOKEN_n to be set by hand: $1" >&2; cat; }
"#;

/// The script.
pub(crate) fn script(hub: &Hub, check: &Check, requests: &[Request]) -> String {
    let mut script = String::from("#!/usr/bin/env bash\n");
    let requirements: Vec<_> = check.rules.iter().map(|rule| rule.requirement).collect();
    // Writing into a String cannot fail.
    let _ = writeln!(script, "# {} judges {}", check.id, requirements.join(", "));
    script.push_str("# Needs ASSAY_PUBLISHER_JWT_KEY and ASSAY_SUBSCRIBER_JWT_KEY (secrets), or ready tokens in TOKEN_n.\n");
    let _ = writeln!(
        script,
        "HUB=${{HUB:-{}}}",
        quote(hub.target.endpoint.hub().url().as_given())
    );
    let _ = writeln!(
        script,
        "PUBLISH_HUB=${{PUBLISH_HUB:-{}}}",
        quote(hub.target.endpoint.publish().url().as_given())
    );
    script.push_str("NOW=$(date +%s)\n");
    script.push_str(FUNCTIONS);
    for (index, request) in requests.iter().enumerate() {
        push_request(&mut script, hub, index + 1, request);
    }
    script.push_str("wait\n");
    script
}

fn push_request(script: &mut String, hub: &Hub, number: usize, request: &Request) {
    script.push('\n');
    for (index, credential) in request.credentials.iter().enumerate() {
        push_token(script, hub, &name(number, index), credential.token());
    }
    let stream = request
        .headers
        .iter()
        .any(|(_, value)| value == "text/event-stream");
    let flag = http_flag(hub, request);
    let _ = write!(script, "curl -sS -i{flag} -X {}", request.method);
    if stream {
        let _ = write!(script, " -N --max-time {STREAM_SECONDS}");
    }
    for (name, value) in &request.headers {
        let _ = write!(script, " \\\n  -H {}", quote(&format!("{name}: {value}")));
    }
    for (index, credential) in request.credentials.iter().enumerate() {
        let variable = name(number, index);
        match credential {
            Credential::Bearer(_) => {
                let _ = write!(script, " \\\n  -H \"Authorization: Bearer ${variable}\"");
            }
            Credential::Cookie(cookie, _) => {
                let _ = write!(script, " \\\n  -H \"Cookie: {cookie}=${variable}\"");
            }
            Credential::Scheme(scheme, _) => {
                let _ = write!(script, " \\\n  -H \"Authorization: {scheme} ${variable}\"");
            }
            Credential::Field(field, _) => {
                let _ = write!(script, " \\\n  --data \"{field}=${variable}\"");
            }
            Credential::Query(..) => {}
        }
    }
    if let Some((content_type, bytes)) = plain_content(request) {
        if !content_type.is_empty() {
            let field = format!("Content-Type: {content_type}");
            let _ = write!(script, " \\\n  -H {}", quote(&field));
        }
        let _ = write!(
            script,
            " \\\n  --data-binary {}",
            quote(&String::from_utf8_lossy(&bytes))
        );
    }
    let _ = writeln!(
        script,
        " \\\n  {}{}",
        url(hub, number, request),
        if stream { " &\nsleep 0.3" } else { "" }
    );
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

fn url(hub: &Hub, number: usize, request: &Request) -> String {
    let plain = request.clone().anonymous();
    let target = plain.target("", NO_KEYS).unwrap_or_default();
    let mut url = match &request.place {
        Place::Hub => format!("\"$HUB\"{}", quote(&target)),
        Place::Publish => format!("\"$PUBLISH_HUB\"{}", quote(&target)),
        Place::Path(_) => {
            let hub_url = hub.target.endpoint.hub().url().as_url();
            quote(
                &hub_url
                    .join(&target)
                    .map_or_else(|_| target.clone(), String::from),
            )
        }
    };
    for (index, credential) in request.credentials.iter().enumerate() {
        if let Credential::Query(parameter, _) = credential {
            let separator = if target.contains('?') || index > 0 {
                '&'
            } else {
                '?'
            };
            let _ = write!(url, "\"{separator}{parameter}=${}\"", name(number, index));
        }
    }
    url
}

fn push_token(script: &mut String, hub: &Hub, variable: &str, token: &Token) {
    let _ = match token {
        Token::Ready(_) => writeln!(
            script,
            "{variable}=${{{variable}:?set it to the token that was given}}"
        ),
        Token::Text(text) => writeln!(script, "{variable}={}", quote(text)),
        Token::Draft(draft) => writeln!(
            script,
            "{variable}=${{{variable}:-$({})}}",
            mint(hub, draft)
        ),
    };
}

fn mint(hub: &Hub, draft: &TokenDraft) -> String {
    let key = |role: &Role| match role {
        Role::Publisher => "\"$ASSAY_PUBLISHER_JWT_KEY\"",
        Role::Subscriber => "\"$ASSAY_SUBSCRIBER_JWT_KEY\"",
    };
    let header = quote(&draft.header.to_string());
    let claims = claims(hub, &draft.claims);
    match &draft.signing {
        Signing::Role(role) => format!("jwt {header} {claims} {}", key(role)),
        Signing::Flipped(role) => format!(
            "jwt {header} {claims} {} | sed 's/\\.\\([^.]\\)\\([^.]*\\)$/.A\\2/'",
            key(role)
        ),
        Signing::Altered(role, alteration) => format!(
            "jwt {header} {claims} {} | alter {}",
            key(role),
            quote(alteration.says)
        ),
        Signing::Key(_) => {
            format!("jwt {header} {claims} 'another key, which the hub does not know'")
        }
        Signing::Unsigned => format!("jwt {header} {claims} x | sed 's/[^.]*$//'"),
    }
}

// Times are written relative to the time at which the script runs.
fn claims(hub: &Hub, claims: &Value) -> String {
    let mut quoted = quote(&claims.to_string());
    for name in ["iat", "exp", "nbf"] {
        if let Some(time) = claims.get(name).and_then(Value::as_u64) {
            let offset = i128::from(time) - i128::from(hub.now_unix_s);
            quoted = quoted.replace(
                &format!("\"{name}\":{time}"),
                &format!("\"{name}\":'$((NOW + {offset}))'"),
            );
        }
    }
    quoted
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
