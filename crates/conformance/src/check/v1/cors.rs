//! Section "Subscription", cross-origin requests: which origins an answer names, and what they may send. Not for forged
//! publications: see [`super::csrf`].

use assay_client::{Dialect, TopicMatcher};

use super::right::{metadata_document, subscription_api};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    answer::Answer,
    check::{Area, Check, Findings, Need, Section},
    features::OptionalFeature,
    lab::Lab,
    request::{Credential, Place, Request},
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Cors,
};

const NAMED: &str = "`access-control-allow-origin` is the allowed origin";
const NO_VARY: &str = "`access-control-allow-origin` is the allowed origin, without `vary: Origin`";
const SILENT_METADATA: &str = "the metadata do not name the allowed origin";
const NOT_NAMED: &str = "`access-control-allow-origin` does not name the origin";
const NO_WILDCARD: &str = "`access-control-allow-origin` is not `*`";
const PREPARED: &str = "2xx, which names the allowed origin and lists all that was asked for";
const WITHOUT_CACHE_CONTROL: &str = "2xx, which lists all that was asked for but `cache-control`";
const CREDENTIALS: &str = "`access-control-allow-credentials: true`";
const LINK_EXPOSED: &str = "`access-control-expose-headers` lists `Link`";

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

/// As browsers send them for what Mercure clients send: in lower case, sorted, without spaces.
const REQUEST_HEADERS: &str = "authorization,cache-control,last-event-id";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let checks = vec![
        SECTION
            .probe("cors/headers-sent", |lab| Box::pin(headers_sent(lab)))
            .judges(
                "cors.headers-sent",
                AcceptSet::fact(NAMED).or_warn(Outcome::Fact(SILENT_METADATA)),
            ),
        SECTION
            .probe("cors/preflight", |lab| Box::pin(preflight(lab)))
            .judges(
                "cors.preflight",
                AcceptSet::fact(PREPARED).or_note(Outcome::Fact(WITHOUT_CACHE_CONTROL)),
            ),
        SECTION
            .probe("cors/no-wildcard", |lab| Box::pin(no_wildcard(lab)))
            .judges("cors.no-wildcard", AcceptSet::fact(NO_WILDCARD)),
        SECTION
            .probe("cors/no-reflection", |lab| Box::pin(no_reflection(lab)))
            .judges("cors.no-reflection", AcceptSet::fact(NOT_NAMED)),
        SECTION
            .probe("cors/allowlist", |lab| Box::pin(allowlist(lab)))
            .judges(
                "cors.allowlist",
                AcceptSet::fact(NAMED)
                    .or_pass(Outcome::Fact(NOT_NAMED))
                    .or_warn(Outcome::Fact(NO_VARY)),
            ),
        SECTION
            .probe("cors/credentials", |lab| Box::pin(credentials(lab)))
            .judges("cors.allow-credentials", AcceptSet::fact(CREDENTIALS)),
        SECTION
            .probe("cors/expose-link", |lab| Box::pin(expose_link(lab)))
            .judges(
                "subscriptions.api.expose-link",
                AcceptSet::fact(LINK_EXPOSED),
            )
            .needs(Need::Subscriptions),
    ];
    let needing = checks.into_iter();
    needing
        .map(|check| check.needs(Need::AllowedOrigin))
        .collect()
}

fn allowed<'h>(lab: &Lab<'h>) -> Result<&'h str, Stop> {
    let origin = lab.hub().target.allowed_origin.as_deref();
    origin.ok_or_else(|| {
        Stop::Defect("the check needs an allowed origin and does not say so".to_owned())
    })
}

// With the cookie, as a browser sends it; where there is none, with the header.
fn with_credentials(lab: &Lab<'_>) -> Result<Request, Stop> {
    let token = lab.subscriber(&[TopicMatcher::Any])?;
    let credential = if lab.hub().features.has(OptionalFeature::Cookie) {
        Credential::Cookie(lab.cookie_name().to_owned(), token)
    } else {
        Credential::Bearer(token)
    };
    Ok(lab.subscribe(&lab.topic("a"))?.with(credential))
}

fn preflight_for(method: &str, origin: &str) -> Request {
    Request::ask("OPTIONS", Place::Hub)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", REQUEST_HEADERS)
}

