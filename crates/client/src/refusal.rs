//! An answer that refuses, in words that help: what came, what it usually means, what to do next.

use std::fmt;

use reqwest::{Response, header};

use crate::BearerToken;

/// How much of a refusing body is read and shown, in bytes.
pub(crate) const EXCERPT_BYTES: usize = 512;

/// What the request was for: the same status means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// A publication.
    Publish,
    /// A subscription.
    Subscribe,
    /// A look at a resource or at metadata.
    Look,
}

/// The peer answered, and did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked.
    pub request: Request,
    /// The HTTP status.
    pub status: u16,
    /// The `WWW-Authenticate` challenge, if any.
    pub challenge: Option<String>,
    /// Where a redirect points.
    pub location: Option<String>,
    /// The start of the body, at most 512 bytes, control characters escaped, our token cut out.
    pub body_excerpt: String,
}

impl Refusal {
    /// Reads what there is to say; the rest of the body is dropped with the connection.
    pub(crate) async fn read(
        request: Request,
        mut response: Response,
        token: Option<&BearerToken>,
    ) -> Self {
        let field = |name| {
            let value = response.headers().get(name)?;
            Some(excerpt(value.as_bytes(), token))
        };
        let (challenge, location) = (field(header::WWW_AUTHENTICATE), field(header::LOCATION));
        let status = response.status().as_u16();
        let body = read_body(&mut response, EXCERPT_BYTES)
            .await
            .unwrap_or_default();
        Self {
            request,
            status,
            challenge,
            location,
            body_excerpt: excerpt(&body, token),
        }
    }

    fn next_step(&self) -> &'static str {
        match (self.status, self.request) {
            (300..=399, _) => {
                "redirects are not followed, since they would carry the token elsewhere: give the final URL"
            }
            (400, Request::Subscribe) => {
                "the hub found a parameter wrong: is it of another dialect (--dialect 1.0 or 0.x)?"
            }
            (400, _) => {
                "the hub found the request malformed: is a field wrong, or the dialect (--dialect 1.0 or 0.x)?"
            }
            (401, _)
                if self
                    .challenge
                    .as_deref()
                    .is_some_and(|it| it.contains("invalid_token")) =>
            {
                "the hub does not accept the token: check key, algorithm, --dialect, --issuer, --audience and the clock"
            }
            (401, _) => {
                "the token is missing or not accepted: pass --jwt-key with its algorithm, or a token; is the dialect right?"
            }
            (403, _) => {
                "the token is valid but does not grant this topic, or the request's origin is not allowed"
            }
            (404 | 405 | 410, _) => "no hub at this path: the usual one is /.well-known/mercure",
            (413, _) => "the update is larger than the hub or a proxy admits",
            (429, _) => "the hub limits how often or how much: slow down, or raise its limit",
            (500..=599, _) => "the hub, or a proxy before it, failed: look into its log",
            (200..=299, Request::Subscribe) => "this is no event stream: is the URL that of a hub?",
            _ => "is the URL that of a hub?",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP status {}", self.status)?;
        for (name, value) in [
            ("WWW-Authenticate", &self.challenge),
            ("Location", &self.location),
        ] {
            if let Some(value) = value {
                write!(f, ", {name}: {value}")?;
            }
        }
        if !self.body_excerpt.is_empty() {
            write!(f, ", body: {}", self.body_excerpt)?;
        }
        write!(f, "; {}", self.next_step())
    }
}

/// At most `limit` bytes of the body; the error is dropped by those who only want to quote.
pub(crate) async fn read_body(
    response: &mut Response,
    limit: usize,
) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while body.len() < limit {
        let Some(chunk) = response.chunk().await? else {
            break;
        };
        body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
    }
    Ok(body)
}

/// One printable line; a hub that echoes the token does not get it into our messages.
pub(crate) fn excerpt(bytes: &[u8], token: Option<&BearerToken>) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = match token {
        Some(token) => text.replace(token.expose(), "[redacted]"),
        None => text.into_owned(),
    };
    text.trim()
        .chars()
        .take(EXCERPT_BYTES)
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect()
            } else {
                vec![c]
            }
        })
        .collect()
}
