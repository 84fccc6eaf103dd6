//! Limits on topics, fields and the size of a publication: whether there are any, and how one beyond them is refused.

use super::{SECTION, body, publication};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings,
        v1::limit::{Search, search},
    },
    lab::Lab,
    request::{Proof, Request},
    stop::Stop,
    wire::event_stream::Event,
};

const LIMITED: &str = "beyond some size it is refused with 413";
const UNLIMITED: &str = "no limit was met";
const LARGE: &str = "the body is large";
const SERVER_FIRST: &str = "the server breaks the connection off";

/// Far more topics than an update has.
const COUNTS: [usize; 4] = [10, 100, 1_000, 10_000];
/// Far longer than what a topic, an id or a type is made for.
const LENGTHS_BYTES: [usize; 4] = [1 << 10, 8 << 10, 64 << 10, 256 << 10];

/// Makes a publication of so many of something.
type Grow = fn(Request, usize) -> Request;

const FIELDS: [(&str, Grow); 3] = [
    ("a topic is long", |update, bytes| {
        update.field("topic", format!("urn:x:{}", "a".repeat(bytes)))
    }),
    ("the id is long", |update, bytes| {
        update.field("id", format!("urn:x:{}", "a".repeat(bytes)))
    }),
    ("the type is long", |update, bytes| {
        update.field("type", "a".repeat(bytes))
    }),
];
const TOPICS: [(&str, Grow); 1] = [("there are many topics", |update, count| {
    (1..count).fold(update, |update, index| {
        update.field("topic", format!("urn:x:{index}"))
    })
})];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let should_limit = || AcceptSet::fact(LIMITED).or_note(Outcome::Fact(SERVER_FIRST));
    vec![
        SECTION
            .probe("publish/limit-of-topics", |lab| {
                Box::pin(limited(lab, COUNTS, &TOPICS))
            })
            .judges("limits.publish.topic-count", should_limit()),
        SECTION
            .probe("publish/limit-of-length", |lab| {
                Box::pin(limited(lab, LENGTHS_BYTES, &FIELDS))
            })
            .judges("limits.publish.field-length", should_limit()),
        SECTION
            .probe("publish/limit-of-body", |lab| Box::pin(limited_body(lab)))
            .judges("limits.publish.body-size", should_limit()),
        SECTION
            .probe("publish/over-limit", |lab| Box::pin(over_limit(lab)))
            .judges(
                "limits.publish.reject-413",
                AcceptSet::pass(Outcome::Status(&[413]))
                    .or_note(Outcome::Fact(UNLIMITED))
                    .or_note(Outcome::Fact(SERVER_FIRST)),
            ),
    ]
}

async fn found(
    lab: &Lab<'_>,
    sizes: [usize; 4],
    rows: &[(&'static str, Grow)],
    data: &str,
) -> Result<Vec<(&'static str, Search)>, Stop> {
    let mut found = Vec::new();
    for (says, grow) in rows {
        let bigger = |size| {
            let mut update = publication(lab)?;
            update.set_field("data", data);
            Ok(grow(update, size))
        };
        let search = search(lab, &publication(lab)?, sizes, bigger, &[]).await?;
        found.push((*says, search));
    }
    Ok(found)
}

async fn limited(
    lab: &Lab<'_>,
    sizes: [usize; 4],
    rows: &[(&'static str, Grow)],
) -> Result<Findings, Stop> {
    let found = found(lab, sizes, rows, "").await?.into_iter();
    let cases = found.map(|(says, search)| (says, whether_limited(search)));
    Ok(Findings::Cases(cases.collect()))
}

async fn limited_body(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let search = body::search(lab, "").await?;
    Ok(Findings::Cases(vec![(LARGE, whether_limited(search))]))
}

// Which status tells the limit is limits.publish.reject-413, but a crash tells none.
fn whether_limited(search: Search) -> Observation {
    match search {
        Search::Refused(answer, _) if (400..500).contains(&answer.status) => {
            Observation::Fact(LIMITED)
        }
        Search::Refused(answer, _) => Observation::Answer(answer),
        Search::ServerFirst => Observation::Fact(SERVER_FIRST),
        Search::Unlimited => Observation::Other(UNLIMITED.to_owned()),
    }
}

// The right topic is among those of what is refused, so that an observer sees what is dispatched nevertheless.
async fn over_limit(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let topic = lab.topic("a");
    let mut cases = Vec::new();
    for (sizes, rows) in [(COUNTS, TOPICS.as_slice()), (LENGTHS_BYTES, &FIELDS)] {
        for row in rows {
            let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
            let data = lab.marker();
            let Some((says, search)) = found(lab, sizes, &[*row], &data).await?.pop() else {
                continue;
            };
            let came = stream.fence(&topic, Proof::Public).await?;
            let came = came.iter().filter_map(Event::data);
            cases.push((
                says,
                judged(search, came.filter(|came| *came == data).count()),
            ));
        }
    }
    let mut stream = lab.subscribed(&lab.subscribe(&topic)?).await?;
    let data = lab.marker();
    let search = body::search(lab, &data).await?;
    let came = stream.fence(&topic, Proof::Public).await?;
    let came = came.iter().filter_map(Event::data);
    let came = came.filter(|came| *came == data).count();
    cases.push((LARGE, judged(search, came)));
    let is_limited = |(_, observation): &(&str, Observation)| {
        !matches!(observation, Observation::Fact(UNLIMITED))
    };
    // What has no limit has nothing that could be refused wrongly; whether it should have one is said elsewhere.
    if cases.iter().any(is_limited) {
        cases.retain(is_limited);
    }
    Ok(Findings::Cases(cases))
}

fn judged(search: Search, came: usize) -> Observation {
    match search {
        Search::Refused(answer, worked) if came > worked => {
            Observation::Other(format!("{answer}, and yet the update was dispatched"))
        }
        Search::Refused(answer, _) => Observation::Answer(answer),
        Search::ServerFirst => Observation::Fact(SERVER_FIRST),
        Search::Unlimited => Observation::Fact(UNLIMITED),
    }
}
