//! Section "Cookie": tokens in a cookie, and what the metadata says of it. Not for what counts beside a header: see
//! [`super::precedence`]; nor for forged publications that ride on it: see [`super::csrf`].

use assay_client::{Dialect, TopicMatcher};
use serde_json::Value;

use super::{
    private_updates::{PROBED, reads_private},
    right::{metadata_document, private_update, publication, subscription},
};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Area, Check, Findings, Section},
    features::OptionalFeature,
    lab::Lab,
    request::{Credential, Proof, Request},
    shape::accepted::WORKS,
    stop::Stop,
    token::Token,
};

const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Cookie,
};

const ADVERTISED: &str = "the metadata names the cookie that the hub takes the token from";
const NAME_WORKS: &str = "a token in the cookie that the metadata names is accepted";
const NOT_NAMED: &str = "the metadata names no cookie";
const NO_COOKIE: &str = "the metadata names no cookie, and the hub takes no token from one";
const UNADVERTISED: &str = "the metadata names no cookie, and yet the hub takes the token from one";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        used(),
        SECTION
            .probe("cookie/metadata", |lab| Box::pin(metadata(lab)))
            .judges(
                "auth.cookie.advertised",
                AcceptSet::fact(ADVERTISED).or_note(Outcome::Fact(NO_COOKIE)),
            )
            .judges(
                "auth.cookie.other-name",
                AcceptSet::fact(NAME_WORKS).or_note(Outcome::Fact(NOT_NAMED)),
            )
            .judges(
                "discovery.metadata.cookie",
                AcceptSet::fact(NAME_WORKS)
                    .or_pass(Outcome::Fact(NO_COOKIE))
                    .or_warn(Outcome::Fact(UNADVERTISED)),
            ),
    ]
}

pub(super) fn cookie(lab: &Lab<'_>, token: Token) -> Credential {
    Credential::Cookie(lab.cookie_name().to_owned(), token)
}

pub(super) fn granting(lab: &Lab<'_>) -> Result<Token, Stop> {
    lab.subscriber(&[TopicMatcher::Exact(lab.topic("a"))])
}

pub(super) fn garbage() -> Token {
    Token::Text("x".repeat(60))
}

pub(super) fn everything(lab: &Lab<'_>) -> Result<Token, Stop> {
    lab.publisher(&[TopicMatcher::Any])
}

// The feature is found out with a subscription, and a hub may fail at just that: then its metadata tell that it claims to.
fn used() -> Check {
    SECTION
        .probe("cookie/used", |lab| Box::pin(is_used(lab)))
        .judges(
            "auth.cookie.used",
            AcceptSet::fact(WORKS).or_pass(Outcome::Status(&[401])),
        )
}

async fn is_used(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let claimed = lab.hub().features.has(OptionalFeature::Cookie)
        || advertised_name(lab).await?.as_str() == Some(lab.cookie_name());
    if !claimed {
        return Err(Stop::Unsupported(
            "the hub neither takes the token from the cookie nor says so".to_owned(),
        ));
    }
    let topic = lab.topic("a");
    drop(lab.subscribed(&subscription(lab)?).await?);
    let mut cases = Vec::new();
    let surrounded = vec![
        Credential::Cookie("first".to_owned(), Token::Text("1".to_owned())),
        cookie(lab, granting(lab)?),
        Credential::Cookie("last".to_owned(), Token::Text("2".to_owned())),
    ];
    for (says, credentials) in [
        (
            "a subscription has the token in the cookie",
            vec![cookie(lab, granting(lab)?)],
        ),
        ("other cookies stand before and after it", surrounded),
    ] {
        let mut request = lab.subscribe(&topic)?;
        request.credentials = credentials;
        cases.push((says, opens_private(lab, &request).await?));
    }
    if let Some(origin) = &lab.hub().target.publish_origin {
        let request = publication(lab)?
            .with(cookie(lab, everything(lab)?))
            .header("Origin", origin);
        let answer = lab.ask(&request).await?;
        let observation = if (200..300).contains(&answer.status) {
            Observation::Fact(WORKS)
        } else {
            Observation::Other(format!("{answer}"))
        };
        cases.push(("a publication has the token in the cookie", observation));
        let spoilt = request.with(cookie(lab, garbage()));
        cases.push((
            "a publication has no token in the cookie",
            Observation::Answer(lab.ask(&spoilt).await?),
        ));
    }
    Ok(Findings::Cases(cases))
}

async fn opens_private(lab: &Lab<'_>, request: &Request) -> Result<Observation, Stop> {
    let mut stream = match lab.open(request).await? {
        Ok(stream) => stream,
        // Not as an answer: a 401 is right for a token that is none, and wrong here.
        Err(answer) => return Ok(Observation::Other(answer.to_string())),
    };
    Ok(match stream.fence(&lab.topic("a"), Proof::Private).await {
        Ok(_) => Observation::Fact(WORKS),
        Err(Stop::Control(reason)) => Observation::Other(reason),
        Err(stop) => return Err(stop),
    })
}

/// `mercure_cookie` of the metadata document; null when there is no such member, or no document.
async fn advertised_name(lab: &Lab<'_>) -> Result<Value, Stop> {
    let answer = lab.ask(&metadata_document(lab)).await?;
    let document = answer.json().filter(|_| answer.status == 200);
    Ok(document.map_or(Value::Null, |document| document["mercure_cookie"].clone()))
}

// A private update tells whether the token in a cookie of that name was read.
async fn is_read(lab: &Lab<'_>, name: &str) -> Result<bool, Stop> {
    let request = lab
        .subscribe(&lab.topic("a"))?
        .with(Credential::Cookie(name.to_owned(), granting(lab)?));
    let update = private_update(lab, &lab.topic("a"))?;
    let seen = reads_private(lab, &request, update).await?;
    Ok(matches!(seen, Observation::Other(text) if text == PROBED))
}

async fn metadata(lab: &Lab<'_>) -> Result<Findings, Stop> {
    drop(lab.subscribed(&subscription(lab)?).await?);
    let document = lab.ask(&metadata_document(lab)).await?;
    if document.status == 404 {
        return Err(Stop::Unsupported(
            "the hub publishes no metadata".to_owned(),
        ));
    }
    let Some(members) = document.json().filter(|_| document.status == 200) else {
        return Err(Stop::Control(format!(
            "the metadata document could not be read: {document}"
        )));
    };
    let (usual, advertised) = (lab.cookie_name(), &members["mercure_cookie"]);
    let usual_read = is_read(lab, usual).await?;
    let (says, name, member) = match advertised {
        Value::Null if usual_read => {
            let says = Observation::Other(UNADVERTISED.to_owned());
            (
                says,
                Observation::Fact(NOT_NAMED),
                Observation::Fact(UNADVERTISED),
            )
        }
        Value::Null => (
            Observation::Fact(NO_COOKIE),
            Observation::Fact(NOT_NAMED),
            Observation::Fact(NO_COOKIE),
        ),
        Value::String(name) if is_cookie_name(name) && is_read(lab, name).await? => (
            Observation::Fact(ADVERTISED),
            Observation::Fact(NAME_WORKS),
            Observation::Fact(NAME_WORKS),
        ),
        other => {
            let text = format!("`mercure_cookie` is {other}, and no token is taken from there");
            let seen = || Observation::Other(text.clone());
            (seen(), seen(), seen())
        }
    };
    Ok(Findings::Each(vec![
        ("auth.cookie.advertised", says),
        ("auth.cookie.other-name", name),
        ("discovery.metadata.cookie", member),
    ]))
}

// A token of RFC 9110.
fn is_cookie_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}
