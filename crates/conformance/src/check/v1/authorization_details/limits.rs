//! Limits on what a token may hold: whether there are any, and how a token beyond them is refused. Each hub has its own, so the
//! checks look for them from below.

use serde_json::{Value, json};

use super::SECTION;
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{
        Check, Findings,
        v1::{
            limit::{Search, search},
            refusal::coded,
            right::{exact, publication_with, publish},
        },
    },
    lab::Lab,
    stop::Stop,
};

const LIMITED: &str = "beyond some number or length it is refused as an invalid token";
const UNLIMITED: &str = "no limit was met below the size of a request head";
const HEAD_FIRST: &str = "the limit on the size of a request head is met first";

/// Up to about 70 kB of token: servers limit a request head to 8 kB to 1 MB.
const COUNTS: [usize; 4] = [10, 50, 200, 700];
const LENGTHS: [usize; 4] = [256, 1_024, 4_096, 16_384];

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    let should_limit = || AcceptSet::fact(LIMITED).or_note(Outcome::Fact(HEAD_FIRST));
    vec![
        SECTION
            .probe("details/limit-of-details", |lab| {
                Box::pin(limit(lab, COUNTS, many_details))
            })
            .judges("limits.token.detail-count", should_limit()),
        SECTION
            .probe("details/limit-of-topics", |lab| {
                Box::pin(limit(lab, COUNTS, many_topics))
            })
            .judges("limits.token.topics-count", should_limit()),
        SECTION
            .probe("details/limit-of-length", |lab| {
                Box::pin(limit(lab, LENGTHS, long_pattern))
            })
            .judges("limits.token.pattern-length", should_limit()),
        SECTION
            .probe("details/over-limit", |lab| Box::pin(over_limit(lab)))
            .judges(
                "limits.token.reject-401",
                AcceptSet::pass(coded(&[401], "invalid_token"))
                    .or_note(Outcome::Fact(UNLIMITED))
                    .or_note(Outcome::Fact(HEAD_FIRST)),
            ),
    ]
}

// The entry that grants comes last, so that a hub which drops the surplus is found out.
fn many_details(lab: &Lab<'_>, count: usize) -> Value {
    let filler = (1..count).map(|index| publish(json!([exact(&format!("urn:x:{index}"))])));
    filler
        .chain([publish(json!([exact(&lab.topic("a"))]))])
        .collect()
}

fn many_topics(lab: &Lab<'_>, count: usize) -> Value {
    let filler = (1..count).map(|index| exact(&format!("urn:x:{index}")));
    let topics: Value = filler.chain([exact(&lab.topic("a"))]).collect();
    json!([publish(topics)])
}

fn long_pattern(lab: &Lab<'_>, length: usize) -> Value {
    let long = format!("https://example.com/{}", "a".repeat(length));
    let matcher = json!({ "match": long, "match_type": "urlpattern" });
    json!([publish(json!([matcher, exact(&lab.topic("a"))]))])
}

/// Details of a size, of which the last entry grants the topic.
type Grow = fn(&Lab<'_>, usize) -> Value;

async fn tokens(lab: &Lab<'_>, sizes: [usize; 4], details: Grow) -> Result<Search, Stop> {
    let topic = lab.topic("a");
    let with = |size| publication_with(lab, &topic, details(lab, size));
    search(lab, &with(1)?, sizes, with, &[413, 414, 431]).await
}

async fn limit(lab: &Lab<'_>, sizes: [usize; 4], details: Grow) -> Result<Findings, Stop> {
    Ok(match tokens(lab, sizes, details).await? {
        Search::Refused(answer, _) if coded(&[401], "invalid_token").holds_for(&answer) => {
            Findings::fact(LIMITED)
        }
        Search::Refused(answer, _) => Findings::answer(answer),
        Search::ServerFirst => Findings::fact(HEAD_FIRST),
        Search::Unlimited => Findings::fact(UNLIMITED),
    })
}

async fn over_limit(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let rows: [(&'static str, [usize; 4], Grow); 3] = [
        ("the token has many details", COUNTS, many_details),
        ("the token has many topics", COUNTS, many_topics),
        ("the token has a long pattern", LENGTHS, long_pattern),
    ];
    let mut cases = Vec::new();
    let mut head_first = false;
    for (says, sizes, details) in rows {
        match tokens(lab, sizes, details).await? {
            Search::Refused(answer, _) => cases.push((says, Observation::Answer(answer))),
            Search::ServerFirst => head_first = true,
            Search::Unlimited => {}
        }
    }
    if cases.is_empty() {
        return Ok(Findings::fact(if head_first {
            HEAD_FIRST
        } else {
            UNLIMITED
        }));
    }
    Ok(Findings::Cases(cases))
}
