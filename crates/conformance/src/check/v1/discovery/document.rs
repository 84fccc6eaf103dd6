//! Section "Protected Resource Metadata": where the document is, and what its members are. Whoever answers anything with a
//! document is no hub, so a subscription has to work beside it.

use assay_client::token::AUTHORIZATION_DETAIL_TYPE;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    answer::Answer,
    check::{
        Check, Findings, Need,
        v1::{
            datum::altered_claim,
            refusal::invalid_token,
            right::{metadata_document, publication},
            token_validation::{is_issuer, required},
        },
        well_known::WELL_KNOWN,
    },
    features::OptionalFeature,
    lab::Lab,
    request::{Place, Request},
    shape::sandwich::Sandwich,
    stop::Stop,
};

const DERIVED: &str =
    "the document with `resource` is where the path of the hub URL follows the well-known prefix";
const MEMBERS: &str = "each optional member that is there is of the type that RFC 9728 gives it";
const NO_SERVERS: &str = "`authorization_servers` is there, and empty";
const DETAILS: &str = "`authorization_details_types_supported` lists that of Mercure";
const NO_DETAILS: &str = "there is no `authorization_details_types_supported`";
const HEADER: &str = "`bearer_methods_supported` is `[\"header\"]`";
const SUBSCRIPTIONS: &str = "`mercure_subscriptions` is `true` where the feature works";
const SILENT: &str = "the feature works, and `mercure_subscriptions` does not say so";
const NO_SUBSCRIPTIONS: &str = "there is neither the feature nor `mercure_subscriptions`";
const NOT_LEFT_OUT: &str = "`mercure_subscriptions` is `false` where there is no such feature";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("discovery/metadata", |lab| Box::pin(published(lab)))
            .judges(
                "discovery.metadata.published",
                AcceptSet::pass(Outcome::All(vec![
                    Outcome::Status(&[200]),
                    Outcome::MediaType("application/json"),
                    Outcome::Shows("a JSON object", is_object),
                ])),
            ),
        SECTION
            .probe("discovery/metadata-resource", |lab| Box::pin(resource(lab)))
            .judges("discovery.metadata.resource", invalid_token()),
        SECTION
            .probe("discovery/metadata-custom-path", |lab| {
                Box::pin(custom_path(lab))
            })
            .judges("discovery.metadata.custom-path", AcceptSet::fact(DERIVED))
            .needs(Need::OtherPath),
        SECTION
            .probe("discovery/metadata-members", |lab| Box::pin(members(lab)))
            .judges(
                "discovery.metadata.optional-members",
                AcceptSet::fact(MEMBERS).or_warn(Outcome::Fact(NO_SERVERS)),
            ),
        SECTION
            .probe("discovery/metadata-details-types", |lab| {
                Box::pin(details_types(lab))
            })
            .judges(
                "discovery.metadata.details-types",
                AcceptSet::fact(DETAILS).or_warn(Outcome::Fact(NO_DETAILS)),
            ),
        SECTION
            .probe("discovery/metadata-bearer-methods", |lab| {
                Box::pin(bearer_methods(lab))
            })
            .judges("discovery.metadata.bearer-methods", AcceptSet::fact(HEADER)),
        SECTION
            .probe("discovery/metadata-subscriptions", |lab| {
                Box::pin(subscriptions(lab))
            })
            .judges(
                "discovery.metadata.subscriptions",
                AcceptSet::fact(SUBSCRIPTIONS)
                    .or_pass(Outcome::Fact(NO_SUBSCRIPTIONS))
                    .or_warn(Outcome::Fact(NOT_LEFT_OUT))
                    .or_note(Outcome::Fact(SILENT)),
            ),
    ]
}

fn is_object(answer: &Answer) -> bool {
    answer.json().is_some_and(|document| document.is_object())
}

/// A hub is at work.
pub(super) async fn alive(lab: &Lab<'_>) -> Result<(), Stop> {
    lab.subscribed(&lab.subscribe(&lab.topic("a"))?).await?;
    Ok(())
}

async fn published(lab: &Lab<'_>) -> Result<Findings, Stop> {
    alive(lab).await?;
    let answer = lab.ask(&metadata_document(lab)).await?;
    // A place where no hub is: what is said of it too is not said of this one.
    let mut beside = metadata_document(lab);
    if let Place::Path(path) = &mut beside.place {
        *path = format!("{path}-{}", Uuid::new_v4().simple());
    }
    let elsewhere = lab.ask(&beside).await?;
    Ok(
        if elsewhere.status == answer.status && elsewhere.body == answer.body && is_object(&answer)
        {
            Findings::other("the same document is there for a hub URL that does not exist")
        } else {
            Findings::answer(answer)
        },
    )
}

async fn resource(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let document = required(lab).await?;
    let Some(resource) = document["resource"].as_str() else {
        return Ok(Findings::other(format!(
            "`resource` is {}",
            document["resource"]
        )));
    };
    let mut named = publication(lab)?;
    named.draft()?.claims["aud"] = json!(resource);
    let answer = lab.ask(&named).await?;
    if !(200..300).contains(&answer.status) {
        return Ok(Findings::other(format!(
            "a token whose `aud` is the `resource` {resource:?} is answered {answer}"
        )));
    }
    Sandwich::new(
        publication,
        altered_claim("`aud` is another than `resource`", "aud", |aud| {
            json!(format!("{}-other", aud.as_str().unwrap_or_default()))
        }),
    )
    .run(lab)
    .await
}

