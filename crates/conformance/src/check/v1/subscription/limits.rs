//! Bounds on the number and the length of matchers: which they are is the hub's own, so growing requests look for them.

use super::{SECTION, bad_request, subscription};
use crate::{
    accept::{AcceptSet, Observation, Outcome},
    check::{Check, Findings},
    features::OptionalFeature,
    lab::Lab,
    request::{Proof, Request},
    shape::Works,
    stop::Stop,
    wire::Deadline,
};

const BOUNDED: &str = "there is a bound, beyond which requests are refused";
const WHOLE: &str = "a request is accepted as a whole, or refused with 400";
const UNBOUNDED: &str = "all requests are accepted as a whole: no bound was met";

/// Grows tenfold. The last one is more than a subscriber can want.
const COUNTS: [(&str, usize); 4] = [
    ("there are 10 matchers", 10),
    ("there are 100 matchers", 100),
    ("there are 1,000 matchers", 1_000),
    ("there are 10,000 matchers", 10_000),
];
/// Grows fourfold. The last one is beyond what browsers and proxies take for a URL.
const LENGTHS: [(&str, usize); 4] = [
    ("a matcher has 1,024 bytes", 1 << 10),
    ("a matcher has 4,096 bytes", 4 << 10),
    ("a matcher has 16,384 bytes", 16 << 10),
    ("a matcher has 65,536 bytes", 64 << 10),
];

/// A hub that stores an event about each subscription before it answers needs 10 ms for each.
const PATIENCES: u32 = 4;

/// All of them.
pub(super) fn checks() -> Vec<Check> {
    vec![
        SECTION
            .probe("limits/matcher-count", |lab| Box::pin(count(lab)))
            .judges("limits.subscribe.matcher-count", AcceptSet::fact(BOUNDED)),
        SECTION
            .probe("limits/pattern-length", |lab| Box::pin(length(lab)))
            .judges("limits.subscribe.pattern-length", AcceptSet::fact(BOUNDED)),
        SECTION
            .probe("limits/subscribe-400", |lab| Box::pin(refusals(lab)))
            .judges(
                "limits.subscribe.reject-400",
                bad_request()
                    .or_pass(Outcome::Fact(WHOLE))
                    .or_note(Outcome::Fact(UNBOUNDED)),
            ),
    ]
}

// In the body, where the hub takes it: the limits of URLs and heads are others.
fn large(lab: &Lab<'_>, fill: impl FnOnce(Request) -> Request) -> Result<Request, Stop> {
    let mut request = fill(lab.stream(&lab.topic("last"))?).param("match", lab.topic("last"));
    if lab.hub().features.has(OptionalFeature::QueryMethod) {
        request = request.by_query_method();
    }
    Ok(request)
}

fn many(lab: &Lab<'_>, count: usize) -> Result<Request, Stop> {
    large(lab, |request| {
        (1..count).fold(request, |request, number| {
            request.param("match", format!("urn:x:{number}"))
        })
    })
}

fn long(lab: &Lab<'_>, name: &str, bytes: usize) -> Result<Request, Stop> {
    let mut matcher = lab.topic("");
    let missing = bytes.saturating_sub(matcher.len());
    matcher.extend(std::iter::repeat_n('a', missing));
    large(lab, |request| request.param(name, matcher))
}

/// What came instead of a stream on which the last matcher works; none if that came.
async fn missed(lab: &Lab<'_>, request: &Request) -> Result<Option<Observation>, Stop> {
    let (topic, _) = request.proof()?;
    let deadline = Deadline::after(lab.hub().pace.patience * PATIENCES);
    let mut stream = match lab.open_by(request, deadline).await? {
        Ok(stream) => stream,
        Err(answer) if matches!(answer.status, 414 | 431) => {
            return Err(Stop::NotMeasurable(format!(
                "the limit of URLs or heads came first: {answer}"
            )));
        }
        Err(answer) => return Ok(Some(Observation::Answer(answer))),
    };
    match stream.fence(topic, Proof::Public).await {
        Ok(_) => Ok(None),
        Err(Stop::Control(reason)) => Ok(Some(Observation::Other(format!(
            "accepted, and the last matcher is without effect: {reason}"
        )))),
        Err(stop) => Err(stop),
    }
}

async fn control(lab: &Lab<'_>) -> Result<(), Stop> {
    let good = subscription(lab)?;
    Works::set_up(lab, &good).await?.control(good).await?;
    Ok(())
}

async fn count(lab: &Lab<'_>) -> Result<Findings, Stop> {
    bound(lab, COUNTS, |count| many(lab, count)).await
}

async fn length(lab: &Lab<'_>) -> Result<Findings, Stop> {
    let exact = bound(lab, LENGTHS, |bytes| long(lab, "match", bytes)).await?;
    let pattern = bound(lab, LENGTHS, |bytes| long(lab, "match_urlpattern", bytes)).await?;
    Ok(exact.and(pattern))
}

// That there is a bound is one rule, how it is told another.
async fn bound(
    lab: &Lab<'_>,
    sizes: [(&'static str, usize); 4],
    build: impl Fn(usize) -> Result<Request, Stop>,
) -> Result<Findings, Stop> {
    control(lab).await?;
    for (says, size) in sizes {
        let Some(observation) = missed(lab, &build(size)?).await? else {
            continue;
        };
        control(lab).await?;
        let observation = match observation {
            Observation::Answer(answer) if (400..500).contains(&answer.status) => {
                Observation::Fact(BOUNDED)
            }
            other => other,
        };
        return Ok(Findings::Cases(vec![(says, observation)]));
    }
    Ok(Findings::other(UNBOUNDED))
}

async fn refusals(lab: &Lab<'_>) -> Result<Findings, Stop> {
    control(lab).await?;
    let mut requests = Vec::new();
    for (says, count) in COUNTS {
        requests.push((says, many(lab, count)?));
    }
    for (says, bytes) in LENGTHS {
        requests.push((says, long(lab, "match", bytes)?));
        requests.push((says, long(lab, "match_urlpattern", bytes)?));
    }
    let mut cases = Vec::new();
    for (says, request) in requests {
        let observation = missed(lab, &request).await?;
        cases.push((says, observation.unwrap_or(Observation::Fact(WHOLE))));
    }
    control(lab).await?;
    let is_bounded = cases
        .iter()
        .any(|(_, observation)| !matches!(observation, Observation::Fact(_)));
    Ok(if is_bounded {
        Findings::Cases(cases)
    } else {
        Findings::fact(UNBOUNDED)
    })
}
