//! Section 7, "Reconnection, State Reconciliation and Event Sourcing": what a hub replays, and where it says it begins.

use assay_client::{Dialect, TopicMatcher};

use crate::{
    accept::{AcceptSet, Outcome},
    check::{Area, Check, Findings, Need, Probing, Section},
    lab::{Lab, Stream},
    request::{Proof, Request},
    stop::Stop,
};

const SECTION: Section = Section {
    dialect: Dialect::V0,
    area: Area::Reconnection,
};

const AFTER_CURSOR: &str =
    "what came after the cursor is replayed, once and in order, and nothing else";
const ALL: &str = "everything is replayed";
const NOTHING: &str = "nothing is replayed";
const NAMES_PREDECESSOR: &str =
    "`Last-Event-ID` of the answer is the event before the first one that is sent";
const NAMES_EARLIEST: &str = "`Last-Event-ID` of the answer is `earliest`";
const NAMES_ANOTHER: &str = "`Last-Event-ID` of the answer is an event that the hub knows";

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let replay = |id, requirement, probe: for<'a> fn(&'a Lab<'a>) -> Probing<'a>| {
        SECTION
            .probe(id, probe)
            .judges(requirement, AcceptSet::fact(AFTER_CURSOR))
            .needs(Need::History)
    };
    vec![
        replay("0.x/replay/query", "replay.query-param", |lab| {
            Box::pin(by_query(lab))
        }),
        replay("0.x/replay/header", "replay.header", |lab| {
            Box::pin(by_header(lab))
        }),
        replay(
            "0.x/replay/header-precedence",
            "replay.header-precedence",
            |lab| Box::pin(header_first(lab)),
        ),
        replay("0.x/replay/sends-missed", "replay.sends-missed", |lab| {
            Box::pin(missed(lab))
        }),
        replay("0.x/replay/order", "replay.order", |lab| {
            Box::pin(order(lab))
        }),
        replay("0.x/replay/matching-only", "replay.matching-only", |lab| {
            Box::pin(matching_only(lab))
        }),
        replay(
            "0.x/replay/private-filtered",
            "replay.private-filtered",
            |lab| Box::pin(private_filtered(lab)),
        ),
        SECTION
            .probe("0.x/replay/earliest", |lab| Box::pin(earliest(lab)))
            .judges(
                "replay.earliest",
                AcceptSet::fact(ALL).or_note(Outcome::Fact(NOTHING)),
            )
            .needs(Need::History),
        SECTION
            .probe("0.x/replay/answer-to-header", |lab| {
                Box::pin(answer_to_header(lab))
            })
            .judges(
                "replay.response-header-on-header",
                AcceptSet::pass(Outcome::HasHeader("last-event-id")),
            ),
        SECTION
            .probe("0.x/replay/answer-to-query", |lab| {
                Box::pin(answer_to_query(lab))
            })
            .judges(
                "replay.response-header-on-query",
                AcceptSet::pass(Outcome::HasHeader("last-event-id")),
            ),
        SECTION
            .probe("0.x/replay/answer-value", |lab| Box::pin(answer_value(lab)))
            .judges(
                "replay.response-header-value",
                AcceptSet::fact(NAMES_PREDECESSOR),
            )
            .needs(Need::History),
        SECTION
            .probe("0.x/replay/answer-earliest", |lab| {
                Box::pin(answer_earliest(lab))
            })
            .judges(
                "replay.response-header-earliest-requested",
                AcceptSet::fact(NAMES_EARLIEST),
            )
            .needs(Need::History),
        SECTION
            .probe("0.x/replay/answer-unknown", |lab| {
                Box::pin(answer_unknown(lab))
            })
            .judges(
                "replay.response-header-earliest-unknown",
                AcceptSet::fact(NAMES_EARLIEST).or_warn(Outcome::Fact(NAMES_ANOTHER)),
            )
            .needs(Need::History),
    ]
}

/// Updates on the topic `a` of a check.
struct History {
    ids: Vec<String>,
    data: Vec<String>,
}

async fn publish_history(lab: &Lab<'_>, count: usize) -> Result<History, Stop> {
    let mut history = History {
        ids: Vec::new(),
        data: Vec::new(),
    };
    for _ in 0..count {
        let data = lab.marker();
        history
            .ids
            .push(lab.published(&lab.publish(&lab.topic("a"), &data)?).await?);
        history.data.push(data);
    }
    Ok(history)
}

fn subscription(lab: &Lab<'_>) -> Result<Request, Stop> {
    lab.subscribe(&lab.topic("a"))
}

fn after(lab: &Lab<'_>, id: &str) -> Result<Request, Stop> {
    Ok(subscription(lab)?.param("lastEventID", id))
}

/// The data of what a stream replays.
async fn replayed(stream: &mut Stream<'_, '_>, topic: &str) -> Result<Vec<String>, Stop> {
    let events = stream.fence(topic, Proof::Public).await?;
    Ok(events
        .iter()
        .map(|event| event.data().unwrap_or_default())
        .collect())
}

async fn replays(lab: &Lab<'_>, request: &Request, expected: &[String]) -> Result<Findings, Stop> {
    let mut stream = lab.opened(request).await?;
    let seen = replayed(&mut stream, &lab.topic("a")).await?;
    Ok(compared(&seen, expected))
}