// RFC 9728, section 3.1
async fn custom_path(lab: &Lab<'_>) -> Result<Findings, Stop> {
    alive(lab).await?;
    let answer = lab.ask(&metadata_document(lab)).await?;
    let describes = |answer: &Answer| {
        let document = answer.json().unwrap_or_default();
        answer.status == 200 && document["resource"].is_string()
    };
    if describes(&answer) {
        return Ok(Findings::fact(DERIVED));
    }
    // Whoever publishes none has not published it in a wrong place.
    for path in [WELL_KNOWN, ""] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        let elsewhere = lab.ask(&Request::ask("GET", Place::Path(path))).await?;
        if describes(&elsewhere) {
            return Ok(Findings::answer(answer));
        }
    }
    Err(Stop::Unsupported(
        "the hub publishes no metadata".to_owned(),
    ))
}

/// The types of the members.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Url,
    Texts,
    Issuers,
    Flag,
}

// RFC 9728, section 2, and the draft's own; what others there are may be anything.
const KINDS: [(&str, Kind); 16] = [
    ("authorization_servers", Kind::Issuers),
    ("jwks_uri", Kind::Url),
    ("scopes_supported", Kind::Texts),
    ("bearer_methods_supported", Kind::Texts),
    ("resource_signing_alg_values_supported", Kind::Texts),
    ("resource_name", Kind::Text),
    ("resource_documentation", Kind::Url),
    ("resource_policy_uri", Kind::Url),
    ("resource_tos_uri", Kind::Url),
    ("tls_client_certificate_bound_access_tokens", Kind::Flag),
    ("authorization_details_types_supported", Kind::Texts),
    ("dpop_signing_alg_values_supported", Kind::Texts),
    ("dpop_bound_access_tokens_required", Kind::Flag),
    ("signed_metadata", Kind::Text),
    ("mercure_cookie", Kind::Text),
    ("mercure_matcher_types_supported", Kind::Texts),
];

impl Kind {
    fn fits(self, value: &Value) -> bool {
        let each = |test: fn(&str) -> bool| {
            value
                .as_array()
                .is_some_and(|list| list.iter().all(|entry| entry.as_str().is_some_and(test)))
        };
        match self {
            Self::Text => value.is_string(),
            Self::Url => value.as_str().is_some_and(|text| Url::parse(text).is_ok()),
            Self::Texts => each(|_| true),
            Self::Issuers => each(is_issuer),
            Self::Flag => value.is_boolean(),
        }
    }
}

async fn members(lab: &Lab<'_>) -> Result<Findings, Stop> {
    alive(lab).await?;
    let document = required(lab).await?;
    Ok(Findings::All(judge_members(&document)))
}

fn judge_members(document: &Value) -> Observation {
    let wrong = KINDS.iter().find_map(|(name, kind)| {
        let value = document.get(name)?;
        (!kind.fits(value)).then(|| Observation::Other(format!("`{name}` is {value}")))
    });
    match wrong {
        Some(wrong) => wrong,
        None if document["authorization_servers"] == json!([]) => Observation::Fact(NO_SERVERS),
        None => Observation::Fact(MEMBERS),
    }
}

async fn details_types(lab: &Lab<'_>) -> Result<Findings, Stop> {
    alive(lab).await?;
    let document = required(lab).await?;
    let Some(types) = document.get("authorization_details_types_supported") else {
        return Ok(Findings::fact(NO_DETAILS));
    };
    let listed = types
        .as_array()
        .is_some_and(|types| types.contains(&json!(AUTHORIZATION_DETAIL_TYPE)));
    Ok(if listed {
        Findings::fact(DETAILS)
    } else {
        Findings::other(format!(
            "`authorization_details_types_supported` is {types}"
        ))
    })
}

async fn bearer_methods(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let document = required(lab).await?;
    match document.get("bearer_methods_supported") {
        None => Err(Stop::Unsupported(
            "the metadata list no bearer methods".to_owned(),
        )),
        Some(methods) if *methods == json!(["header"]) => Ok(Findings::fact(HEADER)),
        Some(methods) => Ok(Findings::other(format!(
            "`bearer_methods_supported` is {methods}"
        ))),
    }
}

async fn subscriptions(lab: &Lab<'_>) -> Result<Findings, Stop> {
    alive(lab).await?;
    let document = required(lab).await?;
    let works = lab.hub().features.has(OptionalFeature::Subscriptions);
    Ok(match (document.get("mercure_subscriptions"), works) {
        (Some(Value::Bool(true)), true) => Findings::fact(SUBSCRIPTIONS),
        (None, false) => Findings::fact(NO_SUBSCRIPTIONS),
        (None, true) => Findings::fact(SILENT),
        (Some(Value::Bool(false)), false) => Findings::fact(NOT_LEFT_OUT),
        (Some(value), works) => {
            let feature = if works { "works" } else { "does not work" };
            Findings::other(format!(
                "`mercure_subscriptions` is {value}, and the subscription API {feature}"
            ))
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MEMBERS, NO_SERVERS, judge_members};

    #[test]
    fn members_are_of_their_types() {
        let cases = [
            (json!({}), MEMBERS),
            (
                json!({"authorization_servers": ["https://as.example"], "x": 1}),
                MEMBERS,
            ),
            (json!({"authorization_servers": []}), NO_SERVERS),
            (
                json!({"authorization_servers": "https://as.example"}),
                "`authorization_servers` is \"https://as.example\"",
            ),
            (
                json!({"bearer_methods_supported": [1]}),
                "`bearer_methods_supported` is [1]",
            ),
            (json!({"jwks_uri": "keys"}), "`jwks_uri` is \"keys\""),
            (
                json!({"dpop_bound_access_tokens_required": "no"}),
                "`dpop_bound_access_tokens_required` is \"no\"",
            ),
        ];
        for (document, expected) in cases {
            assert_eq!(judge_members(&document).to_string(), expected);
        }
    }
}
