//! Section "Reconnection, State Reconciliation, and Event Sourcing": what is replayed, and to whom. Not for what the answer says
//! of it: see [`super::cursor_field`].

use assay_client::{Dialect, TopicMatcher};

use super::right::private_update;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    answer::Answer,
    check::{Area, Check, Findings, Need, Probing, Section},
    features::OptionalFeature,
    lab::Lab,
    request::{Proof, Request},
    stop::Stop,
    wire::event_stream::Event,
};

pub(super) const SECTION: Section = Section {
    dialect: Dialect::V1,
    area: Area::Reconnection,
};

pub(super) const AFTER_CURSOR: &str =
    "what came after the cursor is replayed, once and in order, and nothing else";
const CURSOR_READ: &str =
    "the answer has a `mercure-last-event-id` field (the hub keeps no history)";
const ALL: &str = "everything is replayed";
const NOTHING: &str = "nothing is replayed";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let replay = |id, requirement, probe: for<'a> fn(&'a Lab<'a>) -> Probing<'a>| {
        SECTION
            .probe(id, probe)
            .judges(requirement, AcceptSet::fact(AFTER_CURSOR))
            .needs(Need::History)
    };
    vec![
        SECTION
            .probe("replay/query", |lab| Box::pin(by_query(lab)))
            .judges("replay.query-parameter", read()),
        SECTION
            .probe("replay/header", |lab| Box::pin(by_header(lab)))
            .judges("replay.header-accepted", read()),
        replay(
            "replay/header-precedence",
            "replay.header-precedence",
            |lab| Box::pin(header_first(lab)),
        ),
        replay("replay/later-events", "replay.sends-later-events", |lab| {
            Box::pin(later_events(lab))
        }),
        replay("replay/hub-wide-cursor", "replay.hub-wide-cursor", |lab| {
            Box::pin(hub_wide(lab))
        }),
        replay(
            "replay/authorization",
            "replay.authorization-reevaluated",
            |lab| Box::pin(reevaluated(lab)),
        ),
        replay(
            "replay/private-withheld",
            "replay.private-withheld",
            |lab| Box::pin(withheld(lab)),
        ),
        SECTION
            .probe("replay/earliest", |lab| Box::pin(earliest(lab)))
            .judges(
                "replay.earliest",
                AcceptSet::fact(ALL).or_note(Outcome::Fact(NOTHING)),
            )
            .needs(Need::History),
    ]
}

fn read() -> AcceptSet {
    AcceptSet::fact(AFTER_CURSOR).or_pass(Outcome::Fact(CURSOR_READ))
}

/// An update that was accepted.
pub(super) struct Published {
    pub(super) id: String,
    pub(super) data: String,
}

/// Publishes a public update on a topic.
pub(super) async fn published_on(lab: &Lab<'_>, topic: &str) -> Result<Published, Stop> {
    accepted(lab, lab.publish(topic, "")?).await
}

async fn private_on(lab: &Lab<'_>, topic: &str) -> Result<Published, Stop> {
    accepted(lab, private_update(lab, topic)?).await
}

pub(super) async fn accepted(lab: &Lab<'_>, mut update: Request) -> Result<Published, Stop> {
    let data = lab.marker();
    update.set_field("data", &data);
    let id = lab.published(&update).await?;
    Ok(Published { id, data })
}

/// So many public updates on a topic.
pub(super) async fn history(
    lab: &Lab<'_>,
    topic: &str,
    count: usize,
) -> Result<Vec<Published>, Stop> {
    let mut history = Vec::new();
    for _ in 0..count {
        history.push(published_on(lab, topic).await?);
    }
    Ok(history)
}

/// A subscription to a topic with a cursor in the query.
pub(super) fn after(lab: &Lab<'_>, topic: &str, cursor: &str) -> Result<Request, Stop> {
    Ok(lab.subscribe(topic)?.param("last_event_id", cursor))
}

fn data(updates: &[Published]) -> Vec<&str> {
    updates.iter().map(|update| update.data.as_str()).collect()
}

