//! Which types of topic matchers the metadata list, whether those are the ones that work, and how they are named (section "Mercure
//! Topic Matcher Types Registry").

use serde_json::Value;

use super::{SECTION, document::alive};
use crate::{
    accept::{AcceptSet, Observation},
    check::{
        Check, Findings,
        v1::{right::subscription_api, token_validation::required},
    },
    features::OptionalFeature,
    lab::Lab,
    request::Proof,
    stop::Stop,
};

const MEMBER: &str = "mercure_matcher_types_supported";
const AS_LISTED: &str = "the types that are listed work (`exact` and `urlpattern` where none are), and no other is accepted";
const WELL_NAMED: &str =
    "each matcher type is named with lowercase ASCII letters and digits, the first a letter";

/// Names that somebody may have implemented and not listed: of 0.x, of other hubs, of nobody.
const OTHERS: [&str; 4] = ["regex", "uritemplate", "prefix", "glob"];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("discovery/metadata-matcher-types", |lab| {
                Box::pin(as_listed(lab))
            })
            .judges(
                "discovery.metadata.matcher-types",
                AcceptSet::fact(AS_LISTED),
            ),
        SECTION
            .probe("discovery/matcher-type-names", |lab| Box::pin(names(lab)))
            .judges(
                "security.registry.matcher-name",
                AcceptSet::fact(WELL_NAMED),
            ),
    ]
}

async fn as_listed(lab: &Lab<'_>) -> Result<Findings, Stop> {
    alive(lab).await?;
    let document = required(lab).await?;
    let listed = match document.get(MEMBER) {
        None => vec!["exact", "urlpattern"],
        Some(member) => {
            let Some(listed) = texts(member) else {
                return Ok(Findings::other(format!("`{MEMBER}` is {member}")));
            };
            if let Some(missing) = ["exact", "urlpattern"]
                .iter()
                .find(|name| !listed.contains(name))
            {
                return Ok(Findings::other(format!(
                    "`{MEMBER}` is {member}, without `{missing}`"
                )));
            }
            listed
        }
    };
    let mut cases = Vec::new();
    for name in &listed {
        cases.push(("a type is listed", works(lab, name).await?));
    }
    for name in OTHERS.iter().filter(|name| !listed.contains(name)) {
        cases.push(("a type is not listed", refused(lab, name).await?));
    }
    Ok(Findings::Cases(cases))
}

async fn works(lab: &Lab<'_>, name: &str) -> Result<Observation, Stop> {
    let topic = lab.topic("a");
    let request = lab.stream(&topic)?.param(&format!("match_{name}"), &*topic);
    Ok(match lab.open(&request).await? {
        Err(answer) => Observation::Other(format!("`match_{name}` is answered {answer}")),
        Ok(mut stream) => {
            // What another type makes of a topic is not known here.
            if ["exact", "urlpattern"].contains(&name) {
                stream.fence(&topic, Proof::Public).await?;
            }
            Observation::Fact(AS_LISTED)
        }
    })
}

async fn refused(lab: &Lab<'_>, name: &str) -> Result<Observation, Stop> {
    let topic = lab.topic("a");
    let request = lab
        .subscribe(&topic)?
        .param(&format!("match_{name}"), &*topic);
    Ok(match lab.open(&request).await? {
        Err(answer) if answer.status == 400 => Observation::Fact(AS_LISTED),
        Err(answer) => Observation::Other(format!("`match_{name}` is answered {answer}")),
        Ok(_) => Observation::Other(format!("`match_{name}` is accepted")),
    })
}

async fn names(lab: &Lab<'_>) -> Result<Findings, Stop> {
    alive(lab).await?;
    let document = required(lab).await?;
    let mut names: Vec<Value> = Vec::new();
    if let Some(member) = document.get(MEMBER) {
        names.extend(member.as_array().cloned().unwrap_or(vec![member.clone()]));
    }
    if lab.hub().features.has(OptionalFeature::Subscriptions) {
        names.extend(announced(lab).await?);
    }
    if names.is_empty() {
        return Err(Stop::Unsupported(
            "the hub names its matcher types nowhere".to_owned(),
        ));
    }
    let wrong = names
        .iter()
        .find(|name| !name.as_str().is_some_and(is_name));
    Ok(match wrong {
        None => Findings::fact(WELL_NAMED),
        Some(name) => Findings::other(format!("a matcher type is named {name}")),
    })
}

// Of the subscriptions of a stream of ours, and of whatever else is there.
async fn announced(lab: &Lab<'_>) -> Result<Vec<Value>, Stop> {
    let topic = lab.topic("a");
    let request = lab.subscribe(&topic)?.param("match_urlpattern", &*topic);
    let _stream = lab.subscribed(&request).await?;
    let list = lab.ask(&subscription_api(lab)?).await?.json();
    let list = list.unwrap_or_default();
    let documents = list["subscriptions"].as_array();
    Ok(documents
        .into_iter()
        .flatten()
        .map(|document| document["match_type"].clone())
        .collect())
}

fn texts(list: &Value) -> Option<Vec<&str>> {
    list.as_array()?.iter().map(Value::as_str).collect()
}

fn is_name(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(rest)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_are_lowercase_letters_and_digits() {
        let cases = [
            ("exact", true),
            ("uritemplate6570", true),
            ("url-pattern", false),
            ("URLPattern", false),
            ("6570", false),
            ("", false),
        ];
        for (name, expected) in cases {
            assert_eq!(is_name(name), expected, "{name:?}");
        }
    }
}
