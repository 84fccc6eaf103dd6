//! URL patterns that a backtracking engine needs ages for. Only that none of the known ones takes long can be shown, never a
//! bound for all.

use serde_json::json;

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings, Shape,
        v1::{
            right::{pattern, publication_with, publish},
            scene::{Case, Scene, check},
        },
    },
    lab::{Lab, Stream},
    request::Request,
    shape::{Works, deliveries::AS_DUE},
    stop::Stop,
};

const NO_GRANT: &str =
    "a token with such a pattern is refused, or does not grant what it does not select";
const IN_TIME: &str =
    "publications are answered in time, and an update on another topic is delivered in time";

/// Groups for which a backtracking engine tries exponentially many ways. What RE2 cannot run is not among them.
const EXPONENTIAL: [&str; 5] = [
    "((?:a+)+b)",
    "((?:a|a)*b)",
    "((?:a|aa)+b)",
    "((?:a*)*b)",
    "((?:a+)+(?:a+)+b)",
];
/// What none of them selects, and what takes 2^40 steps to find out so.
const TAIL: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac";

const LIMITED: Case = Case {
    id: "match/limit-is-no-match",
    requirement: "match.urlpattern.limit-no-match",
    scenes: &[Scene::new(
        "a pattern of exponentially many ways, a topic that it does not select and one that it does",
        &[("match_urlpattern", "~((?:a+)+b)")],
        &["~aab"],
        &["~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"],
    )],
};

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let limited = AcceptSet::fact(AS_DUE)
        .or_pass(Outcome::Fact(NO_GRANT))
        // No pattern, no evaluation.
        .or_pass(Outcome::Status(&[400]).refused());
    vec![
        SECTION
            .probe("match/urlpattern-cost", |lab| Box::pin(in_time(lab)))
            .judges("match.urlpattern.redos-bounded", AcceptSet::fact(IN_TIME)),
        check(SECTION, &LIMITED, limited).also(Shape::Probe(|lab| Box::pin(no_grant(lab)))),
    ]
}

// The patience of this run is some fifty times what a delivery takes here.
async fn in_time(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let other = lab.topic("other");
    let mut bystander = lab.subscribed(&lab.subscribe(&other)?).await?;
    let mut streams = Vec::new();
    for group in EXPONENTIAL {
        let request = lab
            .subscribe(&lab.topic("sentinel"))?
            .param("match_urlpattern", lab.topic(group));
        // A pattern that is refused costs nothing.
        streams.extend(lab.open(&request).await?.ok());
    }
    let mut publications = vec![(
        "five subscribers ask for such patterns",
        lab.publish(&lab.topic(TAIL), "")?,
    )];
    for (says, group) in [
        (
            "the token of the publisher has such a pattern",
            EXPONENTIAL[0],
        ),
        ("the token of the publisher has another one", EXPONENTIAL[2]),
    ] {
        publications.push((says, granted_by(lab, group, TAIL)?));
    }
    let mut cases = Vec::new();
    for (says, publication) in publications {
        let observation = match lab.try_ask(&publication).await? {
            Err(error) => Observation::Other(format!("no answer to the publication: {error}")),
            Ok(answer) if answer.status >= 500 => Observation::Answer(answer),
            Ok(_) => delivered(lab, &mut bystander, &other).await?,
        };
        cases.push((says, observation));
    }
    drop(streams);
    Ok(Findings::Cases(cases))
}

async fn delivered(
    lab: &Lab<'_>,
    stream: &mut Stream<'_, '_>,
    topic: &str,
) -> Result<Observation, Stop> {
    let data = lab.marker();
    if let Err(error) = lab.try_ask(&lab.publish(topic, &data)?).await? {
        return Ok(Observation::Other(format!(
            "no answer to the next publication: {error}"
        )));
    }
    Ok(match stream.until(&data).await {
        Ok(_) => Observation::Fact(IN_TIME),
        Err(Stop::Control(reason)) => {
            Observation::Other(format!("the update on another topic: {reason}"))
        }
        Err(stop) => return Err(stop),
    })
}

fn granted_by(lab: &Lab<'_>, group: &str, name: &str) -> Result<Request, Stop> {
    let grant = json!([publish(json!([pattern(&lab.topic(group))]))]);
    publication_with(lab, &lab.topic(name), grant)
}

async fn no_grant(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let good = granted_by(lab, EXPONENTIAL[0], "aab")?;
    let mut works = Works::set_up(lab, &good).await?;
    match works.send(good.clone()).await? {
        Ok(_) => {}
        Err(Observation::Answer(answer)) if answer.status == 401 => {
            return Ok(Findings::fact(NO_GRANT));
        }
        Err(observation) => {
            return Err(Stop::Control(format!(
                "what the pattern selects may not be published: {observation}"
            )));
        }
    }
    let mut bad = good.clone();
    bad.set_field("topic", &lab.topic(TAIL));
    let answer = lab.ask(&bad).await?;
    works.control(good).await?;
    Ok(match answer.status {
        403 => Findings::fact(NO_GRANT),
        _ => Findings::other(format!("what the pattern does not select: {answer}")),
    })
}