/// The data of what a subscription replays before the first update that is published after it, and the head of the answer.
pub(super) async fn replayed(
    lab: &Lab<'_>,
    request: &Request,
    topic: &str,
) -> Result<(Vec<String>, Answer), Stop> {
    let mut stream = lab.opened(request).await?;
    let events = stream.fence(topic, Proof::Public).await?;
    let own = events
        .iter()
        .filter_map(Event::data)
        .filter(|data| lab.owns(data));
    Ok((own.collect(), stream.head().clone()))
}

/// Whether just these data are replayed, in this order; if not, what is instead.
pub(super) async fn replays_only(
    lab: &Lab<'_>,
    request: &Request,
    topic: &str,
    expected: &[&str],
) -> Result<Result<(), String>, Stop> {
    let (seen, _) = replayed(lab, request, topic).await?;
    Ok(compared(&seen, expected))
}

pub(super) fn compared(seen: &[String], expected: &[&str]) -> Result<(), String> {
    if seen == expected {
        return Ok(());
    }
    let foreign = seen
        .iter()
        .filter(|data| !expected.contains(&data.as_str()))
        .count();
    let missing = expected
        .iter()
        .filter(|data| !seen.iter().any(|seen| seen == *data))
        .count();
    Err(format!(
        "of {} updates due {missing} are missing, {foreign} came that are not due, {} came in all",
        expected.len(),
        seen.len()
    ))
}

pub(super) fn judged(replay: Result<(), String>) -> Observation {
    match replay {
        Ok(()) => Observation::Fact(AFTER_CURSOR),
        Err(seen) => Observation::Other(seen),
    }
}

// Without history all that can be seen is that the answer tells where it begins.
async fn cursor_read(
    lab: &Lab<'_>,
    request: &Request,
    expected: &[&str],
) -> Result<Findings, Stop> {
    let (seen, head) = replayed(lab, request, &lab.topic("a")).await?;
    if lab.hub().features.has(OptionalFeature::History) {
        return Ok(Findings::All(judged(compared(&seen, expected))));
    }
    Ok(match head.header("mercure-last-event-id") {
        Some(_) => Findings::fact(CURSOR_READ),
        None => Findings::answer(head),
    })
}

async fn by_query(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let history = history(lab, &topic, 3).await?;
    let request = after(lab, &topic, &history[0].id)?;
    cursor_read(lab, &request, &data(&history[1..])).await
}

async fn by_header(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let history = history(lab, &topic, 3).await?;
    let request = lab
        .subscribe(&topic)?
        .header("Last-Event-ID", &history[0].id);
    cursor_read(lab, &request, &data(&history[1..])).await
}

async fn header_first(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let history = history(lab, &topic, 4).await?;
    let mut cases = Vec::new();
    for (says, query, header) in [
        ("the header names the later event", 0, 2),
        ("the header names the earlier event", 2, 0),
    ] {
        let request =
            after(lab, &topic, &history[query].id)?.header("Last-Event-ID", &history[header].id);
        let due = data(&history[header + 1..]);
        cases.push((
            says,
            judged(replays_only(lab, &request, &topic, &due).await?),
        ));
    }
    Ok(Findings::Cases(cases))
}

// The update published at once after the subscription must neither overtake the replay nor get lost.
async fn later_events(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (topic, other) = (lab.topic("a"), lab.topic("b"));
    let mut due = Vec::new();
    let cursor = published_on(lab, &topic).await?;
    for _ in 0..2 {
        published_on(lab, &other).await?;
        due.push(published_on(lab, &topic).await?);
    }
    let mut stream = lab.opened(&after(lab, &topic, &cursor.id)?).await?;
    due.push(published_on(lab, &topic).await?);
    let events = stream.fence(&topic, Proof::Public).await?;
    let seen: Vec<_> = events.iter().filter_map(Event::data).collect();
    Ok(Findings::All(judged(compared(&seen, &data(&due)))))
}

