//! Section "Subscription API": lists of many.

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings,
        subscriptions::{
            Marked,
            api::{asked, members, object},
            naming,
            observer::Observer,
            reconciliation::cursor,
            subscription,
        },
    },
    lab::Lab,
    stop::Stop,
};

const ALL: &str = "the list has all of many subscriptions";
const SOME: &str = "the list has some of many subscriptions";
const VALID: &str = "a list of many has `id`, `type`, `subscriptions` and a cursor";

/// Connections, and matchers of each: enough for a short page to show.
const CONNECTIONS: usize = 4;
const MATCHERS: usize = 30;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("subscriptions/api-many", |lab| Box::pin(many(lab)))
            .judges(
                "subscriptions.api.pagination",
                AcceptSet::fact(ALL).or_note(Outcome::Fact(SOME)),
            )
            .judges("subscriptions.api.pagination-valid", AcceptSet::fact(VALID)),
    ]
}

async fn many(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut observer = Observer::of_all(lab).await?;
    let marked: Vec<_> = std::iter::repeat_with(Marked::plain)
        .take(CONNECTIONS * MATCHERS)
        .collect();
    let mut streams = Vec::new();
    for marked in marked.chunks(MATCHERS) {
        streams.push(lab.opened(&subscription(lab, marked)?).await?);
    }
    let told = observer
        .about_each(&marked.iter().collect::<Vec<_>>())
        .await?;
    if told.iter().any(Vec::is_empty) {
        return Err(Stop::Control(
            "not every subscription was told of".to_owned(),
        ));
    }
    let path = naming::root(lab);
    let answer = lab.ask(&asked(lab, path.clone())?).await?;
    if answer.status != 200 {
        return Err(Stop::Control(format!("{path} was answered {answer}")));
    }
    let document = object(&answer);
    let member = |name: &str| document.as_ref().and_then(|it| it.get(name)?.as_str());
    let listed = members(document.as_ref());
    let is_valid = member("id") == Some(&path)
        && member("type") == Some("subscriptions")
        && listed.is_some()
        && cursor(lab, &answer).is_some();
    let ids = listed
        .into_iter()
        .flatten()
        .filter_map(|it| it["id"].as_str());
    let ids: Vec<_> = ids.collect();
    let has = |marked: &&Marked| ids.iter().any(|id| id.contains(&marked.mark));
    let complete = marked.iter().filter(has).count() == marked.len();
    Ok(Findings::Each(vec![
        (
            "subscriptions.api.pagination",
            Observation::Fact(if complete { ALL } else { SOME }),
        ),
        (
            "subscriptions.api.pagination-valid",
            if is_valid {
                Observation::Fact(VALID)
            } else {
                Observation::Answer(answer)
            },
        ),
    ]))
}
