//! Which matcher types there are: the two that each hub has, and those that its metadata name besides.

use serde_json::json;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings, Shape,
        v1::{
            datum::member,
            right::{metadata_document, subscription},
            scene::Scene,
        },
    },
    lab::Lab,
    shape::{
        Works,
        accepted::{Accepted, WORKS},
        deliveries::AS_DUE,
    },
    stop::Stop,
};

const EXACT: Scene = Scene::new(
    "the matcher is a topic",
    &[("match", "~a")],
    &["~a"],
    &["~b"],
);
const URL_PATTERN: Scene = Scene::new(
    "the matcher is a URL pattern",
    &[("match_urlpattern", "~t/:id")],
    &["~t/1"],
    &["~u/1"],
);
const DEFINED: [&str; 2] = ["exact", "urlpattern"];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let grants = vec![
        member(
            "its token grants the topic with the type `exact`",
            "topics",
            json!([{ "match": "*", "match_type": "exact" }]),
        ),
        member(
            "its token grants the topic by a URL pattern",
            "topics",
            json!([{ "match": "https://example.com/assay/*", "match_type": "urlpattern" }]),
        ),
    ];
    vec![
        SECTION
            .deliveries("match/both-types", EXACT.deliveries())
            .also(Shape::Deliveries(URL_PATTERN.deliveries()))
            .also(Shape::Accepted(Accepted::table(subscription, grants)))
            .judges(
                "match.both-types",
                AcceptSet::fact(AS_DUE).or_pass(Outcome::Fact(WORKS)),
            ),
        SECTION
            .probe("match/additional-types", |lab| {
                Box::pin(additional_types(lab))
            })
            .judges("match.additional-types", AcceptSet::fact(WORKS)),
    ]
}

// What a further type selects is defined elsewhere, but `*` is read before any type is (lines 274 to 276).
async fn additional_types(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let metadata = lab.ask(&metadata_document(lab)).await?;
    let document = metadata.json().unwrap_or_default();
    let types = document["mercure_matcher_types_supported"].as_array();
    let further: Vec<_> = types
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str())
        .filter(|name| !DEFINED.contains(name))
        .collect();
    if further.is_empty() {
        return Err(Stop::Unsupported(
            "the metadata name no further matcher type".to_owned(),
        ));
    }
    let good = lab.subscribe(&lab.topic("a"))?;
    let mut works = Works::set_up(lab, &good).await?;
    works.control(good.clone()).await?;
    for name in further {
        let request = good.clone().param(&format!("match_{name}"), "*");
        if let Err(observation) = works.send(request).await? {
            return Ok(Findings::All(match observation {
                Observation::Answer(answer) => {
                    Observation::Other(format!("`match_{name}=*` is answered {answer}"))
                }
                other => other,
            }));
        }
    }
    Ok(Findings::fact(WORKS))
}