fn compared(seen: &[String], expected: &[String]) -> Findings {
    if seen == expected {
        return Findings::fact(AFTER_CURSOR);
    }
    let foreign = seen.iter().filter(|data| !expected.contains(data)).count();
    let missing = expected.iter().filter(|data| !seen.contains(data)).count();
    Findings::other(format!(
        "of {} updates due {missing} are missing, {foreign} came that are not due, {} came in all",
        expected.len(),
        seen.len()
    ))
}

async fn by_query(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = publish_history(lab, 3).await?;
    replays(lab, &after(lab, &history.ids[0])?, &history.data[1..]).await
}

async fn by_header(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = publish_history(lab, 3).await?;
    let request = subscription(lab)?.header("Last-Event-ID", &history.ids[0]);
    replays(lab, &request, &history.data[1..]).await
}

async fn header_first(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = publish_history(lab, 5).await?;
    let request = after(lab, &history.ids[0])?.header("Last-Event-ID", &history.ids[3]);
    replays(lab, &request, &history.data[4..]).await
}

async fn missed(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = publish_history(lab, 5).await?;
    replays(lab, &after(lab, &history.ids[1])?, &history.data[2..]).await
}

// The update published at once after the subscription must not overtake the replay.
async fn order(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let mut history = publish_history(lab, 3).await?;
    let mut stream = lab.opened(&after(lab, &history.ids[0])?).await?;
    let live = publish_history(lab, 1).await?;
    history.data.extend(live.data);
    let seen = replayed(&mut stream, &lab.topic("a")).await?;
    Ok(compared(&seen, &history.data[1..]))
}

async fn matching_only(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let first = publish_history(lab, 1).await?;
    lab.published(&lab.publish(&lab.topic("b"), &lab.marker())?)
        .await?;
    let last = publish_history(lab, 1).await?;
    replays(lab, &after(lab, &first.ids[0])?, &last.data).await
}

async fn private_filtered(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let first = publish_history(lab, 1).await?;
    let secret = lab.marker();
    lab.published(&lab.publish(&topic, &secret)?.field("private", "on"))
        .await?;
    let last = publish_history(lab, 1).await?;
    let entitled =
        after(lab, &first.ids[0])?.bearer(lab.subscriber(&[TopicMatcher::Exact(topic.clone())])?);
    let mut stream = lab.opened(&entitled).await?;
    if !replayed(&mut stream, &topic).await?.contains(&secret) {
        return Err(Stop::Control(
            "a private update is not replayed to a subscriber who may read it".to_owned(),
        ));
    }
    let other = after(lab, &first.ids[0])?
        .bearer(lab.subscriber(&[TopicMatcher::Exact(lab.topic("other"))])?);
    replays(lab, &other, &last.data).await
}

async fn earliest(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = publish_history(lab, 3).await?;
    let mut stream = match lab.open(&after(lab, "earliest")?).await? {
        Ok(stream) => stream,
        Err(answer) => return Ok(Findings::answer(answer)),
    };
    let seen = replayed(&mut stream, &lab.topic("a")).await?;
    Ok(match seen.as_slice() {
        [] => Findings::fact(NOTHING),
        seen if seen == history.data => Findings::fact(ALL),
        seen => Findings::other(format!("{} of 3 updates are replayed", seen.len())),
    })
}

async fn answer_to_header(lab: &Lab<'_>) -> Result<Findings, Stop> {
    head_of(
        lab,
        subscription(lab)?.header("Last-Event-ID", unknown_id()),
    )
    .await
}

async fn answer_to_query(lab: &Lab<'_>) -> Result<Findings, Stop> {
    head_of(lab, after(lab, &unknown_id())?).await
}

fn unknown_id() -> String {
    format!("urn:uuid:{}", uuid::Uuid::new_v4())
}

async fn head_of(lab: &Lab<'_>, request: Request) -> Result<Findings, Stop> {
    let stream = lab.subscribed(&request).await?;
    Ok(Findings::answer(stream.head().clone()))
}

// Adjacent events, since the draft does not say whether the hub or the subscriber must know the predecessor.
async fn answer_value(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let history = publish_history(lab, 5).await?;
    let stream = lab.subscribed(&after(lab, &history.ids[1])?).await?;
    Ok(match stream.head().header("last-event-id") {
        Some(id) if id == history.ids[1] => Findings::fact(NAMES_PREDECESSOR),
        _ => Findings::other(format!(
            "for the cursor {:?}: {}",
            history.ids[1],
            stream.head()
        )),
    })
}

async fn answer_earliest(lab: &Lab<'_>) -> Result<Findings, Stop> {
    publish_history(lab, 3).await?;
    let stream = lab.subscribed(&after(lab, "earliest")?).await?;
    Ok(named(&stream, "earliest"))
}

async fn answer_unknown(lab: &Lab<'_>) -> Result<Findings, Stop> {
    publish_history(lab, 3).await?;
    let unknown = unknown_id();
    let stream = lab.subscribed(&after(lab, &unknown)?).await?;
    Ok(named(&stream, &unknown))
}

fn named(stream: &Stream<'_, '_>, asked: &str) -> Findings {
    match stream.head().header("last-event-id") {
        Some("earliest") => Findings::fact(NAMES_EARLIEST),
        Some(id) if id != asked => Findings::fact(NAMES_ANOTHER),
        _ => Findings::other(format!("for the cursor {asked:?}: {}", stream.head())),
    }
}