async fn hub_wide(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (a, b) = (lab.topic("a"), lab.topic("b"));
    let a1 = published_on(lab, &a).await?;
    let b1 = published_on(lab, &b).await?;
    let a2 = published_on(lab, &a).await?;
    let b2 = published_on(lab, &b).await?;
    let secret = private_on(lab, &a).await?;
    let b3 = published_on(lab, &b).await?;
    let mut cases = Vec::new();
    for (says, cursor, due) in [
        ("the cursor is of another topic", &a1, vec![&b1, &b2, &b3]),
        (
            "the cursor is a later one of another topic",
            &a2,
            vec![&b2, &b3],
        ),
        ("the cursor is private and unreadable", &secret, vec![&b3]),
    ] {
        let due: Vec<_> = due.iter().map(|update| update.data.as_str()).collect();
        let (seen, head) = replayed(lab, &after(lab, &b, &cursor.id)?, &b).await?;
        let observation = match compared(&seen, &due) {
            Ok(()) if head.header("mercure-last-event-id") == Some("earliest") => {
                Observation::Answer(head)
            }
            compared => judged(compared),
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}

fn exactly(topics: &[&str]) -> Vec<TopicMatcher> {
    topics
        .iter()
        .map(|topic| TopicMatcher::Exact((*topic).to_owned()))
        .collect()
}

async fn reevaluated(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let (a, b) = (lab.topic("a"), lab.topic("b"));
    let cursor = published_on(lab, &a).await?;
    let on_a = private_on(lab, &a).await?;
    let on_b = private_on(lab, &b).await?;
    let both = after(lab, &a, &cursor.id)?.param("match", &b);
    let by = |grants: &[TopicMatcher]| -> Result<Request, Stop> {
        Ok(both.clone().bearer(lab.subscriber(grants)?))
    };
    // Rights that grow come last, so that a hub which remembers the first connection shows.
    let everything = by(&exactly(&[&a, &b]))?;
    replays_only(lab, &everything, &a, &[&on_a.data, &on_b.data])
        .await?
        .map_err(|seen| Stop::Control(format!("to the entitled subscriber: {seen}")))?;
    let fewer = by(&exactly(&[&a]))?;
    let fewer = replays_only(lab, &fewer, &a, &[&on_a.data]).await?;
    let grown = replays_only(lab, &everything, &a, &[&on_a.data, &on_b.data]).await?;
    Ok(Findings::Cases(vec![
        ("a token grants one of two topics", judged(fewer)),
        ("the next token grants both", judged(grown)),
    ]))
}

async fn withheld(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let cursor = published_on(lab, &topic).await?;
    let secret = private_on(lab, &topic).await?;
    let last = published_on(lab, &topic).await?;
    let request = after(lab, &topic, &cursor.id)?;
    let entitled = request.clone().bearer(lab.subscriber(&exactly(&[&topic]))?);
    replays_only(lab, &entitled, &topic, &[&secret.data, &last.data])
        .await?
        .map_err(|seen| Stop::Control(format!("to the entitled subscriber: {seen}")))?;
    let mut readers = vec![
        (
            "the token grants nothing",
            request.clone().bearer(lab.subscriber(&[])?),
        ),
        (
            "the token grants another topic",
            request
                .clone()
                .bearer(lab.subscriber(&exactly(&[&lab.topic("other")]))?),
        ),
    ];
    if lab.hub().features.has(OptionalFeature::Anonymous) {
        readers.push(("there is no token", request.anonymous()));
    }
    let mut cases = Vec::new();
    for (says, request) in readers {
        let replay = replays_only(lab, &request, &topic, &[&last.data]).await?;
        cases.push((says, judged(replay)));
    }
    Ok(Findings::Cases(cases))
}

async fn earliest(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let history = history(lab, &topic, 3).await?;
    let mut cases = Vec::new();
    for (says, request) in [
        ("asked in the query", after(lab, &topic, "earliest")?),
        (
            "asked by the header",
            lab.subscribe(&topic)?.header("Last-Event-ID", "earliest"),
        ),
    ] {
        let observation = match lab.open(&request).await? {
            Err(answer) => Observation::Answer(answer),
            Ok(mut stream) => {
                let events = stream.fence(&topic, Proof::Public).await?;
                let seen: Vec<_> = events.iter().filter_map(Event::data).collect();
                match seen.as_slice() {
                    [] => Observation::Fact(NOTHING),
                    seen if seen == data(&history) => Observation::Fact(ALL),
                    seen => Observation::Other(format!(
                        "of three updates {} are replayed, or in another order",
                        seen.len()
                    )),
                }
            }
        };
        cases.push((says, observation));
    }
    Ok(Findings::Cases(cases))
}