/// The head of a stream that the allowed origin opens; the check stops when it is none.
async fn stream_head(lab: &Lab<'_>, request: &Request) -> Result<Answer, Stop> {
    Ok(lab.subscribed(request).await?.head().clone())
}

/// The same as a control: that it names the allowed origin shows that there is a list at all.
async fn named_control(lab: &Lab<'_>) -> Result<(), Stop> {
    let request = with_credentials(lab)?.header("Origin", allowed(lab)?);
    let head = stream_head(lab, &request).await?;
    if head.header(ALLOW_ORIGIN) == Some(allowed(lab)?) {
        return Ok(());
    }
    Err(Stop::Control(format!(
        "the allowed origin is not named: {head}"
    )))
}

fn named(answer: Answer, origin: &str) -> Observation {
    if answer.header(ALLOW_ORIGIN) == Some(origin) {
        Observation::Fact(NAMED)
    } else {
        Observation::Answer(answer)
    }
}

async fn headers_sent(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let origin = allowed(lab)?;
    let topic = lab.topic("a");
    let stream = with_credentials(lab)?.header("Origin", origin);
    let mut cases = vec![(
        "a subscription is opened",
        named(stream_head(lab, &stream).await?, origin),
    )];
    let publication = lab.publish(&topic, "")?.header("Origin", origin);
    let wrong = Request::ask("POST", Place::Publish)
        .field("data", "no topic")
        .header("Origin", origin);
    let forbidden = publication.clone().bearer(lab.publisher(&[])?);
    let mut asked = vec![
        ("an update is published", publication.clone()),
        ("a publication has no token", publication.anonymous()),
        ("a publication has a token without grant", forbidden),
        ("a publication has no topic", {
            let mut wrong = wrong;
            wrong.credentials = lab.publish(&topic, "")?.credentials;
            wrong
        }),
    ];
    if lab.hub().features.has(OptionalFeature::Subscriptions) {
        asked.push((
            "subscriptions are asked for",
            subscription_api(lab)?.header("Origin", origin),
        ));
    }
    for (says, request) in asked {
        cases.push((says, named(lab.ask(&request).await?, origin)));
    }
    let metadata = metadata_document(lab).header("Origin", origin);
    let metadata = lab.ask(&metadata).await?;
    // For all the world, and so without credentials, is right here.
    let says = metadata.header(ALLOW_ORIGIN);
    if metadata.status == 200 && says != Some(origin) && says != Some("*") {
        cases.push((
            "the metadata are asked for",
            Observation::Fact(SILENT_METADATA),
        ));
    }
    Ok(Findings::Cases(cases))
}

async fn preflight(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let origin = allowed(lab)?;
    let mut cases = Vec::new();
    for (says, method) in [("it is for GET", "GET"), ("it is for POST", "POST")] {
        let answer = lab.ask(&preflight_for(method, origin)).await?;
        cases.push((says, prepared(&answer, origin)));
    }
    Ok(Findings::Cases(cases))
}

// GET and POST need not be listed (Fetch standard, "CORS-safelisted method"). `*` covers neither `Authorization` nor requests with
// credentials.
fn prepared(answer: &Answer, origin: &str) -> Observation {
    let listed = |name: &str| {
        answer
            .header_elements("access-control-allow-headers")
            .any(|element| element.eq_ignore_ascii_case(name))
    };
    let right = (200..300).contains(&answer.status)
        && answer.header(ALLOW_ORIGIN) == Some(origin)
        && listed("authorization")
        && listed("last-event-id");
    match (right, listed("cache-control")) {
        (true, true) => Observation::Fact(PREPARED),
        (true, false) => Observation::Fact(WITHOUT_CACHE_CONTROL),
        (false, _) => Observation::Other(format!(
            "{answer}, access-control-allow-headers: {:?}",
            answer.header("access-control-allow-headers")
        )),
    }
}

async fn no_wildcard(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut cases = Vec::new();
    let mut any = false;
    for (says, origin) in [
        ("`Origin` is the allowed one", Some(allowed(lab)?)),
        ("`Origin` is `null`", Some("null")),
        ("there is no `Origin`", None),
    ] {
        let mut request = with_credentials(lab)?;
        if let Some(origin) = origin {
            request.set_header("Origin", origin);
        }
        let head = stream_head(lab, &request).await?;
        any |= head.header(ALLOW_ORIGIN).is_some();
        let observation = if head.header(ALLOW_ORIGIN) == Some("*") {
            Observation::Answer(head)
        } else {
            Observation::Fact(NO_WILDCARD)
        };
        cases.push((says, observation));
    }
    if !any {
        return Err(Stop::Control(
            "the hub names no origin at all, not even the allowed one".to_owned(),
        ));
    }
    Ok(Findings::Cases(cases))
}

async fn no_reflection(lab: &Lab<'_>) -> Result<Findings, Stop> {
    named_control(lab).await?;
    let cases = [
        (
            "`Origin` is a foreign one",
            lab.hub().target.foreign_origin.clone(),
        ),
        ("`Origin` is `null`", "null".to_owned()),
    ];
    not_named(lab, &cases).await
}

async fn not_named(lab: &Lab<'_>, origins: &[(&'static str, String)]) -> Result<Findings, Stop> {
    let mut cases = Vec::new();
    for (says, origin) in origins {
        let stream = with_credentials(lab)?.header("Origin", origin);
        for answer in [
            stream_head(lab, &stream).await?,
            lab.ask(&preflight_for("GET", origin)).await?,
        ] {
            let value = answer.header(ALLOW_ORIGIN);
            let observation = if value == Some(origin) || value == Some("*") {
                Observation::Answer(answer)
            } else {
                Observation::Fact(NOT_NAMED)
            };
            cases.push((*says, observation));
        }
    }
    Ok(Findings::Cases(cases))
}

async fn allowlist(lab: &Lab<'_>) -> Result<Findings, Stop> {
    named_control(lab).await?;
    let origin = allowed(lab)?;
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let lookalikes = [
        (
            "`Origin` begins with the allowed one",
            format!("{origin}.evil.example"),
        ),
        (
            "the host of `Origin` ends in the allowed one",
            format!("https://evil{host}"),
        ),
        (
            "`Origin` is a subdomain of the allowed one",
            format!("https://evil.{host}"),
        ),
        ("`Origin` has another scheme", other_scheme(origin)),
        ("`Origin` has another port", format!("{origin}:8444")),
    ];
    let Findings::Cases(mut cases) = not_named(lab, &lookalikes).await? else {
        return Err(Stop::Defect("expected cases".to_owned()));
    };
    let head = stream_head(lab, &with_credentials(lab)?.header("Origin", origin)).await?;
    let varies = head
        .header_elements("vary")
        .any(|element| element.eq_ignore_ascii_case("origin") || element == "*");
    let observation = match named(head, origin) {
        Observation::Fact(_) if !varies => Observation::Fact(NO_VARY),
        observation => observation,
    };
    cases.push(("`Origin` is the allowed one", observation));
    Ok(Findings::Cases(cases))
}

/// The same origin by `http` instead of `https`, or the other way round.
pub(super) fn other_scheme(origin: &str) -> String {
    match origin.strip_prefix("https://") {
        Some(host) => format!("http://{host}"),
        None => origin.replacen("http://", "https://", 1),
    }
}

async fn credentials(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let origin = allowed(lab)?;
    let stream = with_credentials(lab)?.header("Origin", origin);
    let mut cases = Vec::new();
    for (says, answer) in [
        ("a subscription is opened", stream_head(lab, &stream).await?),
        (
            "a preflight asks",
            lab.ask(&preflight_for("GET", origin)).await?,
        ),
    ] {
        let observation = match answer.header("access-control-allow-credentials") {
            Some("true") => Observation::Fact(CREDENTIALS),
            _ => Observation::Answer(answer),
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}

async fn expose_link(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let request = subscription_api(lab)?.header("Origin", allowed(lab)?);
    let answer = lab.ask(&request).await?;
    let exposed: Vec<_> = answer
        .header_elements("access-control-expose-headers")
        .collect();
    let link = exposed
        .iter()
        .any(|element| element.eq_ignore_ascii_case("link"));
    Ok(if link && answer.header(ALLOW_ORIGIN).is_some() {
        Findings::fact(LINK_EXPOSED)
    } else {
        Findings::other(format!(
            "{answer}, access-control-expose-headers: {exposed:?}"
        ))
    })
}
